using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using PlayFair.Client;
using PlayFair.Contracts;
using PlayFair.Engine.Tests.Storage;

namespace PlayFair.Grains.Tests.Processes;

/// <summary>
/// A cluster as on one machine: <c>playfair silo</c> several times, and a PostgreSQL server. A silo that ends unasked
/// is started again, as by systemd: where the machine has too much to do, others may take one for dead.
/// </summary>
internal sealed class SiloProcesses : IAsyncDisposable
{
    /// <summary>The code of a silo that the others took for dead.</summary>
    public const int Expelled = 82;

    /// <summary>Silos' processes have it in their environments, and so has what they start.</summary>
    private const string Mark = "PLAYFAIR_TEST_CLUSTER";

    /// <summary>How long anything may take before it counts as never happening.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly string _mark = Guid.NewGuid().ToString("N");
    private readonly List<(SiloProcess Silo, SiloExit Exit)> _failures = [];
    private readonly string _connection;
    private bool _isDisposing;

    private SiloProcesses(PostgresServer database, string[] arguments, string? logs, string[] names)
    {
        Database = database;
        _connection = database.CreateDatabase();
        Queue<int> ports = new(FreePorts(2 * names.Length));
        All = [.. names.Select(name => Create(name, ports.Dequeue(), ports.Dequeue(), arguments, logs))];
    }

    public PostgresServer Database { get; }

    public IReadOnlyList<SiloProcess> All { get; }

    /// <summary>Silos that ended though nobody had asked them to; each runs again.</summary>
    public IReadOnlyList<(SiloProcess Silo, SiloExit Exit)> Failures
    {
        get
        {
            lock (_failures)
                return [.. _failures];
        }
    }

    /// <param name="arguments">What every silo is told besides where it is.</param>
    /// <param name="logs">A folder for what they write on standard error; null: it is not kept.</param>
    public static async Task<SiloProcesses> StartAsync(string[] arguments, string? logs, params string[] names)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "processes are signalled, and looked up in /proc");
        var silos = new SiloProcesses(PostgresServer.Start(), arguments, logs, names);
        try
        {
            await silos.WaitAsync(Task.WhenAll(silos.All.Select(silo => silo.StartAsync())), "The silos start");
            return silos;
        }
        catch
        {
            await silos.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client of a silo.</summary>
    public static PlayFairClient Client(SiloProcess silo) => new(new() { Address = silo.Address.ToString() });

    /// <summary>The silo that runs most videos, as one of them knows.</summary>
    public async Task<SiloProcess> BusiestAsync(SiloProcess asked)
    {
        using PlayFairClient client = Client(asked);
        IReadOnlyList<VideoStatus> videos = await client.ListVideosAsync();
        return All.MaxBy(silo => videos.Count(video => video.Silo == silo.Name))!;
    }

    /// <summary>Waits for what is bound to happen.</summary>
    /// <param name="what">As a sentence without its full stop.</param>
    public async Task WaitAsync(Task happening, string what, Func<string>? describe = null)
    {
        try
        {
            await happening.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            Assert.Fail(
                $"{what}: not within {s_patience.TotalSeconds:0} s. {describe?.Invoke()}\n"
                + string.Join('\n', All.Select(silo => silo.Tail)));
        }
    }

    /// <summary>Processes that silos have started, and that outlive them.</summary>
    public IReadOnlyList<Process> Orphans()
    {
        var orphans = new List<Process>();
        foreach (Process process in Process.GetProcesses())
        {
            string environment = "";
            try
            {
                environment = File.ReadAllText($"/proc/{process.Id}/environ");
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // It has ended, or is another user's.
            }

            if (environment.Contains(_mark, StringComparison.Ordinal))
                orphans.Add(process);
            else
                process.Dispose();
        }

        return orphans;
    }

    public ValueTask DisposeAsync()
    {
        _isDisposing = true;
        foreach (SiloProcess silo in All)
            silo.Dispose();
        foreach (Process orphan in Orphans())
        {
            using (orphan)
                orphan.Kill();
        }

        Database.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Ports that nobody listens on, below those that the system gives to connections: a silo that is away keeps its
    /// own.
    /// </summary>
    private static IEnumerable<int> FreePorts(int count)
    {
        int[] candidates = [.. Enumerable.Range(20_000, 12_000)];
        Random.Shared.Shuffle(candidates);
        return candidates.Where(IsFree).Take(count);

        static bool IsFree(int port)
        {
            using var listener = new TcpListener(IPAddress.Any, port);
            try
            {
                listener.Start();
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }

    private SiloProcess Create(string name, int siloPort, int port, string[] arguments, string? logs)
    {
        var address = new Uri($"http://127.0.0.1:{port}");
        StreamWriter? log = logs is null ? null : new(Path.Combine(logs, $"{name}.log")) { AutoFlush = true };
        return new SiloProcess(name, address, Command, StartAgain, log);

        ProcessStartInfo Command()
        {
            // Signals have their default effect even where the tests run in the background of a shell, or under nohup.
            string[] told =
            [
                "--default-signal=INT,HUP", Path.Combine(AppContext.BaseDirectory, "playfair"), "silo", "--silo", name,
                "--silo-port", $"{siloPort}", "--advertise", "127.0.0.1", "--listen", $"http://127.0.0.1:{port}",
                .. arguments,
            ];
            var start = new ProcessStartInfo("env", told)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["NO_COLOR"] = "1";
            start.Environment["PLAYFAIR__CLUSTER__DATABASE"] = _connection;
            start.Environment[Mark] = _mark;
            start.Environment.Remove("PLAYFAIR_MODELS");
            return start;
        }

        void StartAgain(SiloProcess silo, SiloExit exit)
        {
            lock (_failures)
                _failures.Add((silo, exit));
            if (!_isDisposing)
                _ = silo.StartAsync();
        }
    }
}
