using System.Diagnostics;
using System.Globalization;
using PlayFair.Engine.Tests;
using PlayFair.Inference.Tests;
using PlayFair.Models;

namespace PlayFair.Cli.Tests;

/// <summary>
/// Ctrl-C at a moment that is observed, in a session of its own: whatever the program started and left would still be
/// in it.
/// </summary>
public sealed class InterruptTests(Playfair playfair, Footage footage)
{
    /// <summary>Work after which the program has started and is attributing.</summary>
    private static readonly TimeSpan Started = TimeSpan.FromSeconds(1);

    /// <summary>SIGINT has its default effect even where the tests run in the background of a shell.</summary>
    private static readonly string[] OwnSession = ["env", "--default-signal=INT", "setsid"];

    /// <summary>A minute of video, which the slow ffmpeg takes a minute to read.</summary>
    private string Minute => footage.Make(
        "minute.avi", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=5,trim=end_frame=300", "-c:v", "mpeg4");

    [Theory]
    [InlineData("--frames 8", false)]
    [InlineData("--sampling rate:0.3", false)]
    [InlineData("--frames 8", true)]
    [InlineData("--sampling rate:0.3", true)]
    public async Task Ctrl_C_while_decoding_ends_everything_and_leaves_nothing(string options, bool isFromTerminal)
    {
        RequireLinux();
        string folder = footage.NewFolder("interrupted");
        using var tools = SlowTools.Create(footage);
        int session = 0;

        // A second video shows that the first one's end by the signal is not taken for a bad video.
        Outcome run = await playfair.RunAsync(
            ["attribute", Minute, footage.Moving, "-q", "--json", folder, "--html", folder, .. options.Split(' ')],
            [tools.Variable], OwnSession,
            whileRunning: async (process, token) =>
            {
                session = process.Id;
                await UntilAsync(() => Session(session).Any(IsDecoding), token);
                // A terminal sends the signal to the whole group, ffmpeg included.
                Signal(isFromTerminal ? -session : session);
            });

        run.Refused(130, "interrupted");
        Assert.Empty(Directory.GetFileSystemEntries(folder));
        Assert.Empty(Session(session));
    }

    [Fact]
    public async Task Ctrl_C_while_pictures_are_read_leaves_nothing()
    {
        RequireLinux();
        string folder = footage.NewFolder("interrupted");
        // The first decoding gives frames of the backbone's size, the second the report's pictures.
        using var tools = SlowTools.Create(
            footage,
            $"case \"$*\" in *16:h=12*|*mjpeg*) exec '{Footage.FindProgram("ffmpeg")}' \"$@\";; esac\n"
            + $"exec '{Footage.FindProgram("ffmpeg")}' -re \"$@\"");
        int session = 0;

        Outcome run = await playfair.RunAsync(
            ["attribute", Minute, "-q", "--json", folder, "--html", folder], [tools.Variable], OwnSession,
            whileRunning: async (process, token) =>
            {
                session = process.Id;
                await UntilAsync(() => Session(session).Any(line => line.Contains("mjpeg", StringComparison.Ordinal)), token);
                Signal(-session);
            });

        run.Refused(130, "interrupted");
        Assert.Empty(Directory.GetFileSystemEntries(folder));
        Assert.Empty(Session(session));
    }

    [Fact]
    public async Task Ctrl_C_while_features_are_attributed_leaves_nothing()
    {
        RequireLinux();
        string folder = footage.NewFolder("interrupted");
        string model = new TestPackage().WriteTo(footage.NewFolder("model"));
        string features = Path.Combine(footage.Folder, "twenty.safetensors");
        SafetensorsFile.Write(
            features, [new("features", [20, LinearBackbone.FeatureSize], new float[20 * LinearBackbone.FeatureSize])]);
        int session = 0;

        Outcome run = await playfair.RunAsync(
            [
                "attribute", "--features", features, "-q", "--json", folder, "--model", model, "--samples", "9",
                "--iterations", "1000000000",
            ],
            [], OwnSession,
            whileRunning: async (process, token) =>
            {
                session = process.Id;
                await UntilAsync(() => process.TotalProcessorTime > Started, token);
                Signal(session);
            });

        run.Refused(130, "interrupted");
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    private static void RequireLinux() =>
        Assert.SkipUnless(OperatingSystem.IsLinux(), "signals are sent by kill, processes looked for in /proc");

    private static bool IsDecoding(string commandLine) => commandLine.Contains("rawvideo", StringComparison.Ordinal);

    /// <summary>Waits for something that another process does.</summary>
    private static async Task UntilAsync(Func<bool> hasHappened, CancellationToken cancellationToken)
    {
        while (!hasHappened())
            await Task.Delay(5, cancellationToken);
    }

    private static void Signal(int processOrGroup)
    {
        using var kill = Process.Start("kill", ["-INT", "--", processOrGroup.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Command lines of all processes of a session; a zombie's is empty.</summary>
    private static List<string> Session(int id)
    {
        string session = id.ToString(CultureInfo.InvariantCulture);
        var lines = new List<string>();
        foreach (string folder in Directory.GetDirectories("/proc").Where(name => char.IsAsciiDigit(Path.GetFileName(name)[0])))
        {
            try
            {
                // "pid (name) state parent group session ...": a name may hold spaces.
                string stat = File.ReadAllText(Path.Combine(folder, "stat"));
                if (stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[3] == session)
                    lines.Add(File.ReadAllText(Path.Combine(folder, "cmdline")));
            }
            catch (IOException)
            {
                // Ended since the listing.
            }
        }

        return lines;
    }
}
