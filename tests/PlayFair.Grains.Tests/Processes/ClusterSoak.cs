using System.Diagnostics;
using PlayFair.Engine.Tests;

namespace PlayFair.Grains.Tests.Processes;

/// <summary>
/// <c>make soak-cluster</c>: silos are ended at random for MINUTES, in an order that SEED fixes, with a reader of every
/// stream at each silo.
/// </summary>
public sealed class ClusterSoak(Footage footage)
{
    private static readonly TimeSpan s_freeze = TimeSpan.FromSeconds(8);

    private readonly Dictionary<string, List<double>> _seconds = new(StringComparer.Ordinal);
    private readonly List<string> _faults = [];

    [Fact(Explicit = true)]
    public async Task Silos_that_are_ended_at_random_cost_no_update()
    {
        TimeSpan length = TimeSpan.FromMinutes(Number("MINUTES") ?? 60);
        int seed = (int)(Number("SEED") ?? Random.Shared.Next(10_000));
        string logs = Directory.CreateDirectory(Path.Combine(Footage.Checkout, "artifacts", "soak-cluster")).FullName;
        Tell($"three silos for {length.TotalMinutes:0.#} minutes, SEED={seed}; their logs are in {logs}");
        await using SiloProcesses silos =
            await SiloProcesses.StartAsync(SiloProcessTests.Arguments(footage), logs, "a", "b", "c");
        await using StreamAudit audit = await StreamAudit.BeginAsync(silos, SiloProcessTests.Videos(footage));
        Tell("every video runs");
        IReadOnlyList<ReaderTotals> readers = [.. audit.Readers.Select(reader => reader.Totals)];
        try
        {
            var faults = new ClusterFaults(silos, audit);
            var random = new Random(seed);
            long start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start) < length)
                await StrikeAsync(silos, audit, faults, random);
            (readers, IReadOnlyList<string> wrong) = await audit.FinishAsync();
            _faults.AddRange(wrong);
        }
        catch (Exception failure)
        {
            readers = [.. audit.Readers.Select(reader => reader.Totals)];
            _faults.AddRange([failure.Message, .. audit.Readers.SelectMany(reader => reader.Faults)]);
        }

        foreach ((SiloProcess silo, SiloExit exit) in silos.Failures)
        {
            // Where the machine has too much to do, a silo may have been late with an answer.
            if (exit.Code == SiloProcesses.Expelled)
                continue;
            string last = string.Join('\n', exit.Errors.TakeLast(20));
            _faults.Add($"{silo.Name} ended by itself with {exit.Code}:\n{last}");
        }

        Report(readers, silos.Failures.Count);
        Assert.True(_faults.Count == 0 && readers.All(reader => reader.IsClean), "Faults are listed above.");
    }

    /// <summary>One fault, and all that was lost is there again.</summary>
    private async Task StrikeAsync(SiloProcesses silos, StreamAudit audit, ClusterFaults faults, Random random)
    {
        await Task.Delay(TimeSpan.FromSeconds(random.Next(1, 10)), TestContext.Current.CancellationToken);
        SiloProcess silo = silos.All[random.Next(silos.All.Count)];
        int chance = random.Next(100);
        TimeSpan away = TimeSpan.FromSeconds(random.Next(1, 8));
        if (chance < 10)
        {
            Recovery back = await faults.RestartDatabaseAsync(away);
            Record("database restart", back);
            Tell(
                $"database away for {away.TotalSeconds:0} s; every video moved on "
                + $"{back.MovedOn.TotalSeconds:0.0} s later");
            return;
        }

        int count = audit.VideosOf(silo).Count;
        (string kind, Func<SiloProcess, Task<Recovery>> strike) = chance switch
        {
            < 70 => ("kill -9", faults.KillAsync),
            < 85 => ("SIGTERM", faults.TerminateAsync),
            _ => ("SIGSTOP", (Func<SiloProcess, Task<Recovery>>)(its => faults.FreezeAsync(its, s_freeze))),
        };
        Recovery recovery = await strike(silo);
        Record(kind, recovery);
        long start = Stopwatch.GetTimestamp();
        await faults.StartAgainAsync(silo);
        Tell(
            $"{silo.Name} {kind}, ran {count}; every video moved on after {recovery.MovedOn.TotalSeconds:0.0} s; "
            + $"started again in {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s");
    }

    private void Record(string kind, Recovery recovery)
    {
        if (!_seconds.TryGetValue(kind, out List<double>? seconds))
            _seconds.Add(kind, seconds = []);
        seconds.Add(recovery.MovedOn.TotalSeconds);
        if (recovery.Complaint is { } complaint)
        {
            _faults.Add(complaint);
            Tell(complaint);
        }
    }

    private void Report(IReadOnlyList<ReaderTotals> readers, int failureCount)
    {
        Console.WriteLine("\nuntil every video moved on:");
        Console.WriteLine($"{"event",-18}{"count",8}{"median s",10}{"p95 s",8}{"max s",8}");
        foreach ((string kind, List<double> seconds) in _seconds.OrderByDescending(pair => pair.Value.Count))
        {
            double[] sorted = [.. seconds.Order()];
            Console.WriteLine(
                $"{kind,-18}{sorted.Length,8}{At(sorted, 0.5),10:0.0}{At(sorted, 0.95),8:0.0}{sorted[^1],8:0.0}");
        }

        Console.WriteLine($"{"ended unasked",-18}{failureCount,8}");
        Console.WriteLine($"\n{"reader at",-18}{"updates",8}{"lost",10}{"repeated",10}{"wrong",8}");
        foreach (ReaderTotals reader in readers)
        {
            Console.WriteLine(
                $"{reader.Reader,-18}{reader.Updates,8}{reader.Lost,10}{reader.Repeated,10}{reader.Wrong,8}");
        }

        Console.WriteLine();
        foreach (string fault in _faults)
            Console.WriteLine(fault);

        static double At(double[] sorted, double share) => sorted[(int)Math.Ceiling(share * sorted.Length) - 1];
    }

    private static void Tell(string what) => Console.WriteLine($"{DateTimeOffset.UtcNow:HH:mm:ss} {what}");

    /// <summary>An environment variable's; null without it.</summary>
    private static double? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? double.Parse(text) : null;
}
