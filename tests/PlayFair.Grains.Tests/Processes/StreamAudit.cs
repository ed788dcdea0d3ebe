using PlayFair.Client;
using PlayFair.Contracts;

namespace PlayFair.Grains.Tests.Processes;

/// <summary>Videos of a cluster, and at each of its silos a reader of all of them.</summary>
internal sealed class StreamAudit : IAsyncDisposable
{
    private readonly SiloProcesses _silos;
    private readonly VideoDefinition[] _videos;

    private StreamAudit(SiloProcesses silos, VideoDefinition[] videos)
    {
        _silos = silos;
        _videos = videos;
        Readers = [.. silos.All.Select(silo => new UpdateReader(silo.Name, silo.Address, videos))];
    }

    /// <summary>In the order of the silos.</summary>
    public IReadOnlyList<UpdateReader> Readers { get; }

    /// <summary>Adds videos; ends when every reader has had updates of each.</summary>
    public static async Task<StreamAudit> BeginAsync(SiloProcesses silos, params VideoDefinition[] videos)
    {
        using PlayFairClient client = SiloProcesses.Client(silos.All[0]);
        foreach (VideoDefinition video in videos)
            await client.AddVideoAsync(video);
        var audit = new StreamAudit(silos, videos);
        await audit.MovedOnAsync(silos.All, DateTimeOffset.MinValue, "Every video runs");
        return audit;
    }

    /// <summary>The videos that run on a silo, as another's reader knows.</summary>
    public IReadOnlyList<string> VideosOf(SiloProcess silo)
    {
        UpdateReader asked = Readers.First(reader => reader.Name != silo.Name);
        return [.. _videos.Select(video => video.Id).Where(id => asked.SiloOf(id) == silo.Name)];
    }

    /// <summary>Waits until readers at some silos have of every video an update computed after a time.</summary>
    public async Task MovedOnAsync(IEnumerable<SiloProcess> at, DateTimeOffset time, string what)
    {
        foreach (SiloProcess silo in at)
        {
            UpdateReader reader = ReaderAt(silo);
            await _silos.WaitAsync(reader.MovedOnAsync(time), what, reader.Describe);
        }
    }

    /// <summary>Waits until readers at some silos know of videos that they run elsewhere than on one silo.</summary>
    public async Task RunElsewhereAsync(IEnumerable<SiloProcess> at, IReadOnlyList<string> videos, SiloProcess left)
    {
        foreach (SiloProcess silo in at)
        {
            UpdateReader reader = ReaderAt(silo);
            await _silos.WaitAsync(
                reader.RunElsewhereAsync(videos, left.Name), $"The videos of {left.Name} run elsewhere",
                reader.Describe);
        }
    }

    /// <summary>
    /// Has all videos rest, and compares what every reader has with what is stored, and with what was counted.
    /// </summary>
    /// <returns>For each reader its totals, and all faults in words.</returns>
    public async Task<(IReadOnlyList<ReaderTotals> Readers, IReadOnlyList<string> Faults)> FinishAsync()
    {
        using PlayFairClient client = SiloProcesses.Client(_silos.All[0]);
        foreach (VideoDefinition video in _videos)
            await client.ChangeVideoAsync(video with { Paused = true });

        List<string> faults = [];
        Dictionary<string, long> wrong = Readers.ToDictionary(reader => reader.Name, _ => 0L);
        foreach (VideoDefinition video in _videos)
        {
            IReadOnlyList<ulong> stored = await StoredAsync(client, video.Id, faults);
            foreach (UpdateReader reader in Readers)
            {
                await _silos.WaitAsync(
                    reader.CameToAsync(video.Id, stored.Count - 1),
                    $"The reader at {reader.Name} comes to {stored.Count - 1} of {video.Id}", reader.Describe);
                IReadOnlyList<ulong> read = reader.HashesOf(video.Id);
                if (read.Count > stored.Count)
                    faults.Add($"{reader.Name} has {read.Count} updates of {video.Id}, and {stored.Count} are stored");
                // Lost ones are counted as such.
                long[] others = [.. stored.Zip(read).Index()
                    .Where(pair => pair.Item.Second != 0 && pair.Item.First != pair.Item.Second)
                    .Select(pair => (long)pair.Index)];
                wrong[reader.Name] += others.Length + Math.Max(0, read.Count - stored.Count);
                if (others.Length > 0)
                    faults.Add($"{reader.Name} has others of {video.Id} than are stored, the first {others[0]}");
            }

            long counted = -1;
            await _silos.WaitAsync(
                CountedAsync(client, video.Id, stored.Count, count => counted = count),
                $"The statistics count the {stored.Count} updates of {video.Id}", () => $"They count {counted}.");
        }

        return (
            [.. Readers.Select(reader => reader.Totals with { Wrong = reader.Totals.Wrong + wrong[reader.Name] })],
            [.. Readers.SelectMany(reader => reader.Faults), .. faults]);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (UpdateReader reader in Readers)
            await reader.DisposeAsync();
    }

    private UpdateReader ReaderAt(SiloProcess silo) => Readers.Single(reader => reader.Name == silo.Name);

    private static async Task<IReadOnlyList<ulong>> StoredAsync(PlayFairClient client, string id, List<string> faults)
    {
        var stored = new List<ulong>();
        await foreach (AttributionUpdate update in client.HistoryAsync(id))
        {
            if (update.Sequence != stored.Count)
                faults.Add($"The stored updates of {id} have {update.Sequence} where {stored.Count} was expected");
            stored.Add(UpdateReader.HashOf(update));
        }

        return stored;
    }

    /// <summary>
    /// Silos store what they counted every ten seconds, and one that died counts again what it had not stored.
    /// </summary>
    private static async Task CountedAsync(PlayFairClient client, string id, long expected, Action<long> tell)
    {
        while ((await client.StatisticsAsync(new StatisticsQuery { Videos = [id] })).UpdateCount is var count && count != expected)
        {
            tell(count);
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }
    }
}
