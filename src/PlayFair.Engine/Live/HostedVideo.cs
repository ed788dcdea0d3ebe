using System.Collections.Concurrent;
using PlayFair.Contracts;
using PlayFair.Inference;
using PlayFair.Video;

namespace PlayFair.Engine;

/// <summary>One video that runs in this process: its runs, its status, and the way of its updates.</summary>
internal sealed class HostedVideo : IUpdateSink, IFollowedVideo, IAsyncDisposable
{
    private readonly VideoHost _host;
    private readonly VideoServiceOptions _options;
    private readonly IVideoStore? _store;
    private readonly LiveModel _model;
    private readonly VideoSource? _address;
    private readonly CancellationTokenSource _stopping = new();
    private readonly LatencyWindow _latencies;
    private readonly ConcurrentQueue<long> _arrivals = new();
    private readonly FrameShelf _shelf;
    private readonly Lock _lock = new();
    private readonly List<StoredThumbnail> _thumbnails = [];
    private Task _running = Task.CompletedTask;
    private IFrameSource? _source;
    private VideoWindow? _window;
    private QualityGovernor? _governor;
    private RunState? _run;

    /// <summary>False after the store refused it: the next update takes it along.</summary>
    private bool _isRunStored = true;
    private SourceStatus _status;
    private AttributionUpdate? _last;
    private long _sampledCount;
    private bool _isStatusNews;
    private (long Version, StatusEvent Event)? _told;

    /// <param name="definition">Complete and checked, with the source's credentials.</param>
    /// <param name="address">The source; null: <paramref name="refusal"/> says why it cannot be opened.</param>
    /// <param name="run">Where an earlier process was; null for a new video.</param>
    public HostedVideo(
        VideoDefinition definition,
        VideoSource? address,
        LiveModel model,
        RunState? run,
        VideoFeed feed,
        VideoHost host,
        long claim,
        string? refusal = null)
    {
        Definition = definition;
        Feed = feed;
        _address = address;
        _model = model;
        _run = run;
        Claim = claim;
        _host = host;
        _store = host.Store;
        VideoServiceOptions options = _options = host.Options;
        _latencies = new LatencyWindow(options.Time);
        _shelf = new FrameShelf(model.Format, Math.Min(definition.Window, 256) + 16, options.ThumbnailInterval);
        _status = new SourceStatus(
            address is null ? SourceState.Failed : SourceState.Connecting, refusal, options.Time.GetUtcNow());
    }

    public VideoDefinition Definition { get; private set; }

    /// <summary>The source; null: it cannot be opened.</summary>
    public VideoSource? Address => _address;

    public VideoFeed Feed { get; }

    /// <summary>The store's number of this process's claim on the video; 0 where it has the store for itself.</summary>
    public long Claim { get; }

    /// <summary>Told, once, when another process has claimed the video: nothing that comes of it here is stored.</summary>
    public Action? Superseded { get; set; }

    public string? Resume => _run?.ToJson();

    /// <summary>0: all that was asked for is computed.</summary>
    public int QualityLevel => _governor?.Level ?? 0;

    /// <summary>Over the last ten seconds.</summary>
    public double UpdatesPerSecond
    {
        get
        {
            lock (_lock)
                return _latencies.PerSecond();
        }
    }

    /// <summary>The source without credentials.</summary>
    public string ShownSource => _address?.Redacted ?? VideoSource.Redact(Definition.Source);

