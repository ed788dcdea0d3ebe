using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace PlayFair.Video.Tests;

/// <summary>RTSP from GStreamer's server, as a camera offers it.</summary>
public class LiveRtspTests
{
    private static readonly Lazy<string?> s_python = new(FindPython);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_camera_is_read_and_comes_back_after_it_was_switched_off(bool overUdp)
    {
        int port = LiveServer.FreePort();
        using LiveServer first = StartCamera(port, "viewer", "pa55word");
        await using var reading = LiveReading.Start(
            $"rtsp://viewer:pa55word@127.0.0.1:{port}/camera",
            LiveReading.Options with
            {
                RateHz = 10,
                PrefersUdp = overUdp,
                StallTimeout = TimeSpan.FromSeconds(1),
                WatchdogTimeout = TimeSpan.FromSeconds(5),
            });
        await reading.UntilMoreFramesAsync(10);
        double seconds = (reading.Frames[9].Time - reading.Frames[0].Time).TotalSeconds;
        Assert.InRange(seconds, 0.85, 3);
        first.Dispose();
        await reading.UntilStateAsync(SourceState.Reconnecting);
        int before = reading.Frames.Count;
        using LiveServer second = StartCamera(port, "viewer", "pa55word");
        await reading.UntilMoreFramesAsync(5);
        Assert.True(reading.Frames[before].StartsSegment);
        Assert.True(reading.Frames[before].Time > reading.Frames[before - 1].Time);
        Assert.Equal(SourceState.Live, reading.Source.Status.State);
        Assert.All(reading.Statuses, s => Assert.DoesNotContain("pa55word", s.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_password_is_named_and_not_shown()
    {
        int port = LiveServer.FreePort();
        using LiveServer camera = StartCamera(port, "viewer", "pa55word");
        await using var reading = LiveReading.Start($"rtsp://viewer:wr0ng@127.0.0.1:{port}/camera");
        await reading.UntilStateAsync(SourceState.Reconnecting);
        Assert.Contains("401", reading.Source.Status.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng", reading.Source.Status.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_camera_shows_itself_to_one_connection()
    {
        int port = LiveServer.FreePort();
        using LiveServer camera = StartCamera(port, "viewer", "pa55word");
        ProbedSource probed = await SourceProberTests.ProbeAsync($"rtsp://viewer:pa55word@127.0.0.1:{port}/camera");
        Assert.Equal("h264", probed.CodecName);
        Assert.Null(probed.Duration);
        Assert.InRange(probed.Width, 16, 4096);
        SourceException wrong = await Assert.ThrowsAsync<SourceException>(
            () => SourceProberTests.ProbeAsync($"rtsp://viewer:wr0ng@127.0.0.1:{port}/camera"));
        Assert.Contains("401", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng", wrong.Message, StringComparison.Ordinal);
    }

    private static LiveServer StartCamera(int port, params string[] account)
    {
        Clips.RequireFfmpeg();
        Assert.SkipWhen(s_python.Value is null, "GStreamer's RTSP server is not installed (scripts/setup rtsp-server)");
        return LiveServer.Start(
            s_python.Value!,
            [ScriptPath(), port.ToString(CultureInfo.InvariantCulture), .. account],
            waitsForReady: true);
    }

    private static string ScriptPath([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "rtsp-server.py");

    private const string Question = """
        import gi
        gi.require_version("GstRtspServer", "1.0")
        from gi.repository import Gst, GstRtspServer
        Gst.init(None)
        exit(0 if Gst.ElementFactory.find("openh264enc") else 1)
        """;

    /// <summary>The system's Python comes first: Debian's packages are for that one.</summary>
    private static string? FindPython() => Array.Find(["/usr/bin/python3", "python3"], program =>
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, ["-c", Question])
            {
                UseShellExecute = false,
                RedirectStandardError = true,
            })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    });
}
