namespace PlayFair.Engine.Tests.Storage;

public sealed class PostgresRetentionTests : StoreRetentionContract
{
    private static readonly TimeSpan s_often = TimeSpan.FromMilliseconds(20);

    private readonly StoreDatabase _database = new(PostgresServer.Shared);

    private protected override StoreHome CreateHome() => _database;

    [Fact]
    public async Task Rows_stay_below_the_size_the_oldest_of_all_videos_going_first()
    {
        const long maxBytes = 2 << 20;
        await using PostgresVideoStore store = _database.Open(
            new StoreOptions { MaxBytes = maxBytes, RetentionInterval = s_often });
        foreach (string video in new[] { "idle", "a", "b" })
            store.SaveVideo(Samples.Video(video));
        await AppendAsync(store, "idle", 0, 0);
        await AppendAsync(store, "idle", 1, 0);
        for (int i = 0; i < 6000; i++)
        {
            await AppendAsync(store, "a", i, i);
            await AppendAsync(store, "b", i, i);
        }

        await store.FlushAsync(StoreHome.Token);
        await StoreHome.WaitForAsync(() => RowBytes() < maxBytes);

        var a = StoreHome.All(store, "a");
        var b = StoreHome.All(store, "b");
        Assert.Equal([1], StoreHome.All(store, "idle").Select(u => u.Sequence));
        Assert.InRange(a.Count, 1000, 3000);
        // Whole spans go, of both in turn.
        Assert.InRange(Math.Abs(a[0].Sequence - b[0].Sequence), 0, 16 * 256);
        Assert.Equal(5999, a[^1].Sequence);
        Assert.Equal(5999 - a[0].Sequence + 1, a.Count);
        AssertCounted();
    }

    [Fact]
    public async Task Rows_are_counted_right_whatever_comes_and_goes()
    {
        var options = new StoreOptions
        {
            MaxAge = TimeSpan.FromSeconds(100),
            RetentionInterval = s_often,
            Time = new ClockAt(Samples.Start.AddSeconds(1000)),
        };
        await using PostgresVideoStore first = _database.Open(options);
        await using PostgresVideoStore second = _database.Open(options);
        // Both delete while both write; what is deleted was written by either.
        await Task.WhenAll(Task.Run(() => WriteAsync(first, "a")), Task.Run(() => WriteAsync(second, "b")));
        second.DeleteVideo("gone a");
        await StoreHome.WaitForAsync(() => _database.Sql("SELECT count(*) FROM videos") is 3L);
        await StoreHome.WaitForAsync(() => _database.Sql("SELECT count(*) FROM updates") is 450L);

        AssertCounted();
        Assert.Equal(1000, StoreHome.All(first, "a")[0].Sequence);

        static async Task WriteAsync(PostgresVideoStore store, string video)
        {
            foreach (string name in new[] { video, $"gone {video}" })
            {
                store.SaveVideo(Samples.Video(name));
                for (int i = 0; i < 1150; i++)
                    await AppendAsync(store, name, i, 800 + (i / 10.0));
                await store.FlushAsync(StoreHome.Token);
                for (int i = 0; i < 3; i++)
                {
                    store.SaveStatistics(
                        [new StatisticsBlob("m", name, Samples.Start.AddHours(i % 2), new byte[100 * (i + 1)])],
                        new Dictionary<string, StatisticsMark> { [name] = new(1149) });
                }
            }
        }
    }

    /// <summary>What the rows of videos say is there is what is there.</summary>
    private void AssertCounted() => Assert.Equal(0L, _database.Sql($"""
        SELECT count(*) FROM videos v WHERE
            update_count <> (SELECT count(*) FROM updates u WHERE u.video = v.id)
            OR update_bytes <> (
                SELECT coalesce(sum(length(body) + coalesce(length(frames), 0) + {PostgresWriter.UpdateOverhead}), 0)
                FROM updates u WHERE u.video = v.id)
            OR other_bytes <> (
                SELECT coalesce(sum(length(png) + {PostgresWriter.ThumbnailOverhead}), 0)
                FROM thumbnails t WHERE t.video = v.id) + (
                SELECT coalesce(sum(length(bytes) + {PostgresStatistics.RowOverhead}), 0)
                FROM statistics s WHERE s.video = v.id)
        """));

    private long RowBytes() => (long)_database.Sql("SELECT sum(update_bytes + other_bytes)::bigint FROM videos")!;
}
