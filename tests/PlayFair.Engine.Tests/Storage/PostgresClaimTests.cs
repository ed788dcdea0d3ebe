using System.Collections.Concurrent;

namespace PlayFair.Engine.Tests.Storage;

public sealed class PostgresClaimTests : StoreClaimContract
{
    private static readonly StoreOptions s_unhurried = new() { CommitDelay = TimeSpan.FromMinutes(1) };

    private readonly StoreDatabase _database = new(PostgresServer.Shared);

    private protected override StoreHome CreateHome() => _database;

    [Fact]
    public async Task Another_process_that_claims_a_video_has_it_alone()
    {
        var told = new ConcurrentQueue<StoredUpdate>();
        await using PostgresVideoStore first = _database.Open(
            s_unhurried, updates => updates.ToList().ForEach(told.Enqueue));
        await using PostgresVideoStore second = _database.Open();
        first.SaveVideo(Samples.Video("a"));
        first.SaveVideo(Samples.Video("b"));
        long earlier = first.Claim("a")!.Number;
        long other = first.Claim("b")!.Number;
        await StoreHome.AppendAsync(first, "a", 0, 3, earlier);
        await first.AppendAsync(Samples.Update("a", 3, "lost") with { Claim = earlier }, StoreHome.Token);
        await first.AppendAsync(Samples.Update("b", 0) with { Claim = other }, StoreHome.Token);

        VideoClaim now = second.Claim("a")!;
        Assert.Equal(2, now.LastSequence);
        await first.FlushAsync(StoreHome.Token);
        await StoreHome.AppendAsync(second, "a", 3, 2, now.Number);

        Assert.Equal(["a0", "a1", "a2", "b0"], told.Select(u => $"{u.Update.Video}{u.Update.Sequence}"));
        Assert.Equal([3, 4], _database.Committed.Select(u => u.Update.Sequence));
        Assert.Equal([0, 1, 2, 3, 4], StoreHome.All(first, "a").Select(u => u.Sequence));
        Assert.Null(first.FindVideo("a")!.Resume);
        StoredUpdate late = Samples.Update("a", 4) with { Claim = earlier };
        await Assert.ThrowsAsync<SupersededException>(async () => await first.AppendAsync(late, StoreHome.Token));
        Assert.Throws<SupersededException>(() => first.SaveVideo(Samples.Video("a"), earlier));
        Assert.Throws<SupersededException>(() => first.SaveLastTracks("a", late.LeavingFrames, earlier));
        await StoreHome.AppendAsync(first, "b", 1, 1, other);
        Assert.True(first.Status.IsHealthy);
    }

    [Fact]
    public async Task Owners_that_race_over_commits_never_both_store_a_sequence_number()
    {
        const int claimCount = 300;
        var told = new ConcurrentQueue<(long Sequence, long Claim)>();
        using var isTold = new SemaphoreSlim(0);
        var options = new StoreOptions { CommitDelay = TimeSpan.Zero, QueueCapacity = 64 };
        await using PostgresVideoStore first = _database.Open(options, Note);
        await using PostgresVideoStore second = _database.Open(options, Note);
        first.SaveVideo(Samples.Video("a"));
        var random = new Random(3);
        var owners = new List<Task>();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(StoreHome.Token);
        for (int i = 0; i < claimCount; i++)
        {
            PostgresVideoStore store = i % 2 == 0 ? first : second;
            // The owner before goes on meanwhile.
            VideoClaim claim = store.Claim("a")!;
            owners.Add(Task.Run(() => WriteUntilSupersededAsync(store, claim, ending.Token)));
            for (int commits = random.Next(3); commits >= 0; commits--)
                await isTold.WaitAsync(StoreHome.Token);
        }

        await ending.CancelAsync();
        await Task.WhenAll(owners);
        await first.FlushAsync(StoreHome.Token);
        await second.FlushAsync(StoreHome.Token);

        var stored = StoreHome.All(first, "a").Select(u => (u.Sequence, u.DroppedFrames)).ToList();
        Assert.True(stored.Count >= claimCount / 2);
        Assert.Equal(Enumerable.Range(0, stored.Count), stored.Select(u => (int)u.Sequence));
        Assert.Equal(stored, told.OrderBy(u => u.Sequence));
        Assert.True(stored.Select(u => u.DroppedFrames).Distinct().Count() > claimCount / 4);

        void Note(IReadOnlyList<StoredUpdate> updates)
        {
            foreach (StoredUpdate update in updates)
                told.Enqueue((update.Update.Sequence, update.Claim));
            isTold.Release();
        }
    }

    [Fact]
    public async Task Claims_of_many_processes_at_once_are_different_and_the_highest_holds()
    {
        await using PostgresVideoStore first = _database.Open();
        await using PostgresVideoStore second = _database.Open();
        first.SaveVideo(Samples.Video("a"));

        var numbers = new ConcurrentQueue<long>();
        await Task.WhenAll(new[] { first, second, first, second }.Select(store => Task.Run(() =>
        {
            long before = 0;
            for (int i = 0; i < 100; i++)
            {
                long number = store.Claim("a")!.Number;
                Assert.True(number > before, $"Claim {number} came after {before}.");
                before = number;
                numbers.Enqueue(number);
            }
        })));

        Assert.Equal(400, numbers.Distinct().Count());
        Assert.Equal(numbers.Max(), _database.Sql("SELECT claim FROM videos"));
    }

    /// <summary>Each update says in its dropped frames whose it is.</summary>
    private static async Task WriteUntilSupersededAsync(
        PostgresVideoStore store, VideoClaim claim, CancellationToken cancellationToken)
    {
        try
        {
            for (long sequence = claim.LastSequence + 1 ?? 0; ; sequence++)
            {
                StoredUpdate update = Samples.Update("a", sequence);
                update = update with
                {
                    Update = update.Update with { DroppedFrames = claim.Number },
                    Claim = claim.Number,
                };
                await store.AppendAsync(update, cancellationToken);
            }
        }
        catch (Exception e) when (e is SupersededException or OperationCanceledException)
        {
            // As it has to end.
        }
    }
}
