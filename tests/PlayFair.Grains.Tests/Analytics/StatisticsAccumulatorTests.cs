using PlayFair.Engine;
using PlayFair.Engine.Tests;
using PlayFair.Engine.Tests.Storage;
using PlayFair.Grains.Bench;
using PlayFair.Models;

namespace PlayFair.Grains.Tests.Analytics;

/// <summary>What two silos count, that share a store and an analytics grain; a test moves the video between them.</summary>
public sealed class StatisticsAccumulatorTests : IAsyncDisposable
{
    private const string Video = "camera";
    private static readonly ModelPackage s_model = ModelPackage.Load(ShippedModels.Folder("moves-trn"));

    private readonly string _folder = Directory.CreateTempSubdirectory("playfair accumulator ").FullName;
    private readonly StoreFaults _faults = new();
    private readonly SharedStore _store;
    private readonly SiloRuntime[] _silos;
    private AnalyticsDouble _analytics;
    private long _next;
    private long _claim;

    public StatisticsAccumulatorTests()
    {
        var options = new VideoServiceOptions { Models = [s_model], StorePath = Path.Combine(_folder, "playfair.db") };
        _store = new SharedStore(
            VideoStore.Open(options.StorePath, options.Store, SharedStore.Forward(out var listeners)), listeners);
        _silos =
        [
            .. Enumerable.Range(0, 2).Select(number => new SiloRuntime(
                options, new ClusterOptions(), committed => _faults.Over(_store.Open(committed)), new SiloDetails(number),
                GrainDoubles.Factory((_, _) => _analytics), new FrameTable(),
                new ServiceCollection().BuildServiceProvider())),
        ];
        _analytics = new AnalyticsDouble(new AnalyticsGrain(_silos[0]));
        _store.Store.SaveVideo(Samples.Video(Video));
    }

    [Fact]
    public async Task A_video_that_moves_away_and_back_within_a_bucket_counts_each_update_once()
    {
        foreach (int silo in (int[])[0, 1, 0, 0, 1])
        {
            Take(silo);
            await CountAsync(silo, 7);
            await _silos[silo].Accumulator.SendAsync();
            Assert.Equal(_next, await RecentCountAsync());
            await CountAsync(silo, 3);
            await LeaveAsync(silo);
            Assert.Equal(_next, StoredCount());
        }

        Assert.Single(_store.Store.ReadStatistics(new StatisticsRange()));
    }

    [Fact]
    public async Task What_was_not_saved_when_a_silo_died_the_next_one_counts()
    {
        Take(0);
        await CountAsync(0, 10);
        await _silos[0].Accumulator.SaveAsync();
        await CountAsync(0, 5);
        await _silos[0].Accumulator.SendAsync();
        Take(1);
        await CountAsync(1, 4);
        await _silos[1].Accumulator.SendAsync();
        await _silos[1].Accumulator.SaveAsync();
        Assert.Equal((19, 19), (StoredCount(), await RecentCountAsync()));
        // The first one lives after all, and tells what it had counted.
        await _silos[0].Accumulator.SendAsync();
        await _silos[0].Accumulator.SaveAsync();
        Assert.Equal((19, 19), (StoredCount(), await RecentCountAsync()));
    }

    [Fact]
    public async Task Of_two_owners_counts_the_later_ones_are_answered_with()
    {
        var grain = new AnalyticsGrain(_silos[0]);
        await grain.MergeAsync([new BucketPart(Video, default, Claim: 1, Sequence: 30, [])]);
        await grain.MergeAsync([new BucketPart(Video, default, Claim: 2, Sequence: 20, [])]);
        await grain.MergeAsync([new BucketPart(Video, default, Claim: 1, Sequence: 40, [])]);
        BucketPart part = Assert.Single(await grain.RecentAsync(null, null, null));
        Assert.Equal((2, 20), (part.Claim, part.Sequence));
    }

    [Fact]
    public async Task What_an_earlier_owner_saves_once_another_counts_is_not_counted_twice()
    {
        Take(0);
        await CountAsync(0, 10);
        await _silos[0].Accumulator.SaveAsync();
        await CountAsync(0, 5);
        Take(1);
        await _silos[0].Accumulator.SaveAsync();
        Assert.Equal(10, StoredCount());
        await CountAsync(1, 4);
        await _silos[1].Accumulator.SaveAsync();
        Assert.Equal(19, StoredCount());
    }

