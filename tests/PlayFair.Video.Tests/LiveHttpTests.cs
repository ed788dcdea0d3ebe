using System.Diagnostics;

namespace PlayFair.Video.Tests;

/// <summary>Files and playlists over HTTP.</summary>
public class LiveHttpTests(Clips clips)
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
            "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=3", "-c:v", "libx264", "-g", "25",
            "-f", "hls", "-hls_time", "1", "-hls_list_size", "0", Path.Combine(folder, "demand.m3u8")]);
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
    [InlineData("file.m3u8", "#EXTINF:1,\nfile:///etc/passwd\n")]
    [InlineData("concat.m3u8", "#EXTINF:1,\nconcat:PRIVATEa.ts|/etc/passwd\n")]
    [InlineData("private.m3u8", "#EXTINF:1,\nPRIVATEa.ts\n")]
    [InlineData("key.m3u8", "#EXT-X-KEY:METHOD=AES-128,URI=\"PRIVATEkey\"\n#EXTINF:1,\nlocal.ts\n")]
    [InlineData("list.txt", "ffconcat version 1.0\nfile /etc/passwd\n")]
    public async Task A_playlist_does_not_lead_to_files_or_private_addresses(string name, string playlist)
    {
        string folder = Directory.CreateDirectory(Path.Combine(clips.Folder, "smuggled")).FullName;
        File.Copy(MakeShort(), Path.Combine(folder, "a.ts"), overwrite: true);
        await using var elsewhere = new WebServer(folder);
        // The same machine by another name: private, and not the host that was named.
        string other = elsewhere.Url.Replace("127.0.0.1", "127.0.0.2", StringComparison.Ordinal);
        string text = playlist.Replace("PRIVATE", other, StringComparison.Ordinal);
        await File.WriteAllTextAsync(
            Path.Combine(folder, name),
            name.EndsWith(".m3u8", StringComparison.Ordinal)
                ? $"#EXTM3U\n#EXT-X-TARGETDURATION:1\n{text}#EXT-X-ENDLIST\n"
                : text);
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

    private string MakeShort() => clips.Make(
        "short.mp4", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=2", "-c:v", "libx264", "-pix_fmt", "yuv420p",
        "-movflags", "+faststart");
}
