using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using PlayFair.Contracts;
using PlayFair.Video;

namespace PlayFair.Engine;

/// <summary>The video service in one process: each video has a task of its own, all share backbones, cores and the store.</summary>
public sealed class EmbeddedVideoService : IVideoService, IAsyncDisposable
{
    private static readonly TimeSpan s_statusInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_statisticsInterval = TimeSpan.FromSeconds(10);

    private readonly VideoServiceOptions _options;
    private readonly VideoHost _host;
    private readonly Subscribers _subscribers;

    /// <summary>Held while videos are added, changed or removed.</summary>
    private readonly SemaphoreSlim _changing = new(1, 1);

    /// <summary>Of this service: what it observes goes with it.</summary>
    private readonly Meter _meter = new(LiveMetrics.Name);
    private readonly DateTimeOffset _startedAt;
    private readonly CancellationTokenSource _stopping = new();
    private Task _housekeeping = Task.CompletedTask;

    private EmbeddedVideoService(VideoServiceOptions options)
    {
        _options = options;
        _host = new VideoHost(
            options, options.StorePath is { } path ? committed => VideoStore.Open(path, options.Store, committed) : null);
        _subscribers = new Subscribers(options.MaxSubscribers, _host.Store, options.Time);
        _host.Began = _subscribers.TellAdded;
        _startedAt = options.Time.GetUtcNow();
        _meter.CreateObservableGauge("playfair.subscribers", () => _subscribers.Count);
    }

    public IReadOnlyList<ModelInfo> Models => _host.Models;

    public ServiceStatus Status => new(
        AttributionDocument.Producer, _startedAt, _host.Videos.Count, _subscribers.Count,
        _host.Store?.Status ?? new StoreStatus(null, IsHealthy: true, Problem: null, 0, 0, 0, 0));

    /// <summary>Opens the store and starts every video that it holds, where it was.</summary>
    /// <exception cref="StoreException">The store cannot be opened.</exception>
    public static async Task<EmbeddedVideoService> StartAsync(
        VideoServiceOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var service = new EmbeddedVideoService(options);
        try
        {
            await Task.Run(service.Restore, cancellationToken);
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }

        service._housekeeping = Task.Run(service.KeepHouseAsync, CancellationToken.None);
        return service;
    }

    public Task<ClusterStatus?> ClusterAsync(CancellationToken cancellationToken = default) =>
        Task.FromResult<ClusterStatus?>(null);

    public Task<IReadOnlyList<VideoStatus>> ListAsync(CancellationToken cancellationToken = default) =>
        Task.FromResult<IReadOnlyList<VideoStatus>>(
            [.. _host.Videos.Values.Select(video => video.Status).OrderBy(s => s.Definition.Id, StringComparer.Ordinal)]);

    public Task<VideoStatus> GetAsync(string id, CancellationToken cancellationToken = default) =>
        Task.FromResult(Find(id).Status);

    public Task<SourceProbe> ProbeAsync(ProbeRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        HostedVideo? shown = _host.Videos.Values.FirstOrDefault(video => video.ShownSource == request.Source);
        return _host.ProbeAsync(shown?.Definition.Source ?? request.Source, request.Transport, cancellationToken);
    }

    public Task<VideoPlan> PlanAsync(VideoDefinition draft, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(draft);
        return _host.PlanAsync(draft, _host.Videos.GetValueOrDefault(draft.Id)?.ShownSource, cancellationToken);
    }

    public async Task<VideoStatus> AddAsync(VideoDefinition definition, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(definition);
        CheckedDefinition complete = await _host.CheckAsync(definition, cancellationToken);
        string id = complete.Definition.Id;
        await _changing.WaitAsync(cancellationToken);
        try
        {
            if (_host.Videos.ContainsKey(id))
                throw DefinitionRules.Exists(id);
            if (_host.Videos.Count >= _options.MaxVideos)
                throw DefinitionRules.TooManyVideos(_host.Videos.Count);
            _host.Save(complete.Definition, resume: null);
            return _host.Run(_host.Create(complete, run: null, new VideoFeed(id, _options.RecentUpdates, nextSequence: 0)));
        }
        finally
        {
            _changing.Release();
        }
    }

    public async Task<VideoStatus> ChangeAsync(
        VideoDefinition definition, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(definition);
        HostedVideo old = Find(definition.Id);
        // Who was shown the source without its credentials may send it back.
        if (definition.Source == old.ShownSource)
            definition = definition with { Source = old.Definition.Source };
        CheckedDefinition complete = await _host.CheckAsync(definition, cancellationToken);
        await _changing.WaitAsync(cancellationToken);
        try
        {
            return (await _host.ChangeAsync(Find(definition.Id), complete)).Status;
        }
        finally
        {
            _changing.Release();
        }
    }

