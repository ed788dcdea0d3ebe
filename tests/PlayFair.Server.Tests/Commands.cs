using System.Diagnostics;

namespace PlayFair.Server.Tests;

/// <summary><c>playfair</c>, run as processes with the models that ship, in a folder that goes with them.</summary>
internal sealed class Commands : IDisposable
{
    private readonly List<Process> _started = [];

    public string Folder { get; } = Directory.CreateTempSubdirectory("playfair serve ").FullName;

    public static void Signal(Process process, string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{process.Id}"]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    public static Task ExitedAsync(Process process) => process.WaitForExitAsync().WaitAsync(RunningServer.Timeout);

    /// <summary>The address that the server tells when it listens.</summary>
    public static async Task<Uri> AddressAsync(Process server)
    {
        string? line = await server.StandardOutput.ReadLineAsync().WaitAsync(RunningServer.Timeout);
        if (line is null)
            Assert.Fail(await server.StandardError.ReadToEndAsync());
        return new Uri(line.Split(' ').Single(word => word.StartsWith("http", StringComparison.Ordinal)).TrimEnd(','));
    }

    public async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await ExitedAsync(process);
        return (process.ExitCode, await output, await error);
    }

    public Process Start(params string[] arguments)
    {
        // Signals have their default effect even where the tests run in the background of a shell, or under nohup.
        string[] launcher = OperatingSystem.IsLinux() ? ["env", "--default-signal=INT,HUP"] : [];
        string[] command = [.. launcher, Path.Combine(AppContext.BaseDirectory, "playfair"), .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder,
        };
        start.Environment["NO_COLOR"] = "1";
        start.Environment.Remove("PLAYFAIR_MODELS");
        Process process = Process.Start(start)!;
        _started.Add(process);
        return process;
    }

    /// <summary>A failed test's server would run on.</summary>
    public void Dispose()
    {
        foreach (Process process in _started)
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit();
            }

            process.Dispose();
        }

        Directory.Delete(Folder, recursive: true);
    }
}
