namespace PlayFair.Engine.Tests.Storage;

public sealed class TimelineTests : TimelineContract
{
    private readonly StoreFolder _folder = new();

    private protected override StoreHome CreateHome() => _folder;

    [Fact]
    public async Task A_file_of_version_1_has_the_timeline_that_it_would_have_had()
    {
        await using (VideoStore store = _folder.Open())
        {
            store.SaveVideo(Samples.Video("a"));
            var random = new Random(7);
            for (int i = 0; i < 1000; i++)
                await store.AppendAsync(Update(i, i / 37 % 4, Samples.Start.AddSeconds(i), random), StoreFolder.Token);
        }

        Assert.Equal(3L, _folder.Sql("SELECT count(*) FROM segments"));
        string before = $"{_folder.Sql("SELECT group_concat(video || span || hex(runs)) FROM segments")}";
        _folder.Sql("DROP TABLE segments; DROP TABLE claims; PRAGMA user_version = 1");
        await using (VideoStore store = _folder.Open())
            AssertTimelines(store, new Random(1), isGapless: true);

        Assert.Equal(before, _folder.Sql("SELECT group_concat(video || span || hex(runs)) FROM segments"));
    }

    [Fact]
    public void Of_more_runs_than_can_be_shown_the_shortest_are_joined_into_their_neighbours()
    {
        var random = new Random(5);
        var list = new RunList(100);
        var all = new List<TopRun>();
        long sequence = 0;
        for (int i = 0; i < 200_000; i++)
        {
            int length = i % 4000 == 0 ? 3000 : random.Next(1, 4);
            var run = new TopRun(new TopClass(i % 5, 0, 0, 0), sequence, sequence + length - 1, sequence, sequence, i);
            sequence += length;
            list.Add(run);
            all.Add(run);
        }

        (List<TopRun> runs, int joinedCount) = list.Take();

        Assert.InRange(runs.Count, 25, 100);
        Assert.Equal(200_000 - joinedCount, runs.Count);
        Assert.Equal(0, runs[0].FirstSequence);
        Assert.Equal(sequence - 1, runs[^1].LastSequence);
        Assert.All(
            runs.Zip(runs.Skip(1)), pair => Assert.Equal(pair.First.LastSequence + 1, pair.Second.FirstSequence));
        // The long ones are still there, as what they were.
        foreach (TopRun run in all.Where(run => run.Length == 3000))
        {
            TopRun holding = Assert.Single(
                runs, r => r.FirstSequence <= run.FirstSequence && r.LastSequence >= run.LastSequence);
            Assert.Equal(run.Top, holding.Top);
        }
    }

    [Fact]
    public void Alternating_classes_are_joined_evenly()
    {
        var list = new RunList(100);
        for (int i = 0; i < 10_000; i++)
            list.Add(new TopRun(new TopClass(i % 7, 0, 0, 0), i, i, i, i, 0));
        (List<TopRun> runs, int joinedCount) = list.Take();
        Assert.InRange(runs.Count, 50, 100);
        Assert.Equal(10_000 - runs.Count, joinedCount);
        Assert.InRange(runs.Max(run => run.Length), 100, 500);
    }

    [Fact]
    public void The_shortest_run_at_the_end_does_not_keep_the_others_from_being_joined()
    {
        var list = new RunList(1);
        list.Add(new TopRun(new TopClass(0, 0, 0, 0), 0, 99, 0, 99, 1));
        list.Add(new TopRun(new TopClass(1, 0, 0, 0), 100, 100, 100, 100, 2));
        Assert.Equal(100, Assert.Single(list.Take().Runs).LastSequence);
    }
}
