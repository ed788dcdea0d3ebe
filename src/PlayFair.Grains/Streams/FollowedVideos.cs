using PlayFair.Contracts;

namespace PlayFair.Grains;

/// <summary>The videos that this silo's subscribers follow, each followed once whatever their number.</summary>
internal sealed class FollowedVideos(
    SiloRuntime runtime, CatalogShards shards, IGrainFactory grains, ILogger<FollowedVideos> log) : IAsyncDisposable
{
    /// <summary>How often a video is asked how far it is.</summary>
    private static readonly TimeSpan s_renewal = TimeSpan.FromSeconds(2);

    /// <summary>So long after its last subscriber a video is still followed: pages are loaded again.</summary>
    private static readonly TimeSpan s_linger = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, FollowedVideo> _videos = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<int> _watched = [];
    private readonly List<Task> _running = [];

    /// <summary>Subscribers that follow all videos: while there are any, new ones are looked for.</summary>
    private int _ofAllCount;

    /// <summary>Told when the catalog names a video that is not followed yet.</summary>
    public Action<string>? Appeared { get; set; }

    public FollowedVideo? Find(string id)
    {
        lock (_lock)
            return _videos.GetValueOrDefault(id);
    }

    /// <summary>Follows a video for one subscriber more; <see cref="Release"/> ends it.</summary>
    /// <returns>Null: there is no such video.</returns>
    public async Task<FollowedVideo?> AcquireAsync(string id, bool wantsUpdates)
    {
        if (await shards.Of(id).GetAsync(id) is not { } status)
            return null;
        FollowedVideo video;
        Task ready;
        lock (_lock)
        {
            if (!_videos.TryGetValue(id, out video!))
            {
                video = new FollowedVideo(id, runtime.Host.Options.RecentUpdates, runtime, grains);
                video.Tell(status);
                _videos.Add(id, video);
                Watch(shards.NumberOf(id));
            }

            video.ReaderCount++;
            if (wantsUpdates)
                video.UpdateReaderCount++;
            if (wantsUpdates)
                video.Ready ??= FollowAsync(video);
            ready = video.Ready ?? Task.CompletedTask;
        }

        await ready;
        return video;
    }

    public void Release(FollowedVideo video, bool wantsUpdates)
    {
        lock (_lock)
        {
            video.ReaderCount--;
            if (wantsUpdates)
                video.UpdateReaderCount--;
            video.IdleAt = runtime.Time.GetTimestamp();
        }
    }

    /// <summary>Looks for videos that are added, for as long as the result is not disposed of.</summary>
    public IDisposable WatchAll()
    {
        lock (_lock)
        {
            _ofAllCount++;
            for (int shard = 0; shard < shards.Count; shard++)
                Watch(shard);
        }

        return new Watching(this);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Task[] running;
        lock (_lock)
            running = [.. _running];
        await Task.WhenAll(running);
        _stopping.Dispose();
    }

    private async Task FollowAsync(FollowedVideo video)
    {
        try
        {
            await video.FollowAsync();
        }
        catch (Exception failure) when (failure is OrleansException or TimeoutException)
        {
            // The renewal brings it back; what comes meanwhile is in the store.
            log.LogWarning("Video {Video} cannot be followed yet: {Reason}", video.Feed.Video, failure.Message);
        }
    }

    private void Watch(int shard)
    {
        if (_watched.Add(shard))
            _running.Add(Task.Run(() => WatchAsync(shard, _stopping.Token)));
        if (_running.Count == 1)
            _running.Add(Task.Run(() => RenewAsync(_stopping.Token)));
    }

    /// <summary>Learns from one shard of the catalog what becomes of its videos.</summary>
    private async Task WatchAsync(int shard, CancellationToken cancellationToken)
    {
        Guid incarnation = Guid.Empty;
        long version = -1;
        while (true)
        {
            string[]? wanted;
            lock (_lock)
            {
                wanted = _ofAllCount > 0 ? null : [.. _videos.Keys.Where(id => shards.NumberOf(id) == shard)];
                if (wanted is { Length: 0 } || cancellationToken.IsCancellationRequested)
                {
                    _watched.Remove(shard);
                    return;
                }
            }

            try
            {
                CatalogChanges changes = await shards.All[shard].WatchAsync(incarnation, version, wanted)
                    .WaitAsync(cancellationToken);
                (incarnation, version) = (changes.Incarnation, changes.Version);
                Take(shard, changes, isOfAll: wanted is null);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // The loop's head ends it.
            }
            catch (Exception failure) when (failure is OrleansException or TimeoutException)
            {
                log.LogWarning("Shard {Shard} of the catalog cannot be watched: {Reason}", shard, failure.Message);
                await Task.Delay(s_retry, runtime.Time, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Take(int shard, CatalogChanges changes, bool isOfAll)
    {
        foreach (VideoStatus status in changes.Changed)
        {
            string id = status.Definition.Id;
            if (Find(id) is { } video)
            {
                // At its new silo nobody knows yet that it is followed.
                if (video.Tell(status) && video.UpdateReaderCount > 0)
                    _ = RenewAsync(video);
            }
            else if (isOfAll)
                Appeared?.Invoke(id);
        }

        IEnumerable<string> removed = changes.Removed;
        if (changes.IsAll)
        {
            HashSet<string> there = [.. changes.Changed.Select(status => status.Definition.Id)];
            lock (_lock)
                removed = [.. removed, .. _videos.Keys.Where(id => shards.NumberOf(id) == shard && !there.Contains(id))];
        }

        foreach (string id in removed)
        {
            FollowedVideo? video;
            lock (_lock)
                _videos.Remove(id, out video);
            video?.Feed.Remove();
            if (video is not null)
                _ = LeaveAsync(video);
        }
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(s_renewal, runtime.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                FollowedVideo[] followed, idle;
                lock (_lock)
                {
                    idle =
                    [
                        .. _videos.Values.Where(video => video.ReaderCount == 0
                            && runtime.Time.GetElapsedTime(video.IdleAt) > s_linger),
                    ];
                    foreach (FollowedVideo video in idle)
                        _videos.Remove(video.Feed.Video);
                    followed = [.. _videos.Values.Where(video => video.UpdateReaderCount > 0)];
                }

                await Task.WhenAll([.. followed.Select(RenewAsync), .. idle.Select(LeaveAsync)]).WaitAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task RenewAsync(FollowedVideo video)
    {
        try
        {
            await video.RenewAsync();
        }
        catch (Exception failure) when (failure is OrleansException or TimeoutException)
        {
            log.LogWarning("Video {Video} does not answer: {Reason}", video.Feed.Video, failure.Message);
        }
    }

    private async Task LeaveAsync(FollowedVideo video)
    {
        try
        {
            await video.DisposeAsync();
        }
        catch (Exception failure) when (failure is OrleansException or TimeoutException)
        {
            log.LogWarning("The stream of {Video} is left without a word: {Reason}", video.Feed.Video, failure.Message);
        }
    }

    private sealed class Watching(FollowedVideos videos) : IDisposable
    {
        public void Dispose()
        {
            lock (videos._lock)
                videos._ofAllCount--;
        }
    }
}
