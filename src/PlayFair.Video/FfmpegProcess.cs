using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace PlayFair.Video;

/// <summary>
/// A running ffmpeg or ffprobe: its output as a stream, its log as lines. Disposing it ends the process, gently, then
/// hard, and returns when it has been reaped and every descriptor is closed.
/// </summary>
internal sealed partial class FfmpegProcess : IAsyncDisposable
{
    /// <summary>Log lines are cut here: metadata of a hostile file may print without end.</summary>
    private const int MaxLineBytes = 2048;

    private const int LastLineCount = 12;

    private readonly Process _process;
    private readonly TimeSpan _stopTimeout;
    private readonly Action<FfmpegLogLine>? _onLine;
    private readonly Action? _onLogEnd;
    private readonly Task _logReading;
    private readonly Queue<string> _lastLines = new();
    private int _disposed;

    private FfmpegProcess(
        Process process, TimeSpan stopTimeout, Action<FfmpegLogLine>? onLine, Action? onLogEnd)
    {
        _process = process;
        _stopTimeout = stopTimeout;
        _onLine = onLine;
        _onLogEnd = onLogEnd;
        Output = process.StandardOutput.BaseStream;
        _logReading = Task.Run(ReadLogAsync);
    }

    /// <summary>Standard output.</summary>
    public Stream Output { get; }

    /// <summary>Standard input; only of a process started with input.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>The last lines in which the process complained, oldest first; settled once it has exited.</summary>
    public IReadOnlyList<string> LastLines
    {
        get
        {
            lock (_lastLines)
                return [.. _lastLines];
        }
    }

    /// <param name="program">Absolute path.</param>
    /// <param name="arguments">Passed one by one; no shell sees them.</param>
    /// <param name="stopTimeout">Time between asking the process to end and killing it.</param>
    /// <param name="onLine">Called with each log line, in order, from one thread at a time.</param>
    /// <param name="onLogEnd">Called once, after the last line.</param>
    /// <param name="withInput">Whether standard input is a pipe.</param>
    /// <param name="withoutProxyExceptions">
    /// Whether the environment's no_proxy, which would lead ffmpeg past the proxy that it was given, is kept from it.
    /// </param>
    /// <exception cref="VideoException"><see cref="VideoErrorKind.FfmpegMissing"/>.</exception>
    public static FfmpegProcess Start(
        string program,
        IEnumerable<string> arguments,
        TimeSpan stopTimeout,
        Action<FfmpegLogLine>? onLine = null,
        Action? onLogEnd = null,
        bool withInput = false,
        bool withoutProxyExceptions = false)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = withInput,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["AV_LOG_FORCE_NOCOLOR"] = "1";
        if (withoutProxyExceptions)
        {
            start.Environment.Remove("no_proxy");
            start.Environment.Remove("NO_PROXY");
        }

        var process = new Process { StartInfo = start };
        try
        {
            process.Start();
            return new FfmpegProcess(process, stopTimeout, onLine, onLogEnd);
        }
        catch (Win32Exception e)
        {
            process.Dispose();
            throw new VideoException(
                VideoErrorKind.FfmpegMissing,
                program,
                $"'{program}' does not start: {e.Message}. Expected an ffmpeg that this user may run. Install ffmpeg " +
                $"(apt-get install ffmpeg), or set {FfmpegTools.LocationVariable} to the folder that holds one.",
                e);
        }
    }

    /// <summary>Waits for the end that the process comes to by itself, its log read to the last line.</summary>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        await _logReading.WaitAsync(cancellationToken).ConfigureAwait(false);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;

        if (!_process.HasExited)
            AskToEnd();
        // ffmpeg blocked on a full pipe does not look at signals; the closed pipe wakes it.
        await Output.DisposeAsync().ConfigureAwait(false);
        if (_process.StartInfo.RedirectStandardInput)
            await CloseInputAsync().ConfigureAwait(false);

        using (var timeout = new CancellationTokenSource(_stopTimeout))
        {
            try
            {
                await _process.WaitForExitAsync(timeout.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }

        // The process is gone, so its log ends, unless a child of a wrapper script still holds the pipe.
        await Task.WhenAny(_logReading, Task.Delay(_stopTimeout)).ConfigureAwait(false);
        _process.StandardError.Dispose();
        await _logReading.ConfigureAwait(false);
        _process.Dispose();
    }

    private async Task CloseInputAsync()
    {
        try
        {
            await Input.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // What was left to flush has no reader any more.
        }
    }

    private void AskToEnd()
    {
        if (OperatingSystem.IsWindows())
            _process.Kill(entireProcessTree: true);
        else
            _ = SendSignal(_process.Id, Sigterm);
    }

    private async Task ReadLogAsync()
    {
        Stream log = _process.StandardError.BaseStream;
        byte[] chunk = new byte[4096];
        byte[] line = new byte[MaxLineBytes];
        int length = 0;
        try
        {
            while (true)
            {
                int read = await log.ReadAsync(chunk).ConfigureAwait(false);
                foreach (byte value in chunk.AsSpan(0, read))
                {
                    if (value is (byte)'\n' or (byte)'\r')
                    {
                        TakeLine(line.AsSpan(0, length));
                        length = 0;
                    }
                    else if (length < MaxLineBytes)
                    {
                        line[length++] = value;
                    }
                }

                if (read == 0)
                {
                    TakeLine(line.AsSpan(0, length));
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Disposed with the pipe still held open by a stranger: nobody reads the rest.
        }
        finally
        {
            _onLogEnd?.Invoke();
        }
    }

    private void TakeLine(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        var line = FfmpegLogLine.Parse(Encoding.UTF8.GetString(bytes));
        if (line.IsComplaint || line.Level.Length == 0)
        {
            lock (_lastLines)
            {
                if (_lastLines.Count == LastLineCount)
                    _lastLines.Dequeue();
                _lastLines.Enqueue(line.ToString());
            }
        }

        _onLine?.Invoke(line);
    }

    private const int Sigterm = 15;

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int processId, int signal);
}
