using System.Security.Cryptography;

namespace PlayFair.Engine.Tests.Storage;

/// <summary>What every store deletes, and what it keeps.</summary>
public abstract class StoreRetentionContract : IDisposable
{
    private readonly ManualTime _time = new(Samples.Start.AddSeconds(1000));
    private StoreHome? _home;

    private StoreHome Home => _home ??= CreateHome();

    public void Dispose()
    {
        _home?.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected abstract StoreHome CreateHome();

    [Fact]
    public async Task What_is_older_than_the_limit_goes_and_the_last_update_of_each_video_stays()
    {
        await using IVideoStore store = Home.Open(new StoreOptions
        {
            MaxAge = TimeSpan.FromSeconds(400),
            Time = _time,
        });
        store.SaveVideo(Samples.Video("busy"));
        store.SaveVideo(Samples.Video("idle"));
        for (int i = 0; i < 10; i++)
            await AppendAsync(store, "idle", i, i);
        for (int i = 0; i < 1000; i++)
            await AppendAsync(store, "busy", i, i);
        await store.FlushAsync(StoreHome.Token);

        _time.Advance(TimeSpan.FromMinutes(1));
        await StoreHome.WaitForAsync(() => store.Status.UpdateCount == 341);

        // At second 1060, what arrived before second 660 is too old.
        Assert.Equal(660, StoreHome.All(store, "busy")[0].Sequence);
        Assert.Equal(340, StoreHome.All(store, "busy").Count);
        Assert.Equal([9], StoreHome.All(store, "idle").Select(u => u.Sequence));
        Assert.Equal(659, store.ReadFrameTracks("busy", new HistoryQuery())[0].LastSequence);
        Assert.Null(store.ReadThumbnail("busy", Samples.Update("busy", 600).Update.FrameIndices[^1]));
        Assert.NotNull(store.ReadThumbnail("busy", Samples.Update("busy", 700).Update.FrameIndices[^1]));
        Assert.Equal(34L, Home.Sql("SELECT count(*) FROM thumbnails"));

        await store.DisposeAsync();
        await using IVideoStore reopened = Home.Open();
        Assert.Equal(9, reopened.LastSequence("idle"));
        Assert.Equal(341, reopened.Status.UpdateCount);
    }

    [Fact]
    public async Task An_update_from_a_clock_far_ahead_does_not_keep_those_behind_it()
    {
        await using IVideoStore store = Home.Open(new StoreOptions
        {
            MaxAge = TimeSpan.FromSeconds(400),
            Time = _time,
        });
        store.SaveVideo(Samples.Video("a"));
        await AppendAsync(store, "a", 0, 1e8);
        for (int i = 1; i < 600; i++)
            await AppendAsync(store, "a", i, i);
        await store.FlushAsync(StoreHome.Token);

        _time.Advance(TimeSpan.FromMinutes(10));
        await StoreHome.WaitForAsync(() => store.Status.UpdateCount == 2);

        Assert.Equal([0, 599], StoreHome.All(store, "a").Select(u => u.Sequence));
    }

    [Fact]
    public async Task Statistics_live_ten_times_as_long_as_updates()
    {
        await using IVideoStore store = Home.Open(new StoreOptions
        {
            MaxAge = TimeSpan.FromMinutes(1),
            Time = _time,
        });
        store.SaveVideo(Samples.Video("a"));
        store.SaveStatistics(
            [.. Enumerable.Range(0, 16).Select(i =>
                new StatisticsBlob("m", "a", Samples.Start.AddMinutes(i), [(byte)i]))],
            new Dictionary<string, StatisticsMark> { ["a"] = new(0) });

        // Second 1000 and one minute: 17 2/3 minutes after the first bucket.
        _time.Advance(TimeSpan.FromMinutes(1));
        await StoreHome.WaitForAsync(() => store.ReadStatistics(new StatisticsRange()).Count == 8);

        Assert.Equal(8, store.ReadStatistics(new StatisticsRange())[0].Bytes[0]);
    }

    [Fact]
    public async Task Statistics_give_way_once_there_are_no_updates_left()
    {
        await using IVideoStore store = Home.Open(new StoreOptions
        {
            MaxBytes = StoreOptions.LeastMaxBytes,
            RetentionInterval = TimeSpan.FromMilliseconds(20),
        });
        store.SaveVideo(Samples.Video("a"));
        await StoreHome.AppendAsync(store, "a", 0, 101);
        for (int i = 0; i < 40; i++)
        {
            store.SaveStatistics(
                [new StatisticsBlob("m", "a", Samples.Start.AddMinutes(i), RandomNumberGenerator.GetBytes(50_000))],
                new Dictionary<string, StatisticsMark> { ["a"] = new(100) });
        }

        await StoreHome.WaitForAsync(
            () => store.ReadStatistics(new StatisticsRange()).Sum(b => b.Bytes.Length) < StoreOptions.LeastMaxBytes);

        Assert.Equal([100], StoreHome.All(store, "a").Select(u => u.Sequence));
    }

    private protected static async Task AppendAsync(IVideoStore store, string video, long sequence, double seconds) =>
        await store.AppendAsync(
            Samples.Update(
                video,
                sequence,
                arrived: Samples.Start.AddSeconds(seconds),
                thumbnail: sequence % 10 == 0 ? [1] : null),
            StoreHome.Token);
}
