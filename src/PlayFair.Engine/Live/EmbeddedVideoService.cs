using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using PlayFair.Contracts;
using PlayFair.Models;
using PlayFair.Video;

namespace PlayFair.Engine;

/// <summary>The video service in one process: each video has a task of its own, all share backbones, cores and the store.</summary>
public sealed class EmbeddedVideoService : IVideoService, IAsyncDisposable
{
    private const int ReadAtOnce = 64;

    private static readonly TimeSpan s_statusInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_statisticsInterval = TimeSpan.FromSeconds(10);

    private readonly EmbeddedOptions _options;
    private readonly Dictionary<string, LiveModel> _models = new(StringComparer.Ordinal);
    private readonly LiveModel _defaultModel;
    private readonly ConcurrentDictionary<string, EmbeddedVideo> _videos = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Wakeup, bool> _followers = new();

    /// <summary>Held while videos are added, changed or removed.</summary>
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly SemaphoreSlim _cores = new(Environment.ProcessorCount, Environment.ProcessorCount);
    private readonly SourceProbes _probes;
    private readonly StatisticsBook _statistics;
    private readonly FilePictures _pictures;
    private readonly ClipService _clips;

    /// <summary>Of this service: what it observes goes with it.</summary>
    private readonly Meter _meter = new(LiveMetrics.Name);
    private readonly VideoStore? _store;
    private readonly DateTimeOffset _startedAt;
    private readonly CancellationTokenSource _stopping = new();
    private Task _housekeeping = Task.CompletedTask;
    private int _subscriberCount;

    private EmbeddedVideoService(EmbeddedOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfZero(options.Models.Count);
        _options = options;
        _pictures = new FilePictures(options.Sources);
        _clips = new ClipService(options);
        foreach (ModelPackage package in options.Models)
            _models.Add(package.Name, new LiveModel(package, options));
        _defaultModel = options.DefaultModel is { } name
            ? _models.GetValueOrDefault(name) ?? throw new ArgumentException(
                $"The default model is '{name}'; expected one of {string.Join(", ", _models.Keys)}.", nameof(options))
            : _models[options.Models[0].Name];
        Models = [.. _models.Values.Select(model => model.Info(model == _defaultModel))];
        _startedAt = options.Time.GetUtcNow();
        _probes = new SourceProbes(options.Sources, options.Time);
        _statistics = new StatisticsBook(options.StatisticsBucket, options.StorePath is null ? null : ReadBucket);
        _store = options.StorePath is { } path ? VideoStore.Open(path, options.Store, Commit) : null;
        _meter.CreateObservableGauge("playfair.subscribers", () => _subscriberCount);
        _meter.CreateObservableGauge("playfair.store.bytes", () => _store?.Status.Bytes ?? 0, "By");
        _meter.CreateObservableGauge("playfair.store.unstored", () => _store?.Status.UnstoredUpdateCount ?? 0);
        _meter.CreateObservableGauge("playfair.video.quality", () => _videos.Values.Select(video =>
            new Measurement<int>(video.QualityLevel, LiveMetrics.Video(video.Definition.Id))));
    }

    public IReadOnlyList<ModelInfo> Models { get; }

    public ServiceStatus Status => new(
        AttributionDocument.Producer, _startedAt, _videos.Count, _subscriberCount,
        _store?.Status ?? new StoreStatus(null, IsHealthy: true, Problem: null, 0, 0, 0, 0));

