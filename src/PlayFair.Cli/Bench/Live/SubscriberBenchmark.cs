using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PlayFair.Cli.Bench;

/// <summary>Opens many event streams of one video, and watches the server that serves them.</summary>
/// <param name="count">Subscribers.</param>
/// <param name="duration">How long all of them are open.</param>
internal sealed class SubscriberBenchmark(int count, TimeSpan duration)
{
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromSeconds(60);

    public async Task<SubscriberResult> RunAsync(CancellationToken cancellationToken)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("playfair-bench-");
        int port = FreePort();
        using Process server = Process.Start(new ProcessStartInfo(
            Environment.ProcessPath!,
            [
                "serve", "--listen", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"), "--store",
                Path.Combine(folder.FullName, "playfair.db"), "--config", WriteConfiguration(folder.FullName),
            ])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            server.OutputDataReceived += (_, _) => { };
            server.ErrorDataReceived += (_, _) => { };
            server.BeginOutputReadLine();
            server.BeginErrorReadLine();
            return await MeasureAsync(server, port, cancellationToken);
        }
        finally
        {
            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync(CancellationToken.None);
            folder.Delete(recursive: true);
        }
    }

    private async Task<SubscriberResult> MeasureAsync(Process server, int port, CancellationToken cancellationToken)
    {
        var first = new Subscriber();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await ConnectAsync(first, server, port, ending.Token);
        double before = ProcessReading.ResidentMegabytes(server.Id);
        Subscriber[] all = [first, .. Enumerable.Range(1, count - 1).Select(_ => new Subscriber())];
        foreach (Subscriber subscriber in all.Skip(1))
            await subscriber.OpenAsync(port, ending.Token);
        await Task.WhenAll(all.Select(subscriber => subscriber.FirstUpdate)).WaitAsync(s_startTimeout, cancellationToken);

        long[] receivedBefore = [.. all.Select(subscriber => subscriber.Received)];
        long publishedBefore = all.Max(subscriber => subscriber.Last);
        double cpu = ProcessReading.CpuSeconds(server.Id);
        long start = Stopwatch.GetTimestamp();
        await Task.Delay(duration, cancellationToken);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        cpu = ProcessReading.CpuSeconds(server.Id) - cpu;
        long[] received = [.. all.Select((subscriber, i) => subscriber.Received - receivedBefore[i])];
        long published = all.Max(subscriber => subscriber.Last) - publishedBefore;
        double after = ProcessReading.ResidentMegabytes(server.Id);
        await ending.CancelAsync();
        await Task.WhenAll(all.Select(subscriber => subscriber.Ended));
        return new SubscriberResult(
            count, seconds, cpu / seconds, published, received.Min(), received.Max(), all.Sum(s => s.Missed), before, after);
    }

    private static async Task ConnectAsync(
        Subscriber subscriber, Process server, int port, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await subscriber.OpenAsync(port, cancellationToken);
                await subscriber.FirstUpdate.WaitAsync(s_startTimeout, cancellationToken);
                return;
            }
            catch (SocketException) when (!server.HasExited && Stopwatch.GetElapsedTime(start) < s_startTimeout)
            {
                // It is still starting.
                await Task.Delay(100, cancellationToken);
            }
            catch (SocketException refused)
            {
                throw new UsageException($"The server of the subscribers' row does not start: {refused.Message}.");
            }
        }
    }

    private static string WriteConfiguration(string folder)
    {
        string path = Path.Combine(folder, "playfair.json");
        File.WriteAllText(path, """
            {
              "videos": [{ "id": "camera", "source": "synthetic:1?fps=10", "rateHz": 10, "window": 8 }],
              "limits": { "subscribers": 10000, "requestsPerSecond": 100000 }
            }
            """);
        return path;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>One event stream over a bare socket: it counts events, and looks for gaps in their numbers.</summary>
    private sealed class Subscriber
    {
        private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _received;
        private long _last = -1;

        public Task FirstUpdate => _first.Task;

        public Task Ended { get; private set; } = Task.CompletedTask;

        public long Received => Interlocked.Read(ref _received);

        public long Last => Interlocked.Read(ref _last);

        public long Missed { get; private set; }

        public async Task OpenAsync(int port, CancellationToken cancellationToken)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                await socket.SendAsync(
                    Encoding.ASCII.GetBytes(
                        $"GET /api/v1/events?video=camera HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n\r\n"),
                    cancellationToken);
            }
            catch
            {
                socket.Dispose();
                throw;
            }

            Ended = Task.Run(() => ReadAsync(socket, cancellationToken), CancellationToken.None);
        }

        private async Task ReadAsync(Socket socket, CancellationToken cancellationToken)
        {
            using (socket)
            {
                byte[] buffer = new byte[16384];
                byte[] line = new byte[64];
                int length = 0;
                try
                {
                    while (await socket.ReceiveAsync(buffer, cancellationToken) is > 0 and int count)
                    {
                        foreach (byte value in buffer.AsSpan(0, count))
                        {
                            if (value == '\n')
                            {
                                Take(line.AsSpan(0, length));
                                length = 0;
                            }
                            else if (length < line.Length)
                            {
                                line[length++] = value;
                            }
                        }
                    }
                }
                catch (Exception end) when (end is OperationCanceledException or SocketException)
                {
                    // Over.
                }
            }
        }

        private void Take(ReadOnlySpan<byte> line)
        {
            if (!line.StartsWith("id:"u8)
                || !long.TryParse(line[3..].Trim((byte)' ').TrimEnd((byte)'\r'), CultureInfo.InvariantCulture, out long number))
            {
                return;
            }

            if (_last >= 0 && number != _last + 1)
                Missed += Math.Abs(number - _last - 1);
            Interlocked.Exchange(ref _last, number);
            Interlocked.Increment(ref _received);
            _first.TrySetResult();
        }
    }
}