    public VideoStatus Status
    {
        get
        {
            lock (_lock)
            {
                Engine.QualityLevel quality = _governor?.Quality ?? new Engine.QualityLevel(Definition.Samples, Definition.RateHz);
                return new VideoStatus
                {
                    Definition = Definition with { Source = ShownSource },
                    State = IsPaused ? VideoState.Paused : (VideoState)_status.State,
                    Reason = _status.Reason,
                    Since = _status.Since,
                    NextAttemptAt = _status.NextAttemptAt,
                    FailedAttempts = _status.FailedAttempts,
                    IsLive = _address?.IsLive ?? false,
                    Model = $"{_model.Package.Name} {_model.Package.Version}",
                    FramesInWindow = _window?.FrameCount ?? 0,
                    LastSequence = Feed.NextSequence > 0 ? Feed.NextSequence - 1 : null,
                    LastUpdateAt = (_last ?? Feed.Latest)?.ComputedAt,
                    LoopSeconds = Definition.Loop ? (_source?.Facts ?? _run?.Facts)?.Duration.TotalSeconds : null,
                    DecodedFrames = _source?.DecodedCount ?? 0,
                    SampledFrames = _sampledCount,
                    DroppedFrames = _source?.DroppedCount ?? 0,
                    UpdatesPerSecond = Math.Round(_latencies.PerSecond(), 2),
                    Quality = new VideoQuality(
                        QualityLevel, quality.Samples, quality.RateHz, _governor?.Reason),
                    Latency = _latencies.Percentiles(),
                    Timings = _last?.Timings,
                };
            }
        }
    }

    /// <summary>The status as subscribers are told it: made once for each version.</summary>
    public StatusEvent TellStatus(long version)
    {
        lock (_lock)
        {
            if (_told is not { } told || told.Version != version)
                _told = told = (version, new StatusEvent(Status));
            return told.Event;
        }
    }

    /// <summary>Whether anything but the state has changed since this was last asked.</summary>
    public bool TakeNews()
    {
        lock (_lock)
        {
            bool isNews = _isStatusNews;
            _isStatusNews = false;
            return isNews;
        }
    }

    public void Start() => _running = _address is { } address && !Definition.Paused
        ? Task.Run(() => RunUntilSupersededAsync(address, _stopping.Token))
        : Task.CompletedTask;

