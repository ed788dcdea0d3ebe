using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace PlayFair.Video.Tests;

public class SourceProberTests(Clips clips)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static readonly SourcePolicy s_named = new();

    /// <summary>Displayed 1280 × 240: twice as wide as it is stored.</summary>
    private string Wide => clips.Make(
        "wide.mp4", "-f", "lavfi", "-i", "testsrc2=s=640x240:r=24:d=2,setsar=2", "-c:v", "libx264", "-pix_fmt", "yuv420p",
        "-movflags", "+faststart");

    [Fact]
    public async Task A_file_is_what_it_shows_and_the_same_over_http()
    {
        await using var web = new WebServer(Path.GetDirectoryName(Wide)!);
        foreach (string source in (string[])[Wide, web.Url + "wide.mp4"])
        {
            ProbedSource probed = await ProbeAsync(source, s_named);
            Assert.Equal((1280, 240, "h264"), (probed.Width, probed.Height, probed.CodecName));
            Assert.Equal(24, probed.FrameRateHz!.Value, 1e-6);
            Assert.Equal(2, probed.Duration!.Value.TotalSeconds, 0.01);
            Assert.Equal((640, 120), SizeOf(probed.Jpeg));
        }
    }

    [Fact]
    public async Task A_picture_is_never_enlarged()
    {
        string one = clips.Make("one.mkv", "-f", "lavfi", "-i", Clips.Quadrants(64, 48, frameCount: 1), "-c:v", "ffv1");
        Assert.Equal((64, 48), SizeOf((await ProbeAsync(one)).Jpeg));
    }

    [Theory]
    [InlineData("synthetic:3?fps=25", 160, 120, 160, 120)]
    [InlineData("synthetic:3?fps=25&height=960", 1280, 960, 640, 480)]
    public async Task A_synthetic_camera_shows_what_it_films(
        string source, int width, int height, int shownWidth, int shownHeight)
    {
        ProbedSource probed = await ProbeAsync(source);
        Assert.Equal((width, height, 25.0, null), (probed.Width, probed.Height, probed.FrameRateHz, probed.Duration));
        Assert.Equal((shownWidth, shownHeight), SizeOf(probed.Jpeg));
    }

    [Fact]
    public async Task A_stream_over_udp_has_no_length()
    {
        int port = LiveServer.FreePort(isUdp: true);
        using LiveServer sender = LiveServer.Ffmpeg("-f", "mpegts", $"udp://127.0.0.1:{port}?pkt_size=1316");
        ProbedSource probed = await ProbeAsync($"udp://127.0.0.1:{port}");
        Assert.Equal((160, 120, "h264"), (probed.Width, probed.Height, probed.CodecName));
        Assert.Null(probed.Duration);
        Assert.Equal((160, 120), SizeOf(probed.Jpeg));
    }

    [Fact]
    public async Task What_cannot_be_read_is_told_with_the_reason_and_without_credentials()
    {
        int port = LiveServer.FreePort();
        foreach (string scheme in (string[])["rtsp", "rtmp", "http"])
        {
            SourceException refused = await Assert.ThrowsAsync<SourceException>(
                () => ProbeAsync($"{scheme}://user:hidden@127.0.0.1:{port}/x?token=veiled", s_named));
            Assert.Equal(SourceErrorKind.Unreadable, refused.Kind);
            Assert.Contains("refuse", refused.Message, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("hidden", refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("veiled", refused.Message, StringComparison.Ordinal);
        }

        string sound = clips.Make("sound.wav", "-f", "lavfi", "-i", "sine=d=1");
        await using var web = new WebServer(Path.GetDirectoryName(sound)!);
        await AssertUnreadableAsync(web.Url + "none.mp4", "404");
        await AssertUnreadableAsync("v4l2:/dev/video99", "no such camera");
        Assert.Equal(
            VideoErrorKind.NoVideoStream, (await Assert.ThrowsAsync<VideoException>(() => ProbeAsync(sound))).Kind);

        async Task AssertUnreadableAsync(string source, string why)
        {
            SourceException unreadable =
                await Assert.ThrowsAsync<SourceException>(() => ProbeAsync(source, s_named));
            Assert.Equal(SourceErrorKind.Unreadable, unreadable.Kind);
            Assert.Contains(why, unreadable.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_may_not_be_opened_is_not_looked_at()
    {
        var policy = new SourcePolicy { Folders = [clips.Folder], PrivateAddresses = PrivateAddresses.Deny };
        foreach (string source in (string[])["/etc/passwd", "rtsp://127.0.0.1/x"])
        {
            Assert.Equal(
                SourceErrorKind.Forbidden,
                (await Assert.ThrowsAsync<SourceException>(() => ProbeAsync(source, policy))).Kind);
        }

        Assert.Equal(1280, (await ProbeAsync(Wide, policy)).Width);
    }

    [Fact]
    public async Task A_source_that_says_nothing_is_given_up()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        SourceException givenUp = await Assert.ThrowsAsync<SourceException>(() => ProbeAsync(
            $"rtsp://u:hidden@{silent.LocalEndpoint}/x", timeout: TimeSpan.FromMilliseconds(300)));
        Assert.Equal(SourceErrorKind.Unreadable, givenUp.Kind);
        Assert.DoesNotContain("hidden", givenUp.Message, StringComparison.Ordinal);

        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => ProbeAsync($"rtsp://{silent.LocalEndpoint}/x", cancellationToken: cancelled.Token));
    }

    internal static Task<ProbedSource> ProbeAsync(
        string source, SourcePolicy? policy = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        Clips.RequireFfmpeg();
        return SourceProber.ProbeAsync(
            VideoSource.Parse(source), policy ?? SourcePolicy.Anything, prefersUdp: false, maxWidth: 640,
            timeout ?? s_patience, cancellationToken: cancellationToken);
    }

    /// <summary>ITU-T T.81, B.2.2: a frame header has, after its length and precision, height and width.</summary>
    private static (int Width, int Height) SizeOf(ReadOnlySpan<byte> jpeg)
    {
        int at = 2;
        while (jpeg[at + 1] is not (0xC0 or 0xC1 or 0xC2))
            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(jpeg[(at + 2)..]);
        return (
            BinaryPrimitives.ReadUInt16BigEndian(jpeg[(at + 7)..]), BinaryPrimitives.ReadUInt16BigEndian(jpeg[(at + 5)..]));
    }
}
