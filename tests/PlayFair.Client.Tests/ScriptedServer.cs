using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PlayFair.Client.Tests;

/// <summary>A request as it came over the wire.</summary>
public sealed record Received(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}

/// <summary>
/// An HTTP server on a real socket that does what its script says, wrong things too: each connection gets the next
/// step. Once the script is over, connections are closed without an answer.
/// </summary>
public sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly ConcurrentQueue<Func<Answer, Task>> _script;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;

    public ScriptedServer(params Func<Answer, Task>[] script)
        : this(port: 0, script)
    {
    }

    public ScriptedServer(int port, params Func<Answer, Task>[] script)
    {
        _script = new(script);
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Address => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}");

    public ConcurrentQueue<Received> Requests { get; } = new();

    public async ValueTask DisposeAsync()
    {
        if (_accepting.IsCompleted)
            return;
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                Received request = await ReadAsync(client.GetStream());
                Requests.Enqueue(request);
                if (_script.TryDequeue(out Func<Answer, Task>? step))
                    await step(new Answer(request, client, _stop.Token));
                // The rest goes out before the connection ends.
                client.Client.Shutdown(SocketShutdown.Send);
            }
            catch (Exception end) when (
                end is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
            {
                // The client is gone, or the test is over.
            }
        }
    }

    private async Task<Received> ReadAsync(NetworkStream stream)
    {
        var head = new List<byte>();
        byte[] one = new byte[1];
        while (head is not [.., (byte)'\r', (byte)'\n', (byte)'\r', (byte)'\n'])
        {
            await stream.ReadExactlyAsync(one, _stop.Token);
            head.Add(one[0]);
        }

        string[] lines = Encoding.ASCII.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines.Skip(1).Select(line => line.Split(": ", 2))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
        byte[] body =
            new byte[int.Parse(headers.GetValueOrDefault("Content-Length", "0"), CultureInfo.InvariantCulture)];
        if (headers.ContainsKey("Transfer-Encoding"))
            body = await ReadChunksAsync(stream);
        else
            await stream.ReadExactlyAsync(body, _stop.Token);
        string[] first = lines[0].Split(' ');
        return new Received(first[0], first[1], headers, Encoding.UTF8.GetString(body));
    }

    private async Task<byte[]> ReadChunksAsync(NetworkStream stream)
    {
        var body = new List<byte>();
        while (true)
        {
            int length = int.Parse(await LineAsync(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            byte[] chunk = new byte[length];
            await stream.ReadExactlyAsync(chunk, _stop.Token);
            body.AddRange(chunk);
            await LineAsync();
            if (length == 0)
                return [.. body];
        }

        async Task<string> LineAsync()
        {
            var line = new StringBuilder();
            byte[] one = new byte[1];
            while (line is not { Length: > 1 } || line[^1] != '\n')
            {
                await stream.ReadExactlyAsync(one, _stop.Token);
                line.Append((char)one[0]);
            }

            return line.ToString().TrimEnd();
        }
    }
}

/// <summary>One connection's answer, written step by step.</summary>
public sealed class Answer(Received request, TcpClient client, CancellationToken stop)
{
    public Received Request => request;

    public Task WriteAsync(string text) => client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(text), stop).AsTask();

    /// <summary>A whole answer.</summary>
    public Task SendAsync(int status, string mediaType, string body, params string[] headers) => WriteAsync(
        $"HTTP/1.1 {status} Scripted\r\nContent-Type: {mediaType}\r\n"
        + $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n"
        + string.Concat(headers.Select(header => header + "\r\n")) + "Connection: close\r\n\r\n" + body);

    public Task SendJsonAsync(string body, params string[] headers) =>
        SendAsync(200, "application/json", body, headers);

    /// <summary>The head of an event stream, with these events; without a length its end is the connection's.</summary>
    public Task BeginEventsAsync(params string[] events) => WriteAsync(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + string.Concat(events));

    /// <summary>As a network that breaks: whatever was not sent yet is lost.</summary>
    public void Reset() => client.Client.Close(timeout: 0);

    /// <summary>Says nothing until the client goes or the test is over.</summary>
    public async Task StallAsync()
    {
        byte[] one = new byte[1];
        while (await client.GetStream().ReadAsync(one, stop) > 0)
        {
            // What is sent is not asked for.
        }
    }
}
