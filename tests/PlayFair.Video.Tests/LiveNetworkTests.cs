using System.Net;
using System.Net.Sockets;


namespace PlayFair.Video.Tests;

/// <summary>Streams from real servers over real sockets, and what happens when these go.</summary>
public class LiveNetworkTests(Clips clips)
{
    private static readonly FrameSourceOptions s_options = LiveReading.Options with { RateHz = 12, IsFast = false };

    private static readonly SourcePolicy s_named = new();

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
                StallTimeout = LeapingTime.Never,
                WatchdogTimeout = 2 * LeapingTime.Never,
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
    public async Task Where_nobody_sends_by_udp_the_reason_says_what_is_expected()
    {
        using var tools = FakeTools.Create(
            clips, ffprobe: null, ffmpeg: "echo '[fatal] udp://h:1: Inappropriate ioctl for device' >&2; exit 1");
        await using var reading = LiveReading.Start(
            "udp://h:1", s_options with { FfmpegLocation = tools.Options.FfmpegLocation });
        await reading.UntilStateAsync(SourceState.Reconnecting);
        SourceStatus status = reading.Statuses.First(s => s.State == SourceState.Reconnecting);
        Assert.Contains("expected MPEG-TS", status.Reason, StringComparison.Ordinal);
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
            ? ($"rtmp://127.0.0.1:{port}/x/y", new[] { "-f", "flv", "-listen", "1", $"rtmp://127.0.0.1:{port}/x/y" })
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
        await reading.UntilAsync(r => r.Frames.Count >= 5);
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
            "rtsp://127.0.0.1/x",
            s_options with
            {
                FfmpegLocation = tools.Options.FfmpegLocation,
                Time = new LeapingTime(),
                StallTimeout = LeapingTime.Never,
                WatchdogTimeout = 2 * LeapingTime.Never,
            });
        await reading.UntilAsync(r => r.Statuses.Count(s => s.State == SourceState.Reconnecting) >= 6);
        SourceStatus[] waits = [.. reading.Statuses.Where(s => s.State == SourceState.Reconnecting).Take(6)];
        Assert.Equal(
            [1, 1, 1, 1, 1, 5], waits.Select(s => (int)(s.NextAttemptAt!.Value - s.Since).TotalSeconds));
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

    [Fact]
    public async Task Whoever_reads_a_source_may_dispose_of_it()
    {
        int port = LiveServer.FreePort(isUdp: true);
        using LiveServer sender = LiveServer.Ffmpeg("-f", "mpegts", $"udp://127.0.0.1:{port}?pkt_size=1316");
        IFrameSource source = FrameSources.Open(
            VideoSource.Parse($"udp://127.0.0.1:{port}"), SourcePolicy.Anything, s_options);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (SourceFrame frame in source.ReadAsync(CancellationToken.None))
            {
                frame.Frame.Dispose();
                await source.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));
            }
        });
        await source.DisposeAsync();

        IFrameSource unread = FrameSources.Open(VideoSource.Parse("synthetic:1"), SourcePolicy.Anything, s_options);
        IAsyncEnumerable<SourceFrame> frames = unread.ReadAsync(CancellationToken.None);
        await unread.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));
        await using IAsyncEnumerator<SourceFrame> enumerator = frames.GetAsyncEnumerator();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await enumerator.MoveNextAsync());
    }

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
