namespace PlayFair.Engine.Tests.Storage;

/// <summary>Whom a store lets write a video.</summary>
public abstract class StoreClaimContract : IDisposable
{
    private StoreHome? _home;

    private StoreHome Home => _home ??= CreateHome();

    public void Dispose()
    {
        _home?.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected abstract StoreHome CreateHome();

    [Fact]
    public async Task A_claim_says_where_its_video_is()
    {
        await using IVideoStore store = Home.Open();
        store.SaveVideo(Samples.Video("new", "begin"));
        store.SaveVideo(Samples.Video("old"));
        await store.AppendAsync(Samples.Update("old", 0, "somewhere"), StoreHome.Token);
        await StoreHome.AppendAsync(store, "old", 1, 9);
        store.SaveStatistics([], new Dictionary<string, StatisticsMark> { ["old"] = new(7) });

        VideoClaim claimed = store.Claim("new")!;
        Assert.True(claimed.Number > 0);
        Assert.Equal("begin", claimed.Video.Resume);
        Assert.Equal("rtsp://user:secret@camera/new", claimed.Video.Definition.Source);
        Assert.Equal((null, null), (claimed.LastSequence, claimed.StatisticsSequence));
        claimed = store.Claim("old")!;
        Assert.Equal("somewhere", claimed.Video.Resume);
        Assert.Equal((9, 7), (claimed.LastSequence, claimed.StatisticsSequence));
        Assert.True(store.Claim("old")!.Number > claimed.Number);
        Assert.Null(store.Claim("unknown"));
    }

    [Fact]
    public async Task Claims_are_numbered_on_when_a_video_comes_again_and_when_the_store_does()
    {
        var numbers = new List<long>();
        for (int i = 0; i < 3; i++)
        {
            await using IVideoStore store = Home.Open();
            foreach (string video in new[] { "a", "b", "a" })
            {
                store.SaveVideo(Samples.Video(video));
                numbers.Add(store.Claim(video)!.Number);
                numbers.Add(store.Claim(video)!.Number);
                store.DeleteVideo(video);
            }
        }

        Assert.Equal(numbers.Distinct().Order(), numbers);
    }

    [Fact]
    public async Task Only_who_claimed_a_video_last_may_write_it()
    {
        await using IVideoStore store = Home.Open();
        store.SaveVideo(Samples.Video("a"));
        store.SaveVideo(Samples.Video("b"));
        long earlier = store.Claim("a")!.Number;
        await StoreHome.AppendAsync(store, "a", 0, 10, earlier);
        StoredUpdate update = Samples.Update("a", 10);

        VideoClaim now = store.Claim("a")!;

        Assert.Equal(9, now.LastSequence);
        var refused = await Assert.ThrowsAsync<SupersededException>(
            async () => await store.AppendAsync(update with { Claim = earlier }, StoreHome.Token));
        Assert.Contains("'a' runs elsewhere", refused.Message, StringComparison.Ordinal);
        Assert.Throws<SupersededException>(() => store.SaveVideo(Samples.Video("a", "mine"), earlier));
        Assert.Throws<SupersededException>(() => store.SaveLastTracks("a", update.LeavingFrames, earlier));
        await StoreHome.AppendAsync(store, "a", 10, 5, now.Number);
        store.SaveVideo(Samples.Video("a", "yours"), now.Number);
        store.SaveLastTracks("a", [update.LeavingFrames[0] with { FrameIndex = 1000, LastSequence = 14 }], now.Number);
        await StoreHome.AppendAsync(store, "b", 0, 3);

        Assert.Equal(14, store.LastSequence("a"));
        Assert.Equal("yours", store.FindVideo("a")!.Resume);
        Assert.Equal(1000, store.ReadFrameTracks("a", new HistoryQuery { FromSequence = 14 })[0].FrameIndex);
        Assert.Equal(18, Home.Committed.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_an_earlier_owner_has_in_the_queue_is_refused_and_not_told_of(bool hadClaimed)
    {
        await using IVideoStore store = Home.Open(new StoreOptions { CommitDelay = TimeSpan.FromMinutes(1) });
        store.SaveVideo(Samples.Video("a"));
        store.SaveVideo(Samples.Video("b"));
        long earlier = hadClaimed ? store.Claim("a")!.Number : 0;
        await StoreHome.AppendAsync(store, "a", 0, 3, earlier);
        for (int i = 3; i < 6; i++)
        {
            await store.AppendAsync(Samples.Update("a", i, "lost") with { Claim = earlier }, StoreHome.Token);
            await store.AppendAsync(Samples.Update("b", i), StoreHome.Token);
        }

        VideoClaim now = store.Claim("a")!;
        Assert.Equal(2, now.LastSequence);
        await StoreHome.AppendAsync(store, "a", 3, 2, now.Number);

        Assert.Equal([0, 1, 2, 3, 4], StoreHome.All(store, "a").Select(u => u.Sequence));
        Assert.Equal([3, 4, 5], StoreHome.All(store, "b").Select(u => u.Sequence));
        Assert.Null(store.FindVideo("a")!.Resume);
        Assert.Equal(
            [(0, earlier), (1, earlier), (2, earlier), (3, now.Number), (4, now.Number)],
            Home.Committed.Where(u => u.Update.Video == "a").Select(u => (u.Update.Sequence, u.Claim)));
        Assert.Equal(0, store.Status.UnstoredUpdateCount);
    }

    [Fact]
    public async Task Statistics_of_an_earlier_owner_are_left_out_and_others_saved_with_them_are_not()
    {
        await using IVideoStore store = Home.Open();
        store.SaveVideo(Samples.Video("a"));
        store.SaveVideo(Samples.Video("b"));
        long earlier = store.Claim("a")!.Number;
        long other = store.Claim("b")!.Number;
        Save(1, new(4, earlier), new(4, other));

        VideoClaim now = store.Claim("a")!;
        Assert.Equal(4, now.StatisticsSequence);
        Save(2, new(9, earlier), new(9, other));

        Assert.Equal([1, 2], Stored());
        Assert.Equal(new Dictionary<string, long> { ["a"] = 4, ["b"] = 9 }, store.StatisticsWatermarks());
        Save(3, new(6, now.Number), new(9, other));
        Assert.Equal([3, 3], Stored());
        Assert.Equal(6, store.Claim("a")!.StatisticsSequence);

        void Save(byte content, StatisticsMark a, StatisticsMark b) => store.SaveStatistics(
            [new("m", "a", Samples.Start, [content]), new("m", "b", Samples.Start, [content])],
            new Dictionary<string, StatisticsMark> { ["a"] = a, ["b"] = b });
        IEnumerable<byte> Stored() => store.ReadStatistics(new StatisticsRange()).Select(blob => blob.Bytes[0]);
    }

    [Fact]
    public async Task A_claim_says_how_far_statistics_go_though_an_earlier_owner_is_saving_them()
    {
        await using IVideoStore store = Home.Open();
        store.SaveVideo(Samples.Video("a"));
        for (int i = 0; i < 20; i++)
        {
            VideoClaim earlier = store.Claim("a")!;
            using var ending = new CancellationTokenSource();
            using var saved = new SemaphoreSlim(0);
            Task saving = Task.Run(() =>
            {
                for (long next = earlier.StatisticsSequence + 1 ?? 0; !ending.IsCancellationRequested; next++)
                {
                    store.SaveStatistics(
                        [new("m", "a", Samples.Start, BitConverter.GetBytes(next))],
                        new Dictionary<string, StatisticsMark> { ["a"] = new(next, earlier.Number) });
                    saved.Release();
                }
            });
            await saved.WaitAsync(StoreHome.Token);

            VideoClaim now = store.Claim("a")!;

            while (saved.Wait(0))
            {
                // Of before.
            }

            // One may have been under way; the one after it was not.
            await saved.WaitAsync(StoreHome.Token);
            await saved.WaitAsync(StoreHome.Token);
            byte[] stored = Assert.Single(store.ReadStatistics(new StatisticsRange())).Bytes;
            Assert.Equal(now.StatisticsSequence, BitConverter.ToInt64(stored));
            Assert.Equal(now.StatisticsSequence, store.StatisticsWatermarks()["a"]);
            await ending.CancelAsync();
            await saving;
        }
    }

    [Fact]
    public async Task A_claim_ends_with_its_video_whatever_comes_under_its_name()
    {
        await using IVideoStore store = Home.Open();
        store.SaveVideo(Samples.Video("a"));
        long earlier = store.Claim("a")!.Number;
        store.DeleteVideo("a");
        Assert.Throws<SupersededException>(() => store.SaveVideo(Samples.Video("a"), earlier));
        Assert.Empty(store.Videos());
        store.SaveVideo(Samples.Video("a"));

        Assert.True(store.Claim("a")!.Number > earlier);
        await Assert.ThrowsAsync<SupersededException>(
            async () => await store.AppendAsync(Samples.Update("a", 0) with { Claim = earlier }, StoreHome.Token));
        Assert.Throws<SupersededException>(() => store.SaveVideo(Samples.Video("a"), earlier));
    }
}
