using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using PlayFair.Contracts;
using PlayFair.Engine;
using PlayFair.Video;

namespace PlayFair.Grains;

/// <summary>The video service of a cluster, as one silo gives it: what concerns one video its grain does, wherever it is;
/// the past is read from the store, here.</summary>
internal sealed class ClusterVideoService : IVideoService, IDisposable
{
    private static readonly TimeSpan s_countAge = TimeSpan.FromSeconds(1);

    private readonly SiloRuntime _runtime;
    private readonly VideoHost _host;
    private readonly IGrainFactory _grains;
    private readonly CatalogShards _shards;
    private readonly SiloLoads _loads;
    private readonly ISiloStatusOracle _silos;
    private readonly FollowedVideos _followed;
    private readonly Subscribers _subscribers;
    private readonly ConcurrentDictionary<Following, bool> _ofAll = new();
    private readonly Meter _meter = new(LiveMetrics.Name);
    private readonly DateTimeOffset _startedAt;
    private readonly Lock _grainCountLock = new();
    private Task<SimpleGrainStatistic[]>? _grainCounts;
    private long _grainsCountedAt;

    public ClusterVideoService(
        SiloRuntime runtime, IGrainFactory grains, CatalogShards shards, SiloLoads loads, ISiloStatusOracle silos,
        FollowedVideos followed)
    {
        _runtime = runtime;
        _host = runtime.Host;
        _grains = grains;
        _shards = shards;
        _loads = loads;
        _silos = silos;
        _followed = followed;
        _subscribers = new Subscribers(_host.Options.MaxSubscribers, runtime.Store, runtime.Time);
        _startedAt = runtime.Time.GetUtcNow();
        _host.Began = _subscribers.TellAdded;
        _followed.Appeared = Appear;
        _meter.CreateObservableGauge("playfair.subscribers", () => _subscribers.Count);
    }

    public IReadOnlyList<ModelInfo> Models => _host.Models;

    public ServiceStatus Status => new(
        AttributionDocument.Producer, _startedAt, _loads.All.Sum(silo => silo.VideoCount), _subscribers.Count,
        _runtime.Store.Status);

    public Task<ClusterStatus?> ClusterAsync(CancellationToken cancellationToken = default) => CallAsync(async () =>
    {
        CatalogCount[] counts = await Task.WhenAll(_shards.All.Select(shard => shard.CountAsync()));
        SimpleGrainStatistic[] grains = await CountGrainsAsync();
        Dictionary<SiloAddress, SiloStatus> members = _silos.GetApproximateSiloStatuses();
        return (ClusterStatus?)new ClusterStatus
        {
            Name = _runtime.Cluster.Name,
            AnsweredBy = _runtime.Cluster.SiloName,
            Silos = [.. members.Select(member => SiloOf(member.Key, member.Value)).OrderBy(silo => silo.Name, StringComparer.Ordinal)],
            Grains = GrainKinds.Count(grains, address => NameOf(address)),
            VideoCount = counts.Sum(count => count.Videos),
            UnplacedVideoCount = counts.Sum(count => count.Unplaced),
        };
    }, cancellationToken);

    /// <summary>Asks all silos; whoever asks within the next second is answered with that.</summary>
    private Task<SimpleGrainStatistic[]> CountGrainsAsync()
    {
        lock (_grainCountLock)
        {
            if (_grainCounts is null or { IsFaulted: true } || _runtime.Time.GetElapsedTime(_grainsCountedAt) > s_countAge)
            {
                _grainsCountedAt = _runtime.Time.GetTimestamp();
                _grainCounts = _grains.GetGrain<IManagementGrain>(0).GetSimpleGrainStatistics();
            }

            return _grainCounts;
        }
    }

