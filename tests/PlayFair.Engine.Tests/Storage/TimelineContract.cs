using PlayFair.Contracts;

namespace PlayFair.Engine.Tests.Storage;

/// <summary>What every store tells of a period at a glance.</summary>
public abstract class TimelineContract : IDisposable
{
    private StoreHome? _home;

    private StoreHome Home => _home ??= CreateHome();

    public void Dispose()
    {
        _home?.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected abstract StoreHome CreateHome();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Segments_are_the_runs_of_the_top_class_whatever_was_lost_or_deleted(int seed)
    {
        var random = new Random(seed);
        var time = new ManualTime(Samples.Start);
        var options = new StoreOptions { MaxAge = TimeSpan.FromSeconds(60), Time = time };
        await using IVideoStore store = Home.Open(options);
        store.SaveVideo(Samples.Video("a"));
        store.SaveVideo(Samples.Video("other"));
        long sequence = random.Next(300);
        int top = 0;
        for (int i = 0; i < 1500; i++)
        {
            // A full disk loses updates, a clock goes back.
            sequence += random.Next(400) == 0 ? random.Next(2, 300) : 1;
            top = random.Next(8) == 0 ? random.Next(3) : top;
            int back = random.Next(100) == 0 ? random.Next(60) : 0;
            DateTimeOffset arrived = Samples.Start.AddSeconds((i / 10.0) - back);
            await store.AppendAsync(Update(sequence, top, arrived, random), StoreHome.Token);
            await store.AppendAsync(Samples.Update("other", i), StoreHome.Token);
        }

        await store.FlushAsync(StoreHome.Token);
        AssertTimelines(store, random, isGapless: false);

        // Now some of the oldest are too old, here and there.
        time.Advance(TimeSpan.FromSeconds(100));
        await StoreHome.WaitForAsync(
            () => StoreHome.All(store, "a").SkipLast(1).All(u => u.ArrivedAt >= Samples.Start.AddSeconds(40)));
        Assert.InRange(store.ReadTimeline("a", new TimelineQuery())!.UpdateCount, 900, 1300);
        AssertTimelines(store, random, isGapless: false);
    }

    private protected static StoredUpdate Update(long sequence, int top, DateTimeOffset arrived, Random random)
    {
        StoredUpdate stored = Samples.Update("a", sequence, arrived: arrived);
        AttributionUpdate update = stored.Update with
        {
            TopClass = top,
            Model = random.Next(200) == 0 ? "other 2.0.0" : stored.Update.Model,
            StandardError = random.Next(2) == 0 ? AttributionUpdate.Sampled : AttributionUpdate.Exact,
            Samples = random.Next(2) == 0 ? 64 : null,
            Iterations = random.Next(2) == 0 ? 4 : null,
            PreviousTopClass = random.Next(2) == 0 ? 1 : null,
            RateHz = random.Next(2) == 0 ? 8 : 1 / 3.0,
            FrameTimes = random.Next(2) == 0
                ? stored.Update.FrameTimes
                : [.. stored.Update.FrameTimes.Select(t => t * 1.0000001)],
            FrameIndices = random.Next(2) == 0
                ? stored.Update.FrameIndices
                : [.. Enumerable.Range(0, 16).Select(i => sequence + (i * 4L))],
            Classes =
            [
                stored.Update.Classes[0] with { Index = top, Name = $"class {top}" }, .. stored.Update.Classes.Skip(1),
            ],
        };
        return stored with { Update = update };
    }

    private protected static void AssertTimelines(IVideoStore store, Random random, bool isGapless)
    {
        IReadOnlyList<AttributionUpdate> all = StoreHome.All(store, "a");
        AssertTimeline(store, all, new TimelineQuery(), isGapless);
        for (int i = 0; i < 30; i++)
        {
            AttributionUpdate a = all[random.Next(all.Count)], b = all[random.Next(all.Count)];
            AssertTimeline(store, all, new TimelineQuery
            {
                FromSequence = Math.Min(a.Sequence, b.Sequence),
                ToSequence = Math.Max(a.Sequence, b.Sequence),
                Points = random.Next(1, 50),
            }, isGapless);
            AssertTimeline(store, all, new TimelineQuery
            {
                From = a.ArrivedAt < b.ArrivedAt ? a.ArrivedAt : b.ArrivedAt,
                To = a.ArrivedAt < b.ArrivedAt ? b.ArrivedAt : a.ArrivedAt,
                Points = random.Next(1, 2000),
            }, isGapless);
        }
    }

    private static void AssertTimeline(
        IVideoStore store, IReadOnlyList<AttributionUpdate> all, TimelineQuery query, bool isGapless)
    {
        Timeline timeline = store.ReadTimeline("a", query)!;
        List<AttributionUpdate> period =
        [
            .. all.Where(u => !(u.Sequence < query.FromSequence || u.Sequence > query.ToSequence
                || u.ArrivedAt < query.From || u.ArrivedAt > query.To)),
        ];

        Assert.Equal((all[0].Sequence, all[0].ArrivedAt), (timeline.First!.Sequence, timeline.First.ArrivedAt));
        Assert.Equal((all[^1].Sequence, all[^1].ArrivedAt), (timeline.Last!.Sequence, timeline.Last.ArrivedAt));
        Assert.Equal(period.Count, timeline.UpdateCount);
        Assert.Equal(Runs(period), timeline.Segments);
        Assert.Equal(0, timeline.JoinedSegments);

        Assert.Equal(Math.Min(query.Points, period.Count), timeline.Points.Count);
        Assert.Equal((double)period.Count / timeline.Points.Count, timeline.UpdatesPerPoint, 1e-9);
        for (int i = 0; i < timeline.Points.Count; i++)
        {
            int rank = timeline.Points.Count == 1
                ? period.Count - 1
                : (int)((long)i * (period.Count - 1) / (timeline.Points.Count - 1));
            AttributionUpdate update = period[rank];
            TimelinePoint point = timeline.Points[i];
            Assert.Equal(
                (update.Sequence, update.ArrivedAt, update.FrameIndices[^1], update.FrameTimes[^1]),
                (point.Sequence, point.ArrivedAt, point.FrameIndex, point.TimeSeconds));
            Assert.Equal(update.Classes.Select(c => new TimelineClass(c.Index, c.Name, c.Score)), point.Classes);
        }

        var held = new HistoryQuery
        {
            FromSequence = query.FromSequence,
            ToSequence = query.ToSequence,
            From = query.From,
            To = query.To,
            Limit = HistoryQuery.MaxLimit,
        };
        IReadOnlyList<FrameTrack> tracks = store.ReadFrameTracks("a", held);
        if (isGapless && tracks.Count < Math.Min(query.Points, 500))
            Assert.Equal(tracks.Select(t => t.FrameIndex), timeline.Frames.Select(t => t.FrameIndex));
        // Where clocks jump, a span has few frames of the period.
        int least = isGapless && query.Points >= 20 ? Math.Min(query.Points, tracks.Count) / 3 : 0;
        Assert.InRange(timeline.Frames.Count, least, query.Points);
        Assert.All(timeline.Frames, track => Assert.False(
            track.LastSequence < query.FromSequence || track.LastSequence > query.ToSequence
            || track.ArrivedAt < query.From || track.ArrivedAt > query.To));
    }

    private static List<TimelineSegment> Runs(List<AttributionUpdate> updates)
    {
        var runs = new List<TimelineSegment>();
        AttributionUpdate? before = null;
        foreach (AttributionUpdate update in updates)
        {
            ReportedClass top = update.Classes[0];
            if (before is not null && before.TopClass == update.TopClass && before.Model == update.Model
                && before.Sequence + 1 == update.Sequence)
            {
                runs[^1] = runs[^1] with
                {
                    LastSequence = update.Sequence,
                    To = update.ArrivedAt,
                    MaxScore = Math.Max(runs[^1].MaxScore, top.Score),
                };
            }
            else
            {
                runs.Add(new TimelineSegment(
                    top.Index, top.Name, update.Model, update.Sequence, update.Sequence, update.ArrivedAt,
                    update.ArrivedAt, top.Score));
            }

            before = update;
        }

        return runs;
    }
}
