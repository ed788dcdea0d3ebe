using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PlayFair.Video;

/// <summary>
/// An HTTP proxy on loopback for one source: resolves each name once, has the policy check all its addresses, and
/// connects to one of these. So neither a redirect, nor a playlist, nor a name service leads elsewhere.
/// </summary>
/// <remarks>A connection serves one request, or one tunnel, and is closed: so each request is checked.</remarks>
internal sealed class CheckingProxy : IAsyncDisposable
{
    private const int MaxHeadBytes = 32 * 1024;

    private static readonly byte[] s_established = "HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray();
    private static readonly TimeSpan s_headTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(10);

    private readonly SourcePolicy _policy;
    private readonly string _named;
    private readonly TcpListener _listener = new(IPAddress.Loopback, port: 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _connections = [];
    private readonly Task _accepting;
    private int _disposed;

    /// <param name="named">The host that the user named.</param>
    public CheckingProxy(SourcePolicy policy, string named)
    {
        _policy = policy;
        _named = named;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>For ffmpeg's -http_proxy.</summary>
    public string Url => string.Create(
        CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    /// <summary>Why the policy refused a request; null while it has refused none.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Why the last connection that failed did so.</summary>
    public string? Trouble { get; private set; }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        Task[] connections;
        lock (_lock)
            connections = [.. _connections];
        await Task.WhenAll(connections).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptSocketAsync(_stop.Token).ConfigureAwait(false);
                Task serving = ServeAsync(client);
                lock (_lock)
                {
                    _connections.RemoveWhere(task => task.IsCompleted);
                    _connections.Add(serving);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed, or the machine is out of descriptors: ffmpeg's next request is refused, and says so.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        await Task.Yield();
        using var _ = client;
        try
        {
            if (await ReadHeadAsync(client).ConfigureAwait(false) is not { } head)
                return;
            if (ProxyRequest.Parse(head) is not { } request)
            {
                await AnswerAsync(client, "400 Bad Request").ConfigureAwait(false);
                return;
            }

            using Socket? server = await ConnectAsync(client, request).ConfigureAwait(false);
            if (server is null)
                return;
            if (request.IsTunnel)
                await SendAsync(client, s_established).ConfigureAwait(false);
            await SendAsync(server, request.Forwarded).ConfigureAwait(false);
            await RelayAsync(client, server).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One of the two hung up. ffmpeg notices, and it is its words that count.
        }
    }

    /// <summary>Connects to where the request wants to go; null after answering why not.</summary>
    private async Task<Socket?> ConnectAsync(Socket client, ProxyRequest request)
    {
        string answer;
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            timeout.CancelAfter(s_connectTimeout);
            IPAddress[] addresses = await _policy.AllowedAddressesAsync(
                request.Host, _named, timeout.Token).ConfigureAwait(false);
            var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await server.ConnectAsync(addresses, request.Port, timeout.Token).ConfigureAwait(false);
                return server;
            }
            catch
            {
                server.Dispose();
                throw;
            }
        }
        catch (SourceException e)
        {
            Refusal ??= e.Message;
            answer = "403 Forbidden";
        }
        catch (SocketException e)
        {
            Trouble = e.SocketErrorCode switch
            {
                SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain =>
                    $"the host '{request.Host}' is not known to the name service",
                SocketError.ConnectionRefused =>
                    $"'{request.Host}' refuses connections to port {request.Port}",
                _ => $"'{request.Host}' cannot be reached: {e.Message}",
            };
            answer = "502 Bad Gateway";
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            Trouble = $"'{request.Host}' does not answer";
            answer = "504 Gateway Timeout";
        }

        await AnswerAsync(client, answer).ConfigureAwait(false);
        return null;
    }

    private async Task RelayAsync(Socket client, Socket server)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task up = CopyAsync(client, server, done.Token);
        Task down = CopyAsync(server, client, done.Token);
        // The side that ends first has said all it will; ffmpeg does not close one direction only.
        await Task.WhenAny(up, down).ConfigureAwait(false);
        if (down.IsCompletedSuccessfully)
            client.Shutdown(SocketShutdown.Send);
        await done.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(up, down).ConfigureAwait(false);
    }

    private static async Task CopyAsync(Socket from, Socket to, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[64 * 1024];
        while (true)
        {
            int read = await from.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (read == 0)
                return;
            await SendAllAsync(to, buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The head of a request and what came with it; null when the client sent none.</summary>
    private async Task<byte[]?> ReadHeadAsync(Socket client)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        timeout.CancelAfter(s_headTimeout);
        byte[] buffer = new byte[MaxHeadBytes];
        int length = 0;
        while (length < buffer.Length)
        {
            int read = await client.ReceiveAsync(buffer.AsMemory(length), timeout.Token).ConfigureAwait(false);
            if (read == 0)
                return null;
            length += read;
            if (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) >= 0)
                return buffer[..length];
        }

        return null;
    }

    private Task AnswerAsync(Socket client, string status) => SendAsync(
        client, Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));

    private Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes) => SendAllAsync(socket, bytes, _stop.Token);

    private static async Task SendAllAsync(
        Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
            bytes = bytes[await socket.SendAsync(bytes, cancellationToken).ConfigureAwait(false)..];
    }
}

/// <summary>A request to a proxy: where it goes, and what is passed on.</summary>
/// <param name="IsTunnel">Whether bytes pass both ways as they are (CONNECT).</param>
/// <param name="Forwarded">What is sent on: the request as a server expects it, or what follows a CONNECT.</param>
internal sealed record ProxyRequest(string Host, int Port, bool IsTunnel, ReadOnlyMemory<byte> Forwarded)
{
    /// <param name="bytes">The head with its empty line, and perhaps more.</param>
    /// <returns>Null for what is no request to a proxy.</returns>
    public static ProxyRequest? Parse(byte[] bytes)
    {
        int headLength = bytes.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        string[] lines = Encoding.Latin1.GetString(bytes, 0, headLength - 4).Split("\r\n");
        string[] request = lines[0].Split(' ');
        if (request.Length != 3)
            return null;
        ReadOnlyMemory<byte> body = bytes.AsMemory(headLength);
        if (request[0] == "CONNECT")
        {
            // No scheme: as the authority of an address.
            return Uri.TryCreate("tunnel://" + request[1], UriKind.Absolute, out Uri? target) && target.Port > 0
                ? new ProxyRequest(target.IdnHost.Trim('[', ']'), target.Port, IsTunnel: true, body)
                : null;
        }

        if (!Uri.TryCreate(request[1], UriKind.Absolute, out Uri? uri) || uri.Scheme != Uri.UriSchemeHttp)
            return null;
        // The path as it was written: a Uri would tidy it up.
        int authority = "http://".Length;
        int path = request[1].IndexOfAny(['/', '?'], authority);
        string origin = path < 0 ? "/" : request[1][path] == '?' ? "/" + request[1][path..] : request[1][path..];
        IEnumerable<string> headers = lines.Skip(1).Where(line =>
            !line.StartsWith("Proxy-", StringComparison.OrdinalIgnoreCase) &&
            !line.StartsWith("Connection:", StringComparison.OrdinalIgnoreCase));
        string head = string.Join(
            "\r\n", [$"{request[0]} {origin} {request[2]}", .. headers, "Connection: close", "", ""]);
        byte[] forwarded = [.. Encoding.Latin1.GetBytes(head), .. body.Span];
        return new ProxyRequest(uri.IdnHost.Trim('[', ']'), uri.Port, IsTunnel: false, forwarded);
    }
}
