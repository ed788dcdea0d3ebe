using System.Net.Sockets;

namespace PlayFair.Engine.Tests.Storage;

/// <summary>
/// Stands between a store and its PostgreSQL server. On request it cuts the connection off on which much was sent,
/// between the server's having done it and its saying so.
/// </summary>
internal sealed class AnswerCutter : IAsyncDisposable
{
    /// <summary>Socket of a server in its folder.</summary>
    private const string SocketName = ".s.PGSQL.5432";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("playfair-cut-");
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string _server;
    private readonly Task _accepting;
    private int _toCut;

    /// <param name="serverFolder">Where the server's socket is.</param>
    public AnswerCutter(string serverFolder)
    {
        _server = Path.Combine(serverFolder, SocketName);
        _listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(Folder, SocketName)));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>To be connected to as the server's host.</summary>
    public string Folder => _folder.FullName;

    /// <summary>How many answers are still to be cut off.</summary>
    public int ToCut => Volatile.Read(ref _toCut);

    /// <summary>Cuts off the next so many answers to messages of 4,000 bytes and more.</summary>
    public void CutNext(int count) => Volatile.Write(ref _toCut, count);

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        _folder.Delete(recursive: true);
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptAsync();
                connections.Add(PassAsync(client));
            }
        }
        catch (SocketException)
        {
            // The listener was closed.
        }

        await Task.WhenAll(connections);
    }

    private async Task PassAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using (client)
        {
            await server.ConnectAsync(new UnixDomainSocketEndPoint(_server));
            int sent = 0;
            Task there = CopyAsync(client, server, count =>
            {
                Interlocked.Add(ref sent, count);
                return true;
            });
            Task back = CopyAsync(server, client, _ =>
                Interlocked.Exchange(ref sent, 0) < 4000 || Interlocked.Decrement(ref _toCut) < 0);
            await Task.WhenAny(there, back);
            client.Dispose();
            server.Dispose();
            await Task.WhenAll(there, back);
        }
    }

    /// <param name="mayPass">Asked of each piece.</param>
    private static async Task CopyAsync(Socket from, Socket to, Func<int, bool> mayPass)
    {
        byte[] buffer = new byte[1 << 16];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count && mayPass(count))
            {
                for (int done = 0; done < count;)
                    done += await to.SendAsync(buffer.AsMemory(done..count));
            }
        }
        catch (SocketException)
        {
            // The other side is gone.
        }
        catch (ObjectDisposedException)
        {
            // The other direction has ended.
        }
    }
}
