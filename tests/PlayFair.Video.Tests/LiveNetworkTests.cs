using System.Diagnostics;
using System.Net;
using System.Net.Sockets;


namespace PlayFair.Video.Tests;

/// <summary>Live sources from real servers over real sockets.</summary>
public class LiveNetworkTests(Clips clips)
{
    private static readonly FrameSourceOptions s_options = LiveReading.Options with { RateHz = 12, IsFast = false };

    private static readonly SourcePolicy s_named = new();

    [Fact]
    public async Task A_file_over_http_plays_at_its_own_pace_and_ends()
    {
        await using var web = new WebServer(Path.GetDirectoryName(MakeShort())!);
        long start = Stopwatch.GetTimestamp();
        await using var reading = LiveReading.Start(web.Url + "short.mp4", s_options, s_named);
        IReadOnlyList<ReceivedFrame> frames = await reading.ToEndAsync();
        (List<KeptFrame> expected, _) = await Reading.ReadAllAsync(MakeShort(), FrameSampling.Rate(12));
        Assert.Equal(expected.Count, frames.Count + reading.Source.DroppedCount);
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromSeconds(1.5));
        if (reading.Source.DroppedCount == 0)
            Assert.Equal(expected.Select(f => (f.Index, f.Time)), frames.Select(f => (f.Index, f.Time)));
        Assert.Null(reading.Source.Status.Reason);
        Assert.Null(reading.Source.Identity);
    }

    [Fact]
    public async Task Hls_on_demand_ends_and_live_hls_goes_on_smoothly()
    {
        string folder = Directory.CreateDirectory(Path.Combine(clips.Folder, "hls")).FullName;
        Clips.Run([
            "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=3", "-c:v", "libx264", "-g", "25", "-f", "hls",
            "-hls_time", "1", "-hls_list_size", "0", Path.Combine(folder, "demand.m3u8")]);
        await using var web = new WebServer(folder);
        await using (var demand = LiveReading.Start(web.Url + "demand.m3u8", s_options, s_named))
        {
            IReadOnlyList<ReceivedFrame> frames = await demand.ToEndAsync();
            Assert.Equal(36, frames.Count + demand.Source.DroppedCount);
        }

        using (LiveServer.Ffmpeg(
            "-f", "hls", "-hls_time", "1", "-hls_list_size", "5", "-hls_flags", "delete_segments+temp_file",
            Path.Combine(folder, "live.m3u8")))
        {
            await using var live = LiveReading.Start(web.Url + "live.m3u8", s_options, s_named);
            await live.UntilAsync(r => r.Frames.Count >= 40);
            // Segments come in bursts of 12 frames; the queue holds 8.
            Assert.InRange(live.Source.DroppedCount, 0, 8);
            Assert.Equal(SourceState.Live, live.Source.Status.State);
        }
    }

    [Theory]
    [InlineData("file.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")]
    [InlineData("concat.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nconcat:PRIVATEa.ts|/etc/passwd\n#EXT-X-ENDLIST\n")]
    [InlineData("list.txt", "ffconcat version 1.0\nfile /etc/passwd\n")]
    [InlineData("private.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nPRIVATEa.ts\n#EXT-X-ENDLIST\n")]
    [InlineData("key.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-KEY:METHOD=AES-128,URI=\"PRIVATEkey\"\n#EXTINF:1,\nlocal.ts\n#EXT-X-ENDLIST\n")]
    public async Task A_playlist_does_not_lead_to_files_or_private_addresses(string name, string playlist)
    {
        string folder = Directory.CreateDirectory(Path.Combine(clips.Folder, "smuggled")).FullName;
        File.Copy(MakeShort(), Path.Combine(folder, "a.ts"), overwrite: true);
        await using var elsewhere = new WebServer(folder);
        // The same machine by another name: private, and not the host that was named.
        string other = elsewhere.Url.Replace("127.0.0.1", "127.0.0.2", StringComparison.Ordinal);
        await File.WriteAllTextAsync(
            Path.Combine(folder, name), playlist.Replace("PRIVATE", other, StringComparison.Ordinal));
        await using var web = new WebServer(folder);
        await using var reading = LiveReading.Start(web.Url + name, s_options, s_named);
        await reading.UntilAsync(r => r.Source.Status.State is SourceState.Failed or SourceState.Reconnecting);
        Assert.True(reading.Source.Status.State == SourceState.Failed, reading.Source.Status.ToString());
        Assert.Empty(reading.Frames);
        Assert.Equal(0, elsewhere.RequestCount);
        Assert.DoesNotContain("root:", reading.Source.Status.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_is_followed_on_the_named_host_and_refused_to_another_private_one()
    {
        await using var web = new WebServer(Path.GetDirectoryName(MakeShort())!);
        web.Redirects["/here"] = web.Url + "short.mp4";
        web.Redirects["/there"] = web.Url.Replace("127.0.0.1", "127.0.0.2", StringComparison.Ordinal) + "short.mp4";
        web.Redirects["/metadata"] = "http://169.254.169.254/latest";
        web.Redirects["/file"] = "file:///etc/passwd";
        await using (var here = LiveReading.Start(web.Url + "here", s_options, s_named))
            await here.ToEndAsync();

        foreach (string path in (string[])["there", "metadata"])
        {
            await using var refused = LiveReading.Start(web.Url + path, s_options, s_named);
            await refused.ToEndAsync(SourceState.Failed);
            Assert.Contains("private or local", refused.Source.Status.Reason, StringComparison.Ordinal);
        }

        await using var file = LiveReading.Start(web.Url + "file", s_options, s_named);
        await file.UntilAsync(r => r.Source.Status.State is SourceState.Failed or SourceState.Reconnecting);
        Assert.Empty(file.Frames);
    }

    [Fact]
    public async Task A_source_that_is_not_there_is_tried_for_ever_with_longer_and_longer_waits()
    {
        using var tools = FakeTools.Create(
            clips, ffprobe: null, ffmpeg: "echo '[error] rtsp://u:hidden@h/x: Connection refused' >&2; exit 1");
        var time = new LeapingTime();
        await using var reading = LiveReading.Start(
            "rtsp://u:hidden@h/x",
            s_options with
            {
                FfmpegLocation = tools.Options.FfmpegLocation,
                Time = time,
                // This clock does not wait for the process, and so the process must not be waited for.
                StallTimeout = TimeSpan.FromTicks(1),
                WatchdogTimeout = TimeSpan.FromTicks(1),
            });
        await reading.UntilAsync(r => r.Statuses.Count(s => s.State == SourceState.Reconnecting) >= 22);
        SourceStatus[] waits = [.. reading.Statuses.Where(s => s.State == SourceState.Reconnecting).Take(22)];
        Assert.Equal(
            [.. Enumerable.Repeat(1, 5), .. Enumerable.Repeat(5, 5), .. Enumerable.Repeat(10, 10), 60, 60],
            waits.Select(s => (int)(s.NextAttemptAt!.Value - s.Since).TotalSeconds));
        Assert.Equal(Enumerable.Range(1, 22), waits.Select(s => s.FailedAttempts));
        Assert.All(reading.Statuses, s => Assert.DoesNotContain("hidden", s.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refused_connection_says_so_without_credentials()
    {
        int port = LiveServer.FreePort();
        foreach (string scheme in (string[])["rtsp", "rtmp", "http"])
        {
            await using var reading = LiveReading.Start(
                $"{scheme}://user:hidden@127.0.0.1:{port}/x?token=veiled", s_options, s_named);
            await reading.UntilStateAsync(SourceState.Reconnecting);
            SourceStatus status = reading.Source.Status;
            Assert.Contains("refuse", status.Reason, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("hidden", status.Reason, StringComparison.Ordinal);
            Assert.DoesNotContain("veiled", status.Reason, StringComparison.Ordinal);
            Assert.Equal(1, status.FailedAttempts);
        }
    }

    [Fact]
    public async Task A_silent_source_is_stalled_and_then_connected_anew()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using var reading = LiveReading.Start(
            $"rtsp://127.0.0.1:{port}/x",
            s_options with
            {
                StallTimeout = TimeSpan.FromMilliseconds(100),
                WatchdogTimeout = TimeSpan.FromMilliseconds(400),
            });
        using TcpClient first = await listener.AcceptTcpClientAsync();
        await reading.UntilAsync(r => r.Statuses.Any(s => s.State == SourceState.Reconnecting));
        using TcpClient second = await listener.AcceptTcpClientAsync();
        SourceState[] states = [.. reading.Statuses.Take(3).Select(s => s.State)];
        Assert.Equal([SourceState.Stalled, SourceState.Reconnecting, SourceState.Connecting], states);
        Assert.Contains("0.1 s", reading.Statuses[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_over_udp_survives_corrupt_packets_and_comes_back_after_its_sender_was_killed()
    {
        int port = LiveServer.FreePort(isUdp: true);
        string address = $"udp://127.0.0.1:{port}?pkt_size=1316";
        await using var reading = LiveReading.Start(
            $"udp://127.0.0.1:{port}",
            s_options with { StallTimeout = TimeSpan.FromSeconds(1), WatchdogTimeout = TimeSpan.FromSeconds(5) });
        using (LiveServer.Ffmpeg("-f", "mpegts", address))
        {
            await reading.UntilMoreFramesAsync(6);
            using var noise = new UdpClient();
            var random = new Random(1);
            byte[] packet = new byte[1316];
            for (int i = 0; i < 50; i++)
            {
                random.NextBytes(packet);
                packet[0] = (byte)(i % 2 == 0 ? 0x47 : packet[0]);
                await noise.SendAsync(packet, "127.0.0.1", port);
            }

            await reading.UntilMoreFramesAsync(20);
        }

        await reading.UntilStateAsync(SourceState.Reconnecting);
        int before = reading.Frames.Count;
        using (LiveServer.Ffmpeg("-f", "mpegts", address))
            await reading.UntilMoreFramesAsync(5);
        AssertGoesOn(reading);
        Assert.True(reading.Frames[before].StartsSegment);
        Assert.Contains(reading.Statuses, s => s.State == SourceState.Stalled);
    }

    [Theory]
    [InlineData("rtmp")]
    [InlineData("srt")]
    public async Task A_stream_over_rtmp_or_srt_comes_back_after_its_server_was_killed(string scheme)
    {
        int port = LiveServer.FreePort(isUdp: scheme == "srt");
        (string client, string[] server) = scheme == "rtmp"
            ? ($"rtmp://127.0.0.1:{port}/live/x", new[] { "-f", "flv", "-listen", "1", $"rtmp://127.0.0.1:{port}/live/x" })
            : ($"srt://127.0.0.1:{port}", ["-f", "mpegts", $"srt://127.0.0.1:{port}?mode=listener"]);
        await using var reading = LiveReading.Start(client, s_options);
        await ServeOnceAsync();
        await reading.UntilAsync(r => r.Source.Status.State is SourceState.Reconnecting or SourceState.Connecting);
        await ServeOnceAsync();
        AssertGoesOn(reading);

        async Task ServeOnceAsync()
        {
            using LiveServer running = LiveServer.Ffmpeg(server);
            await reading.UntilMoreFramesAsync(5);
        }
    }

    [Fact]
    public async Task A_slow_reader_of_a_live_source_loses_the_oldest_frames_and_they_are_counted()
    {
        int port = LiveServer.FreePort(isUdp: true);
        using var gate = new SemaphoreSlim(0);
        await using var reading = LiveReading.Start(
            $"udp://127.0.0.1:{port}",
            s_options with { QueueCapacity = 4 },
            beforeEach: () => gate.WaitAsync());
        using (LiveServer.Ffmpeg("-f", "mpegts", $"udp://127.0.0.1:{port}?pkt_size=1316"))
            await reading.UntilAsync(r => r.Frames.Count == 1 && r.Source.DroppedCount >= 5);
        gate.Release(1000);
        await reading.UntilMoreFramesAsync(4);
        IReadOnlyList<ReceivedFrame> frames = reading.Frames;
        Assert.True(frames[1].Index > frames[0].Index + 5);
        Assert.Equal(1, frames.Count(f => f.StartsSegment));
    }

    [Fact]
    public async Task A_source_that_dies_after_each_frame_climbs_the_ladder_all_the_same()
    {
        // One frame of ffmpeg's own test pictures, sent through the filters that it is asked for.
        using var tools = FakeTools.Create(
            clips,
            ffprobe: null,
            ffmpeg: "while [ \"$1\" != -i ]; do shift; done; shift 2\n" +
                $"exec '{FfmpegTools.Find(null).Ffmpeg}' -hide_banner -loglevel repeat+level+info " +
                "-f lavfi -i testsrc2=s=64x48:r=25:d=0.04 \"$@\"",
            version: "5.1");
        await using var reading = LiveReading.Start(
            "rtsp://127.0.0.1/x", s_options with { FfmpegLocation = tools.Options.FfmpegLocation });
        await reading.UntilAsync(r => r.Statuses.Count(s => s.State == SourceState.Reconnecting) >= 6);
        SourceStatus[] waits = [.. reading.Statuses.Where(s => s.State == SourceState.Reconnecting).Take(6)];
        Assert.Equal([1, 1, 1, 1, 1, 5], waits.Select(s => (int)Math.Round((s.NextAttemptAt!.Value - s.Since).TotalSeconds)));
        Assert.All(waits, s => Assert.Equal(1, s.FailedAttempts));
        Assert.All(reading.Frames, f => Assert.True(f.StartsSegment));
        Assert.All(reading.Frames.Zip(reading.Frames.Skip(1)), pair => Assert.True(pair.First.Time < pair.Second.Time));
    }

    [Fact]
    public async Task A_camera_that_is_not_there_is_named_and_waited_for()
    {
        Assert.SkipWhen(File.Exists("/dev/video99"), "there is a camera 99");
        await using var reading = LiveReading.Start("v4l2:/dev/video99", s_options);
        await reading.UntilStateAsync(SourceState.Reconnecting);
        Assert.Contains("no camera '/dev/video99'", reading.Source.Status.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forbidden_source_fails_and_a_missing_ffmpeg_does_too()
    {
        await using (var reading = LiveReading.Start(
            "rtsp://u:hidden@127.0.0.1/x", s_options, new SourcePolicy { PrivateAddresses = PrivateAddresses.Deny }))
        {
            await reading.ToEndAsync(SourceState.Failed);
            Assert.Contains("private or local", reading.Source.Status.Reason, StringComparison.Ordinal);
        }

        await using var missing = LiveReading.Start(
            "rtsp://127.0.0.1/x", s_options with { FfmpegLocation = "/nowhere" });
        await missing.ToEndAsync(SourceState.Failed);
        Assert.Contains("ffmpeg", missing.Source.Status.Reason, StringComparison.Ordinal);
    }

    private string MakeShort() => clips.Make(
        "short.mp4", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=2", "-c:v", "libx264", "-pix_fmt", "yuv420p",
        "-movflags", "+faststart");

    private static void AssertGoesOn(LiveReading reading)
    {
        IReadOnlyList<ReceivedFrame> frames = reading.Frames;
        Assert.All(frames.Zip(frames.Skip(1)), pair =>
        {
            Assert.True(pair.First.Index < pair.Second.Index);
            Assert.True(pair.First.Time < pair.Second.Time);
        });
        Assert.InRange(frames.Count(f => f.StartsSegment), 2, 4);
    }
}
