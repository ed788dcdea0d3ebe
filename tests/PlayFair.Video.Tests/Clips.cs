using System.Collections.Concurrent;
using System.Diagnostics;
using PlayFair.Video.Tests;

[assembly: AssemblyFixture(typeof(Clips))]

namespace PlayFair.Video.Tests;

/// <summary>Short synthetic clips, made by ffmpeg when first asked for; their folder goes at the end.</summary>
public sealed class Clips : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<string>> _made = new(StringComparer.Ordinal);

    public Clips() => Directory.CreateDirectory(Folder);

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), $"playfair-video-{Guid.NewGuid():N}");

    private static bool HasFfmpeg { get; } = FindFfmpeg();

    /// <summary>A picture, 64 × 48, whose eight vertical bars are the bits of the frame's number.</summary>
    public static string Numbered(int frameCount, int rateHz = 25) =>
        $"color=black:s=64x48:r={rateHz},trim=end_frame={frameCount}," +
        "geq=lum='if(mod(floor(N/pow(2,floor(X/8))),2),235,16)':cb=128:cr=128";

    /// <summary>A still picture: red top left, green top right, blue bottom left, white bottom right.</summary>
    public static string Quadrants(int width, int height, int frameCount = 3)
    {
        string Box(string at, string colour) => $"drawbox={at}:w=iw/2:h=ih/2:color={colour}:t=fill";
        return $"color=white:s={width}x{height}:r=25,trim=end_frame={frameCount},format=rgb24," +
            Box("x=0:y=0", "red") + "," + Box("x=iw/2:y=0", "lime") + "," + Box("x=0:y=ih/2", "blue");
    }

    public static void RequireFfmpeg() =>
        Assert.SkipUnless(HasFfmpeg, "ffmpeg and ffprobe are not installed (apt-get install ffmpeg)");

    /// <summary>Makes a clip, once per name.</summary>
    public string Make(string name, params string[] arguments)
    {
        RequireFfmpeg();
        string path = Path.Combine(Folder, name);
        return _made.GetOrAdd(name, _ => new Lazy<string>(() =>
        {
            Run(["-hide_banner", "-nostdin", "-v", "error", "-y", .. arguments, "file:" + path]);
            return path;
        })).Value;
    }

    /// <summary>A numbered clip, coded without loss.</summary>
    public string MakeNumbered(int frameCount) =>
        Make($"numbered{frameCount}.mkv", "-f", "lavfi", "-i", Numbered(frameCount), "-c:v", "ffv1");

    public string Write(string name, ReadOnlySpan<byte> bytes)
    {
        string path = Path.Combine(Folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public static string Run(IEnumerable<string> arguments, string program = "ffmpeg")
    {
        FfmpegTools tools = FfmpegTools.Find(null);
        var start = new ProcessStartInfo(program == "ffmpeg" ? tools.Ffmpeg : tools.Ffprobe, arguments)
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} failed to make a clip: {error}");
        return output.GetAwaiter().GetResult();
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static bool FindFfmpeg()
    {
        try
        {
            FfmpegTools.Find(null);
            return true;
        }
        catch (VideoException)
        {
            return false;
        }
    }
}
