using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PlayFair.Video.Tests;

/// <summary>The proxy that keeps HTTP sources to the addresses that they may reach.</summary>
public class LiveProxyTests
{
    [Fact]
    public async Task A_request_reaches_the_named_host_as_the_server_expects_it()
    {
        await using var proxy = new CheckingProxy(new SourcePolicy(), "127.0.0.1");
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        int port = ((IPEndPoint)server.LocalEndpoint).Port;
        Task<string> answer = AskAsync(
            proxy,
            $"GET http://127.0.0.1:{port}/a//b?c=%41 HTTP/1.1\r\nHost: x\r\nProxy-Connection: keep-alive\r\n" +
            "Connection: keep-alive\r\nRange: bytes=0-\r\n\r\n");
        using Socket accepted = await server.AcceptSocketAsync();
        byte[] request = new byte[4096];
        int length = await accepted.ReceiveAsync(request);
        Assert.Equal(
            "GET /a//b?c=%41 HTTP/1.1\r\nHost: x\r\nRange: bytes=0-\r\nConnection: close\r\n\r\n",
            Encoding.ASCII.GetString(request, 0, length));
        await accepted.SendAsync("HTTP/1.1 200 OK\r\n\r\nbody"u8.ToArray());
        accepted.Shutdown(SocketShutdown.Both);
        Assert.Equal("HTTP/1.1 200 OK\r\n\r\nbody", await answer.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Null(proxy.Refusal);
    }

    [Fact]
    public async Task A_tunnel_passes_bytes_both_ways()
    {
        await using var proxy = new CheckingProxy(new SourcePolicy(), "127.0.0.1");
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        int port = ((IPEndPoint)server.LocalEndpoint).Port;
        Task<string> answer = AskAsync(proxy, $"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\nhello");
        using Socket accepted = await server.AcceptSocketAsync();
        byte[] received = new byte[100];
        Assert.Equal(5, await accepted.ReceiveAsync(received));
        await accepted.SendAsync("world"u8.ToArray());
        accepted.Shutdown(SocketShutdown.Both);
        Assert.EndsWith("\r\n\r\nworld", await answer.WaitAsync(TimeSpan.FromSeconds(60)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET http://127.0.0.1:PORT/ HTTP/1.1")]
    [InlineData("GET http://localhost:PORT/ HTTP/1.1")]
    [InlineData("GET http://0x7f000001:PORT/ HTTP/1.1")]
    [InlineData("GET http://[::ffff:127.0.0.1]:PORT/ HTTP/1.1")]
    [InlineData("GET http://0.0.0.0:PORT/ HTTP/1.1")]
    [InlineData("CONNECT 127.0.0.1:PORT HTTP/1.1")]
    [InlineData("CONNECT [::1]:PORT HTTP/1.1")]
    [InlineData("GET http://u@127.0.0.1:PORT/ HTTP/1.1")]
    public async Task What_the_user_did_not_name_is_refused_when_it_is_private(string request)
    {
        await using var proxy = new CheckingProxy(new SourcePolicy(), "camera.example");
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        string port = ((IPEndPoint)server.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        string answer = await AskAsync(proxy, request.Replace("PORT", port, StringComparison.Ordinal) + "\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 403", answer, StringComparison.Ordinal);
        Assert.Contains("private or local", proxy.Refusal, StringComparison.Ordinal);
        Assert.False(server.Pending());
    }

    [Fact]
    public async Task An_unknown_host_and_a_closed_port_are_told_apart()
    {
        await using var proxy = new CheckingProxy(new SourcePolicy(), "127.0.0.1");
        string unknown = await AskAsync(proxy, "GET http://no-such-host.invalid/ HTTP/1.1\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 502", unknown, StringComparison.Ordinal);
        Assert.Contains("no-such-host.invalid", proxy.Trouble, StringComparison.Ordinal);
        int port = LiveServer.FreePort();
        string closed = await AskAsync(proxy, $"GET http://127.0.0.1:{port}/ HTTP/1.1\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 502", closed, StringComparison.Ordinal);
        Assert.Contains("refuses", proxy.Trouble, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1")]
    [InlineData("GET file:///etc/passwd HTTP/1.1")]
    [InlineData("GET https://example.org/ HTTP/1.1")]
    [InlineData("CONNECT host HTTP/1.1")]
    [InlineData("nonsense")]
    public async Task What_is_no_request_to_a_proxy_is_refused(string request)
    {
        await using var proxy = new CheckingProxy(SourcePolicy.Anything, "127.0.0.1");
        Assert.StartsWith("HTTP/1.1 400", await AskAsync(proxy, request + "\r\n\r\n"), StringComparison.Ordinal);
    }

    private static async Task<string> AskAsync(CheckingProxy proxy, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(proxy.Url).Port);
        await client.Client.SendAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
    }
}
