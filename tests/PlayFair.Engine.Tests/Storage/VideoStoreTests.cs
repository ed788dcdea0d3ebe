using PlayFair.Contracts;

namespace PlayFair.Engine.Tests.Storage;

public sealed class VideoStoreTests : VideoStoreContract
{
    private readonly StoreFolder _folder = new();

    private protected override StoreHome CreateHome() => _folder;

    [Fact]
    public async Task A_reader_that_stays_in_the_middle_of_its_reading_holds_no_commit_up()
    {
        await using VideoStore store = _folder.Open();
        store.SaveVideo(Samples.Video("a"));
        await StoreFolder.AppendAsync(store, "a", 0, 10);
        using var reader = SqliteStoreConnection.Open(_folder.Database, readOnly: true);
        reader.Execute("BEGIN");
        Assert.Equal(10, reader.Number("SELECT count(*) FROM updates"));

        await StoreFolder.AppendAsync(store, "a", 10, 3000);

        Assert.Equal(10, reader.Number("SELECT count(*) FROM updates"));
        Assert.Equal(3009, store.LastSequence("a"));
    }

    [Fact]
    public async Task Size_and_counts_are_those_of_the_file()
    {
        await using VideoStore store = _folder.Open();
        Assert.Equal(0, store.Status.BytesPerUpdate);
        foreach (string video in new[] { "a", "b", "c", "d" })
            store.SaveVideo(Samples.Video(video));
        await AppendAllAsync(0, 500);
        long before = (long)_folder.Sql("PRAGMA page_count")!;

        await AppendAllAsync(500, 1500);

        StoreStatus status = store.Status;
        double real = ((long)_folder.Sql("PRAGMA page_count")! - before) * 4096 / 6000.0;
        Assert.True(status.IsHealthy);
        Assert.Equal(8000, status.UpdateCount);
        Assert.InRange(status.BytesPerUpdate, 0.95 * real, 1.05 * real);
        Assert.InRange(status.BytesPerUpdate, 300, 400);
        Assert.Equal(
            new FileInfo(_folder.Database).Length + new FileInfo(_folder.Database + "-wal").Length, status.Bytes);

        async Task AppendAllAsync(int first, int count)
        {
            for (int i = first; i < first + count; i++)
            {
                foreach (string video in new[] { "a", "b", "c", "d" })
                    await store.AppendAsync(Samples.Update(video, i), StoreFolder.Token);
            }

            await store.FlushAsync(StoreFolder.Token);
        }
    }
}