    public async Task RemoveAsync(string id, CancellationToken cancellationToken = default)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            await _host.RemoveAsync(Find(id));
        }
        finally
        {
            _changing.Release();
        }
    }

    public async IAsyncEnumerable<VideoEvent> SubscribeAsync(
        Subscription subscription, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(subscription);
        foreach (string id in subscription.Videos ?? [])
            _ = Find(id);
        await foreach (VideoEvent next in _subscribers.ReadAsync(subscription, Followed, cancellationToken))
            yield return next;

        IEnumerable<IFollowedVideo> Followed() => subscription.Videos is { } ids
            ? ids.Select(id => _host.Videos.GetValueOrDefault(id)).OfType<HostedVideo>()
            : _host.Videos.Values;
    }

    public async Task<AttributionUpdate?> LatestAsync(string id, CancellationToken cancellationToken = default)
    {
        VideoFeed feed = Find(id).Feed;
        if (feed.Latest is { } latest || _host.Store is not { } store || feed.NextSequence == 0)
            return feed.Latest;
        return await Task.Run(() => store.ReadUpdate(id, feed.NextSequence - 1), cancellationToken);
    }

    public Task<IReadOnlyList<AttributionUpdate>> HistoryAsync(
        string id, HistoryQuery query, CancellationToken cancellationToken = default)
    {
        VideoFeed feed = Find(id).Feed;
        HistoryRules.Check(query);
        return Task.Run(() => _host.Store?.ReadUpdates(id, query) ?? feed.Find(query), cancellationToken);
    }

    public Task<IReadOnlyList<FrameTrack>> FrameTracksAsync(
        string id, HistoryQuery query, CancellationToken cancellationToken = default)
    {
        _ = Find(id);
        HistoryRules.Check(query);
        return Task.Run(() => _host.Store?.ReadFrameTracks(id, query) ?? [], cancellationToken);
    }

    public Task<StatisticsReport> StatisticsAsync(StatisticsQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        foreach (string id in query.Videos ?? [])
            _ = Find(id);
        return Task.Run(
            () => _host.Statistics.Query(query, _host.Store?.ReadStatistics(StatisticsRange.Of(query)) ?? []),
            cancellationToken);
    }

    public Task<byte[]?> ThumbnailAsync(
        string id, long frameIndex, int? width = null, CancellationToken cancellationToken = default)
    {
        HostedVideo video = Find(id);
        HistoryRules.CheckWidth(width);
        return _host.ThumbnailAsync(video, frameIndex, width, cancellationToken);
    }

    public Task<MomentList> MomentsAsync(MomentsQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        foreach (string id in query.Videos ?? [])
            _ = Find(id);
        return _host.MomentsAsync(query, _host.Videos.Keys, cancellationToken);
    }

    public Task<Timeline> TimelineAsync(string id, TimelineQuery query, CancellationToken cancellationToken = default)
    {
        VideoFeed feed = Find(id).Feed;
        HistoryRules.Check(query);
        return Task.Run(
            () => _host.Store?.ReadTimeline(id, query) ?? TimelineReader.Of(
                id, feed.Find(query.Bounds), feed.Find(new HistoryQuery { Limit = int.MaxValue }), query.Points),
            cancellationToken);
    }

    public Task<AttributionDocument> AttributeClipAsync(
        string id, ClipQuery query, CancellationToken cancellationToken = default)
    {
        HostedVideo video = Find(id);
        ArgumentNullException.ThrowIfNull(query);
        return _host.AttributeClipAsync(video, query, cancellationToken);
    }

    public Task<MediaFile> OpenMediaAsync(string id, CancellationToken cancellationToken = default) =>
        _host.OpenMediaAsync(Find(id), cancellationToken);

    /// <summary>Stops every video, stores what is on its way, and closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
            return;
        await _stopping.CancelAsync();
        await _housekeeping;
        await _host.DisposeAsync(SaveStatistics);
        _meter.Dispose();
    }

    private void Restore()
    {
        if (_host.Store is not { } store)
            return;
        IReadOnlyDictionary<string, long> watermarks = store.StatisticsWatermarks();
        IReadOnlyList<StoredVideo> videos = store.Videos();
        foreach (StoredVideo stored in videos)
        {
            string id = stored.Definition.Id;
            _host.RestoreStatistics(id, new StatisticsMark(watermarks.GetValueOrDefault(id, -1)));
        }

        foreach (StoredVideo stored in videos)
            _host.Run(_host.Restore(stored, (store.LastSequence(stored.Definition.Id) ?? -1) + 1));
    }

    private HostedVideo Find(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return _host.Videos.TryGetValue(id, out HostedVideo? video) ? video : throw DefinitionRules.NotFound(id);
    }

    private async Task KeepHouseAsync()
    {
        long statisticsSaved = _options.Time.GetTimestamp();
        using var timer = new PeriodicTimer(s_statusInterval, _options.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                _host.TellNews();
                if (_options.Time.GetElapsedTime(statisticsSaved) < s_statisticsInterval)
                    continue;
                statisticsSaved = _options.Time.GetTimestamp();
                SaveStatistics();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private void SaveStatistics()
    {
        if (_host.Store is not { Status.IsHealthy: true } store)
            return;
        IReadOnlyList<StatisticsBlob> changed = [];
        try
        {
            (changed, IReadOnlyDictionary<string, StatisticsMark> marks) = _host.Statistics.TakeChanged();
            if (changed.Count > 0)
                store.SaveStatistics(changed, marks);
        }
        catch (StoreException)
        {
            // The store's status says why; what was not stored is tried again.
            _host.Statistics.PutBack(changed);
        }
    }
}
