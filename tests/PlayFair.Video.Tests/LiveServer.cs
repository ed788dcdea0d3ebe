using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace PlayFair.Video.Tests;

/// <summary>A program that runs until it is disposed of.</summary>
internal sealed class LiveServer : IDisposable
{
    private readonly Process _process;
    private bool _disposed;

    private LiveServer(Process process) => _process = process;

    /// <summary>A port of loopback that was free just now.</summary>
    public static int FreePort(bool isUdp = false)
    {
        using var socket = isUdp
            ? new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)
            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>ffmpeg that sends test pictures at their own pace, for ever.</summary>
    public static LiveServer Ffmpeg(params string[] output) => Start(
        FfmpegTools.Find(null).Ffmpeg,
        [
            "-nostdin", "-hide_banner", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25",
            "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "10", "-pix_fmt", "yuv420p",
            .. output,
        ]);

    public static LiveServer Start(string program, IEnumerable<string> arguments, bool waitsForReady = false)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = waitsForReady,
        };
        Process process = Process.Start(start)!;
        if (waitsForReady && process.StandardOutput.ReadLine() != "ready")
        {
            process.WaitForExit();
            Assert.Fail($"{program} ended with {process.ExitCode}");
        }

        return new LiveServer(process);
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}

/// <summary>A web server of one folder on loopback, which can also send elsewhere.</summary>
internal sealed class WebServer : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly string _folder;
    private readonly Task _serving;
    private int _requestCount;

    public WebServer(string folder)
    {
        _folder = folder;
        Port = LiveServer.FreePort();
        _listener.Prefixes.Add(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}/"));
        _listener.Start();
        _serving = Task.Run(ServeAsync);
    }

    public int Port { get; }

    public string Url => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}/");

    public int RequestCount => Volatile.Read(ref _requestCount);

    /// <summary>Addresses that are answered with a redirect to another.</summary>
    public Dictionary<string, string> Redirects { get; } = new(StringComparer.Ordinal);

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            Interlocked.Increment(ref _requestCount);
            try
            {
                await AnswerAsync(context);
            }
            catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException)
            {
                // ffmpeg hangs up when it has seen enough.
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        string path = context.Request.Url!.AbsolutePath;
        using HttpListenerResponse response = context.Response;
        if (Redirects.TryGetValue(path, out string? target))
        {
            response.StatusCode = 302;
            response.AddHeader("Location", target);
            return;
        }

        string file = Path.Combine(_folder, path.TrimStart('/'));
        if (!File.Exists(file))
        {
            response.StatusCode = 404;
            return;
        }

        // HLS playlists are written anew while they are served.
        byte[] bytes = await File.ReadAllBytesAsync(file);
        response.ContentLength64 = bytes.Length;
        await response.OutputStream.WriteAsync(bytes);
    }
}
