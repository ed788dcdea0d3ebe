using PlayFair.Contracts;

namespace PlayFair.Engine.Tests.Storage;

/// <summary>Processes that share a database: stores of their own stand for them.</summary>
public sealed class PostgresSharingTests : IDisposable
{
    private static readonly StoreOptions s_unhurried = new() { CommitDelay = TimeSpan.FromMinutes(1) };

    private readonly StoreDatabase _database = new(PostgresServer.Shared);

    public void Dispose() => _database.Dispose();

    [Fact]
    public async Task Of_many_that_start_at_once_one_creates_the_tables()
    {
        PostgresVideoStore[] stores = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(_ => Task.Run(() => _database.Open())));

        for (int i = 0; i < stores.Length; i++)
            stores[i].SaveVideo(Samples.Video($"{i}"));
        Assert.All(stores, store => Assert.Equal(10, store.Videos().Count));
        Assert.Equal(1L, _database.Sql("SELECT count(*) FROM playfair_version"));
        foreach (PostgresVideoStore store in stores)
            await store.DisposeAsync();
    }

    [Fact]
    public async Task What_one_stores_the_others_read_texts_that_are_new_to_them_included()
    {
        await using PostgresVideoStore first = _database.Open();
        await using PostgresVideoStore second = _database.Open();
        first.SaveVideo(Samples.Video("a"));
        second.SaveVideo(Samples.Video("b"));

        // Both give numbers to texts at the same time, some of them to the same.
        await Task.WhenAll(
            Task.Run(() => AppendAsync(first, "a")), Task.Run(() => AppendAsync(second, "b")));

        foreach (PostgresVideoStore store in new[] { first, second })
        {
            foreach (string video in new[] { "a", "b" })
            {
                Assert.Equal(
                    Enumerable.Range(0, 100).Select(i => Samples.Json(Update(video, i).Update)),
                    StoreHome.All(store, video).Select(Samples.Json));
            }
        }

        Assert.Equal(
            _database.Sql("SELECT count(*) FROM texts"), _database.Sql("SELECT count(DISTINCT text) FROM texts"));

        static async Task AppendAsync(PostgresVideoStore store, string video)
        {
            for (int i = 0; i < 100; i++)
            {
                await store.AppendAsync(Update(video, i), StoreHome.Token);
                await store.FlushAsync(StoreHome.Token);
            }
        }

        static StoredUpdate Update(string video, int sequence)
        {
            StoredUpdate stored = Samples.Update(video, sequence);
            string name = sequence % 2 == 0 ? $"both {sequence}" : $"{video} {sequence}";
            return stored with
            {
                Update = stored.Update with { Classes = [stored.Update.Classes[0] with { Name = name }] },
            };
        }
    }

    [Fact]
    public async Task Resume_state_that_another_saves_is_not_replaced_by_what_waits()
    {
        await using PostgresVideoStore owner = _database.Open(s_unhurried);
        await using PostgresVideoStore other = _database.Open();
        owner.SaveVideo(Samples.Video("a"));
        long claim = owner.Claim("a")!.Number;
        await owner.AppendAsync(Samples.Update("a", 0, "from before") with { Claim = claim }, StoreHome.Token);

        other.SaveVideo(Samples.Video("a", "saved"));
        await owner.FlushAsync(StoreHome.Token);
        Assert.Equal("saved", other.FindVideo("a")!.Resume);

        await owner.AppendAsync(Samples.Update("a", 1, "from after") with { Claim = claim }, StoreHome.Token);
        await owner.FlushAsync(StoreHome.Token);
        Assert.Equal("from after", other.FindVideo("a")!.Resume);
    }

    [Fact]
    public async Task What_waits_for_a_video_that_another_deletes_is_dropped()
    {
        await using PostgresVideoStore owner = _database.Open(s_unhurried);
        await using PostgresVideoStore other = _database.Open();
        owner.SaveVideo(Samples.Video("a"));
        long claim = owner.Claim("a")!.Number;
        await owner.AppendAsync(Samples.Update("a", 0) with { Claim = claim }, StoreHome.Token);

        other.DeleteVideo("a");
        await owner.FlushAsync(StoreHome.Token);

        Assert.Empty(_database.Committed);
        Assert.Equal(0, owner.Status.UnstoredUpdateCount);
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await owner.AppendAsync(Samples.Update("a", 1) with { Claim = claim }, StoreHome.Token));
        other.SaveVideo(Samples.Video("a"));
        await Assert.ThrowsAsync<SupersededException>(
            async () => await owner.AppendAsync(Samples.Update("a", 1) with { Claim = claim }, StoreHome.Token));
    }

    [Fact]
    public async Task Statistics_that_count_less_than_what_is_stored_are_left_out()
    {
        await using PostgresVideoStore first = _database.Open();
        await using PostgresVideoStore second = _database.Open();
        first.SaveVideo(Samples.Video("a"));
        first.SaveVideo(Samples.Video("b"));
        Save(first, 1, new() { ["a"] = new(10), ["b"] = new(10) });

        Save(second, 2, new() { ["a"] = new(9), ["b"] = new(11) });

        Assert.Equal([1, 2], first.ReadStatistics(new StatisticsRange()).Select(blob => blob.Bytes[0]));
        Assert.Equal(new Dictionary<string, long> { ["a"] = 10, ["b"] = 11 }, second.StatisticsWatermarks());

        static void Save(PostgresVideoStore store, byte content, Dictionary<string, StatisticsMark> marks) =>
            store.SaveStatistics(
                [.. marks.Keys.Select(video => new StatisticsBlob("m", video, Samples.Start, [content]))],
                marks);
    }

    [Fact]
    public async Task Counts_are_those_of_all()
    {
        var time = new ManualTime(Samples.Start);
        await using PostgresVideoStore first = _database.Open(new StoreOptions { Time = time });
        await using PostgresVideoStore second = _database.Open();
        first.SaveVideo(Samples.Video("a"));
        first.SaveVideo(Samples.Video("b"));
        await StoreHome.AppendAsync(first, "a", 0, 500);
        await StoreHome.AppendAsync(second, "b", 0, 300);
        Assert.Equal(500, first.Status.UpdateCount);

        time.Advance(TimeSpan.FromSeconds(10));
        await StoreHome.WaitForAsync(() => first.Status.UpdateCount == 800);

        StoreStatus status = first.Status;
        Assert.True(status.IsHealthy);
        Assert.Equal(
            _database.Sql("SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class "
                + "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'playfair_version'"),
            status.Bytes);
    }
}
