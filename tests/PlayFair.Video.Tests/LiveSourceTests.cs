using System.Net;

namespace PlayFair.Video.Tests;

/// <summary>Parsing, redaction, policy, and the rules of waiting: nothing here opens anything.</summary>
public class LiveSourceTests
{
    [Theory]
    [InlineData("clip.mp4", SourceKind.File, "clip.mp4")]
    [InlineData("./rtsp:odd.mp4", SourceKind.File, "./rtsp:odd.mp4")]
    [InlineData("subfile,,start,0,end,9,,:a.mp4", SourceKind.File, "subfile,,start,0,end,9,,:a.mp4")]
    [InlineData("C:\\clips\\a.mp4", SourceKind.File, "C:\\clips\\a.mp4")]
    [InlineData("file:///tmp/a%20b.mp4", SourceKind.File, "/tmp/a b.mp4")]
    [InlineData("rtsp://cam.example/stream", SourceKind.Rtsp, "rtsp://cam.example/stream")]
    [InlineData("RTSPS://u:secret@[::1]:8554/x", SourceKind.Rtsp, "RTSPS://***@[::1]:8554/x")]
    [InlineData("rtsp://admin:p@ss@cam/x", SourceKind.Rtsp, "rtsp://***@cam/x")]
    [InlineData("rtmp://host/app/key?token=abc&x=1", SourceKind.Rtmp, "rtmp://host/app/key?token=***&x=1")]
    [InlineData("https://host/live/a.M3U8?Signature=abc", SourceKind.Hls, "https://host/live/a.M3U8?Signature=***")]
    [InlineData("http://host:8080/video.mp4#t", SourceKind.Http, "http://host:8080/video.mp4#t")]
    [InlineData("http://host/a@b.mjpg", SourceKind.Http, "http://host/a@b.mjpg")]
    [InlineData("srt://h:90?streamid=me&passphrase=0123", SourceKind.Srt, "srt://h:90?streamid=***&passphrase=***")]
    [InlineData("https://host/a.m3u8?0a1b2c#x", SourceKind.Hls, "https://host/a.m3u8?***#x")]
    [InlineData("srt://:9000?mode=listener", SourceKind.Srt, "srt://:9000?mode=listener")]
    [InlineData("udp://@239.1.2.3:5000", SourceKind.Udp, "udp://***@239.1.2.3:5000")]
    [InlineData("/dev/video0", SourceKind.Webcam, "/dev/video0")]
    [InlineData("v4l2:/dev/video12", SourceKind.Webcam, "v4l2:/dev/video12")]
    [InlineData("synthetic:7?fps=30&pace=fast", SourceKind.Synthetic, "synthetic:7?fps=30&pace=fast")]
    public void Sources_are_told_apart_and_show_no_credentials(string text, SourceKind kind, string shown)
    {
        var source = VideoSource.Parse(text);
        Assert.Equal(kind, source.Kind);
        Assert.Equal(shown, source.ToString());
        Assert.Equal(shown, source.Redacted);
        Assert.Equal(kind != SourceKind.File, source.IsLive);
    }

