using System.Diagnostics;

namespace PlayFair.Grains.Tests.Processes;

/// <summary>How a silo's process ended, and what it had written on standard error.</summary>
internal sealed record SiloExit(int Code, IReadOnlyList<string> Errors)
{
    /// <summary>What it told its user, or the runtime of its crash: lines of the log begin with their time.</summary>
    public IReadOnlyList<string> Told => [.. Errors.Where(line => line.Length > 0 && !char.IsAsciiDigit(line[0]))];
}

/// <summary>A silo in a process of its own, which may end and be started again under its name and its ports.</summary>
/// <param name="failed">Told when it has ended, and nobody had asked it to.</param>
/// <param name="log">Where all is kept that it writes on standard error; null: nowhere.</param>
internal sealed class SiloProcess(
    string name, Uri address, Func<ProcessStartInfo> command, Action<SiloProcess, SiloExit> failed, TextWriter? log)
    : IDisposable
{
    private const int TailLength = 12;
    private const int TailWidth = 400;

    private readonly Lock _lock = new();
    private readonly List<string> _written = [];
    private List<string> _errors = [];
    private Process? _process;
    private bool _isToEnd;

    public string Name => name;

    /// <summary>Where it answers HTTP requests.</summary>
    public Uri Address => address;

    public bool IsRunning => !Ended.IsCompleted;

    /// <summary>The end of its present run, or of its last.</summary>
    public Task<SiloExit> Ended { get; private set; } = Task.FromResult(new SiloExit(0, []));

    /// <summary>All that it has written on standard error, in all its runs.</summary>
    public IReadOnlyList<string> Written
    {
        get
        {
            lock (_lock)
                return [.. _written];
        }
    }

    /// <summary>The last lines on standard error, for whoever wonders what happened.</summary>
    public string Tail
    {
        get
        {
            lock (_lock)
            {
                string state = IsRunning ? "runs" : $"ended with {Ended.Result.Code}";
                IEnumerable<string> lines = _errors.TakeLast(TailLength)
                    .Select(line => line.Length > TailWidth ? $"{line[..TailWidth]}…" : line);
                return $"{name} {state}:\n  {string.Join("\n  ", lines)}";
            }
        }
    }

    /// <summary>Starts it; ends when it answers requests.</summary>
    public Task StartAsync()
    {
        _process?.Dispose();
        _isToEnd = false;
        var errors = new List<string>();
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Process process = Process.Start(command())!;
        _process = process;
        lock (_lock)
            _errors = errors;
        process.OutputDataReceived += (_, said) =>
        {
            if (said.Data?.Contains("listens on", StringComparison.Ordinal) == true)
                ready.TrySetResult();
        };
        process.ErrorDataReceived += (_, said) =>
        {
            lock (_lock)
            {
                if (said.Data is { } line)
                {
                    errors.Add(line);
                    _written.Add(line);
                    log?.WriteLine(line);
                }
            }
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Ended = EndAsync();
        return ready.Task;

        async Task<SiloExit> EndAsync()
        {
            await process.WaitForExitAsync();
            var exit = new SiloExit(process.ExitCode, errors);
            if (!_isToEnd)
                failed(this, exit);
            ready.TrySetException(new InvalidOperationException(
                $"Silo {name} ended with {exit.Code} before it was ready:\n{string.Join('\n', errors)}"));
            return exit;
        }
    }

    /// <param name="signal">Its name, as of <c>kill</c>: KILL, TERM, STOP or CONT.</param>
    public void Signal(string signal)
    {
        _isToEnd = true;
        using Process kill = Process.Start("kill", [$"-{signal}", $"{_process!.Id}"]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    public void Dispose()
    {
        if (_process is not null)
        {
            _isToEnd = true;
            if (!_process.HasExited)
                _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
            _process = null;
        }

        log?.Dispose();
    }
}
