using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using PlayFair.Contracts;
using PlayFair.Models;
using PlayFair.Video;

namespace PlayFair.Engine;

/// <summary>
/// The videos that run in this process, and what they share: backbones, cores, the store, the statistics' counts. The whole
/// of a service in one process, or one silo's part of a cluster.
/// </summary>
internal sealed class VideoHost : IAsyncDisposable
{
    private static readonly TimeSpan s_lastFlush = TimeSpan.FromSeconds(10);

    private readonly VideoServiceOptions _options;
    private readonly Dictionary<string, LiveModel> _models = new(StringComparer.Ordinal);
    private readonly LiveModel _defaultModel;
    private readonly ConcurrentDictionary<string, HostedVideo> _videos = new(StringComparer.Ordinal);
    private readonly SourceProbes _probes;
    private readonly FilePictures _pictures;
    private readonly ClipService _clips;

    /// <summary>Of this host: what it observes goes with it.</summary>
    private readonly Meter _meter = new(LiveMetrics.Name);

    /// <param name="open">Opens the store, which tells of what it has committed; null: nothing is stored.</param>
    /// <exception cref="StoreException">The store cannot be opened.</exception>
    public VideoHost(VideoServiceOptions options, Func<Action<IReadOnlyList<StoredUpdate>>, IVideoStore>? open)
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
        _probes = new SourceProbes(options.Sources, options.Time);
        Store = open?.Invoke(Commit);
        FindBucket = ReadBucket;
        Statistics = new StatisticsBook(
            options.StatisticsBucket, Store is null ? null : (model, video, start) => FindBucket(model, video, start));
        _meter.CreateObservableGauge("playfair.store.bytes", () => Store?.Status.Bytes ?? 0, "By");
        _meter.CreateObservableGauge("playfair.store.unstored", () => Store?.Status.UnstoredUpdateCount ?? 0);
        _meter.CreateObservableGauge("playfair.video.quality", () => _videos.Values.Select(video =>
            new Measurement<int>(video.QualityLevel, LiveMetrics.Video(video.Definition.Id))));
    }

    public IReadOnlyList<ModelInfo> Models { get; }

    public IVideoStore? Store { get; }

    public StatisticsBook Statistics { get; }

    /// <summary>The stored bucket of a model, a video and a start: the store's, unless a runtime keeps some back.</summary>
    public Func<string, string, DateTimeOffset, StatisticsBlob?> FindBucket { get; set; }

    public VideoServiceOptions Options => _options;

    /// <summary>Who holds one may compute values.</summary>
    public SemaphoreSlim Cores { get; } = new(Environment.ProcessorCount, Environment.ProcessorCount);

    /// <summary>What runs here, or rests.</summary>
    public IReadOnlyDictionary<string, HostedVideo> Videos => _videos;

    /// <summary>Called after a video has begun to run here: those that follow all look for it.</summary>
    public Action? Began { get; set; }

    /// <summary>Where features come from: a model's batcher here, unless a runtime puts itself between.</summary>
    public Func<LiveModel, CancellationToken, Task<IFeatureSource>> OpenFeaturesAsync { get; set; } =
        (model, cancellationToken) => model.OpenLaneAsync(cancellationToken);

    public LiveModel ModelOf(VideoDefinition definition) => definition.Model is not { } name
        ? _defaultModel
        : _models.GetValueOrDefault(name)
            ?? throw DefinitionRules.Wrong("model", $"'{name}'", $"one of {string.Join(", ", _models.Keys)}");

    /// <summary>Fills in a definition's defaults; refuses one that is wrong, or whose source may not be opened.</summary>
    /// <exception cref="VideoServiceException">It is refused.</exception>
    public async Task<CheckedDefinition> CheckAsync(VideoDefinition definition, CancellationToken cancellationToken)
    {
        LiveModel model = ModelOf(definition);
        DefinitionRules.CheckId(definition.Id);
        VideoDefinition complete = DefinitionRules.Complete(definition, model.Package);
        return new CheckedDefinition(complete, await CheckSourceAsync(complete.Source, cancellationToken), model);
    }

    /// <summary>A definition that another process of the service has checked.</summary>
    /// <exception cref="VideoServiceException">This one has other models.</exception>
    public CheckedDefinition Accept(VideoDefinition complete) =>
        new(complete, VideoSource.Parse(complete.Source), ModelOf(complete));

    /// <summary>A video that does not run yet.</summary>
    /// <param name="run">Where an earlier run was; null for a new video.</param>
    /// <param name="claim">The store's; 0 where this process has the store for itself.</param>
    public HostedVideo Create(CheckedDefinition definition, RunState? run, VideoFeed feed, long claim = 0) =>
        new(definition.Definition, definition.Address, definition.Model, run, feed, this, claim);

    /// <summary>A stored video that does not run yet; one that cannot be opened any more says so.</summary>
    /// <param name="nextSequence">Of the update that comes next.</param>
    public HostedVideo Restore(StoredVideo stored, long nextSequence, long claim = 0)
    {
        var feed = new VideoFeed(stored.Definition.Id, _options.RecentUpdates, nextSequence);
        var run = RunState.FromJson(stored.Resume);
        try
        {
            LiveModel model = ModelOf(stored.Definition);
            VideoDefinition complete = DefinitionRules.Complete(stored.Definition, model.Package);
            return Create(new CheckedDefinition(complete, VideoSource.Parse(complete.Source), model), run, feed, claim);
        }
        catch (Exception refusal) when (refusal is VideoServiceException or SourceException)
        {
            // A package that is gone, for one: the video and its history stay, and say so.
            return new HostedVideo(
                stored.Definition, address: null, _defaultModel, run, feed, this, claim, refusal.Message);
        }
    }

    /// <summary>Has a video run, in place of the one of its id.</summary>
    public VideoStatus Run(HostedVideo video)
    {
        _videos[video.Definition.Id] = video;
        video.Start();
        Began?.Invoke();
        return video.Status;
    }

    /// <summary>Ends its run, and waits until all it has computed is published.</summary>
    public async Task StopAsync(HostedVideo video)
    {
        await video.StopAsync();
        if (Store is not null)
            await Store.FlushAsync(CancellationToken.None);
    }

    /// <summary>
    /// Describes a video anew: at once where its pipeline does not depend on it, otherwise it starts again and its sequence
    /// goes on.
    /// </summary>
    /// <returns>The video, or the one that runs in its place.</returns>
    /// <exception cref="VideoServiceException"><see cref="VideoServiceError.StoreFailed"/>: it runs on as it was.</exception>
    public async Task<HostedVideo> ChangeAsync(HostedVideo old, CheckedDefinition changed)
    {
        VideoDefinition complete = changed.Definition;
        bool isSame = IsSame(complete, old.Definition);
        if (isSame && complete.Paused == old.Definition.Paused)
        {
            old.Relabel(complete);
            Save(old.Definition, old.Resume, old.Claim);
            old.Feed.StatusChanged();
            return old;
        }

        await StopAsync(old);
        try
        {
            Save(complete, old.Resume, old.Claim);
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
            return old;
        }

        await old.DisposeAsync();
        HostedVideo video = Create(changed, RunState.FromJson(old.Resume), old.Feed, old.Claim);
        Run(video);
        return video;
    }

    /// <summary>Stops a video and deletes it with its history.</summary>
    /// <exception cref="VideoServiceException"><see cref="VideoServiceError.StoreFailed"/>: it runs on.</exception>
    public async Task RemoveAsync(HostedVideo video)
    {
        string id = video.Definition.Id;
        await StopAsync(video);
        try
        {
            if (Store is not null)
                await Task.Run(() => Store.DeleteVideo(id), CancellationToken.None);
        }
        catch (StoreException failure)
        {
            await video.DisposeAsync();
            Run(video.Again());
            throw new VideoServiceException(
                VideoServiceError.StoreFailed, $"'{id}' cannot be removed: {failure.Message}", field: null, failure);
        }

        await video.DisposeAsync();
        Forget(video);
        video.Feed.Remove();
    }

    /// <summary>Lets go of a video that has stopped.</summary>
    public void Forget(HostedVideo video)
    {
        if (_videos.TryRemove(KeyValuePair.Create(video.Definition.Id, video)))
            Statistics.Forget(video.Definition.Id);
    }

    /// <summary>Stores a definition.</summary>
    /// <exception cref="VideoServiceException"><see cref="VideoServiceError.StoreFailed"/>.</exception>
    public void Save(VideoDefinition definition, string? resume, long claim = 0)
    {
        try
        {
            Store?.SaveVideo(new StoredVideo(definition, resume), claim);
        }
        catch (StoreException failure)
        {
            throw new VideoServiceException(
                VideoServiceError.StoreFailed, $"'{definition.Id}' cannot be stored: {failure.Message}", field: null, failure);
        }
    }

    /// <summary>Counts again what was stored after a video's statistics were; before it runs.</summary>
    /// <param name="mark">How far they go, and the store's claim under which it is counted on.</param>
    public void RestoreStatistics(string id, StatisticsMark mark)
    {
        Statistics.Restore([], new Dictionary<string, StatisticsMark>(StringComparer.Ordinal) { [id] = mark });
        long from = mark.Sequence + 1;
        while (true)
        {
            IReadOnlyList<AttributionUpdate> page = Store!.ReadUpdates(
                id, new HistoryQuery { FromSequence = from, Limit = HistoryQuery.MaxLimit });
            foreach (AttributionUpdate update in page)
                Statistics.Add(update);
            if (page.Count == 0)
                return;
            from = page[^1].Sequence + 1;
        }
    }

    /// <summary>The store's bucket of a model, a video and a start; null: there is none.</summary>
    public StatisticsBlob? ReadBucket(string model, string video, DateTimeOffset start) =>
        Store!.ReadStatistics(new StatisticsRange([video], model, start, start + TimeSpan.FromTicks(1))) is [var blob, ..]
            ? blob
            : null;

    /// <summary>Tells of videos whose counts have changed; now and then, since with every update would be much.</summary>
    public void TellNews()
    {
        foreach (HostedVideo video in _videos.Values)
        {
            if (video.TakeNews())
                video.Feed.StatusChanged();
        }
    }

    public Task<SourceProbe> ProbeAsync(string source, RtspTransport transport, CancellationToken cancellationToken) =>
        _probes.ProbeAsync(source, transport, cancellationToken);

    /// <param name="shownSource">What the video of the draft's id shows as its source; null: there is none.</param>
    public async Task<VideoPlan> PlanAsync(
        VideoDefinition draft, string? shownSource, CancellationToken cancellationToken)
    {
        LiveModel model = ModelOf(draft);
        VideoDefinition complete = DefinitionRules.Complete(draft, model.Package);
        string source = complete.Source;
        if (source.Length > 0 && source != shownSource)
            source = (await CheckSourceAsync(source, cancellationToken)).Redacted;
        return VideoPlanner.Plan(complete with { Source = source }, model.Package);
    }

    /// <summary>A picture that is kept or, of a file, decoded.</summary>
    /// <param name="video">It need not run here.</param>
    public async Task<byte[]?> ThumbnailAsync(
        HostedVideo video, long frameIndex, int? width, CancellationToken cancellationToken)
    {
        string id = video.Definition.Id;
        byte[]? picture = width is not null && video.Address is { IsLive: false }
            ? null
            : await Task.Run(
                () => video.Thumbnail(frameIndex) ?? Store?.ReadThumbnail(id, frameIndex), cancellationToken);
        if (picture is not null || frameIndex < 0 || video.FileNow() is not { } file)
            return picture;
        FrameAddress frame = await Task.Run(
            () => video.Locate(frameIndex, from => Store?.ReadFrameTracks(
                id, new HistoryQuery { FromFrame = frameIndex, FromSequence = from, Limit = 1 }) is [var track] ? track : null),
            cancellationToken);
        return await OfFileAsync(
            () => _pictures.GetAsync(new FilePictures.Wish(file, frame, video.Format, width), cancellationToken));
    }

    /// <param name="video">It need not run here.</param>
    public async Task<AttributionDocument> AttributeClipAsync(
        HostedVideo video, ClipQuery query, CancellationToken cancellationToken)
    {
        if (video.Address is not { IsLive: false } address)
        {
            throw new VideoServiceException(
                VideoServiceError.Unsuitable,
                $"Video '{video.Definition.Id}' is not read from a file: it has no beginning and end. Its windows are "
                + "attributed as they come.");
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

    /// <param name="video">It need not run here.</param>
    public async Task<MediaFile> OpenMediaAsync(HostedVideo video, CancellationToken cancellationToken)
    {
        if (video.Address is not { IsLive: false } address)
        {
            throw new VideoServiceException(
                VideoServiceError.NotFound,
                $"Video '{video.Definition.Id}' is not read from a file: there is none to play.");
        }

        return await OfFileAsync(() => MediaFile.OpenAsync(address, _options.Sources, cancellationToken));
    }

    /// <summary>Finds moments in the store, or where nothing is stored in what is held in memory.</summary>
    /// <param name="videos">All there are.</param>
    public Task<MomentList> MomentsAsync(
        MomentsQuery query, IEnumerable<string> videos, CancellationToken cancellationToken)
    {
        var finder = new MomentFinder(query, _options.StatisticsBucket, _options.Models);
        return Task.Run(
            () => finder.Find(query.Videos?.Distinct(StringComparer.Ordinal) ?? videos, Read, cancellationToken),
            cancellationToken);

        IReadOnlyList<AttributionUpdate> Read(string id, BackwardQuery page) =>
            Store is not null ? Store.ReadBackwards(id, page)
            : !_videos.TryGetValue(id, out HostedVideo? video) ? []
            : [
                .. video.Feed.Find(new HistoryQuery { Limit = int.MaxValue }).Reverse()
                    .Where(u => u.Sequence < page.Before && u.ArrivedAt.UtcTicks >= page.FirstTicks
                        && u.ArrivedAt.UtcTicks <= page.LastTicks)
                    .Take(page.Limit),
            ];
    }

    /// <summary>Stops every video, stores what is on its way, and closes the store.</summary>
    /// <param name="saveStatistics">Called when nothing is counted any more.</param>
    public async ValueTask DisposeAsync(Action saveStatistics)
    {
        await Task.WhenAll(_videos.Values.Select(video => video.DisposeAsync().AsTask()));
        if (Store is not null)
        {
            // A database that does not answer must not keep a process from ending: what waits for it is computed again.
            using var patience = new CancellationTokenSource(s_lastFlush, _options.Time);
            await ((Task)Store.FlushAsync(patience.Token).AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            saveStatistics();
            await Store.DisposeAsync();
        }

        foreach (LiveModel model in _models.Values)
            await model.DisposeAsync();
        _probes.Dispose();
        _pictures.Dispose();
        _clips.Dispose();
        _meter.Dispose();
    }

    public ValueTask DisposeAsync() => DisposeAsync(() => { });

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

    /// <summary>Whether at most title, group and pausing differ.</summary>
    private static bool IsSame(VideoDefinition a, VideoDefinition b) =>
        RunState.Fingerprint(a) == RunState.Fingerprint(b) && a.Pace == b.Pace && a.Transport == b.Transport;

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

    private void Commit(IReadOnlyList<StoredUpdate> updates)
    {
        foreach (StoredUpdate stored in updates)
        {
            // Another process's, or an earlier owner's: they are told of it there.
            if (!_videos.TryGetValue(stored.Update.Video, out HostedVideo? video) || video.Claim != stored.Claim)
                continue;
            Statistics.Add(stored.Update);
            video.Publish(stored.Update);
        }
    }

}

/// <summary>A definition that is complete, and may be run.</summary>
/// <param name="Definition">With the source's credentials.</param>
internal sealed record CheckedDefinition(VideoDefinition Definition, VideoSource Address, LiveModel Model);
