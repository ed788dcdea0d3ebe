using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using PlayFair.Engine.Tests;

[assembly: AssemblyFixture(typeof(Footage))]

namespace PlayFair.Engine.Tests;

/// <summary>Short clips, made by ffmpeg when first asked for; their folder, and all else put there, goes at the end.</summary>
public sealed class Footage : IDisposable
{
    public const int MovingFrameCount = 50;
    public const int NoisyFrameCount = 100;
    public const int RateHz = 25;

    private readonly ConcurrentDictionary<string, Lazy<string>> _made = new(StringComparer.Ordinal);

    /// <summary>Its name holds a space, as people's folders do.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("playfair clips ").FullName;

    /// <summary>The checkout these tests were built in.</summary>
    public static string Checkout { get; } = FindCheckout();

    /// <summary>Two seconds of a moving test picture, 64 × 48.</summary>
    public string Moving => Make(
        "moving.mp4",
        "-f", "lavfi", "-i", $"testsrc2=s=64x48:r={RateHz},trim=end_frame={MovingFrameCount}", "-c:v", "mpeg4", "-q:v", "3");

    /// <summary>Four seconds whose bytes are spread evenly over the frames, and whose index comes first.</summary>
    public string Noisy => Make(
        "noisy.mp4",
        "-f", "lavfi", "-i",
        $"testsrc2=s=96x64:r={RateHz},noise=alls=40:allf=t:all_seed=1,trim=end_frame={NoisyFrameCount}",
        "-c:v", "mpeg4", "-q:v", "4", "-movflags", "+faststart");

    /// <summary>The first three fifths of <see cref="Noisy"/>.</summary>
    public string Truncated => Write("truncated.mp4", bytes => bytes.AsSpan(0, bytes.Length * 3 / 5).ToArray());

    /// <summary><see cref="Noisy"/> with a twentieth of its bytes, in the middle, replaced by chance.</summary>
    public string Corrupt => Write("corrupt.mp4", bytes =>
    {
        new Random(7).NextBytes(bytes.AsSpan((int)(bytes.Length * 0.45), bytes.Length / 20));
        return bytes;
    });

    public string AudioOnly => Make("sound.mp4", "-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac");

    public string NewFolder(string name) =>
        Directory.CreateDirectory(Path.Combine(Folder, $"{name} {Guid.NewGuid():N}")).FullName;

    /// <summary>Makes a clip, once per name.</summary>
    public string Make(string name, params string[] arguments) => MakeOnce(
        name, path => Run("ffmpeg", ["-hide_banner", "-nostdin", "-v", "error", "-y", .. arguments, "file:" + path]));

    /// <summary>Runs ffmpeg or ffprobe.</summary>
    /// <returns>Its standard output.</returns>
    public static string Run(string program, params IEnumerable<string> arguments)
    {
        RequireProgram(program);
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} failed: {error.GetAwaiter().GetResult()}");
        return output;
    }

    /// <summary>Skips the test where ffmpeg or ffprobe is missing.</summary>
    public static void RequireProgram(string program) => Assert.SkipUnless(
        FindProgram(program) is not null, $"{program} is not installed (apt-get install ffmpeg)");

    /// <summary>The program's path, or null where it is not installed.</summary>
    public static string? FindProgram(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, name))
        .FirstOrDefault(File.Exists);

    /// <summary>A file or folder that lies in the folder <c>shared</c> beside the checkout; skips where it is absent.</summary>
    public static string Shared(string name)
    {
        string path = Path.Combine(Checkout, "..", "shared", name);
        Assert.SkipUnless(Path.Exists(path), $"../shared/{name} is not beside this checkout");
        return path;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static string FindCheckout()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "PlayFair.Orleans.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("These tests run in their checkout.");
    }

    private string Write(string name, Func<byte[], byte[]> damage)
    {
        string whole = Noisy;
        return MakeOnce(name, path => File.WriteAllBytes(path, damage(File.ReadAllBytes(whole))));
    }

    private string MakeOnce(string name, Action<string> make)
    {
        string path = Path.Combine(Folder, name);
        return _made.GetOrAdd(name, _ => new Lazy<string>(() =>
        {
            make(path);
            return path;
        })).Value;
    }
}
