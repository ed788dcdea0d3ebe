using System.Security.Cryptography;

namespace PlayFair.Engine.Tests.Storage;

public sealed class StoreRetentionTests : IDisposable
{
    private readonly StoreFolder _folder = new();
    private readonly ManualTime _time = new(Samples.Start.AddSeconds(1000));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_older_than_the_limit_goes_and_the_last_update_of_each_video_stays()
    {
        await using VideoStore store = _folder.Open(new StoreOptions
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
        await store.FlushAsync(StoreFolder.Token);

        _time.Advance(TimeSpan.FromMinutes(1));
        await StoreFolder.WaitForAsync(() => store.Status.UpdateCount == 341);

        // At second 1060, what arrived before second 660 is too old.
        Assert.Equal(660, StoreFolder.All(store, "busy")[0].Sequence);
        Assert.Equal(340, StoreFolder.All(store, "busy").Count);
        Assert.Equal([9], StoreFolder.All(store, "idle").Select(u => u.Sequence));
        Assert.Equal(659, store.ReadFrameTracks("busy", new HistoryQuery())[0].LastSequence);
        Assert.Null(store.ReadThumbnail("busy", Samples.Update("busy", 600).Update.FrameIndices[^1]));
        Assert.NotNull(store.ReadThumbnail("busy", Samples.Update("busy", 700).Update.FrameIndices[^1]));
        Assert.Equal(34L, _folder.Sql("SELECT count(*) FROM thumbnails"));

        await store.DisposeAsync();
        await using VideoStore reopened = _folder.Open();
        Assert.Equal(9, reopened.LastSequence("idle"));
        Assert.Equal(341, reopened.Status.UpdateCount);
    }

    [Fact]
    public async Task An_update_from_a_clock_far_ahead_does_not_keep_those_behind_it()
    {
        await using VideoStore store = _folder.Open(new StoreOptions
        {
            MaxAge = TimeSpan.FromSeconds(400),
            Time = _time,
        });
        store.SaveVideo(Samples.Video("a"));
        await AppendAsync(store, "a", 0, 1e8);
        for (int i = 1; i < 600; i++)
            await AppendAsync(store, "a", i, i);
        await store.FlushAsync(StoreFolder.Token);

        _time.Advance(TimeSpan.FromMinutes(10));
        await StoreFolder.WaitForAsync(() => store.Status.UpdateCount == 2);

        Assert.Equal([0, 599], StoreFolder.All(store, "a").Select(u => u.Sequence));
    }

    [Fact]
    public async Task Statistics_live_ten_times_as_long_as_updates()
    {
        await using VideoStore store = _folder.Open(new StoreOptions
        {
            MaxAge = TimeSpan.FromMinutes(1),
            Time = _time,
        });
        store.SaveVideo(Samples.Video("a"));
        store.SaveStatistics(
            [.. Enumerable.Range(0, 16).Select(i =>
                new StatisticsBlob("m", "a", Samples.Start.AddMinutes(i), [(byte)i]))],
            new Dictionary<string, long>());

        // Second 1000 and one minute: 17 2/3 minutes after the first bucket.
        _time.Advance(TimeSpan.FromMinutes(1));
        await StoreFolder.WaitForAsync(() => store.ReadStatistics(new StatisticsRange()).Count == 8);

        Assert.Equal(8, store.ReadStatistics(new StatisticsRange())[0].Bytes[0]);
    }

    [Fact]
    public async Task A_file_stays_below_its_size_the_oldest_of_all_videos_going_first()
    {
        const long maxBytes = 2 << 20;
        await using VideoStore store = _folder.Open(new StoreOptions { MaxBytes = maxBytes, QueueCapacity = 64 });
        store.SaveVideo(Samples.Video("idle"));
        store.SaveVideo(Samples.Video("a"));
        store.SaveVideo(Samples.Video("b"));
        await AppendAsync(store, "idle", 0, 0);
        await AppendAsync(store, "idle", 1, 0);
        long largest = 0;
        for (int i = 0; i < 10000; i++)
        {
            await AppendAsync(store, "a", i, i);
            await AppendAsync(store, "b", i, i);
            if (i % 100 == 0)
                largest = Math.Max(largest, store.Status.Bytes);
        }

        await store.FlushAsync(StoreFolder.Token);
        await StoreFolder.WaitForAsync(() => store.Status.Bytes < maxBytes);

        var a = StoreFolder.All(store, "a");
        var b = StoreFolder.All(store, "b");
        Assert.Equal([1], StoreFolder.All(store, "idle").Select(u => u.Sequence));
        Assert.InRange(a.Count, 1000, 3000);
        Assert.InRange(Math.Abs(a[0].Sequence - b[0].Sequence), 0, 1);
        Assert.Equal(9999, a[^1].Sequence);
        Assert.Equal(9999 - a[0].Sequence + 1, a.Count);
        // Between two looks at the size the queue and a commit may come in.
        Assert.InRange(largest, maxBytes / 2, maxBytes + (1 << 20));
    }

    [Fact]
    public async Task A_file_that_is_opened_with_a_smaller_limit_shrinks()
    {
        await using (VideoStore store = _folder.Open())
        {
            store.SaveVideo(Samples.Video("a"));
            await StoreFolder.AppendAsync(store, "a", 0, 20000);
        }

        Assert.True(new FileInfo(_folder.Database).Length > 6_000_000);
        await using VideoStore smaller = _folder.Open(new StoreOptions { MaxBytes = StoreOptions.LeastMaxBytes });
        await StoreFolder.WaitForAsync(() => new FileInfo(_folder.Database).Length < StoreOptions.LeastMaxBytes);
        await StoreFolder.AppendAsync(smaller, "a", 20000, 1);

        Assert.Equal(20000, smaller.LastSequence("a"));
        Assert.Equal("ok", _folder.Sql("PRAGMA integrity_check"));
    }

    [Fact]
    public async Task Statistics_give_way_once_there_are_no_updates_left()
    {
        await using VideoStore store = _folder.Open(new StoreOptions { MaxBytes = StoreOptions.LeastMaxBytes });
        store.SaveVideo(Samples.Video("a"));
        await StoreFolder.AppendAsync(store, "a", 0, 100);
        for (int i = 0; i < 40; i++)
        {
            store.SaveStatistics(
                [new StatisticsBlob("m", "a", Samples.Start.AddMinutes(i), RandomNumberGenerator.GetBytes(50_000))],
                new Dictionary<string, long>());
        }

        await StoreFolder.AppendAsync(store, "a", 100, 1);
        await StoreFolder.WaitForAsync(() => store.ReadStatistics(new StatisticsRange()).Count < 40);
        await StoreFolder.WaitForAsync(() => new FileInfo(_folder.Database).Length < StoreOptions.LeastMaxBytes);

        Assert.Equal([100], StoreFolder.All(store, "a").Select(u => u.Sequence));
    }

    private static async Task AppendAsync(VideoStore store, string video, long sequence, double seconds) =>
        await store.AppendAsync(
            Samples.Update(
                video,
                sequence,
                arrived: Samples.Start.AddSeconds(seconds),
                thumbnail: sequence % 10 == 0 ? [1] : null),
            StoreFolder.Token);
}