    /// <summary>Opens the store and starts every video that it holds, where it was.</summary>
    /// <exception cref="StoreException">The store cannot be opened.</exception>
    public static async Task<EmbeddedVideoService> StartAsync(
        EmbeddedOptions options, CancellationToken cancellationToken = default)
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
            [.. _videos.Values.Select(video => video.Status).OrderBy(s => s.Definition.Id, StringComparer.Ordinal)]);

    public Task<VideoStatus> GetAsync(string id, CancellationToken cancellationToken = default) =>
        Task.FromResult(Find(id).Status);

    public Task<SourceProbe> ProbeAsync(ProbeRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        EmbeddedVideo? shown = _videos.Values.FirstOrDefault(video => video.ShownSource == request.Source);
        return _probes.ProbeAsync(shown?.Definition.Source ?? request.Source, request.Transport, cancellationToken);
    }

    public async Task<VideoPlan> PlanAsync(VideoDefinition draft, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(draft);
        LiveModel model = ModelOf(draft);
        VideoDefinition complete = DefinitionRules.Complete(draft, model.Package);
        string source = complete.Source;
        bool isShown = _videos.TryGetValue(complete.Id, out EmbeddedVideo? video) && source == video.ShownSource;
        if (source.Length > 0 && !isShown)
            source = (await CheckSourceAsync(source, cancellationToken)).Redacted;
        return VideoPlanner.Plan(complete with { Source = source }, model.Package);
    }

    public async Task<VideoStatus> AddAsync(VideoDefinition definition, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(definition);
        (VideoDefinition complete, VideoSource address, LiveModel model) = await CheckAsync(definition, cancellationToken);
        await _changing.WaitAsync(cancellationToken);
        try
        {
            if (_videos.ContainsKey(complete.Id))
            {
                throw new VideoServiceException(
                    VideoServiceError.Exists,
                    $"There is a video '{complete.Id}' already; change it, or give this one another id.", "id");
            }

            if (_videos.Count >= _options.MaxVideos)
            {
                throw new VideoServiceException(
                    VideoServiceError.LimitReached,
                    $"There are {_videos.Count} videos, as many as there may be. Remove one, or raise the limit.");
            }

            Save(complete, resume: null);
            var feed = new VideoFeed(complete.Id, _options.RecentUpdates, nextSequence: 0);
            return Run(Create(complete, address, model, run: null, feed));
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
        EmbeddedVideo old = Find(definition.Id);
        // Who was shown the source without its credentials may send it back.
        if (definition.Source == old.ShownSource)
            definition = definition with { Source = old.Definition.Source };
        (VideoDefinition complete, VideoSource address, LiveModel model) = await CheckAsync(definition, cancellationToken);
        await _changing.WaitAsync(cancellationToken);
        try
        {
            old = Find(complete.Id);
            bool isSame = IsSame(complete, old.Definition);
            if (isSame && complete.Paused == old.Definition.Paused)
            {
                old.Relabel(complete);
                Save(old.Definition, old.Resume);
                old.Feed.StatusChanged();
                return old.Status;
            }

            await StopAsync(old);
            try
            {
                Save(complete, old.Resume);
            }
            catch (VideoServiceException)
            {
                await old.DisposeAsync();
                Run(old.Again());
                throw;
            }

            if (isSame && complete.Paused)
            {
                old.Relabel(complete);
                old.Pause();
                return old.Status;
            }

            await old.DisposeAsync();
            return Run(Create(complete, address, model, RunState.FromJson(old.Resume), old.Feed));
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
            EmbeddedVideo video = Find(id);
            await StopAsync(video);
            try
            {
                if (_store is not null)
                    await Task.Run(() => _store.DeleteVideo(id), CancellationToken.None);
            }
            catch (StoreException failure)
            {
                await video.DisposeAsync();
                Run(video.Again());
                throw new VideoServiceException(
                    VideoServiceError.StoreFailed, $"'{id}' cannot be removed: {failure.Message}", field: null,
                    failure);
            }

            await video.DisposeAsync();
            _videos.TryRemove(id, out _);
            _statistics.Forget(id);
            video.Feed.Remove();
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
        if (subscription.MaxRateHz is < Subscription.MinRate or > Subscription.MaxRate or double.NaN)
        {
            throw DefinitionRules.Wrong(
                "rate", $"{subscription.MaxRateHz}", $"{Subscription.MinRate} to {Subscription.MaxRate}");
        }

        int one = subscription.StatusOnly ? 0 : 1;
        if (Interlocked.Add(ref _subscriberCount, one) > _options.MaxSubscribers && one > 0)
        {
            Interlocked.Decrement(ref _subscriberCount);
            throw new VideoServiceException(
                VideoServiceError.LimitReached,
                $"There are {_options.MaxSubscribers} subscribers, as many as there may be. Come back later, or raise the limit.");
        }

        var wakeup = new Wakeup();
        using var reader = new SubscriptionReader(subscription, wakeup, _store, ReadAtOnce, _options.Time);
        if (subscription.Videos is null)
            _followers.TryAdd(wakeup, true);
        try
        {
            var events = new List<VideoEvent>();
            while (true)
            {
                foreach (string id in subscription.Videos ?? [.. _videos.Keys])
                {
                    if (_videos.TryGetValue(id, out EmbeddedVideo? video))
                        reader.Follow(video);
                }

                reader.Read(events);
                foreach (VideoEvent next in events)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return next;
                }

                if (events.Count == 0)
                    await wakeup.WaitAsync(cancellationToken);
                events.Clear();
            }
        }
        finally
        {
            _followers.TryRemove(wakeup, out _);
            Interlocked.Add(ref _subscriberCount, -one);
        }
    }

    public async Task<AttributionUpdate?> LatestAsync(string id, CancellationToken cancellationToken = default)
    {
        VideoFeed feed = Find(id).Feed;
        if (feed.Latest is { } latest || _store is null || feed.NextSequence == 0)
            return feed.Latest;
        return await Task.Run(() => _store.ReadUpdate(id, feed.NextSequence - 1), cancellationToken);
    }

    public Task<IReadOnlyList<AttributionUpdate>> HistoryAsync(
        string id, HistoryQuery query, CancellationToken cancellationToken = default)
    {
        VideoFeed feed = Find(id).Feed;
        Check(query);
        return Task.Run(
            () => _store?.ReadUpdates(id, query) ?? InMemory(feed, query), cancellationToken);
    }

    public Task<IReadOnlyList<FrameTrack>> FrameTracksAsync(
        string id, HistoryQuery query, CancellationToken cancellationToken = default)
    {
        _ = Find(id);
        Check(query);
        return Task.Run(() => _store?.ReadFrameTracks(id, query) ?? [], cancellationToken);
    }

    public Task<StatisticsReport> StatisticsAsync(StatisticsQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        foreach (string id in query.Videos ?? [])
            _ = Find(id);
        return Task.Run(
            () => _statistics.Query(query, _store?.ReadStatistics(RangeOf(query)) ?? []), cancellationToken);
    }

    public async Task<byte[]?> ThumbnailAsync(
        string id, long frameIndex, int? width = null, CancellationToken cancellationToken = default)
    {
        const int maxWidth = 640;
        EmbeddedVideo video = Find(id);
        if (width is < 1 or > maxWidth)
            throw DefinitionRules.Wrong("width", $"{width}", $"1 to {maxWidth}");
        byte[]? picture = width is not null && video.Address is { IsLive: false }
            ? null
            : await Task.Run(
                () => video.Thumbnail(frameIndex) ?? _store?.ReadThumbnail(id, frameIndex), cancellationToken);
        if (picture is not null || frameIndex < 0 || video.FileNow() is not { } file)
            return picture;
        FrameAddress frame = await Task.Run(
            () => video.Locate(frameIndex, from => _store?.ReadFrameTracks(
                id, new HistoryQuery { FromFrame = frameIndex, FromSequence = from, Limit = 1 }) is [var track] ? track : null),
            cancellationToken);
        return await OfFileAsync(
            () => _pictures.GetAsync(new FilePictures.Wish(file, frame, video.Format, width), cancellationToken));
    }

    public Task<MomentList> MomentsAsync(MomentsQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        foreach (string id in query.Videos ?? [])
            _ = Find(id);
        var finder = new MomentFinder(query, _options.StatisticsBucket, _options.Models);
        return Task.Run(
            () => finder.Find(query.Videos?.Distinct(StringComparer.Ordinal) ?? _videos.Keys, Read, cancellationToken), cancellationToken);

        IReadOnlyList<AttributionUpdate> Read(string id, BackwardQuery page) =>
            _store is not null ? _store.ReadBackwards(id, page)
            : !_videos.TryGetValue(id, out EmbeddedVideo? video) ? []
            : [
                .. InMemory(video.Feed, new HistoryQuery { Limit = int.MaxValue }).Reverse()
                    .Where(u => u.Sequence < page.Before && u.ArrivedAt.UtcTicks >= page.FirstTicks
                        && u.ArrivedAt.UtcTicks <= page.LastTicks)
                    .Take(page.Limit),
            ];
    }

    public Task<Timeline> TimelineAsync(string id, TimelineQuery query, CancellationToken cancellationToken = default)
    {
        VideoFeed feed = Find(id).Feed;
        ArgumentNullException.ThrowIfNull(query);
        Check(query.Bounds);
        if (query.Points is < 1 or > TimelineQuery.MaxPoints)
            throw DefinitionRules.Wrong("points", $"{query.Points}", $"1 to {TimelineQuery.MaxPoints}");
        return Task.Run(
            () => _store?.ReadTimeline(id, query) ?? TimelineReader.Of(
                id, InMemory(feed, query.Bounds), InMemory(feed, new HistoryQuery { Limit = int.MaxValue }), query.Points),
            cancellationToken);
    }

    public async Task<AttributionDocument> AttributeClipAsync(
        string id, ClipQuery query, CancellationToken cancellationToken = default)
    {
        EmbeddedVideo video = Find(id);
        ArgumentNullException.ThrowIfNull(query);
        if (video.Address is not { IsLive: false } address)
        {
            throw new VideoServiceException(
                VideoServiceError.Unsuitable,
                $"Video '{id}' is not read from a file: it has no beginning and end. Its windows are attributed as they come.");
        }

        ModelPackage model = ModelOf(video.Definition).Package;
        try
        {
            return await OfFileAsync(() => _clips.AttributeAsync(
                new PlayedFile(address, FrameSources.IdentityOf(address, _options.Sources) ?? ""), video.ShownSource, model,
                DefinitionRules.ReadScore(video.Definition.Score, model),
                DefinitionRules.Classes(video.Definition, model), query, cancellationToken));
        }
        catch (VideoServiceException failure) when (failure.Error == VideoServiceError.NotFound)
        {
            throw new VideoServiceException(VideoServiceError.Unsuitable, failure.Message, field: null, failure);
        }
    }

    public async Task<MediaFile> OpenMediaAsync(string id, CancellationToken cancellationToken = default)
    {
        EmbeddedVideo video = Find(id);
        if (video.Address is not { IsLive: false } address)
        {
            throw new VideoServiceException(
                VideoServiceError.NotFound, $"Video '{id}' is not read from a file: there is none to play.");
        }

        return await OfFileAsync(() => MediaFile.OpenAsync(address, _options.Sources, cancellationToken));
    }

    /// <summary>Stops every video, stores what is on its way, and closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
            return;
        await _stopping.CancelAsync();
        await _housekeeping;
        await Task.WhenAll(_videos.Values.Select(video => video.DisposeAsync().AsTask()));
        if (_store is not null)
        {
            await _store.FlushAsync(CancellationToken.None);
            SaveStatistics();
            await _store.DisposeAsync();
        }

        foreach (LiveModel model in _models.Values)
            await model.DisposeAsync();
        _probes.Dispose();
        _pictures.Dispose();
        _clips.Dispose();
        _meter.Dispose();
    }

    private void Restore()
    {
        if (_store is null)
            return;
        RestoreStatistics();
        foreach (StoredVideo stored in _store.Videos())
        {
            long next = (_store.LastSequence(stored.Definition.Id) ?? -1) + 1;
            var feed = new VideoFeed(stored.Definition.Id, _options.RecentUpdates, next);
            try
            {
                LiveModel model = ModelOf(stored.Definition);
                VideoDefinition complete = DefinitionRules.Complete(stored.Definition, model.Package);
                Run(Create(
                    complete, VideoSource.Parse(complete.Source), model, RunState.FromJson(stored.Resume), feed));
            }
            catch (Exception refusal) when (refusal is VideoServiceException or SourceException)
            {
                // A package that is gone, for one: the video and its history stay, and say so.
                _videos[stored.Definition.Id] = new EmbeddedVideo(
                    stored.Definition, address: null, _defaultModel, RunState.FromJson(stored.Resume), feed, _store, _cores,
                    _options, refusal.Message);
            }
        }
    }

    /// <summary>Counts again what was stored after the statistics were.</summary>
    private void RestoreStatistics()
    {
        IReadOnlyDictionary<string, long> watermarks = _store!.StatisticsWatermarks();
        _statistics.Restore([], watermarks);
        foreach (StoredVideo stored in _store.Videos())
        {
            string id = stored.Definition.Id;
            long from = watermarks.TryGetValue(id, out long last) ? last + 1 : 0;
            while (true)
            {
                IReadOnlyList<AttributionUpdate> page = _store.ReadUpdates(
                    id, new HistoryQuery { FromSequence = from, Limit = HistoryQuery.MaxLimit });
                foreach (AttributionUpdate update in page)
                    _statistics.Add(update);
                if (page.Count == 0)
                    break;
                from = page[^1].Sequence + 1;
            }
        }
    }

    private async Task<(VideoDefinition Definition, VideoSource Address, LiveModel Model)> CheckAsync(
        VideoDefinition definition, CancellationToken cancellationToken)
    {
        LiveModel model = ModelOf(definition);
        DefinitionRules.CheckId(definition.Id);
        VideoDefinition complete = DefinitionRules.Complete(definition, model.Package);
        return (complete, await CheckSourceAsync(complete.Source, cancellationToken), model);
    }

    /// <exception cref="VideoServiceException">It is no source, or one that may not be opened.</exception>
    private async Task<VideoSource> CheckSourceAsync(string source, CancellationToken cancellationToken)
    {
        try
        {
            VideoSource address = VideoSource.Parse(source);
            await _options.Sources.CheckAsync(address, cancellationToken);
            return address;
        }
        catch (SourceException refusal)
        {
            throw SourceProbes.Refusal(refusal);
        }
    }

    private LiveModel ModelOf(VideoDefinition definition) => definition.Model is not { } name
        ? _defaultModel
        : _models.GetValueOrDefault(name)
            ?? throw DefinitionRules.Wrong("model", $"'{name}'", $"one of {string.Join(", ", _models.Keys)}");

    private EmbeddedVideo Create(
        VideoDefinition definition, VideoSource address, LiveModel model, RunState? run, VideoFeed feed) =>
        new(definition, address, model, run, feed, _store, _cores, _options);

    private void Save(VideoDefinition definition, string? resume)
    {
        try
        {
            _store?.SaveVideo(new StoredVideo(definition, resume));
        }
        catch (StoreException failure)
        {
            throw new VideoServiceException(
                VideoServiceError.StoreFailed, $"'{definition.Id}' cannot be stored: {failure.Message}", field: null, failure);
        }
    }

    private VideoStatus Run(EmbeddedVideo video)
    {
        _videos[video.Definition.Id] = video;
        video.Start();
        foreach (Wakeup follower in _followers.Keys)
            follower.Signal();
        return video.Status;
    }

    /// <summary>Ends its run, and waits until all it has computed is published.</summary>
    private async Task StopAsync(EmbeddedVideo video)
    {
        await video.StopAsync();
        if (_store is not null)
            await _store.FlushAsync(CancellationToken.None);
    }

    /// <summary>What may fail because of a video's file.</summary>
    private static async Task<T> OfFileAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (SourceException refusal)
        {
            throw new VideoServiceException(VideoServiceError.Forbidden, refusal.Message, field: null, refusal);
        }
        catch (Exception failure) when (failure is VideoException or IOException)
        {
            throw new VideoServiceException(VideoServiceError.NotFound, failure.Message, field: null, failure);
        }
    }

    private EmbeddedVideo Find(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return _videos.TryGetValue(id, out EmbeddedVideo? video)
            ? video
            : throw new VideoServiceException(
                VideoServiceError.NotFound, $"There is no video '{id}'; the list of videos names those that there are.");
    }

    private void Commit(IReadOnlyList<StoredUpdate> updates)
    {
        foreach (StoredUpdate stored in updates)
        {
            _statistics.Add(stored.Update);
            if (_videos.TryGetValue(stored.Update.Video, out EmbeddedVideo? video))
                video.Publish(stored.Update);
        }
    }

    private async Task KeepHouseAsync()
    {
        long statisticsSaved = _options.Time.GetTimestamp();
        using var timer = new PeriodicTimer(s_statusInterval, _options.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                foreach (EmbeddedVideo video in _videos.Values)
                {
                    if (video.TakeNews())
                        video.Feed.StatusChanged();
                }

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
        if (_store is null || !_store.Status.IsHealthy)
            return;
        IReadOnlyList<StatisticsBlob> changed = [];
        try
        {
            (changed, IReadOnlyDictionary<string, long> watermarks) = _statistics.TakeChanged();
            if (changed.Count > 0)
                _store.SaveStatistics(changed, watermarks);
        }
        catch (StoreException)
        {
            // The store's status says why; what was not stored is tried again.
            _statistics.PutBack(changed);
        }
    }

    private StatisticsBlob? ReadBucket(string model, string video, DateTimeOffset start) =>
        _store!.ReadStatistics(new StatisticsRange([video], model, start, start + TimeSpan.FromTicks(1))) is [var blob, ..]
            ? blob
            : null;

    /// <summary>What covers the period and the one that it is compared with.</summary>
    private static StatisticsRange RangeOf(StatisticsQuery query)
    {
        bool hasReference = query.ReferenceFrom is not null || query.ReferenceTo is not null;
        DateTimeOffset? from = query.From, to = query.To;
        if (hasReference && (query.ReferenceFrom is null || query.ReferenceFrom < from))
            from = query.ReferenceFrom;
        if (hasReference && (query.ReferenceTo is null || query.ReferenceTo > to))
            to = query.ReferenceTo;
        return new StatisticsRange(query.Videos, query.Model, from, to);
    }

    /// <summary>Whether at most title, group and pausing differ.</summary>
    private static bool IsSame(VideoDefinition a, VideoDefinition b) =>
        RunState.Fingerprint(a) == RunState.Fingerprint(b) && a.Pace == b.Pace && a.Transport == b.Transport;

    private static void Check(HistoryQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Limit is < 1 or > HistoryQuery.MaxLimit)
            throw DefinitionRules.Wrong("limit", $"{query.Limit}", $"1 to {HistoryQuery.MaxLimit}");
        if (query.FromSequence > query.ToSequence || query.From > query.To)
            throw DefinitionRules.Wrong("from", "after the end", "a time or sequence number not after the end");
    }

    private static IReadOnlyList<AttributionUpdate> InMemory(VideoFeed feed, HistoryQuery query)
    {
        var events = new List<UpdateEvent>();
        feed.Read(feed.FirstSequence, int.MaxValue, events);
        return
        [
            .. events.Select(e => e.Update)
                .Where(u => !(u.Sequence < query.FromSequence || u.Sequence > query.ToSequence
                    || u.ArrivedAt < query.From || u.ArrivedAt > query.To))
                .Take(query.Limit),
        ];
    }
}
