using System.Diagnostics;

namespace PlayFair.Grains.Tests.Processes;

/// <summary>How a cluster got over a fault.</summary>
/// <param name="MovedOn">
/// How long it took, from the fault's beginning, until every video had moved on for the readers at the silos that were
/// left.
/// </param>
/// <param name="Complaint">How the silo ended otherwise than it should have; null if it did not.</param>
internal sealed record Recovery(TimeSpan MovedOn, string? Complaint = null);

/// <summary>What befalls a cluster.</summary>
internal sealed class ClusterFaults(SiloProcesses silos, StreamAudit audit)
{
    /// <summary>A silo is killed.</summary>
    public async Task<Recovery> KillAsync(SiloProcess silo) =>
        new(await TakeOverAsync(silo, $"{silo.Name} was killed", async () =>
        {
            silo.Signal("KILL");
            await silo.Ended;
        }));

    /// <summary>A silo is told to end.</summary>
    public async Task<Recovery> TerminateAsync(SiloProcess silo)
    {
        TimeSpan took = await TakeOverAsync(silo, $"{silo.Name} was told to end", () =>
        {
            silo.Signal("TERM");
            return silos.WaitAsync(silo.Ended, $"{silo.Name} ends by SIGTERM");
        });
        SiloExit exit = await silo.Ended;
        bool isAsItShould = exit.Code == 0 && exit.Told.Count == 0;
        return new(took, isAsItShould ? null : $"SIGTERM ended {silo.Name} with {exit.Code}.\n{silo.Tail}");
    }

    /// <summary>A silo is stopped, until its videos run elsewhere; when it goes on, it ends by itself.</summary>
    /// <param name="least">How long it is stopped at least.</param>
    public async Task<Recovery> FreezeAsync(SiloProcess silo, TimeSpan least)
    {
        Task stopped = Task.CompletedTask;
        TimeSpan took = await TakeOverAsync(silo, $"{silo.Name} was stopped", () =>
        {
            silo.Signal("STOP");
            stopped = Task.Delay(least);
            return Task.CompletedTask;
        });
        await stopped;
        silo.Signal("CONT");
        await silos.WaitAsync(silo.Ended, $"{silo.Name}, which was stopped and goes on, ends by itself");
        SiloExit exit = await silo.Ended;
        bool isAsItShould = exit.Code == SiloProcesses.Expelled && exit.Told is [var told]
            && told.Contains("was declared dead", StringComparison.Ordinal);
        return new(
            took, isAsItShould ? null : $"{silo.Name}, stopped for a while, ended with {exit.Code}.\n{silo.Tail}");
    }

    /// <summary>The database ends at once, and is started again: what counts is the time from there.</summary>
    public async Task<Recovery> RestartDatabaseAsync(TimeSpan away)
    {
        silos.Database.Stop();
        await Task.Delay(away);
        silos.Database.Resume();
        long start = Stopwatch.GetTimestamp();
        await audit.MovedOnAsync(silos.All, DateTimeOffset.UtcNow, "Every video moves on after the database came back");
        return new(Stopwatch.GetElapsedTime(start));
    }

    /// <summary>Starts a silo that has ended; its reader moves on, too.</summary>
    public async Task StartAgainAsync(SiloProcess silo)
    {
        await silos.WaitAsync(silo.StartAsync(), $"{silo.Name} starts again");
        await audit.MovedOnAsync(
            [silo], DateTimeOffset.UtcNow,
            $"Every video moves on for the reader at {silo.Name}, which was started again");
    }

    private async Task<TimeSpan> TakeOverAsync(SiloProcess silo, string what, Func<Task> end)
    {
        SiloProcess[] others = [.. silos.All.Where(other => other != silo)];
        IReadOnlyList<string> videos = audit.VideosOf(silo);
        long start = Stopwatch.GetTimestamp();
        await end();
        // What the silo computed itself came before this.
        await audit.MovedOnAsync(others, DateTimeOffset.UtcNow, $"Every video moves on after {what}");
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        await audit.RunElsewhereAsync(others, videos, silo);
        return took;
    }
}