    /// <summary>Ends the run; it can be gone on with from <see cref="Resume"/>.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _running;
    }

    /// <summary>Has one that was stopped rest, with what it shows: its last frames, and how it was doing.</summary>
    public void Pause()
    {
        Definition = Definition with { Paused = true };
        SetStatus(new SourceStatus(SourceState.Connecting, Reason: null, _options.Time.GetUtcNow()));
    }

    /// <summary>One that goes on where this one, which was disposed of, has stopped.</summary>
    public HostedVideo Again() => new(
        Definition, _address, _model, _run, Feed, _host, Claim, _address is null ? _status.Reason : null)
    {
        Superseded = Superseded,
    };

    /// <summary>Takes over what its run does not depend on.</summary>
    public void Relabel(VideoDefinition definition) =>
        Definition = Definition with { Title = definition.Title, Group = definition.Group };

    /// <summary>Size and so on of the frames that the model sees.</summary>
    public FrameFormat Format => _model.Format;

    /// <summary>
    /// The file that is read, as it is now; null: the source is live, or its file gone or not the one that was read.
    /// </summary>
    public PlayedFile? FileNow() =>
        Address is { IsLive: false } address && FrameSources.IdentityOf(address, _options.Sources) is { } identity
            && (_run is null || !IsOther(identity))
            ? new PlayedFile(address, identity)
            : null;

    /// <summary>Where in the file a frame is, loops left away.</summary>
    /// <param name="findTrack">The first track of this frame index or a higher one, from a sequence number on.</param>
    public FrameAddress Locate(long frameIndex, Func<long, FrameTrack?> findTrack)
    {
        RunState? run = _run;
        double? seconds = TimeIn(_last) ?? TimeOf(findTrack(run?.FirstSequence ?? 0)) ?? TimeOf(findTrack(0));
        long loops = 0;
        if (run?.Facts is { DecodedCount: > 0 } facts)
        {
            (loops, frameIndex) = Math.DivRem(frameIndex, facts.DecodedCount);
            seconds -= loops * facts.Duration.TotalSeconds;
        }

        return new FrameAddress(frameIndex, seconds is >= 0 ? TimeSpan.FromSeconds(seconds.Value) : null);

        double? TimeIn(AttributionUpdate? update)
        {
            int at = update is null ? -1 : Array.IndexOf(update.FrameIndices, frameIndex);
            return at < 0 ? null : update!.FrameTimes[at];
        }

        double? TimeOf(FrameTrack? track) => track?.FrameIndex == frameIndex ? track.TimeSeconds : null;
    }

    /// <summary>A picture of a recent frame; null if it is not here any more.</summary>
    public byte[]? Thumbnail(long frameIndex) => _shelf.Png(frameIndex);

    /// <summary>An update of this video is stored (or cannot be): now everybody may see it.</summary>
    public void Publish(AttributionUpdate update)
    {
        Feed.Publish(update);
        LiveMetrics.Updates.Add(1, LiveMetrics.Video(Definition.Id));
        if (_arrivals.TryDequeue(out long arrival))
        {
            TimeSpan latency = _options.Time.GetElapsedTime(arrival);
            _latencies.Add(latency);
            LiveMetrics.Latency.Record(latency.TotalSeconds, LiveMetrics.Video(Definition.Id));
        }

        lock (_lock)
        {
            _last = update;
            _isStatusNews = true;
        }
    }

    /// <summary>Ends the run as <see cref="StopAsync"/> does, and lets go of the frames.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _shelf.Dispose();
    }

    async ValueTask IUpdateSink.TakeAsync(WindowStep move, CancellationToken cancellationToken)
    {
        CheckIdentity(_source!.Identity);
        RunState run = _run! with { Identity = _source.Identity, Facts = _source.Facts ?? _run!.Facts };
        string? resume = run == _run && _isRunStored ? null : run.ToJson();
        (_run, _isRunStored) = (run, true);
        _arrivals.Enqueue(move.ArrivalTimestamp);
        if (_store is null)
        {
            Publish(move.Update);
            return;
        }

        await _store.AppendAsync(
            new StoredUpdate(move.Update, move.LeavingFrames, [.. _thumbnails], resume, Claim), cancellationToken);
        _thumbnails.Clear();
    }

    void IUpdateSink.Keep(VideoFrame frame)
    {
        Interlocked.Increment(ref _sampledCount);
        if (_shelf.Put(frame) is { } thumbnail && _store is not null)
            _thumbnails.Add(thumbnail);
    }

    async ValueTask IUpdateSink.FinishAsync(IReadOnlyList<FrameTrack> tracks, CancellationToken cancellationToken)
    {
        // A shorter file ends before its first new update.
        CheckIdentity(_source!.Identity);
        if (_store is null)
            return;
        // Only then is every update published.
        await _store.FlushAsync(cancellationToken);
        try
        {
            _store.SaveLastTracks(Definition.Id, tracks, Claim);
        }
        catch (StoreException failure) when (failure is not SupersededException)
        {
            // As for updates: the store's status says why.
        }
    }

    private async Task RunUntilSupersededAsync(VideoSource address, CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(address, cancellationToken);
        }
        catch (SupersededException superseded)
        {
            SetStatus(new SourceStatus(SourceState.Failed, superseded.Message, _options.Time.GetUtcNow()));
            Superseded?.Invoke();
        }
    }

    private async Task RunAsync(VideoSource address, CancellationToken cancellationToken)
    {
        string fingerprint = RunState.Fingerprint(Definition);
        bool goesOn = !address.IsLive && _run?.Definition == fingerprint;
        bool isDone = goesOn && _run!.HasEnded;
        if (isDone && IsOther(FrameSources.IdentityOf(address, _options.Sources)))
            goesOn = isDone = false;
        if (isDone)
        {
            SetStatus(new SourceStatus(
                SourceState.Ended, "attributed to its end before", _options.Time.GetUtcNow()));
            return;
        }

        if (!goesOn)
            Begin(new RunState(fingerprint, Feed.NextSequence));
        while (true)
        {
            try
            {
                await RunOnceAsync(address, cancellationToken);
                SourceStatus last = _source!.Status;
                if (last.State == SourceState.Ended && !address.IsLive)
                    Begin(_run! with { HasEnded = true });
                SetStatus(last);
                return;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (FileChangedException)
            {
                if (_store is not null)
                    await _store.FlushAsync(CancellationToken.None);
                Begin(new RunState(fingerprint, Feed.NextSequence));
            }
#pragma warning disable CA1031 // Whatever fails, fails this video only, and is told in its status.
            catch (Exception failure) when (failure is not SupersededException)
#pragma warning restore CA1031
            {
                SetStatus(new SourceStatus(SourceState.Failed, Describe(failure), _options.Time.GetUtcNow()));
                return;
            }
        }
    }

    /// <summary>Whether this is not the file that the run is about, as far as both are known.</summary>
    private bool IsOther(string? identity) =>
        identity is not null && _run!.Identity is { } expected && identity != expected;

    /// <exception cref="FileChangedException">Only now is it known that the run was about another file.</exception>
    private void CheckIdentity(string? identity)
    {
        if (IsOther(identity))
            throw new FileChangedException();
    }

    private void Begin(RunState run)
    {
        _run = run;
        try
        {
            _store?.SaveVideo(new StoredVideo(Definition, run.ToJson()), Claim);
            _isRunStored = true;
        }
        catch (StoreException failure) when (failure is not SupersededException)
        {
            // A full disk does not stop a video; the store's status tells of it.
            _isRunStored = false;
        }
    }

    private async Task RunOnceAsync(VideoSource address, CancellationToken cancellationToken)
    {
        var windowOptions = new WindowOptions
        {
            Video = Definition.Id,
            Window = Definition.Window,
            Stride = Definition.Stride,
            Samples = Definition.Samples,
            Iterations = Definition.Iterations,
            Seed = Definition.Seed,
            Score = DefinitionRules.ReadScore(Definition.Score, _model.Package),
            Classes = DefinitionRules.Classes(Definition, _model.Package),
            FirstSequence = _run!.FirstSequence,
            DoneCount = Feed.NextSequence - _run.FirstSequence,
        };
        var sourceOptions = new FrameSourceOptions
        {
            Format = _model.Format,
            RateHz = Definition.RateHz,
            IsFast = Definition.Pace == Pace.Fast,
            Loops = Definition.Loop,
            PrefersUdp = Definition.Transport == RtspTransport.Udp,
            SkipCount = windowOptions.ReplayFrom * Definition.Stride,
            Facts = _run.Facts,
            FirstIndex = address.IsLive ? NextFrameIndex() : 0,
            Time = _options.Time,
        };
        IFeatureSource features = await _host.OpenFeaturesAsync(_model, cancellationToken);
        await using IFrameSource source = _options.OpenSource(address, _options.Sources, sourceOptions);
        source.StatusChanged = status =>
        {
            // A video has ended when all of it is attributed, not when all of it is read.
            if (status.State != SourceState.Ended)
                SetStatus(status);
        };
        lock (_lock)
        {
            _source = source;
            _window = new VideoWindow(
                _model.Package, () => _model.CreateWindow(Definition.Window), windowOptions, _options.Time);
            _governor = source.IsLive
                ? new QualityGovernor(
                    QualityGovernor.Levels(Definition.Samples, Definition.Window, Definition.RateHz), _options.Time)
                : null;
        }

        var pipeline = new VideoPipeline(
            Definition.Id, source, features, _window, this, _host.Cores, _governor, _options.Time);
        await pipeline.RunAsync(cancellationToken);
    }

    /// <summary>What cannot be opened is told even where it need not be.</summary>
    private bool IsPaused => Definition.Paused && _address is not null;

    /// <summary>Indices of a live video go on growing when it is started again.</summary>
    private long NextFrameIndex() =>
        (_last ?? (Feed.NextSequence > 0 ? _store?.ReadUpdate(Definition.Id, Feed.NextSequence - 1) : null))
        ?.FrameIndices[^1] + 1 ?? 0;

    private void SetStatus(SourceStatus status)
    {
        lock (_lock)
            _status = status;
        Feed.StatusChanged();
    }

    private static string Describe(Exception failure) => VideoSource.Redact(failure switch
    {
        VideoException or InferenceException or SourceException or StoreException => failure.Message,
        NotFiniteNumberException => $"the model's scores are not finite numbers: {failure.Message}",
        _ => $"unexpected {failure.GetType().Name}: {failure.Message} This is a defect of playfair; please report it.",
    });

    /// <summary>The file is not the one that the run began with: it is attributed anew.</summary>
#pragma warning disable CA1064, RCS1194 // It never leaves this class.
    private sealed class FileChangedException : Exception;
#pragma warning restore CA1064, RCS1194
}
