using PlayFair.Contracts;

namespace PlayFair.Engine.Tests.Storage;

/// <summary>What every store does.</summary>
public abstract class VideoStoreContract : IDisposable
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
    public async Task What_was_appended_is_there_after_reopening_equal_in_every_field()
    {
        await using (IVideoStore store = Home.Open())
        {
            store.SaveVideo(Samples.Video("a"));
            store.SaveVideo(Samples.Video("b"));
            for (int i = 0; i < 600; i++)
                await store.AppendAsync(Samples.Update(i % 2 == 0 ? "a" : "b", i / 2), StoreHome.Token);
        }

        await using IVideoStore reopened = Home.Open();
        foreach (string video in new[] { "a", "b" })
        {
            Assert.Equal(299, reopened.LastSequence(video));
            Assert.Equal(
                Enumerable.Range(0, 300).Select(i => Samples.Json(Samples.Update(video, i).Update)),
                StoreHome.All(reopened, video).Select(Samples.Json));
            Assert.Equal(
                Samples.Json(Samples.Update(video, 7).Update), Samples.Json(reopened.ReadUpdate(video, 7)!));
            Assert.Equal(
                Enumerable.Range(0, 300).SelectMany(i => Samples.Update(video, i).LeavingFrames).Select(Samples.Json),
                reopened.ReadFrameTracks(video, new HistoryQuery { Limit = 1000 }).Select(Samples.Json));
        }
    }

    [Fact]
    public async Task Updates_are_told_of_in_order_and_only_once_they_can_be_read()
    {
        IVideoStore? store = null;
        var told = new List<long>();
        var missing = new List<long>();
        await using (store = Home.Open(committed: updates =>
        {
            foreach (StoredUpdate update in updates)
            {
                told.Add(update.Update.Sequence);
                if (store!.ReadUpdate("a", update.Update.Sequence) is null)
                    missing.Add(update.Update.Sequence);
            }
        }))
        {
            store.SaveVideo(Samples.Video("a"));
            await StoreHome.AppendAsync(store, "a", 0, 500);
        }

        Assert.Equal(Enumerable.Range(0, 500).Select(i => (long)i), told);
        Assert.Empty(missing);
    }

    [Fact]
    public async Task A_full_queue_makes_who_appends_wait_and_loses_nothing()
    {
        using var goOn = new ManualResetEventSlim();
        int told = 0;
        await using IVideoStore store = Home.Open(
            new StoreOptions { QueueCapacity = 4 },
            updates =>
            {
                goOn.Wait(StoreHome.Timeout);
                Interlocked.Add(ref told, updates.Count);
            });
        store.SaveVideo(Samples.Video("a"));

        long next = 0;
        ValueTask appending = default;
        // The writer holds at most what it took at once and the queue.
        while (appending.IsCompleted && next < 20)
            appending = store.AppendAsync(Samples.Update("a", next++), StoreHome.Token);
        Assert.True(next < 20, "Twenty updates went into a queue of four.");
        goOn.Set();
        await appending;
        await StoreHome.AppendAsync(store, "a", next, 100);

        Assert.Equal(next + 100, told);
        Assert.Equal(next + 100, store.Status.UpdateCount);
    }

    [Fact]
    public async Task A_waiting_append_can_be_cancelled_and_tried_again()
    {
        using var goOn = new ManualResetEventSlim();
        var busy = new TaskCompletionSource();
        await using IVideoStore store = Home.Open(
            new StoreOptions { QueueCapacity = 1 },
            _ =>
            {
                busy.TrySetResult();
                goOn.Wait(StoreHome.Timeout);
            });
        store.SaveVideo(Samples.Video("a"));
        await store.AppendAsync(Samples.Update("a", 0), StoreHome.Token);
        await busy.Task.WaitAsync(StoreHome.Token);
        long next = 1;
        using var cancellation = new CancellationTokenSource();
        ValueTask appending = default;
        while (appending.IsCompleted)
            appending = store.AppendAsync(Samples.Update("a", next++), cancellation.Token);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await appending);
        goOn.Set();
        await StoreHome.AppendAsync(store, "a", next - 1, 1);

        Assert.Equal(next - 1, store.LastSequence("a"));
    }

    [Fact]
    public async Task Videos_are_kept_with_their_source_and_where_they_were()
    {
        await using (IVideoStore store = Home.Open())
        {
            store.SaveVideo(Samples.Video("b", "{\"at\":1}"));
            store.SaveVideo(Samples.Video("a"));
            await store.AppendAsync(Samples.Update("a", 0, "first"), StoreHome.Token);
            await store.AppendAsync(Samples.Update("a", 1, "second"), StoreHome.Token);
            await store.AppendAsync(Samples.Update("a", 2), StoreHome.Token);
        }

        await using IVideoStore reopened = Home.Open();
        Assert.Equal(["a", "b"], reopened.Videos().Select(v => v.Definition.Id));
        Assert.Equal(["second", "{\"at\":1}"], reopened.Videos().Select(v => v.Resume));
        Assert.Equal("rtsp://user:secret@camera/a", reopened.Videos()[0].Definition.Source);
        Assert.Equal(["top3", "up"], reopened.Videos()[0].Definition.Classes);
    }

    [Fact]
    public async Task Saving_a_video_again_changes_it_and_keeps_its_history()
    {
        await using IVideoStore store = Home.Open(new StoreOptions { CommitDelay = TimeSpan.FromMinutes(1) });
        store.SaveVideo(Samples.Video("a"));
        await StoreHome.AppendAsync(store, "a", 0, 5);
        await store.AppendAsync(Samples.Update("a", 5, "from before"), StoreHome.Token);

        store.SaveVideo(new StoredVideo(Samples.Video("a").Definition with { Title = "Door" }, "new"));
        await store.FlushAsync(StoreHome.Token);

        StoredVideo video = Assert.Single(store.Videos());
        Assert.Equal("Door", video.Definition.Title);
        Assert.Equal("new", video.Resume);
        Assert.Equal(5, store.LastSequence("a"));
    }

    [Fact]
    public async Task A_deleted_video_is_gone_with_all_its_history_and_its_name_can_be_used_again()
    {
        await using IVideoStore store = Home.Open();
        store.SaveVideo(Samples.Video("a"));
        store.SaveVideo(Samples.Video("b"));
        await StoreHome.AppendAsync(store, "a", 0, 1000);
        await StoreHome.AppendAsync(store, "b", 0, 10);
        await store.AppendAsync(Samples.Update("a", 1000, thumbnail: [1]), StoreHome.Token);
        await store.FlushAsync(StoreHome.Token);
        store.SaveStatistics(
            [new StatisticsBlob("m", "a", Samples.Start, [1])],
            new Dictionary<string, StatisticsMark> { ["a"] = new(1000) });

        store.DeleteVideo("a");

        Assert.Equal(["b"], store.Videos().Select(v => v.Definition.Id));
        Assert.Null(store.LastSequence("a"));
        Assert.Empty(store.ReadUpdates("a", new HistoryQuery()));
        Assert.Empty(store.ReadStatistics(new StatisticsRange()));
        store.SaveVideo(Samples.Video("a"));
        await StoreHome.AppendAsync(store, "a", 0, 3);
        Assert.Equal([0, 1, 2], StoreHome.All(store, "a").Select(u => u.Sequence));

        await store.DisposeAsync();
        await using IVideoStore reopened = Home.Open();
        await StoreHome.WaitForAsync(() => Home.Sql("SELECT count(*) FROM videos") is 2L);
        Assert.Equal(13L, Home.Sql("SELECT count(*) FROM updates"));
        Assert.Equal(0L, Home.Sql("SELECT count(*) FROM thumbnails"));
        Assert.Equal(0L, Home.Sql("SELECT count(*) FROM statistics"));
        Assert.Equal(2L, Home.Sql("SELECT count(*) FROM spans"));
        Assert.Equal(10, StoreHome.All(reopened, "b").Count);
    }

    [Fact]
    public async Task Updates_that_wait_when_their_video_is_deleted_are_dropped()
    {
        await using IVideoStore store = Home.Open(new StoreOptions { CommitDelay = TimeSpan.FromMinutes(1) });
        store.SaveVideo(Samples.Video("a"));
        await store.FlushAsync(StoreHome.Token);
        await store.AppendAsync(Samples.Update("a", 0), StoreHome.Token);

        store.DeleteVideo("a");
        store.SaveVideo(Samples.Video("a"));
        await store.FlushAsync(StoreHome.Token);

        Assert.Empty(StoreHome.All(store, "a"));
        Assert.Empty(Home.Committed);
    }

    [Fact]
    public async Task History_is_read_by_sequence_and_time_together_and_by_pages()
    {
        await using IVideoStore store = Home.Open();
        store.SaveVideo(Samples.Video("a"));
        for (int i = 0; i < 2000; i++)
            await store.AppendAsync(Samples.Update("a", i, arrived: Samples.Start.AddSeconds(i)), StoreHome.Token);
        await store.FlushAsync(StoreHome.Token);

        Assert.Equal(Range(0, 100), Read(new HistoryQuery()));
        Assert.Equal(Range(1990, 10), Read(new HistoryQuery { FromSequence = 1990 }));
        Assert.Equal(Range(300, 7), Read(new HistoryQuery { FromSequence = 300, ToSequence = 306 }));
        Assert.Equal(Range(500, 11), Read(Times(500, 510)));
        Assert.Equal(Range(255, 3), Read(Times(255, 257)));
        Assert.Equal(Range(505, 6), Read(Times(500, 510) with { FromSequence = 505 }));
        Assert.Equal(Range(500, 4), Read(Times(500, 510) with { Limit = 4 }));
        Assert.Equal(Range(1600, 400), Read(Times(1600, null) with { Limit = 1000 }));
        Assert.Equal(Range(0, 21), Read(Times(null, 20)));
        Assert.Empty(Read(Times(510, 500)));
        Assert.Empty(Read(Times(5000, 6000)));
        Assert.Empty(store.ReadUpdates("other", new HistoryQuery()));
        Assert.Throws<ArgumentOutOfRangeException>(() => Read(new HistoryQuery { Limit = 1001 }));

        IEnumerable<long> Read(HistoryQuery query) => store.ReadUpdates("a", query).Select(u => u.Sequence);
    }

    [Fact]
    public async Task A_period_is_found_whatever_the_clock_did()
    {
        await using IVideoStore store = Home.Open();
        store.SaveVideo(Samples.Video("a"));
        // An hour ahead, then set right, then wildly wrong, then right.
        double[] seconds =
        [
            .. Range(0, 500).Select(i => 3600.0 + i),
            .. Range(0, 600).Select(i => (double)i),
            .. Range(0, 50).Select(i => 1e8 + i),
            .. Range(0, 500).Select(i => 700.0 + i),
        ];
        for (int i = 0; i < seconds.Length; i++)
        {
            await store.AppendAsync(
                Samples.Update("a", i, arrived: Samples.Start.AddSeconds(seconds[i])), StoreHome.Token);
        }

        await store.FlushAsync(StoreHome.Token);

        foreach ((double from, double to) in new[] { (100.0, 800.0), (3600, 4000), (1e8, 2e8), (0, 1e9), (599, 700) })
        {
            var query = new HistoryQuery
            {
                From = Samples.Start.AddSeconds(from),
                To = Samples.Start.AddSeconds(to),
                Limit = 1000,
            };
            Assert.Equal(
                Range(0, seconds.Length).Where(i => seconds[i] >= from && seconds[i] <= to).Take(1000),
                store.ReadUpdates("a", query).Select(u => u.Sequence));
        }
    }

    [Fact]
    public async Task Frame_tracks_are_read_by_last_sequence_and_by_their_own_arrival()
    {
        await using IVideoStore store = Home.Open();
        store.SaveVideo(Samples.Video("a"));
        for (int i = 0; i < 1000; i++)
            await store.AppendAsync(Samples.Update("a", i, arrived: Samples.Start.AddSeconds(i)), StoreHome.Token);
        await store.FlushAsync(StoreHome.Token);

        // The frame whose last update is i left with update i + 1 and arrived two seconds before it.
        Assert.Equal(Range(0, 100), Read(new HistoryQuery()));
        Assert.Equal(Range(255, 2), Read(new HistoryQuery { FromSequence = 255, ToSequence = 256 }));
        Assert.Equal(Range(401, 11), Read(Times(400, 410)));
        Assert.Equal(Range(401, 3), Read(Times(400, 410) with { Limit = 3 }));
        Assert.Equal(Range(0, 999), Read(new HistoryQuery { Limit = 1000 }));
        Assert.Empty(Read(Times(2000, 3000)));
        long frame = store.ReadFrameTracks("a", new HistoryQuery { FromSequence = 700 })[0].FrameIndex;
        Assert.Equal(Range(700, 100), Read(new HistoryQuery { FromFrame = frame }));
        Assert.Equal(Range(701, 100), Read(new HistoryQuery { FromFrame = frame + 1 }));
        Assert.Empty(Read(new HistoryQuery { FromFrame = 1_000_000 }));

        IEnumerable<long> Read(HistoryQuery query) => store.ReadFrameTracks("a", query).Select(t => t.LastSequence);
    }

    [Fact]
    public async Task Many_frames_of_one_last_update_are_read_page_by_page()
    {
        await using IVideoStore store = Home.Open();
        store.SaveVideo(Samples.Video("a"));
        await StoreHome.AppendAsync(store, "a", 0, 100);
        StoredUpdate last = Samples.Update("a", 100);
        FrameTrack track = last.LeavingFrames[0];
        await store.AppendAsync(
            last with { LeavingFrames = [.. Range(0, 300).Select(i => track with { FrameIndex = 5000 + i })] },
            StoreHome.Token);
        await store.FlushAsync(StoreHome.Token);

        var query = new HistoryQuery { FromSequence = track.LastSequence };
        var frames = new List<long>();
        while (store.ReadFrameTracks("a", query) is { Count: > 0 } page)
        {
            frames.AddRange(page.Select(t => t.FrameIndex));
            query = query with { FromSequence = page[^1].LastSequence, FromFrame = page[^1].FrameIndex + 1 };
        }

        Assert.Equal(Range(5000, 300), frames);
    }

    [Fact]
    public async Task Tracks_of_the_last_window_are_kept_with_the_last_update_and_replace_one_another()
    {
        await using IVideoStore store = Home.Open();
        store.SaveVideo(Samples.Video("a"));
        FrameTrack track = Samples.Update("a", 9).LeavingFrames[0] with { LastSequence = 9 };
        store.SaveLastTracks("a", [track]);
        await StoreHome.AppendAsync(store, "a", 0, 10);
        double bytes = store.Status.BytesPerUpdate;

        store.SaveLastTracks("a", [track with { FrameIndex = 1000 }, track with { FrameIndex = 1001 }]);
        store.SaveLastTracks("a", [track with { FrameIndex = 1001, WindowCount = 3 }]);
        store.SaveLastTracks("other", [track]);
        await StoreHome.WaitForAsync(() => store.Status.BytesPerUpdate > bytes);

        var tracks = store.ReadFrameTracks("a", new HistoryQuery { FromSequence = 8, FromFrame = 20 });
        Assert.Equal([(30, 8), (1000, 9), (1001, 9)], tracks.Select(t => (t.FrameIndex, t.LastSequence)));
        Assert.Equal(3, tracks[^1].WindowCount);
        Assert.InRange(store.Status.BytesPerUpdate, bytes + 1, bytes + 20);
        Assert.Equal(Samples.Json(Samples.Update("a", 9).Update), Samples.Json(store.ReadUpdate("a", 9)!));
    }

    [Fact]
    public async Task Thumbnails_are_found_by_their_frame_the_newest_first()
    {
        await using IVideoStore store = Home.Open();
        store.SaveVideo(Samples.Video("a"));
        store.SaveVideo(Samples.Video("b"));
        StoredUpdate first = Samples.Update("a", 0, thumbnail: [1, 2, 3]);
        long frame = first.Thumbnails[0].FrameIndex;
        await store.AppendAsync(first, StoreHome.Token);
        await store.AppendAsync(
            Samples.Update("a", 1) with { Thumbnails = [new StoredThumbnail(frame, [4]), new StoredThumbnail(7, [5])] },
            StoreHome.Token);
        await store.FlushAsync(StoreHome.Token);

        Assert.Equal([4], store.ReadThumbnail("a", frame)!);
        Assert.Equal([5], store.ReadThumbnail("a", 7)!);
        Assert.Null(store.ReadThumbnail("a", 8));
        Assert.Null(store.ReadThumbnail("b", 7));
        Assert.Null(store.ReadThumbnail("c", 7));
    }

    [Fact]
    public async Task Statistics_are_replaced_bucket_by_bucket_and_found_by_what_is_asked()
    {
        await using (IVideoStore store = Home.Open())
        {
            store.SaveVideo(Samples.Video("a"));
            store.SaveVideo(Samples.Video("b"));
            store.SaveStatistics(
                [Blob("m1", "a", 0, 1), Blob("m1", "a", 1, 2), Blob("m2", "a", 1, 3), Blob("m1", "b", 0, 4)],
                new Dictionary<string, StatisticsMark> { ["a"] = new(10), ["b"] = new(8), ["unknown"] = new(5) });
            store.SaveStatistics(
                [Blob("m1", "a", 1, 9), Blob("m1", "unknown", 1, 9)],
                new Dictionary<string, StatisticsMark> { ["a"] = new(12), ["unknown"] = new(6) });
            Assert.Throws<ArgumentException>(() => store.SaveStatistics(
                [Blob("m1", "a", 1, 7)], new Dictionary<string, StatisticsMark> { ["b"] = new(13) }));
        }

        await using IVideoStore reopened = Home.Open();
        Assert.Equal([1, 9, 3, 4], Read(new StatisticsRange()));
        Assert.Equal([1, 9, 4], Read(new StatisticsRange(Model: "m1")));
        Assert.Equal([4], Read(new StatisticsRange(Videos: ["b", "unknown"])));
        Assert.Empty(Read(new StatisticsRange(Videos: [])));
        Assert.Equal([9, 3], Read(new StatisticsRange(From: Samples.Start.AddMinutes(1))));
        Assert.Equal([1, 4], Read(new StatisticsRange(To: Samples.Start.AddMinutes(1))));
        StatisticsBlob first = reopened.ReadStatistics(new StatisticsRange())[0];
        Assert.Equal(("m1", "a", Samples.Start), (first.Model, first.Video, first.BucketStart));
        Assert.Equal(new Dictionary<string, long> { ["a"] = 12, ["b"] = 8 }, reopened.StatisticsWatermarks());

        IEnumerable<byte> Read(StatisticsRange range) => reopened.ReadStatistics(range).Select(b => b.Bytes[0]);
        static StatisticsBlob Blob(string model, string video, int minute, byte content) =>
            new(model, video, Samples.Start.AddMinutes(minute), [content]);
    }

    [Fact]
    public async Task Reading_goes_on_while_updates_are_written()
    {
        await using IVideoStore store = Home.Open();
        store.SaveVideo(Samples.Video("a"));
        await StoreHome.AppendAsync(store, "a", 0, 100);
        int[] reads = new int[4];
        using var done = new CancellationTokenSource(StoreHome.Timeout);

        var readers = Enumerable.Range(0, reads.Length).Select(reader => Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                long last = store.LastSequence("a")!.Value;
                var page = store.ReadUpdates("a", new HistoryQuery { FromSequence = last - 50, ToSequence = last });
                Assert.Equal(51, page.Count);
                Assert.Equal(last - 50, page[0].Sequence);
                Interlocked.Increment(ref reads[reader]);
            }
        })).ToArray();
        for (long next = 100; reads.Any(count => count < 20); next += 100)
            await StoreHome.AppendAsync(store, "a", next, 100);
        await done.CancelAsync();

        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task What_cannot_be_stored_is_refused_at_once()
    {
        await using IVideoStore store = Home.Open();
        store.SaveVideo(Samples.Video("a"));
        await StoreHome.AppendAsync(store, "a", 0, 3);
        StoredUpdate update = Samples.Update("a", 3);

        await RefusedAsync(Samples.Update("b", 0), "no video 'b'");
        await RefusedAsync(Samples.Update("a", 2), "comes after update 2");
        await RefusedAsync(update with { LeavingFrames = Samples.Update("b", 3).LeavingFrames }, "of 'b'");
        await RefusedAsync(update with { Update = update.Update with { FrameTimes = [1] } }, "16 frame indices and 1");
        await RefusedAsync(
            update with { Update = update.Update with { FrameTimes = [1], FrameIndices = [1] } }, "Class 2 has 16");
        await StoreHome.AppendAsync(store, "a", 3, 1);

        async Task RefusedAsync(StoredUpdate refused, string words)
        {
            var problem = await Assert.ThrowsAsync<ArgumentException>(
                async () => await store.AppendAsync(refused, StoreHome.Token));
            Assert.Contains(words, problem.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_closed_store_has_written_everything_and_says_that_it_is_closed()
    {
        IVideoStore store = Home.Open(new StoreOptions { CommitDelay = TimeSpan.FromMinutes(1) });
        store.SaveVideo(Samples.Video("a"));
        for (int i = 0; i < 20; i++)
            await store.AppendAsync(Samples.Update("a", i), StoreHome.Token);

        await store.DisposeAsync();
        await store.DisposeAsync();

        Assert.Equal(20, Home.Committed.Count);
        Assert.Equal(20L, Home.Sql("SELECT count(*) FROM updates"));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await store.AppendAsync(Samples.Update("a", 20), StoreHome.Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.FlushAsync(StoreHome.Token));
        Assert.Throws<ObjectDisposedException>(store.Videos);
        Assert.Throws<ObjectDisposedException>(() => store.SaveVideo(Samples.Video("b")));
        Assert.True(store.Status.Bytes > 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(StoreOptions.LeastMaxBytes - 1)]
    public void Options_out_of_range_are_refused(long maxBytes)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Home.Open(new StoreOptions { MaxBytes = maxBytes }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Home.Open(new StoreOptions { MaxAge = TimeSpan.Zero }));
    }

    private static IEnumerable<long> Range(int first, int count) => Enumerable.Range(first, count).Select(i => (long)i);

    private static HistoryQuery Times(double? from, double? to) => new()
    {
        From = from is { } f ? Samples.Start.AddSeconds(f) : null,
        To = to is { } t ? Samples.Start.AddSeconds(t) : null,
    };
}
