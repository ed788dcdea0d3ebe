using System.Diagnostics;
using PlayFair.Contracts;

namespace PlayFair.Engine.Tests.Storage;

public sealed class StoreKillTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData(StoreOptions.LeastMaxBytes)]
    public async Task A_process_killed_at_any_moment_leaves_all_that_was_committed_and_nothing_half(long? maxBytes)
    {
        var random = new Random(11);
        var told = StartupHook.Videos.ToDictionary(video => video, _ => -1L);
        for (int kill = 0; kill < 12; kill++)
        {
            // The first one dies while it creates the file.
            await RunAndKillAsync(maxBytes, lines: kill == 0 ? 1 : random.Next(1, 3000), told);

            await using (VideoStore store = _folder.Open())
            {
                foreach (StoredVideo video in store.Videos())
                    AssertSound(store, video, told[video.Definition.Id], maxBytes is null);
                Assert.Equal("ok", _folder.Sql("PRAGMA integrity_check"));
                Assert.Equal(_folder.Sql("SELECT count(*) FROM updates"), store.Status.UpdateCount);
            }
        }

        Assert.All(told.Values, last => Assert.True(last > 1000));
    }

    private static void AssertSound(VideoStore store, StoredVideo video, long told, bool isComplete)
    {
        string id = video.Definition.Id;
        var updates = StoreFolder.All(store, id);
        Assert.True((store.LastSequence(id) ?? -1) >= told, $"'{id}' ends before {told}, which was told of.");
        if (updates.Count == 0)
            return;

        long first = isComplete ? 0 : updates[0].Sequence;
        Assert.Equal(Enumerable.Range(0, updates.Count).Select(i => first + i), updates.Select(u => u.Sequence));
        Assert.Equal($"{updates[^1].Sequence}", video.Resume);
        AttributionUpdate last = updates[^1];
        Assert.Equal(Samples.Json(Samples.Update(id, last.Sequence).Update), Samples.Json(last));
        Assert.Equal(
            Samples.Update(id, last.Sequence).LeavingFrames.Select(Samples.Json),
            store.ReadFrameTracks(id, new HistoryQuery { FromSequence = last.Sequence - 1 }).Select(Samples.Json));
    }

    /// <summary>Kills a writer after so many lines, and notes what it said up to then.</summary>
    private async Task RunAndKillAsync(long? maxBytes, int lines, Dictionary<string, long> told)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "PlayFair.Engine.Tests"))
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_STARTUP_HOOKS"] = typeof(StoreKillTests).Assembly.Location;
        start.Environment[StartupHook.DatabaseVariable] = _folder.Database;
        start.Environment[StartupHook.MaxBytesVariable] = maxBytes?.ToString(null, null);
        using Process process = Process.Start(start)!;
        using var kill = StoreFolder.Token.Register(process.Kill);
        for (int line = 0; await process.StandardOutput.ReadLineAsync(StoreFolder.Token) is { } text; line++)
        {
            if (text.Split(' ') is [string video, string sequence])
                told[video] = long.Parse(sequence, null);
            if (line + 1 == lines)
                process.Kill();
        }

        await process.WaitForExitAsync(StoreFolder.Token);
        Assert.Equal(128 + 9, process.ExitCode);
    }
}
