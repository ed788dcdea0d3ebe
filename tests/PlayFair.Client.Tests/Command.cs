using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace PlayFair.Client.Tests;

/// <summary>What a run of the playfair command left.</summary>
internal sealed record Outcome(int Code, string Output, string Error)
{
    /// <summary>Asserts a refusal: a code, and one line on standard error with these words.</summary>
    public void Refused(int code, params string[] words)
    {
        Assert.Equal((code, ""), (Code, Output));
        Assert.StartsWith("playfair: ", Error, StringComparison.Ordinal);
        Assert.Equal(Error.Length - 1, Error.IndexOf('\n', StringComparison.Ordinal));
        Assert.All(words, word => Assert.Contains(word, Error, StringComparison.Ordinal));
    }
}

/// <summary>The built playfair command, run as a process.</summary>
internal static class Command
{
    public static readonly string Program =
        Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "playfair.exe" : "playfair");

    /// <summary>No test runs so long: it hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static Task<Outcome> RunAsync(params string[] arguments) => RunAsync([Program, .. arguments], []);

    /// <param name="command">A program and its arguments.</param>
    /// <param name="environment">Variables to set.</param>
    /// <param name="whileRunning">Called with the process as soon as it runs.</param>
    public static async Task<Outcome> RunAsync(
        string[] command,
        (string Name, string Value)[] environment,
        Func<Process, CancellationToken, Task>? whileRunning = null)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (string name in new[] { "NO_COLOR", "PLAYFAIR_URL", "PLAYFAIR_TOKEN" })
            start.Environment.Remove(name);
        foreach ((string name, string value) in environment)
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

    /// <summary>As Ctrl-C does.</summary>
    public static void Interrupt(Process process)
    {
        using var kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }
}
