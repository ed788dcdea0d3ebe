using PlayFair.Contracts;

namespace PlayFair.Engine.Tests.Statistics;

public class StatisticsBookTests
{
    private static readonly TimeSpan TenMinutes = TimeSpan.FromMinutes(10);
    private static readonly DateTimeOffset Noon = RandomUpdates.Noon;
    private static readonly StatisticsQuery All = new();

    [Fact]
    public void Interleaving_the_videos_differently_changes_nothing()
    {
        List<AttributionUpdate> updates = RandomUpdates.Of(1, 300, "lobby", "yard", "gate");
        string expected = ReportAssert.Json(Book(updates).Query(All, []));
        IEnumerable<AttributionUpdate> oneByOne = updates.OrderBy(u => u.Video, StringComparer.Ordinal);
        Assert.Equal(expected, ReportAssert.Json(Book(oneByOne).Query(All, [])));
        IEnumerable<AttributionUpdate> inStep = updates.OrderBy(u => u.Sequence);
        Assert.Equal(expected, ReportAssert.Json(Book(inStep).Query(All, [])));
    }

    /// <summary>
    /// Takes, failed saves, crashes and reports at random moments, clocks that jump back into buckets that left
    /// memory: at every moment the report is that of the updates so far.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Nothing_is_lost_or_counted_twice_by_saving_failing_and_crashing(int seed)
    {
        var random = new Random(seed);
        var store = new FakeStore();
        StatisticsBook book = store.NewBook(TenMinutes);
        List<AttributionUpdate> updates = RandomUpdates.Of(seed, 250, "lobby", "yard");
        int crashCount = 0;
        for (int i = 0; i < updates.Count; i++)
        {
            book.Add(updates[i]);
            switch (random.Next(16))
            {
                case < 5:
                    store.Save(book.TakeChanged());
                    break;
                case 5:
                    book.PutBack(book.TakeChanged().Changed);
                    break;
                case 6:
                    // Killed while saving, or at any other moment.
                    if (random.Next(2) == 0)
                        book.TakeChanged();
                    book = store.NewBook(TenMinutes);
                    book.Restore(random.Next(2) == 0 ? [] : store.Blobs, store.Marks);
                    foreach (AttributionUpdate update in updates.Take(i + 1))
                        book.Add(update);
                    crashCount++;
                    break;
                case 7:
                    StatisticsReport expected = BatchStatistics.Of([.. updates.Take(i + 1)], All, TenMinutes);
                    ReportAssert.Equal(expected, book.Query(All, store.Blobs));
                    break;
            }
        }

        Assert.True(crashCount > 3);
        ReportAssert.Equal(BatchStatistics.Of(updates, All, TenMinutes), book.Query(All, store.Blobs));
        store.Save(book.TakeChanged());
        Assert.Equal(
            ReportAssert.Json(Book(updates).Query(All, [])),
            ReportAssert.Json(new StatisticsBook(TenMinutes).Query(All, store.Blobs)));
    }

    [Fact]
    public void Buckets_that_are_over_and_stored_leave_memory_and_come_back_when_the_clock_does()
    {
        var store = new FakeStore();
        StatisticsBook book = store.NewBook(TenMinutes);
        book.Add(Update(0, Noon));
        book.Add(Update(1, Noon + TenMinutes));
        store.Save(book.TakeChanged());
        Assert.Equal(2, InMemory(book));
        store.Save(book.TakeChanged());
        Assert.Equal(1, InMemory(book));

        book.Add(Update(2, Noon + TimeSpan.FromMinutes(1)));
        Assert.Equal(3, book.Query(All, store.Blobs).UpdateCount);
        (IReadOnlyList<StatisticsBlob> changed, _) = book.TakeChanged();
        Assert.Equal(Noon, Assert.Single(changed).BucketStart);
        Assert.Equal(3, InMemory(book));
        Assert.Equal(3, book.Query(All, store.Blobs).UpdateCount);
    }

    [Fact]
    public void What_could_not_be_stored_does_not_leave_memory()
    {
        var store = new FakeStore();
        StatisticsBook book = store.NewBook(TenMinutes);
        book.Add(Update(0, Noon));
        book.Add(Update(1, Noon + TenMinutes));
        for (int attempt = 0; attempt < 3; attempt++)
        {
            (IReadOnlyList<StatisticsBlob> changed, var marks) = book.TakeChanged();
            Assert.Equal(2, changed.Count);
            Assert.Equal(1, marks["lobby"].Sequence);
            book.PutBack(changed);
        }

        Assert.Equal(2, InMemory(book));
    }

