using System.Diagnostics;
using Orleans.TestingHost;
using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Grains.Tests.Failures;

/// <summary>What readers see, and what is stored and counted, while silos end, stop, and lose one another.</summary>
public sealed class ClusterFailureTests(ClusterFixture fixture) : IClassFixture<ClusterFixture>, IAsyncLifetime
{
    /// <summary>What cameras' ids begin with.</summary>
    internal const string Live = "live-";

    private const int TimeoutMs = 120_000;

    private readonly List<SequenceReader> _readers = [];
    private readonly string _prefix = $"v{Guid.NewGuid():N}"[..6];

    /// <summary>Of the test that needs one to itself.</summary>
    private TestCluster? _own;

    private TestCluster Cluster => _own ?? fixture.Cluster;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await fixture.Cluster.GrowAsync(3);

    public async ValueTask DisposeAsync()
    {
        Cluster.StoreFaults.BringBack();
        Cluster.Network.Mend();
        foreach (SequenceReader reader in _readers)
            await reader.DisposeAsync();
        if (_own is not null)
            await _own.DisposeAsync();
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_silo_that_is_killed_costs_no_update(bool isHolderOfTheCatalog)
    {
        string[] ids = await AddAsync(4);
        InProcessSiloHandle killed = isHolderOfTheCatalog
            ? await Cluster.SiloOfAsync(TestCluster.CatalogShardOf(Cluster.Silos[0], ids[0]))
            : Cluster.Silos.First(silo => TestCluster.VideosOf(silo).Contains(ids[0]));
        InProcessSiloHandle other = Cluster.Silos.First(silo => silo != killed);
        SequenceReader there = Read(other, ids), moving = Read(killed, ids);
        await there.TakeAsync(30);
        await moving.TakeAsync(30);
        string[] lost = [.. TestCluster.VideosOf(killed).Intersect(ids)];
        Dictionary<string, long> claims = lost.ToDictionary(id => id, ClaimOf);

        Task elsewhere = await RunElsewhereAsync(other, killed, lost);
        await Cluster.KillAsync(killed);
        moving.Disconnect();
        await elsewhere;
        await there.TakeAsync(30);
        await moving.TakeAsync(30);
        Assert.All(lost, id => Assert.True(ClaimOf(id) > claims[id]));
        await CheckAsync(ids);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_silo_that_stops_moves_its_videos_first_and_readers_miss_nothing()
    {
        string[] ids = await AddAsync(4);
        InProcessSiloHandle leaving = Cluster.Silos.MaxBy(silo => TestCluster.VideosOf(silo).Count)!;
        InProcessSiloHandle other = Cluster.Silos.First(silo => silo != leaving);
        SequenceReader there = Read(other, ids);
        await there.TakeAsync(30);
        string[] moved = [.. TestCluster.VideosOf(leaving).Intersect(ids)];
        Assert.NotEmpty(moved);

        await leaving.ServiceProvider.GetRequiredService<SiloDrain>().RunAsync(Cancelled);
        Assert.Empty(TestCluster.VideosOf(leaving));
        await there.TakeAsync(20);
        string[] names = [.. Cluster.Silos.Where(silo => silo != leaving).Select(TestCluster.NameOf)];
        foreach (string id in moved)
            Assert.Contains((await TestCluster.ServiceOf(other).GetAsync(id, Cancelled)).Silo!, names);
        await Cluster.StopAsync(leaving, Cancelled);
        await there.TakeAsync(20);
        await CheckAsync(ids);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Who_asks_for_a_silos_own_videos_hears_of_them_as_they_come_and_go()
    {
        string id = $"{Live}{_prefix}";
        Task<(int Place, string Told)>[] hearing =
            [.. Cluster.Silos.Select((silo, place) => HearAsync(TestCluster.ServiceOf(silo), place))];
        await AddAsync(1);
        (int owner, string told) = await await Task.WhenAny(hearing);
        Assert.Equal($"{id} is here", told);
        Assert.Contains(id, TestCluster.VideosOf(Cluster.Silos[owner]));

        hearing[owner] = HearAsync(TestCluster.ServiceOf(Cluster.Silos[owner]), owner, $"{id} is gone");
        await Cluster.Silos[owner].ServiceProvider.GetRequiredService<SiloDrain>().RunAsync(Cancelled);
        Assert.Equal($"{id} is gone", (await hearing[owner]).Told);
        (int next, told) = await await Task.WhenAny(hearing.Where((_, place) => place != owner));
        Assert.Equal($"{id} is here", told);
        Assert.Contains(id, TestCluster.VideosOf(Cluster.Silos[next]));
        await Cluster.StopAsync(Cluster.Silos[owner], Cancelled);
        await CheckAsync([id]);

        async Task<(int Place, string Told)> HearAsync(IVideoService service, int place, string? wanted = null)
        {
            var own = new Subscription(StatusOnly: true, HereOnly: true);
            await foreach (VideoEvent happened in service.SubscribeAsync(own, Cancelled))
            {
                string words = happened is RemovedEvent ? $"{happened.Video} is gone" : $"{happened.Video} is here";
                if (happened.Video == id && (wanted is null || words == wanted))
                    return (place, words);
            }

            throw new InvalidOperationException("The subscription has ended.");
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_silo_that_is_cut_off_loses_its_videos_to_the_others_and_stores_nothing_any_more()
    {
        string[] ids = await AddAsync(4);
        InProcessSiloHandle cut = Cluster.Silos.MaxBy(silo => TestCluster.VideosOf(silo).Count)!;
        InProcessSiloHandle other = Cluster.Silos.First(silo => silo != cut);
        SequenceReader there = Read(other, ids), behind = Read(cut, ids);
        await there.TakeAsync(30);
        await behind.TakeAsync(30);
        string[] lost = [.. TestCluster.VideosOf(cut).Intersect(ids)];
        Assert.NotEmpty(lost);

        Task elsewhere = await RunElsewhereAsync(other, cut, lost);
        Cluster.Network.Cut(cut.SiloAddress);
        await elsewhere;
        await there.TakeAsync(30);
        Assert.Contains("was declared dead", await ExpelledAsync(cut), StringComparison.Ordinal);
        // What it sends late does no harm.
        Cluster.Network.Mend();
        await there.TakeAsync(30);
        await Cluster.KillAsync(cut);
        behind.Disconnect();
        await behind.TakeAsync(30);
        await CheckAsync(ids);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_video_that_another_claims_goes_on_under_one_owner()
    {
        string[] ids = await AddAsync(2);
        InProcessSiloHandle owner = Cluster.Silos.First(silo => TestCluster.VideosOf(silo).Contains(ids[0]));
        SequenceReader there = Read(Cluster.Silos.First(silo => silo != owner), ids), here = Read(owner, ids);
        await there.TakeAsync(20);
        for (int i = 0; i < 2; i++)
        {
            long claim = Cluster.Store.Store.Claim(ids[0])!.Number;
            await there.TakeAsync(20);
            await here.TakeAsync(20);
            Assert.True(ClaimOf(ids[0]) > claim);
            Assert.Single(Cluster.Silos, silo => TestCluster.VideosOf(silo).Contains(ids[0]));
        }

        await CheckAsync(ids);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_video_whose_beginning_fails_half_way_is_counted_once()
    {
        _own = await fixture.StartAsync(silos: 1, store: "half.db");
        string id = (await AddAsync(1))[0];
        while (StoredCount(id) < 20)
            await Task.Delay(20, Cancelled);
        // What is stored is read and counted in two calls: the second one finds no more.
        Cluster.StoreFaults.Allowed[nameof(IVideoStore.ReadUpdates)] = 1;
        long claim = Cluster.Store.Store.Claim(id)!.Number;
        while (Cluster.StoreFaults.FailedCount == 0)
            await Task.Delay(20, Cancelled);
        Cluster.StoreFaults.Allowed.Clear();
        while (ClaimOf(id) <= claim)
            await Task.Delay(20, Cancelled);
        await CheckAsync([id]);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_video_begins_only_once_what_is_left_of_it_at_the_silo_has_ended()
    {
        _own = await fixture.StartAsync(silos: 1, store: "places.db");
        InProcessSiloHandle silo = Cluster.Silos[0];
        IVideoService service = TestCluster.ServiceOf(silo);
        VideoPlaces places = silo.ServiceProvider.GetRequiredService<VideoPlaces>();
        string id = $"{Live}{_prefix}";
        await places.EnterAsync(id, Cancelled);
        Task adding = service.AddAsync(DefinitionOf(id), Cancelled);
        await service.AddAsync(fixture.File("another"), Cancelled);
        while (StoredCount("another") < 30)
            await Task.Delay(20, Cancelled);
        Assert.DoesNotContain(id, TestCluster.VideosOf(silo));

        places.Leave(id);
        await adding;
        while (StoredCount(id) < 3)
            await Task.Delay(20, Cancelled);
        await service.RemoveAsync(id, Cancelled);
        await places.EnterAsync(id, Cancelled);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task While_the_store_is_away_questions_are_refused_and_afterwards_all_goes_on()
    {
        string[] ids = await AddAsync(3);
        SequenceReader[] readers = [.. Cluster.Silos.Select(silo => Read(silo, ids))];
        // More than silos keep.
        foreach (SequenceReader reader in readers)
            await reader.TakeAsync(40);

        Cluster.StoreFaults.TakeAway();
        IVideoService service = TestCluster.ServiceOf(Cluster.Silos[0]);
        foreach (Func<Task> ask in (Func<Task>[])[
            () => service.HistoryAsync(ids[0], new HistoryQuery(), Cancelled),
            () => service.LatestAsync(ids[0], Cancelled),
            () => service.StatisticsAsync(new StatisticsQuery(), Cancelled),
            () => service.AddAsync(fixture.File($"{_prefix}-more"), Cancelled),
            () => service.ChangeAsync(fixture.File(ids[0]) with { Title = "Another" }, Cancelled),
            () => ReadAllAsync(service.SubscribeAsync(
                new Subscription([ids[0]], new Dictionary<string, long> { [ids[0]] = -1 }), Cancelled)),
        ])
        {
            var refusal = await Assert.ThrowsAsync<VideoServiceException>(ask);
            Assert.Equal(VideoServiceError.StoreFailed, refusal.Error);
            Assert.Contains("The database is away", refusal.Message, StringComparison.Ordinal);
        }

        // What does not need it is answered.
        Assert.Equal(
            ids.Order(StringComparer.Ordinal),
            (await service.ListAsync(Cancelled)).Select(status => status.Definition.Id).Intersect(ids));
        Assert.Equal(VideoState.Live, (await service.GetAsync(ids[^1], Cancelled)).State);
        Cluster.StoreFaults.BringBack();
        foreach (SequenceReader reader in readers)
            await reader.TakeAsync(30);
        await CheckAsync(ids);

        static async Task ReadAllAsync(IAsyncEnumerable<VideoEvent> events)
        {
            await foreach (VideoEvent next in events)
                Assert.IsNotType<GapEvent>(next);
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_silo_that_dies_while_the_store_is_away_is_replaced_once_it_is_back()
    {
        string[] ids = await AddAsync(3);
        InProcessSiloHandle killed = Cluster.Silos.First(silo => TestCluster.VideosOf(silo).Contains(ids[0]));
        InProcessSiloHandle other = Cluster.Silos.First(silo => silo != killed);
        SequenceReader there = Read(other, ids);
        await there.TakeAsync(20);
        Cluster.StoreFaults.TakeAway();
        await Cluster.KillAsync(killed);
        int failed = Cluster.StoreFaults.FailedCount;
        // The others try to take its videos over, and cannot.
        while (Cluster.StoreFaults.FailedCount < failed + 3)
            await Task.Delay(20, Cancelled);
        Cluster.StoreFaults.BringBack();
        await there.TakeAsync(30);
        await CheckAsync(ids);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_slow_silo_keeps_nobody_else_waiting_and_its_readers_miss_nothing()
    {
        string[] ids = await AddAsync(4);
        InProcessSiloHandle slow = Cluster.Silos[1];
        InProcessSiloHandle[] others = [.. Cluster.Silos.Where(silo => silo != slow)];
        string[] elsewhere = [.. ids.Where(id => !TestCluster.VideosOf(slow).Contains(id))];
        SequenceReader there = Read(others[0], ids), behind = Read(slow, ids);
        await there.TakeAsync(10);
        await behind.TakeAsync(10);
        Cluster.Network.Delay(slow.SiloAddress, TimeSpan.FromMilliseconds(250));
        await there.TakeAsync(60, elsewhere);
        await there.TakeAsync(60);
        await behind.TakeAsync(60);
        Cluster.Network.Mend();
        await behind.TakeAsync(10);
        await CheckAsync(ids);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Silos_that_are_restarted_one_after_the_other_cost_no_update()
    {
        string[] ids = await AddAsync(3);
        SequenceReader[] readers = [.. Cluster.Silos.Select(silo => Read(silo, ids))];
        foreach ((InProcessSiloHandle old, SequenceReader reader) in Cluster.Silos.Zip(readers))
        {
            await reader.TakeAsync(10);
            await Cluster.StopAsync(old, Cancelled);
            // Those that were here come back elsewhere.
            Array.ForEach(readers, one => one.Disconnect());
            await Cluster.GrowAsync(3);
        }

        foreach (SequenceReader reader in readers)
            await reader.TakeAsync(20);
        await CheckAsync(ids);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task When_all_silos_were_gone_at_once_every_video_goes_on_where_it_was()
    {
        string[] ids = await AddAsync(4);
        SequenceReader reader = Read(Cluster.Silos[0], ids);
        await reader.TakeAsync(20);
        foreach (InProcessSiloHandle silo in Cluster.Silos)
            await Cluster.KillAsync(silo);
        reader.Disconnect();
        await Cluster.GrowAsync(3);
        await reader.TakeAsync(20);
        await CheckAsync(ids);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Of_two_silos_that_lose_each_other_one_is_left_and_no_video_runs_twice()
    {
        _own = await fixture.StartAsync(silos: 2, store: "two.db");
        string[] ids = await AddAsync(4);
        InProcessSiloHandle[] both = [.. Cluster.Silos];
        SequenceReader[] readers = [.. both.Select(silo => Read(silo, ids))];
        foreach (SequenceReader reader in readers)
            await reader.TakeAsync(20);

        Cluster.Network.Cut(both[0].SiloAddress);
        // Each takes the other for dead; who writes so first is right.
        Task<string>[] expelled = [.. both.Select(ExpelledAsync)];
        int lost = Array.IndexOf(expelled, await Task.WhenAny(expelled));
        await readers[1 - lost].TakeAsync(30);
        Assert.False(expelled[1 - lost].IsCompleted);
        Cluster.Network.Mend();
        await Cluster.KillAsync(both[lost]);
        readers[lost].Disconnect();
        await readers[lost].TakeAsync(30);
        await CheckAsync(ids);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task A_silo_that_is_added_takes_its_share_and_then_nothing_moves_any_more()
    {
        _own = await fixture.StartAsync(
            silos: 2, cluster => cluster with { BalanceInterval = TimeSpan.FromSeconds(1) }, "more.db");
        string[] ids = await AddAsync(9);
        SequenceReader reader = Read(Cluster.Silos[0], ids);
        await reader.TakeAsync(10);
        await Cluster.GrowAsync(3);
        while (Cluster.Silos.Any(silo => TestCluster.VideosOf(silo).Count != 3))
            await Task.Delay(20, Cancelled);
        long[] claims = [.. ids.Select(ClaimOf)];
        // Two rounds of balancing later.
        await reader.TakeAsync(75);
        Assert.Equal(claims, ids.Select(ClaimOf));
        await CheckAsync(ids);
    }

    /// <summary>Adds a camera and files.</summary>
    private async Task<string[]> AddAsync(int count)
    {
        IVideoService service = TestCluster.ServiceOf(Cluster.Silos[0]);
        string[] ids = [.. Enumerable.Range(0, count).Select(i => i == count - 1 ? $"{Live}{_prefix}" : $"{_prefix}-{i}")];
        foreach (string id in ids)
            await service.AddAsync(DefinitionOf(id), Cancelled);

        return ids;
    }

    private VideoDefinition DefinitionOf(string id) =>
        id.StartsWith(Live, StringComparison.Ordinal) ? ClusterFixture.Camera(id) : fixture.File(id);

    private static Task<string> ExpelledAsync(InProcessSiloHandle silo) =>
        silo.ServiceProvider.GetRequiredService<Expulsion>().Expelled.WaitAsync(Cancelled);

    /// <summary>A reader at a silo; once that is gone, at another.</summary>
    private SequenceReader Read(InProcessSiloHandle silo, string[] ids)
    {
        var reader = new SequenceReader(
            () => Cluster.Silos switch
            {
                [] => null,
                var silos => TestCluster.ServiceOf(silos.Contains(silo) ? silo : silos[^1]),
            },
            ids);
        _readers.Add(reader);
        return reader;
    }

    private long ClaimOf(string id) => Cluster.Silos
        .Select(silo => silo.ServiceProvider.GetRequiredService<SiloRuntime>().Host.Videos.GetValueOrDefault(id)?.Claim ?? 0)
        .Max();

    /// <summary>Watches videos whose silo is about to be gone.</summary>
    /// <returns>Ends when they run at other silos, and tells how long that took.</returns>
    private static async Task<Task> RunElsewhereAsync(
        InProcessSiloHandle asked, InProcessSiloHandle gone, string[] ids)
    {
        if (ids.Length == 0)
            return Task.CompletedTask;
        string goneName = TestCluster.NameOf(gone);
        IAsyncEnumerator<VideoEvent> events = TestCluster.ServiceOf(asked)
            .SubscribeAsync(new Subscription(ids, StatusOnly: true), Cancelled).GetAsyncEnumerator(Cancelled);
        Assert.True(await events.MoveNextAsync());
        return UntilAsync();

        async Task UntilAsync()
        {
            long start = Stopwatch.GetTimestamp();
            HashSet<string> waiting = [.. ids];
            await using (events)
            {
                try
                {
                    while (waiting.Count > 0 && await events.MoveNextAsync())
                    {
                        if (events.Current is StatusEvent { Status: { Silo: { } silo, Definition.Id: var id } }
                            && silo != goneName && waiting.Remove(id))
                        {
                            TestContext.Current.TestOutputHelper?.WriteLine(
                                $"{id} runs elsewhere after {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s");
                        }
                    }
                }
                catch (OperationCanceledException)
                {
                    Assert.Fail($"Nobody runs {string.Join(", ", waiting)}.");
                }
            }
        }
    }

    /// <summary>Has the videos rest, and checks readers, the store, and the statistics.</summary>
    private async Task CheckAsync(string[] ids)
    {
        IVideoService service = TestCluster.ServiceOf(Cluster.Silos[0]);
        foreach (string id in ids)
            await service.ChangeAsync(DefinitionOf(id) with { Paused = true }, Cancelled);

        Dictionary<string, long> counts = ids.ToDictionary(id => id, StoredCount);
        foreach (SequenceReader reader in _readers)
        {
            while (ids.Any(id => reader.LastOf(id) < counts[id] - 1))
                await reader.TakeAsync(1, ids.Where(id => reader.LastOf(id) < counts[id] - 1).Take(1));
            reader.AssertComplete();
        }

        // A silo that has died had counted what only the store knows by now: it is there when it is next saved.
        long stored = counts.Values.Sum(), counted = -1;
        while (counted < stored)
        {
            Assert.False(Cancelled.IsCancellationRequested, $"{counted} updates are counted, {stored} are stored.");
            counted = (await service.StatisticsAsync(new StatisticsQuery { Videos = ids }, CancellationToken.None)).UpdateCount;
            await Task.Delay(20, CancellationToken.None);
        }

        Assert.Equal(stored, counted);
        foreach (string id in ids)
            await service.RemoveAsync(id, Cancelled);
    }

    /// <summary>Updates that are stored: all from the first on.</summary>
    private long StoredCount(string id)
    {
        long next = 0;
        while (Cluster.Store.Store.ReadUpdates(id, new HistoryQuery { FromSequence = next, Limit = 500 }) is [_, ..] page)
        {
            foreach (AttributionUpdate update in page)
                Assert.Equal(next++, update.Sequence);
        }

        return next;
    }
}