    public Task<IReadOnlyList<VideoStatus>> ListAsync(CancellationToken cancellationToken = default) =>
        CallAsync<IReadOnlyList<VideoStatus>>(async () =>
        {
            VideoStatus[][] all = await Task.WhenAll(_shards.All.Select(shard => shard.ListAsync()));
            return [.. all.SelectMany(some => some).OrderBy(status => status.Definition.Id, StringComparer.Ordinal)];
        }, cancellationToken);

    public Task<VideoStatus> GetAsync(string id, CancellationToken cancellationToken = default) => CallAsync(async () =>
    {
        VideoStatus known = await FindAsync(id);
        try
        {
            return (await _grains.GetGrain<IVideoGrain>(id).StatusAsync()).ToStatus()!;
        }
        catch (Exception failure) when (ClusterFailure.Is(failure))
        {
            // Its silo does not answer: as it was last heard of.
            return known;
        }
    }, cancellationToken);

    public async Task<SourceProbe> ProbeAsync(ProbeRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        string source = request.Source;
        if (source.Contains("***", StringComparison.Ordinal))
        {
            IReadOnlyList<StoredVideo> stored = await ReadAsync(_runtime.Store.Videos, cancellationToken);
            source = stored.FirstOrDefault(video => ShownSource(video) == source)?.Definition.Source ?? source;
        }

        return await _host.ProbeAsync(source, request.Transport, cancellationToken);
    }

    public async Task<VideoPlan> PlanAsync(VideoDefinition draft, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(draft);
        StoredVideo? stored = await ReadAsync(() => _runtime.Store.FindVideo(draft.Id), cancellationToken);
        return await _host.PlanAsync(draft, stored is null ? null : ShownSource(stored), cancellationToken);
    }

    public async Task<VideoStatus> AddAsync(VideoDefinition definition, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(definition);
        CheckedDefinition complete = await _host.CheckAsync(definition, cancellationToken);
        string id = complete.Definition.Id;
        return await CallAsync(async () =>
        {
            if (await _shards.Of(id).GetAsync(id) is not null)
                throw DefinitionRules.Exists(id);
            CatalogCount[] counts = await Task.WhenAll(_shards.All.Select(shard => shard.CountAsync()));
            int count = counts.Sum(one => one.Videos);
            if (count >= _host.Options.MaxVideos)
                throw DefinitionRules.TooManyVideos(count);
            return (await _grains.GetGrain<IVideoGrain>(id).AddAsync(complete.Definition)).ToStatus()!;
        }, cancellationToken);
    }

    public async Task<VideoStatus> ChangeAsync(VideoDefinition definition, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(definition);
        string id = definition.Id;
        StoredVideo stored = await StoredAsync(id, cancellationToken);
        // Who was shown the source without its credentials may send it back.
        if (definition.Source == ShownSource(stored))
            definition = definition with { Source = stored.Definition.Source };
        CheckedDefinition complete = await _host.CheckAsync(definition, cancellationToken);
        return await CallAsync(
            async () => (await _grains.GetGrain<IVideoGrain>(id).ChangeAsync(complete.Definition)).ToStatus()!,
            cancellationToken);
    }

    public Task RemoveAsync(string id, CancellationToken cancellationToken = default) => CallAsync(async () =>
    {
        _ = await FindAsync(id);
        return (await _grains.GetGrain<IVideoGrain>(id).RemoveAsync()).ToStatus();
    }, cancellationToken);

    public async IAsyncEnumerable<VideoEvent> SubscribeAsync(
        Subscription subscription, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(subscription);
        if (subscription.HereOnly)
        {
            await foreach (VideoEvent next in _subscribers.ReadAsync(
                subscription, () => _host.Videos.Values, cancellationToken))
                yield return next;
            yield break;
        }

        var following = new Following(_followed, wantsUpdates: !subscription.StatusOnly, subscription.After);
        using IDisposable? all = subscription.Videos is null ? _followed.WatchAll() : null;
        if (subscription.Videos is null)
            _ofAll.TryAdd(following, true);
        try
        {
            await CallAsync(() => FollowAsync(following, subscription.Videos, cancellationToken), cancellationToken);
            await foreach (VideoEvent next in _subscribers.ReadAsync(subscription, following.Current, cancellationToken))
                yield return next;
        }
        finally
        {
            _ofAll.TryRemove(following, out _);
            following.Dispose();
        }
    }