    [Fact]
    public async Task What_cannot_be_saved_is_saved_later()
    {
        Take(0);
        await CountAsync(0, 6);
        _faults.Refused.Add(nameof(IVideoStore.SaveStatistics));
        await _silos[0].Accumulator.SaveAsync();
        await CountAsync(0, 2);
        await _silos[0].Accumulator.SaveAsync();
        Assert.Equal((0, 2), (StoredCount(), _faults.FailedCount));
        _faults.Refused.Clear();
        await _silos[0].Accumulator.SaveAsync();
        Assert.Equal(8, StoredCount());
    }

    [Fact]
    public async Task What_could_not_be_saved_before_a_video_left_does_not_count_when_it_comes_back()
    {
        Take(0);
        await CountAsync(0, 6);
        _faults.Refused.Add(nameof(IVideoStore.SaveStatistics));
        await LeaveAsync(0);
        _faults.Refused.Clear();
        Take(1);
        await CountAsync(1, 5);
        await LeaveAsync(1);
        Assert.Equal(11, StoredCount());
        Take(0);
        await CountAsync(0, 4);
        await LeaveAsync(0);
        Assert.Equal(15, StoredCount());
    }

    [Fact]
    public async Task A_video_that_was_removed_and_added_again_begins_anew()
    {
        Take(0);
        await CountAsync(0, 9);
        await _silos[0].Accumulator.SaveAsync();
        await CountAsync(0, 3);
        await _silos[0].Accumulator.SendAsync();
        _store.Store.DeleteVideo(Video);
        await _silos[0].Accumulator.ForgetAsync(Video);
        await _analytics.ForgetAsync(Video);

        _store.Store.SaveVideo(Samples.Video(Video));
        _next = 0;
        Take(0);
        await CountAsync(0, 2);
        await _silos[0].Accumulator.SendAsync();
        await _silos[0].Accumulator.SaveAsync();
        Assert.Equal((2, 2), (StoredCount(), await RecentCountAsync()));
    }

    [Fact]
    public async Task Nobody_who_saves_waits_for_an_analytics_grain_that_does_not_answer()
    {
        Take(0);
        await CountAsync(0, 5);
        _analytics = new AnalyticsDouble(new AnalyticsGrain(_silos[0]), hangs: true);
        Task sending = _silos[0].Accumulator.SendAsync();
        await _silos[0].Accumulator.SaveAsync().WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.Equal(5, StoredCount());
        Assert.False(sending.IsCompleted);
        _analytics.Answer();
        await sending;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (SiloRuntime silo in _silos)
            await silo.DisposeAsync();
        await _store.CloseAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A silo claims the video, as its grain does.</summary>
    private void Take(int silo)
    {
        VideoClaim claim = _silos[silo].Store.Claim(Video)!;
        _claim = claim.Number;
        Assert.Equal(_next, (claim.LastSequence ?? -1) + 1);
        _silos[silo].Host.RestoreStatistics(Video, new StatisticsMark(claim.StatisticsSequence ?? -1, claim.Number));
    }

    /// <summary>Stores and counts the next updates.</summary>
    private async Task CountAsync(int silo, int count)
    {
        for (int i = 0; i < count; i++)
        {
            StoredUpdate update = Samples.Update(Video, _next++, arrived: Samples.Start) with { Claim = _claim };
            await _silos[silo].Store.AppendAsync(update, default);
            _silos[silo].Host.Statistics.Add(update.Update);
        }

        await _silos[silo].Store.FlushAsync(default);
    }

    /// <summary>A silo lets go of the video, as its grain does.</summary>
    private async Task LeaveAsync(int silo)
    {
        await _silos[silo].Accumulator.SaveAsync();
        await _silos[silo].Accumulator.ForgetAsync(Video);
    }

    private long StoredCount() => _store.Store.ReadStatistics(new StatisticsRange()).Sum(
        blob => StatisticsBucket.FromBytes(blob.Model, blob.Video, blob.BucketStart, blob.Bytes).UpdateCount);

    private async Task<long> RecentCountAsync() => (await _analytics.RecentAsync(null, null, null)).Sum(
        part => StatisticsBucket.FromBytes("moves-trn 1.0.0", part.Video, part.Start, part.Bytes).UpdateCount);

    /// <summary>The real one, that may hang.</summary>
    private sealed class AnalyticsDouble(AnalyticsGrain grain, bool hangs = false) : IAnalyticsGrain
    {
        private readonly TaskCompletionSource _answer = new();

        public void Answer() => _answer.SetResult();

        public async Task MergeAsync(BucketPart[] changed)
        {
            if (hangs)
                await _answer.Task;
            await grain.MergeAsync(changed);
        }

        public Task<BucketPart[]> RecentAsync(string[]? videos, DateTimeOffset? from, DateTimeOffset? to) =>
            grain.RecentAsync(videos, from, to);

        public Task ForgetAsync(string video) => grain.ForgetAsync(video);
    }
}