    [Fact]
    public void Without_a_way_to_read_buckets_again_they_stay_in_memory()
    {
        StatisticsBook book = Book([Update(0, Noon), Update(1, Noon + TenMinutes)]);
        for (int i = 0; i < 3; i++)
            book.TakeChanged();
        Assert.Equal(2, InMemory(book));
    }

    [Fact]
    public void Only_what_changed_is_taken()
    {
        StatisticsBook book = Book([Update(0, Noon), Update(0, Noon, "yard")]);
        Assert.Equal(2, book.TakeChanged().Changed.Count);
        (IReadOnlyList<StatisticsBlob> changed, IReadOnlyDictionary<string, StatisticsMark> marks) = book.TakeChanged();
        Assert.Empty(changed);
        Assert.Empty(marks);

        book.Add(Update(1, Noon, "yard"));
        (changed, marks) = book.TakeChanged();
        Assert.Equal("yard", Assert.Single(changed).Video);
        Assert.Equal([KeyValuePair.Create("yard", new StatisticsMark(1))], marks);
    }

    [Fact]
    public void A_video_whose_bucket_begins_during_a_take_is_taken_whole_the_next_time()
    {
        StatisticsBook book = null!;
        int reads = 0;
        book = new StatisticsBook(TenMinutes, (_, _, _) =>
        {
            if (reads++ == 0)
                book.Add(Update(1, Noon + TenMinutes));
            return null;
        });
        book.Add(Update(0, Noon));

        Assert.Empty(book.TakeChanged().Marks);
        (IReadOnlyList<StatisticsBlob> changed, IReadOnlyDictionary<string, StatisticsMark> marks) = book.TakeChanged();
        Assert.Equal(2, changed.Count);
        Assert.Equal(1, marks["lobby"].Sequence);
    }

    [Fact]
    public void A_store_that_cannot_be_read_fails_the_take_and_loses_nothing()
    {
        bool isBroken = true;
        var book = new StatisticsBook(TenMinutes, (_, _, _) => isBroken ? throw new IOException("Broken.") : null);
        book.Add(Update(0, Noon));
        Assert.Throws<IOException>(() => book.TakeChanged());
        Assert.Equal(1, InMemory(book));
        isBroken = false;
        Assert.Single(book.TakeChanged().Changed);
    }

    [Fact]
    public void A_damaged_stored_bucket_is_replaced()
    {
        var book = new StatisticsBook(
            TenMinutes, (model, video, start) => new StatisticsBlob(model, video, start, [1, 2, 3]));
        book.Add(Update(0, Noon));
        Assert.Single(book.TakeChanged().Changed);
        Assert.Equal(1, InMemory(book));
    }

    [Fact]
    public void A_bucket_in_memory_stands_for_the_stored_one_and_none_counts_twice()
    {
        StatisticsBook book = Book([Update(0, Noon)]);
        IReadOnlyList<StatisticsBlob> stored = book.TakeChanged().Changed;
        book.Add(Update(1, Noon));
        Assert.Equal(2, book.Query(All, [.. stored, .. stored]).UpdateCount);
        Assert.Equal(1, new StatisticsBook(TenMinutes).Query(All, [.. stored, .. stored]).UpdateCount);
    }

    [Fact]
    public void An_update_that_was_counted_is_not_counted_again()
    {
        StatisticsBook book = Book([Update(0, Noon), Update(1, Noon), Update(1, Noon), Update(0, Noon)]);
        Assert.Equal(2, InMemory(book));

        book = RestoredBook(("lobby", new StatisticsMark(7)));
        book.Add(Update(7, Noon));
        book.Add(Update(8, Noon));
        book.Add(Update(0, Noon, "yard"));
        Assert.Equal(2, InMemory(book));
    }

    [Fact]
    public void What_is_counted_is_its_owners_under_whose_claim_it_was_restored()
    {
        StatisticsBook book = RestoredBook(
            ("lobby", new StatisticsMark(7, Claim: 3)), ("yard", new StatisticsMark(-1, Claim: 4)));
        book.Add(Update(8, Noon));
        book.Add(Update(9, Noon));
        book.Add(Update(0, Noon, "yard"));
        IReadOnlyDictionary<string, StatisticsMark> marks = book.TakeChanged().Marks;
        Assert.Equal((new StatisticsMark(9, 3), new StatisticsMark(0, 4)), (marks["lobby"], marks["yard"]));
    }

    [Fact]
    public void A_forgotten_video_begins_anew()
    {
        StatisticsBook book = RestoredBook(("lobby", new StatisticsMark(4, Claim: 3)));
        book.Add(Update(5, Noon));
        book.Add(Update(5, Noon, "yard"));
        book.Forget("lobby");
        Assert.Equal(1, InMemory(book));
        book.Add(Update(0, Noon));
        Assert.Equal(2, InMemory(book));
        Assert.Equal(new StatisticsMark(0), book.TakeChanged().Marks["lobby"]);
    }

