using System.Collections.Concurrent;
using Npgsql;

namespace PlayFair.Engine.Tests.Storage;

/// <summary>The database goes away and comes back, connections break: nothing is lost, nothing stored twice.</summary>
public sealed class PostgresFailureTests : IDisposable
{
    private static readonly StoreOptions s_quick = new()
    {
        CommitDelay = TimeSpan.FromMilliseconds(1),
        QueueCapacity = 64,
    };

    private readonly PostgresServer _server = PostgresServer.Start();
    private readonly ConcurrentQueue<StoredUpdate> _told = new();

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task While_the_database_is_away_who_appends_waits_the_status_says_so_and_nothing_is_lost()
    {
        var time = new ManualTime(Samples.Start);
        await using PostgresVideoStore store = Open(
            _server.CreateDatabase(), new StoreOptions { QueueCapacity = 4, Time = time });
        store.SaveVideo(Samples.Video("a"));
        long claim = store.Claim("a")!.Number;
        await StoreHome.AppendAsync(store, "a", 0, 10, claim);

        _server.Stop();
        ValueTask appending = default;
        long next = 10;
        // The writer holds what it took at once, and the queue.
        while (appending.IsCompleted && next < 100)
            appending = store.AppendAsync(Samples.Update("a", next++) with { Claim = claim }, StoreHome.Token);
        Assert.True(next < 100, "A hundred updates went into a queue of four.");
        await StoreHome.WaitForAsync(
            () => store.Status.Problem?.Contains("no server answers there", StringComparison.Ordinal) == true);
        Assert.False(store.Status.IsHealthy);
        Assert.Contains("since 2026-03-04 05:06:07Z", store.Status.Problem, StringComparison.Ordinal);
        Assert.Equal(10, _told.Count);
        var refused = Assert.Throws<StoreException>(() => store.ReadUpdates("a", new HistoryQuery()));
        Assert.Contains("no server answers there", refused.Message, StringComparison.Ordinal);
        Assert.Throws<StoreException>(() => store.SaveVideo(Samples.Video("a"), claim));
        Assert.Throws<StoreException>(() => store.Claim("a"));
        Assert.Equal(0, store.Status.UnstoredUpdateCount);

        _server.Resume();
        await appending;
        await StoreHome.AppendAsync(store, "a", next, 100, claim);

        Assert.Equal(Enumerable.Range(0, (int)next + 100), _told.Select(u => (int)u.Update.Sequence));
        AssertStored(store, "a", next + 100);
        Assert.True(store.Status.IsHealthy);
        Assert.Null(store.Status.Problem);
        Assert.Equal(0, store.Status.UnstoredUpdateCount);
    }

    [Fact]
    public async Task A_store_without_anything_to_write_notices_that_its_database_is_away_and_back()
    {
        var time = new ManualTime(Samples.Start);
        await using PostgresVideoStore store = Open(_server.CreateDatabase(), new StoreOptions { Time = time });

        _server.Stop();
        time.Advance(TimeSpan.FromSeconds(10));
        await StoreHome.WaitForAsync(() => !store.Status.IsHealthy);
        _server.Resume();
        Assert.Empty(store.Videos());
        await StoreHome.WaitForAsync(() => store.Status.IsHealthy);
    }

    [Fact]
    public async Task A_store_that_is_closed_while_its_database_is_away_gives_up_in_the_end_and_tells_of_nothing()
    {
        PostgresVideoStore store = Open(_server.CreateDatabase(), s_quick with { CloseTimeout = TimeSpan.Zero });
        store.SaveVideo(Samples.Video("a"));
        await StoreHome.AppendAsync(store, "a", 0, 10);
        _server.Stop();
        for (int i = 10; i < 20; i++)
            await store.AppendAsync(Samples.Update("a", i), StoreHome.Token);

        await store.DisposeAsync().AsTask().WaitAsync(StoreHome.Token);

        Assert.Equal(10, _told.Count);
        Assert.Equal(10, store.Status.UnstoredUpdateCount);
    }

    [Fact]
    public async Task A_commit_whose_answer_was_lost_is_recognised_and_told_of_once()
    {
        string database = _server.CreateDatabase();
        var parts = new NpgsqlConnectionStringBuilder(database);
        await using var cutter = new AnswerCutter(parts.Host!);
        parts.Host = cutter.Folder;
        await using PostgresVideoStore store = Open(parts.ToString(), s_quick);
        foreach (string video in new[] { "a", "b" })
            store.SaveVideo(Samples.Video(video));
        long[] claims = [store.Claim("a")!.Number, store.Claim("b")!.Number];
        for (int i = 0; i < 600; i += 20)
        {
            // Three answers in a row, now and then.
            cutter.CutNext(i % 3);
            await StoreHome.AppendAsync(store, "a", i, 20, claims[0]);
            await StoreHome.AppendAsync(store, "b", i, 20, claims[1]);
        }

        Assert.True(cutter.ToCut < 0);
        AssertToldOnceAndStored(store, ["a", "b"]);
        Assert.Equal(0, store.Status.UnstoredUpdateCount);
    }