    [Theory]
    [InlineData("")]
    [InlineData("concat:a.ts|b.ts")]
    [InlineData("data:video/mp4;base64,AAAA")]
    [InlineData("pipe:0")]
    [InlineData("ftp://host/a.mp4")]
    [InlineData("rtsp:/user:secret@host/x")]
    [InlineData("rtsp://user:se cret@host/x")]
    [InlineData("rtsp://user:sec/ret@host/x")]
    [InlineData("rtsp://user:secret@host:99999/x")]
    [InlineData("http:///secret")]
    [InlineData("udp://host")]
    [InlineData("rtsp://[secret]/x")]
    [InlineData("v4l2:/etc/passwd")]
    [InlineData("file://host/share")]
    [InlineData("synthetic:x")]
    [InlineData("synthetic:1?fps=0")]
    [InlineData("synthetic:1?colour=red")]
    public void What_is_no_source_is_refused_and_the_message_shows_no_credentials(string text)
    {
        var error = Assert.Throws<SourceException>(() => VideoSource.Parse(text));
        Assert.Equal(SourceErrorKind.Malformed, error.Kind);
        Assert.Matches("Expected|Write", error.Message);
        if (text.Contains('@', StringComparison.Ordinal))
            Assert.DoesNotContain("ret", error.Message.Split("xpected")[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[tcp] rtsp://user:pw@h:1/x?a=1 failed", "[tcp] rtsp://***@h:1/x?a=1 failed")]
    [InlineData("a http://u:p@h/?key=1 b", "a http://***@h/?key=*** b")]
    [InlineData("http://h/?X-Amz-Sig=f&a=2", "http://h/?X-Amz-Sig=***&a=2")]
    [InlineData("'rtmp://h/app?access_token=1'", "'rtmp://h/app?access_token=***'")]
    [InlineData("http://user@host/", "http://***@host/")]
    [InlineData("'http://h/x?0a1b2c' failed", "'http://h/x?***' failed")]
    [InlineData("nothing to hide: 12:30, a@b.c", "nothing to hide: 12:30, a@b.c")]
    public void Any_text_is_redacted(string text, string expected) => Assert.Equal(expected, VideoSource.Redact(text));

    [Fact]
    public void A_password_is_redacted_where_it_stands_alone_and_decoded()
    {
        var source = VideoSource.Parse("rtsp://admin:p%40ssw0rd@cam/x");
        Assert.Equal("*** and *** of ***", source.RedactOwn("p@ssw0rd and p%40ssw0rd of admin:p%40ssw0rd"));
    }

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("100.128.0.1", true)]
    [InlineData("0.1.2.3", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("8.8.8.8", true)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("ff02::1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("64:ff9b::808:808", true)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2606:4700::1111", true)]
    public void Private_addresses_are_known_in_every_guise(string address, bool isPublic) =>
        Assert.Equal(isPublic, NetworkAddresses.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("rtsp://127.0.0.1/x", PrivateAddresses.Deny, false)]
    [InlineData("rtsp://localhost/x", PrivateAddresses.Deny, false)]
    [InlineData("http://2130706433/x", PrivateAddresses.Deny, false)]
    [InlineData("rtmp://[::ffff:192.168.0.1]/x", PrivateAddresses.Deny, false)]
    [InlineData("rtsp://127.0.0.1/x", PrivateAddresses.Named, true)]
    [InlineData("rtsp://127.0.0.1/x", PrivateAddresses.Allow, true)]
    [InlineData("rtsp://8.8.8.8/x", PrivateAddresses.Deny, true)]
    [InlineData("rtsp://no-such-host.invalid/x", PrivateAddresses.Deny, true)]
    public async Task Private_addresses_are_refused_as_the_policy_says(
        string source, PrivateAddresses rule, bool isAllowed)
    {
        var policy = new SourcePolicy { PrivateAddresses = rule };
        Task check = policy.CheckAsync(VideoSource.Parse(source), CancellationToken.None);
        if (isAllowed)
            await check;
        else
            Assert.Equal(SourceErrorKind.Forbidden, (await Assert.ThrowsAsync<SourceException>(() => check)).Kind);
    }

    [Fact]
    public async Task Kinds_that_are_not_listed_are_refused()
    {
        var policy = new SourcePolicy { Kinds = [SourceKind.Rtsp, SourceKind.File] };
        await policy.CheckAsync(VideoSource.Parse("rtsp://8.8.8.8/x"), CancellationToken.None);
        var error = await Assert.ThrowsAsync<SourceException>(
            () => policy.CheckAsync(VideoSource.Parse("http://u:secret@8.8.8.8/x"), CancellationToken.None));
        Assert.Contains("Rtsp, File", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_are_refused_by_where_they_really_are()
    {
        string root = Directory.CreateTempSubdirectory("playfair-policy-").FullName;
        try
        {
            string open = Directory.CreateDirectory(Path.Combine(root, "open")).FullName;
            string closed = Directory.CreateDirectory(Path.Combine(root, "open-not")).FullName;
            await File.WriteAllTextAsync(Path.Combine(open, "a.mp4"), "");
            await File.WriteAllTextAsync(Path.Combine(closed, "b.mp4"), "");
            await File.WriteAllTextAsync(Path.Combine(closed, "c.mp4"), "");
            File.CreateSymbolicLink(Path.Combine(open, "file-link.mp4"), Path.Combine(closed, "b.mp4"));
            Directory.CreateSymbolicLink(Path.Combine(open, "folder-link"), "../open-not");
            Directory.CreateSymbolicLink(Path.Combine(root, "way-in"), open);
            File.CreateSymbolicLink(Path.Combine(open, "circle"), Path.Combine(open, "circle"));
            var policy = new SourcePolicy
            {
                Folders = [Path.Combine(root, "way-in")],
                Files = [Path.Combine(closed, "c.mp4")],
            };
            Task CheckAsync(string path) =>
                policy.CheckAsync(VideoSource.Parse(Path.Combine(root, path)), CancellationToken.None);

            await CheckAsync("open/a.mp4");
            await CheckAsync("way-in/a.mp4");
            await CheckAsync("open/not-there.mp4");
            await CheckAsync("open-not/c.mp4");
            foreach (string path in (string[])
            [
                "open-not/b.mp4", "open/file-link.mp4", "open/folder-link/b.mp4", "open/../open-not/b.mp4", "open",
                "open/circle",
            ])
            {
                var error = await Assert.ThrowsAsync<SourceException>(() => CheckAsync(path));
                Assert.Equal(SourceErrorKind.Forbidden, error.Kind);
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void The_ladder_climbs_to_a_minute_and_starts_over()
    {
        var ladder = new ReconnectLadder();
        int[] expected =
            [.. Enumerable.Repeat(1, 5), .. Enumerable.Repeat(5, 5), .. Enumerable.Repeat(10, 10), 60, 60, 60];
        Assert.Equal(expected, expected.Select(_ => (int)ladder.Next().TotalSeconds));
        ladder.Reset();
        Assert.Equal(1, ladder.Next().TotalSeconds);
    }

    [Fact]
    public async Task The_pace_is_kept_after_a_pause_without_a_burst()
    {
        var time = new LeapingTime();
        var pacer = new Pacer(time, TimeSpan.FromSeconds(10));
        async Task<double> AtAsync(double seconds)
        {
            await pacer.WaitAsync(TimeSpan.FromSeconds(seconds), CancellationToken.None);
            return time.Elapsed.TotalSeconds;
        }

        Assert.Equal(0, await AtAsync(5));
        Assert.Equal(1, await AtAsync(6));
        await Task.Delay(TimeSpan.FromSeconds(0.5), time);
        Assert.Equal(1.5, await AtAsync(6.25), 6);
        Assert.Equal(2, await AtAsync(7), 6);
        await Task.Delay(TimeSpan.FromSeconds(30), time);
        Assert.Equal(32, await AtAsync(8), 6);
        Assert.Equal(33, await AtAsync(9), 6);
        Assert.Equal(33, await AtAsync(1000), 6);
        Assert.Equal(34, await AtAsync(1001), 6);
    }

    [Fact]
    public void Live_times_go_on_over_reconnections_and_over_jumps_of_the_streams_clock()
    {
        var time = new LeapingTime();
        var clock = new LiveClock(time);
        double At(double? stream, double now, bool isTrusted = false) => clock.Next(
            stream is { } s ? TimeSpan.FromSeconds(s) : null, TimeSpan.FromSeconds(now).Ticks, isTrusted).TotalSeconds;

        Assert.Equal(0, At(40, 100));
        Assert.Equal(0.04, At(40.04, 100.5));
        clock.StartConnection();
        Assert.Equal(7.04, At(0, 107.5), 6);
        Assert.Equal(7.08, At(0.04, 107.5), 6);
        // The camera's clock is set forward by an hour: half a second passed.
        Assert.Equal(7.58, At(3600.08, 108), 6);
        Assert.Equal(7.62, At(3600.12, 108.1), 6);
        // The network held frames back: they are as late as they are.
        Assert.Equal(7.66, At(3600.16, 128), 6);
        Assert.Equal(8.66, At(null, 129), 6);
        Assert.Equal(8.66, At(-500, 129), 6);
        Assert.Equal(68.66, At(-440, 129, isTrusted: true), 6);
    }
}