    public async Task<AttributionUpdate?> LatestAsync(string id, CancellationToken cancellationToken = default)
    {
        _ = await StoredAsync(id, cancellationToken);
        return await ReadAsync(
            () => _runtime.Store.LastSequence(id) is { } last ? _runtime.Store.ReadUpdate(id, last) : null,
            cancellationToken);
    }

    public async Task<IReadOnlyList<AttributionUpdate>> HistoryAsync(
        string id, HistoryQuery query, CancellationToken cancellationToken = default)
    {
        _ = await StoredAsync(id, cancellationToken);
        HistoryRules.Check(query);
        return await ReadAsync(() => _runtime.Store.ReadUpdates(id, query), cancellationToken);
    }

    public async Task<IReadOnlyList<FrameTrack>> FrameTracksAsync(
        string id, HistoryQuery query, CancellationToken cancellationToken = default)
    {
        _ = await StoredAsync(id, cancellationToken);
        HistoryRules.Check(query);
        return await ReadAsync(() => _runtime.Store.ReadFrameTracks(id, query), cancellationToken);
    }

    public async Task<StatisticsReport> StatisticsAsync(
        StatisticsQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        foreach (string id in query.Videos ?? [])
            _ = await StoredAsync(id, cancellationToken);
        var report = new StatisticsReportBuilder(query, _host.Options.StatisticsBucket);
        var range = StatisticsRange.Of(query);
        List<StatisticsBlob> recent = await CallAsync(() => RecentAsync(range), cancellationToken);
        return await ReadAsync(
            () =>
            {
                var buckets = recent.ToDictionary(blob => (blob.Model, blob.Video, blob.BucketStart));
                foreach (StatisticsBlob stored in _runtime.Store.ReadStatistics(range))
                {
                    // What was counted last is newer, unless it got lost on its way to its grain.
                    var key = (stored.Model, stored.Video, stored.BucketStart);
                    if (!buckets.TryGetValue(key, out StatisticsBlob? known) || CountOf(known) < CountOf(stored))
                        buckets[key] = stored;
                }

                foreach (StatisticsBlob blob in buckets.Values)
                    report.Add(blob);
                return report.Build();
            },
            cancellationToken);
    }

    public async Task<byte[]?> ThumbnailAsync(
        string id, long frameIndex, int? width = null, CancellationToken cancellationToken = default)
    {
        HistoryRules.CheckWidth(width);
        await using HostedVideo video = await ViewAsync(id, cancellationToken);
        bool isOfFile = width is not null && video.Address is { IsLive: false };
        byte[]? recent = isOfFile
            ? null
            : await CallAsync(() => _grains.GetGrain<IVideoGrain>(id).RecentPictureAsync(frameIndex), cancellationToken);
        return recent ?? await _host.ThumbnailAsync(video, frameIndex, width, cancellationToken);
    }

    public async Task<MomentList> MomentsAsync(MomentsQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        foreach (string id in query.Videos ?? [])
            _ = await StoredAsync(id, cancellationToken);
        IReadOnlyList<VideoStatus> all = query.Videos is null ? await ListAsync(cancellationToken) : [];
        return await _host.MomentsAsync(query, all.Select(status => status.Definition.Id), cancellationToken);
    }

    public async Task<Timeline> TimelineAsync(
        string id, TimelineQuery query, CancellationToken cancellationToken = default)
    {
        _ = await StoredAsync(id, cancellationToken);
        HistoryRules.Check(query);
        return await ReadAsync(() => _runtime.Store.ReadTimeline(id, query), cancellationToken)
            ?? throw DefinitionRules.NotFound(id);
    }