    [Fact]
    public async Task Of_an_answer_that_was_lost_before_another_claimed_nothing_is_told_and_nothing_stored_twice()
    {
        string database = _server.CreateDatabase();
        var parts = new NpgsqlConnectionStringBuilder(database);
        await using var cutter = new AnswerCutter(parts.Host!);
        parts.Host = cutter.Folder;
        await using PostgresVideoStore first = Open(parts.ToString(), s_quick);
        await using PostgresVideoStore second = PostgresVideoStore.Open(database, s_quick, _ => { });
        first.SaveVideo(Samples.Video("a"));
        long earlier = first.Claim("a")!.Number;
        cutter.CutNext(1);
        for (int i = 0; i < 20; i++)
            await first.AppendAsync(Samples.Update("a", i) with { Claim = earlier }, StoreHome.Token);
        await StoreHome.WaitForAsync(() => cutter.ToCut == 0);

        VideoClaim now = second.Claim("a")!;
        await StoreHome.AppendAsync(second, "a", now.LastSequence + 1 ?? 0, 20, now.Number);
        await first.FlushAsync(StoreHome.Token);

        AssertStored(second, "a", (now.LastSequence + 1 ?? 0) + 20);
        Assert.All(_told, update => Assert.True(update.Update.Sequence <= now.LastSequence));
    }

    [Fact]
    public async Task Connections_that_are_ended_in_the_middle_of_commits_lose_nothing_and_repeat_nothing()
    {
        string database = _server.CreateDatabase();
        await using PostgresVideoStore store = Open(database, s_quick with { CommitDelay = TimeSpan.Zero });
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(StoreHome.Token);
        Task[] owners = WriteUntil(store, ["a", "b", "c"], ending.Token);
        for (int i = 0; i < 40; i++)
        {
            int told = _told.Count;
            PostgresServer.Sql(
                database,
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                + "WHERE datname = current_database() AND pid <> pg_backend_pid()");
            // Reading gets over it by itself.
            Assert.Equal(3, store.Videos().Count);
            await StoreHome.WaitForAsync(() => _told.Count > told + (i % 7));
        }

        await ending.CancelAsync();
        await Task.WhenAll(owners);
        await store.FlushAsync(StoreHome.Token);
        AssertToldOnceAndStored(store, ["a", "b", "c"]);
    }

    [Fact]
    public async Task A_server_that_is_stopped_at_once_again_and_again_has_all_that_was_told_of()
    {
        await using PostgresVideoStore store = Open(
            _server.CreateDatabase(), s_quick with { CommitDelay = TimeSpan.Zero });
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(StoreHome.Token);
        Task[] owners = WriteUntil(store, ["a", "b"], ending.Token);
        for (int i = 0; i < 8; i++)
        {
            int told = _told.Count;
            await StoreHome.WaitForAsync(() => _told.Count > told + (100 * i));
            _server.Stop();
            _server.Resume();
        }

        await ending.CancelAsync();
        await Task.WhenAll(owners);
        await store.FlushAsync(StoreHome.Token);
        AssertToldOnceAndStored(store, ["a", "b"]);
        Assert.True(store.Status.IsHealthy);
    }

    [Fact]
    public async Task An_update_that_can_never_be_stored_is_counted_and_those_beside_it_are_stored()
    {
        await using PostgresVideoStore store = Open(
            _server.CreateDatabase(), new StoreOptions { CommitDelay = TimeSpan.FromMinutes(1) });
        store.SaveVideo(Samples.Video("a"));
        store.SaveVideo(Samples.Video("b"));
        for (int i = 0; i < 30; i++)
        {
            StoredUpdate update = Samples.Update(i % 2 == 0 ? "a" : "b", i);
            // PostgreSQL has no texts with this character.
            if (i == 12)
                update = update with { Update = update.Update with { Model = "no\0thing" } };
            await store.AppendAsync(update, StoreHome.Token);
        }

        await store.FlushAsync(StoreHome.Token);

        Assert.Equal(29, _told.Count);
        Assert.Equal(1, store.Status.UnstoredUpdateCount);
        Assert.Equal(
            [0, 2, 4, 6, 8, 10, 14, 16, 18, 20, 22, 24, 26, 28],
            StoreHome.All(store, "a").Select(u => (int)u.Sequence));
        Assert.Equal(15, StoreHome.All(store, "b").Count);
        Assert.Equal(29, store.Status.UpdateCount);
    }

    private PostgresVideoStore Open(string connectionString, StoreOptions options) => PostgresVideoStore.Open(
        connectionString, options, updates => updates.ToList().ForEach(_told.Enqueue));

    private static Task[] WriteUntil(PostgresVideoStore store, string[] videos, CancellationToken cancellationToken)
    {
        Array.ForEach(videos, video => store.SaveVideo(Samples.Video(video)));
        long[] claims = Array.ConvertAll(videos, video => store.Claim(video)!.Number);
        return [.. videos.Zip(claims, (video, claim) => WriteAsync(store, video, claim, cancellationToken))];
    }

    private static async Task WriteAsync(
        PostgresVideoStore store, string video, long claim, CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            for (long i = 0; ; i++)
            {
                await store.AppendAsync(
                    Samples.Update(video, i, resume: $"{i}") with { Claim = claim }, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // As it has to end.
        }
    }

    private void AssertToldOnceAndStored(PostgresVideoStore store, string[] videos)
    {
        foreach (string video in videos)
        {
            var told = _told.Where(u => u.Update.Video == video).ToList();
            Assert.NotEmpty(told);
            Assert.Equal(Enumerable.Range(0, told.Count), told.Select(u => (int)u.Update.Sequence));
            AssertStored(store, video, told.Count);
            Assert.Equal(told[^1].Resume, store.FindVideo(video)!.Resume);
        }
    }

    private static void AssertStored(PostgresVideoStore store, string video, long count) => Assert.Equal(
        Enumerable.Range(0, (int)count).Select(i => Samples.Json(Samples.Update(video, i).Update)),
        StoreHome.All(store, video).Select(Samples.Json));
}