    [Fact]
    public void Buckets_begin_at_multiples_of_their_length_in_universal_time()
    {
        StatisticsBook book = Book(
        [
            Update(0, new DateTimeOffset(2026, 3, 1, 17, 39, 59, 999, TimeSpan.FromHours(5.5))),
            Update(1, Noon + TenMinutes),
        ]);
        Assert.Equal(
            [Noon, Noon + TenMinutes], book.Query(All, []).Models.Single().Series.Select(bucket => bucket.Start));
        Assert.Equal(1, book.Query(All with { From = Noon, To = Noon + TenMinutes }, []).UpdateCount);
        Assert.Equal(1, book.Query(All with { From = Noon + TimeSpan.FromTicks(1) }, []).UpdateCount);
    }

    [Fact]
    public async Task Counting_saving_and_asking_at_once_loses_nothing()
    {
        var store = new FakeStore();
        StatisticsBook book = store.NewBook(TenMinutes);
        string[] videos = ["lobby", "yard", "gate"];
        List<AttributionUpdate> updates = RandomUpdates.Of(4, 1500, videos);
        using var done = new CancellationTokenSource();
        Task[] counting =
        [
            .. videos.Select(video => Task.Run(() =>
            {
                foreach (AttributionUpdate update in updates.Where(u => u.Video == video))
                    book.Add(update);
            })),
        ];
        Task saving = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
                store.Save(book.TakeChanged());
        });
        Task asking = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                StatisticsReport report = book.Query(All, []);
                Assert.Equal(report.UpdateCount, report.Models.Sum(m => m.Series.Sum(b => b.WindowCount)));
                Assert.Equal(report.UpdateCount, report.Models.Sum(m => m.Classes.Sum(c => c.TopCount)));
            }
        });

        await Task.WhenAll(counting).WaitAsync(TimeSpan.FromMinutes(1));
        await done.CancelAsync();
        await Task.WhenAll(saving, asking).WaitAsync(TimeSpan.FromMinutes(1));
        store.Save(book.TakeChanged());

        string expected = ReportAssert.Json(Book(updates).Query(All, []));
        Assert.Equal(expected, ReportAssert.Json(book.Query(All, store.Blobs)));
        Assert.Equal(expected, ReportAssert.Json(new StatisticsBook(TenMinutes).Query(All, store.Blobs)));
    }

    private static AttributionUpdate Update(long sequence, DateTimeOffset arrivedAt, string video = "lobby") =>
        RandomUpdates.With(video, sequence, arrivedAt, previous: null, (0.5f, [0.25f, -0.5f]));

    private static long InMemory(StatisticsBook book) => book.Query(All, []).UpdateCount;

    private static StatisticsBook Book(IEnumerable<AttributionUpdate> updates)
    {
        var book = new StatisticsBook(TenMinutes);
        foreach (AttributionUpdate update in updates)
            book.Add(update);
        return book;
    }

    private static StatisticsBook RestoredBook(params (string Video, StatisticsMark Mark)[] marks)
    {
        var book = new StatisticsBook(TenMinutes);
        book.Restore([], marks.ToDictionary(mark => mark.Video, mark => mark.Mark, StringComparer.Ordinal));
        return book;
    }

    /// <summary>What a store does with statistics: each bucket replaces the one with its key.</summary>
    private sealed class FakeStore
    {
        private readonly Dictionary<(string, string, DateTimeOffset), StatisticsBlob> _blobs = [];
        private readonly Dictionary<string, StatisticsMark> _marks = [];

        public IReadOnlyList<StatisticsBlob> Blobs
        {
            get
            {
                lock (_blobs)
                    return [.. _blobs.Values];
            }
        }

        public IReadOnlyDictionary<string, StatisticsMark> Marks => _marks;

        public StatisticsBook NewBook(TimeSpan bucketLength) =>
            new(bucketLength, (model, video, start) =>
            {
                lock (_blobs)
                    return _blobs.GetValueOrDefault((model, video, start));
            });

        public void Save(
            (IReadOnlyList<StatisticsBlob> Changed, IReadOnlyDictionary<string, StatisticsMark> Marks) taken)
        {
            lock (_blobs)
            {
                foreach (StatisticsBlob blob in taken.Changed)
                    _blobs[(blob.Model, blob.Video, blob.BucketStart)] = blob;
                foreach ((string video, StatisticsMark mark) in taken.Marks)
                    _marks[video] = mark;
            }
        }
    }
}