    public async Task<AttributionDocument> AttributeClipAsync(
        string id, ClipQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        await using HostedVideo video = await ViewAsync(id, cancellationToken);
        return await _host.AttributeClipAsync(video, query, cancellationToken);
    }

    public async Task<MediaFile> OpenMediaAsync(string id, CancellationToken cancellationToken = default)
    {
        await using HostedVideo video = await ViewAsync(id, cancellationToken);
        return await _host.OpenMediaAsync(video, cancellationToken);
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>Updates in a bucket; 0 where it is damaged.</summary>
    private static long CountOf(StatisticsBlob blob)
    {
        try
        {
            return StatisticsBucket.FromBytes(blob.Model, blob.Video, blob.BucketStart, blob.Bytes).UpdateCount;
        }
        catch (InvalidDataException)
        {
            return 0;
        }
    }

    private static string ShownSource(StoredVideo stored)
    {
        try
        {
            return VideoSource.Parse(stored.Definition.Source).Redacted;
        }
        catch (SourceException)
        {
            return VideoSource.Redact(stored.Definition.Source);
        }
    }

    /// <summary>A grain call: where the cluster cannot answer, that is said as the port says it.</summary>
    private static async Task<T> CallAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call().WaitAsync(cancellationToken);
        }
        catch (Exception failure) when (ClusterFailure.Is(failure))
        {
            throw new VideoServiceException(
                VideoServiceError.StoreFailed,
                $"The cluster cannot answer at this moment: {ClusterFailure.ReasonOf(failure)}. Try again in a few seconds.",
                field: null, failure);
        }
    }

    private static Task<T> ReadAsync<T>(Func<T> read, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            try
            {
                return read();
            }
            catch (StoreException failure)
            {
                throw new VideoServiceException(VideoServiceError.StoreFailed, failure.Message, field: null, failure);
            }
        },
        cancellationToken);

    private async Task<VideoStatus> FindAsync(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return await _shards.Of(id).GetAsync(id) ?? throw DefinitionRules.NotFound(id);
    }

    private async Task<StoredVideo> StoredAsync(string id, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        return await ReadAsync(() => _runtime.Store.FindVideo(id), cancellationToken) ?? throw DefinitionRules.NotFound(id);
    }

    /// <summary>A video as it is stored, to be looked at; it does not run.</summary>
    private async Task<HostedVideo> ViewAsync(string id, CancellationToken cancellationToken) =>
        _host.Restore(await StoredAsync(id, cancellationToken), nextSequence: 0);

    private async Task<bool> FollowAsync(
        Following following, IReadOnlyList<string>? videos, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> ids =
            videos ?? [.. (await ListAsync(cancellationToken)).Select(status => status.Definition.Id)];
        bool[] found = await Task.WhenAll(ids.Select(following.AddAsync));
        if (videos is not null && Array.IndexOf(found, false) is >= 0 and var missing)
            throw DefinitionRules.NotFound(ids[missing]);
        return true;
    }

    /// <summary>The catalog names a video that was not there before.</summary>
    private void Appear(string id)
    {
        foreach (Following following in _ofAll.Keys)
            _ = AppearAsync(following, id);
    }

    private async Task AppearAsync(Following following, string id)
    {
        try
        {
            if (await following.AddAsync(id))
                _subscribers.TellAdded();
        }
        catch (Exception failure) when (ClusterFailure.Is(failure))
        {
            // The catalog's next answer names it again.
        }
    }

    /// <summary>What silos have counted lately, all they have counted up to now.</summary>
    private async Task<List<StatisticsBlob>> RecentAsync(StatisticsRange range)
    {
        await Task.WhenAll(_silos.GetActiveSilos().Select(FlushAsync));
        var recent = new List<StatisticsBlob>();
        foreach (ModelInfo model in _host.Models)
        {
            string name = $"{model.Name} {model.Version}";
            if (range.Model is { } wanted && wanted != name)
                continue;
            BucketPart[] parts = await _grains.GetGrain<IAnalyticsGrain>(name)
                .RecentAsync(range.Videos is null ? null : [.. range.Videos], range.From, range.To);
            recent.AddRange(parts.Select(part => new StatisticsBlob(name, part.Video, part.Start, part.Bytes)));
        }

        return recent;
    }

    private async Task FlushAsync(SiloAddress silo)
    {
        try
        {
            await _grains.GetGrain<ISiloGrain>(silo.ToParsableString()).FlushStatisticsAsync();
        }
        catch (Exception failure) when (ClusterFailure.Is(failure))
        {
            // It is leaving, or gone: what it has stored is known.
        }
    }

    private Contracts.Silo SiloOf(SiloAddress address, SiloStatus status)
    {
        SiloLoad? load = _loads.Of(address);
        return new Contracts.Silo
        {
            Name = NameOf(address),
            Address = address.ToParsableString(),
            State = status switch
            {
                SiloStatus.Created or SiloStatus.Joining => SiloState.Joining,
                SiloStatus.Active => load?.IsLeaving == true ? SiloState.Leaving : SiloState.Active,
                SiloStatus.ShuttingDown or SiloStatus.Stopping => SiloState.Leaving,
                _ => SiloState.Dead,
            },
            StartedAt = load?.StartedAt,
            Version = load?.Version,
            Accelerator = load?.Accelerator,
            CapacityCores = load?.CapacityCores ?? 0,
            LoadCores = load?.LoadCores ?? 0,
            UsedCores = load?.UsedCores ?? 0,
            MemoryBytes = load?.MemoryBytes ?? 0,
            VideoCount = load?.VideoCount ?? 0,
            UpdatesPerSecond = load?.UpdatesPerSecond ?? 0,
            ReportedAt = load?.ReportedAt,
        };
    }

    private string NameOf(SiloAddress address) =>
        _silos.TryGetSiloName(address, out string name) && name is not null ? name : address.ToParsableString();

    /// <summary>The videos of one subscription.</summary>
    /// <param name="after">What the subscriber has of each video.</param>
    private sealed class Following(
        FollowedVideos videos, bool wantsUpdates, IReadOnlyDictionary<string, long>? after) : IDisposable
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<string, FollowedVideo?> _followed = new(StringComparer.Ordinal);
        private bool _isDisposed;

        /// <summary>Follows a video, unless it is followed already.</summary>
        /// <returns>False: there is none.</returns>
        public async Task<bool> AddAsync(string id)
        {
            lock (_lock)
            {
                if (_followed.TryGetValue(id, out FollowedVideo? known) && known?.Feed.IsRemoved != true)
                    return true;
                if (known is not null)
                    videos.Release(known, wantsUpdates);
                _followed[id] = null;
            }

            FollowedVideo? video = null;
            try
            {
                video = await videos.AcquireAsync(id, wantsUpdates, after?.GetValueOrDefault(id, -1) ?? -1);
            }
            finally
            {
                lock (_lock)
                {
                    if (video is null || _isDisposed)
                        _followed.Remove(id);
                    else
                        _followed[id] = video;
                    if (video is not null && _isDisposed)
                        videos.Release(video, wantsUpdates);
                }
            }

            return video is not null;
        }

        /// <summary>Those there are; one that was removed makes room for another of its id.</summary>
        public FollowedVideo[] Current()
        {
            lock (_lock)
            {
                FollowedVideo[] current = [.. _followed.Values.OfType<FollowedVideo>()];
                foreach (FollowedVideo removed in current.Where(video => video.Feed.IsRemoved))
                {
                    _followed.Remove(removed.Feed.Video);
                    videos.Release(removed, wantsUpdates);
                }

                return current;
            }
        }

        public void Dispose()
        {
            lock (_lock)
            {
                _isDisposed = true;
                foreach (FollowedVideo video in _followed.Values.OfType<FollowedVideo>())
                    videos.Release(video, wantsUpdates);
                _followed.Clear();
            }
        }
    }
}
