using PlayFair.Engine;

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
    /// <param name="after">The last sequence number that the subscriber has; −1 for none.</param>
    /// <returns>Null: there is no such video.</returns>
    /// <exception cref="StoreException">The video does not answer, nor does the store.</exception>
    public async Task<FollowedVideo?> AcquireAsync(string id, bool wantsUpdates, long after)
    {
        CatalogChanges now = await shards.Of(id).WatchAsync(Guid.Empty, -1, [id]);
        if (now.Changed is not [KnownVideo known])
            return null;
        FollowedVideo? video, removed = null;
        Task ready;
        lock (_lock)
        {
            if (_videos.TryGetValue(id, out video) && video.IsReplacedBy(now.Incarnation, known))
                (removed, video) = (video, null);
            if (video is null)
            {
                video = new FollowedVideo(id, runtime.Host.Options.RecentUpdates, runtime, grains);
                _videos[id] = video;
                Watch(shards.NumberOf(id));
            }

            video.Tell(now.Incarnation, now.Version, known);
            video.ReaderCount++;
            if (wantsUpdates)
            {
                video.UpdateReaderCount++;
                video.Ready ??= FollowAsync(video);
            }

            ready = video.Ready ?? Task.CompletedTask;
        }

        Drop(removed);
        try
        {
            await ready;
            // At another silo the subscriber has seen more than has come here: it is stored.
            if (wantsUpdates && after >= video.Feed.NextSequence)
                await Task.Run(video.CatchUp);
            return video;
        }
        catch
        {
            Release(video, wantsUpdates);
            throw;
        }
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
        catch (Exception failure) when (ClusterFailure.Is(failure))
        {
            // The renewal brings it back; what comes meanwhile is in the store.
            log.LogWarning("Video {Video} cannot be followed yet: {Reason}", video.Feed.Video, ClusterFailure.ReasonOf(failure));
            await BeginAsync(video);
        }
    }

    /// <summary>Has subscribers begin with what is stored; if that is not known either, the next one tries again.</summary>
    private async Task BeginAsync(FollowedVideo video)
    {
        try
        {
            await Task.Run(video.CatchUp);
        }
        catch (StoreException)
        {
            lock (_lock)
                video.Ready = null;
            throw;
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
        HashSet<string>? asked = [];
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

            // What became of a video before it was asked for is not in the changes since.
            bool isMore = asked is not null && wanted?.All(asked.Contains) != true;
            try
            {
                CatalogChanges changes = await shards.All[shard].WatchAsync(incarnation, isMore ? -1 : version, wanted)
                    .WaitAsync(cancellationToken);
                Take(shard, changes, wanted, version);
                (incarnation, version) = (changes.Incarnation, changes.Version);
                asked = wanted?.ToHashSet(StringComparer.Ordinal);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // The loop's head ends it.
            }
            catch (Exception failure) when (ClusterFailure.Is(failure))
            {
                log.LogDebug(failure, "Shard {Shard} of the catalog cannot be watched", shard);
                await Task.Delay(s_retry, runtime.Time, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <param name="wanted">Ids that were asked for; null: all.</param>
    /// <param name="since">The shard's version when it answered before.</param>
    private void Take(int shard, CatalogChanges changes, string[]? wanted, long since)
    {
        IEnumerable<string> removed = changes.Removed;
        if (changes.IsAll)
        {
            HashSet<string> there = [.. changes.Changed.Select(known => known.Status.Definition.Id)];
            lock (_lock)
            {
                removed =
                [
                    .. removed,
                    .. (wanted ?? _videos.Keys.Where(id => shards.NumberOf(id) == shard)).Where(id => !there.Contains(id)),
                ];
            }
        }

        foreach (string id in removed)
            Drop(Remove(id, video => !video.IsYoungerThan(changes.Incarnation, changes.Version)));
        foreach (KnownVideo known in changes.Changed)
        {
            string id = known.Status.Definition.Id;
            Drop(Remove(id, video => video.IsReplacedBy(changes.Incarnation, known)));
            // At its new silo nobody knows yet that it is followed.
            if (Find(id) is { } video && video.Tell(changes.Incarnation, changes.Version, known) && video.UpdateReaderCount > 0)
                _ = RenewAsync(video);
            // Somebody may follow it already; those who follow all do not yet.
            if (wanted is null && (changes.IsAll || known.Born > since))
                Appeared?.Invoke(id);
        }
    }

    private FollowedVideo? Remove(string id, Func<FollowedVideo, bool> condition)
    {
        lock (_lock)
            return _videos.TryGetValue(id, out FollowedVideo? video) && condition(video) && _videos.Remove(id) ? video : null;
    }

    /// <summary>Tells subscribers that a video is gone.</summary>
    private void Drop(FollowedVideo? removed)
    {
        if (removed is null)
            return;
        removed.Feed.Remove();
        _ = LeaveAsync(removed);
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(s_renewal, runtime.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                FollowedVideo[] idle;
                lock (_lock)
                {
                    idle =
                    [
                        .. _videos.Values.Where(video => video.ReaderCount == 0
                            && runtime.Time.GetElapsedTime(video.IdleAt) > s_linger),
                    ];
                    foreach (FollowedVideo video in idle)
                        _videos.Remove(video.Feed.Video);
                    // One that does not answer keeps nobody else waiting.
                    foreach (FollowedVideo video in _videos.Values.Where(
                        video => video is { UpdateReaderCount: > 0, Ready.IsCompleted: true, Renewed.IsCompleted: true }))
                        video.Renewed = RenewAsync(video);
                }

                await Task.WhenAll(idle.Select(LeaveAsync)).WaitAsync(cancellationToken);
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
        catch (Exception failure) when (ClusterFailure.Is(failure))
        {
            log.LogDebug(failure, "Video {Video} does not answer", video.Feed.Video);
        }
    }

    private async Task LeaveAsync(FollowedVideo video)
    {
        try
        {
            await video.DisposeAsync();
        }
        catch (Exception failure) when (ClusterFailure.Is(failure))
        {
            log.LogDebug(failure, "The stream of {Video} is left without a word", video.Feed.Video);
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
