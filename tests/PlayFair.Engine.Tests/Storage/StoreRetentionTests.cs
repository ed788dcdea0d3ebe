namespace PlayFair.Engine.Tests.Storage;

public sealed class StoreRetentionTests : StoreRetentionContract
{
    private readonly StoreFolder _folder = new();

    private protected override StoreHome CreateHome() => _folder;

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
}
