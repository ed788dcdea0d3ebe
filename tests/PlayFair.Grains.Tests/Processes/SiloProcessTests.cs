using System.Diagnostics;
using PlayFair.Contracts;
using PlayFair.Engine.Tests;

namespace PlayFair.Grains.Tests.Processes;

/// <summary><c>playfair silo</c> three times on one PostgreSQL, each of them ended in another way.</summary>
public sealed class SiloProcessTests(Footage footage, ITestOutputHelper output)
{
    [Fact(Timeout = 300_000)]
    public async Task However_a_silo_ends_no_update_is_lost_repeated_or_another_and_no_ffmpeg_is_left()
    {
        await using SiloProcesses silos = await SiloProcesses.StartAsync(Arguments(footage), logs: null, "a", "b", "c");
        await using StreamAudit audit = await StreamAudit.BeginAsync(silos, Videos(footage));
        var faults = new ClusterFaults(silos, audit);

        SiloProcess killed = await silos.BusiestAsync(silos.All[0]);
        Tell($"{killed.Name} killed", await faults.KillAsync(killed));
        await faults.StartAgainAsync(killed);
        SiloProcess[] others = [.. silos.All.Where(silo => silo != killed)];
        Tell("database restarted", await faults.RestartDatabaseAsync(TimeSpan.FromSeconds(3)));
        Tell($"{others[0].Name} told to end", await faults.TerminateAsync(others[0]));
        await faults.StartAgainAsync(others[0]);
        Tell($"{others[1].Name} stopped", await faults.FreezeAsync(others[1], TimeSpan.FromSeconds(6)));
        await faults.StartAgainAsync(others[1]);

        (IReadOnlyList<ReaderTotals> readers, IReadOnlyList<string> wrong) = await audit.FinishAsync();
        foreach (ReaderTotals reader in readers)
            output.WriteLine($"{reader}");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.All(readers, reader => Assert.True(reader.IsClean));
        // Where the machine has too much to do, a silo may have been late with an answer.
        Assert.All(silos.Failures, failure => Assert.Equal(SiloProcesses.Expelled, failure.Exit.Code));
        AssertLogged($"Silo {killed.Name} at ", "has died");
        AssertLogged($"Silo {others[0].Name} at ", "has left");
        AssertLogged("The store takes no updates: ", "");
        AssertLogged("Video ", " runs here no more");
        Assert.All(
            silos.All.SelectMany(silo => silo.Written), line => Assert.DoesNotContain("   at ", line, StringComparison.Ordinal));
        await AssertNothingIsLeftAsync(silos);

        void AssertLogged(string begin, string end) => Assert.Contains(
            silos.All.SelectMany(silo => silo.Written),
            line => line.Contains(begin, StringComparison.Ordinal) && line.Contains(end, StringComparison.Ordinal));

        void Tell(string what, Recovery recovery)
        {
            output.WriteLine($"{what}: every video moved on after {recovery.MovedOn.TotalSeconds:0.0} s");
            Assert.Null(recovery.Complaint);
        }
    }

    /// <summary>Which model silos have, and which folder they read.</summary>
    internal static string[] Arguments(Footage footage) => ["--model", "moves-tsn", "--folder", footage.Folder];

    /// <summary>Four files that are read again and again, and two cameras: ten updates a second of each.</summary>
    internal static VideoDefinition[] Videos(Footage footage)
    {
        string clip = footage.Make(
            "ten.mp4", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=10,trim=end_frame=200", "-c:v", "mpeg4", "-q:v", "3");
        return
        [
            .. Enumerable.Range(0, 6).Select(i => new VideoDefinition
            {
                Id = i < 4 ? $"file-{i}" : $"camera-{i}",
                Source = i < 4 ? clip : $"synthetic:{i}?fps=10",
                RateHz = 10,
                Window = 4,
                Loop = i < 4,
                Classes = ["top1"],
            }),
        ];
    }

    private static async Task AssertNothingIsLeftAsync(SiloProcesses silos)
    {
        foreach (SiloProcess silo in silos.All)
            silo.Signal("KILL");
        foreach (SiloProcess silo in silos.All)
            await silos.WaitAsync(silo.Ended, $"{silo.Name} ends by SIGKILL");
        foreach (Process orphan in silos.Orphans())
        {
            // It ends by itself: nobody reads its pictures.
            using (orphan)
                await silos.WaitAsync(orphan.WaitForExitAsync(), $"{orphan.ProcessName} ends after its silo");
        }
    }
}
