using System.Diagnostics;
using System.Text;
using PlayFair.Cli.Tests;
using PlayFair.Engine.Tests;
using PlayFair.Inference.Tests;
using PlayFair.Models;
using PlayFair.Models.Tests;

[assembly: AssemblyFixture(typeof(Playfair))]

namespace PlayFair.Cli.Tests;

/// <summary>What a run of the program left.</summary>
public sealed record Outcome(int Code, string Output, string Error)
{
    /// <summary>Asserts success without a word on standard error.</summary>
    public Outcome Succeeded()
    {
        Assert.Equal((0, ""), (Code, Error));
        return this;
    }

    /// <summary>Asserts a refusal as a user shall see it: a code, one line on standard error, nothing else.</summary>
    /// <param name="words">What the line must say.</param>
    public void Refused(int code, params string[] words)
    {
        Assert.Equal((code, ""), (Code, Output));
        AssertOneLine(words);
    }

    /// <summary>Asserts that standard error is one line for a person, with these words.</summary>
    public void AssertOneLine(params string[] words)
    {
        Assert.StartsWith("playfair: ", Error, StringComparison.Ordinal);
        Assert.Equal(Error.Length - 1, Error.IndexOf('\n', StringComparison.Ordinal));
        Assert.All(words, word => Assert.Contains(word, Error, StringComparison.Ordinal));
        Assert.DoesNotContain("Exception", Error, StringComparison.Ordinal);
    }
}

/// <summary>
/// The built program, run as a process; its models are small ones: <c>moves-trn</c>, the default, and <c>tiny-tsn</c>.
/// </summary>
public sealed class Playfair : IDisposable
{
    public const int FeatureFrameCount = 16;

    /// <summary>No test runs so long: it hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("playfair models ").FullName;

    public Playfair()
    {
        Models = Directory.CreateDirectory(Path.Combine(_folder, "models")).FullName;
        new TestPackage { Name = "moves-trn" }.WriteTo(Models);
        TestPackage.Tsn.WriteTo(Models);
        Features = Path.Combine(_folder, "clip.safetensors");
        float[] values = RandomHeads.Numbers(new Random(2), FeatureFrameCount * LinearBackbone.FeatureSize);
        SafetensorsFile.Write(Features, [new("features", [FeatureFrameCount, LinearBackbone.FeatureSize], values)]);
    }

    public static string Program { get; } =
        Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "playfair.exe" : "playfair");

    /// <summary>The folder that PLAYFAIR_MODELS names.</summary>
    public string Models { get; }

    /// <summary>A feature file for both models: what is not about videos is tested sooner on it.</summary>
    public string Features { get; }

    public Task<Outcome> RunAsync(params string[] arguments) => RunAsync(arguments, environment: []);

    /// <param name="environment">Variables to set; a null value removes one.</param>
    /// <param name="launcher">A program and its arguments that run the program: <c>env</c>, <c>setsid</c>.</param>
    /// <param name="whileRunning">Called with the process as soon as it runs.</param>
    public async Task<Outcome> RunAsync(
        string[] arguments,
        (string Name, string? Value)[] environment,
        string[]? launcher = null,
        string? workingDirectory = null,
        Func<Process, CancellationToken, Task>? whileRunning = null)
    {
        string[] command = [.. launcher ?? [], Program, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = workingDirectory ?? _folder,
        };
        start.Environment["PLAYFAIR_MODELS"] = Models;
        foreach (string name in new[] { "NO_COLOR", "PLAYFAIR_FFMPEG" })
            start.Environment.Remove(name);
        foreach ((string name, string? value) in environment)
            start.Environment[name] = value;

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        using Process process = Process.Start(start)!;
        try
        {
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(patience.Token);
            if (whileRunning is not null)
                await whileRunning(process, patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return new Outcome(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
