using System.Runtime.CompilerServices;
using System.Threading.Channels;
using PlayFair.Contracts;
using PlayFair.Engine;
using PlayFair.Video;

namespace PlayFair.Server.Tests;

/// <summary>A service in memory whose videos do what a test tells them.</summary>
internal sealed class FakeVideoService : IVideoService
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, VideoStatus> _videos = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<AttributionUpdate>> _updates = [];
    private readonly List<(Subscription Subscription, Channel<VideoEvent> Events)> _subscribers = [];
    private TaskCompletionSource _subscribed = new();
    private int _pulledCount;

    public int MaxSubscribers { get; set; } = 5000;

    /// <summary>What every method but <see cref="ListAsync"/> throws; null: nothing.</summary>
    public Exception? Failure { get; set; }

    public List<FrameTrack> Tracks { get; } = [];

    public Dictionary<long, byte[]> Thumbnails { get; } = [];

    public StoreStatus Store { get; set; } = new("/state/playfair.db", true, null, 4096, 10, 300, 0);

    public StatisticsQuery? LastStatistics { get; private set; }

    public HistoryQuery? LastHistory { get; private set; }

    public TimelineQuery? LastTimeline { get; private set; }

    /// <summary>Who wants updates, and how.</summary>
    public Subscription? LastSubscription { get; private set; }

    public ClipQuery? LastClip { get; private set; }

    public MomentsQuery? LastMoments { get; private set; }

    /// <summary>Events that subscribers have taken.</summary>
    public int PulledCount => Volatile.Read(ref _pulledCount);

    public IReadOnlyList<ModelInfo> Models { get; } =
        [new("moves-trn", "1.0.0", "movements", "trn", 8, 256, "softmax-of-mean", ["opening", "closing"], true)];

    public ServiceStatus Status => new("playfair 0.1.0", Samples.Start, _videos.Count, _subscribers.Count, Store);

    public int SubscriberCount
    {
        get
        {
            lock (_gate)
                return _subscribers.Count;
        }
    }

    public FakeVideoService With(params string[] ids)
    {
        foreach (string id in ids)
            Put(Samples.Status(Samples.Definition(id)));
        return this;
    }

    /// <summary>Gives a video a status, and tells the subscribers.</summary>
    public void Put(VideoStatus status)
    {
        lock (_gate)
        {
            _videos[status.Definition.Id] = status;
            _updates.TryAdd(status.Definition.Id, []);
            Tell(new StatusEvent(status));
        }
    }

    public void Publish(AttributionUpdate update)
    {
        lock (_gate)
        {
            _updates[update.Video].Add(update);
            Tell(new UpdateEvent(update));
        }
    }

    public void Publish(VideoEvent happened)
    {
        lock (_gate)
            Tell(happened);
    }

    /// <summary>Ends all subscriptions by a failure.</summary>
    public void BreakOff(VideoServiceException failure)
    {
        lock (_gate)
        {
            foreach (var (_, events) in _subscribers)
                events.Writer.TryComplete(failure);
        }
    }

    /// <summary>Waits until there are so many subscribers, the log's included.</summary>
    public async Task UntilSubscribersAsync(Func<int, bool> isEnough)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (isEnough(_subscribers.Count))
                    return;
                changed = _subscribed.Task;
            }

            await changed.WaitAsync(RunningServer.Timeout);
        }
    }

    /// <summary>What the cluster is told to be; null: there is none.</summary>
    public ClusterStatus? Cluster { get; set; }

    public Task<ClusterStatus?> ClusterAsync(CancellationToken cancellationToken = default) => Task.FromResult(Cluster);

    public Task<IReadOnlyList<VideoStatus>> ListAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
            return Task.FromResult<IReadOnlyList<VideoStatus>>([.. _videos.Values]);
    }

    public async Task<VideoStatus> GetAsync(string id, CancellationToken cancellationToken = default)
    {
        Fail();
        return (await ListAsync(cancellationToken)).FirstOrDefault(status => status.Definition.Id == id)
            ?? throw new VideoServiceException(VideoServiceError.NotFound, $"There is no video '{id}'.");
    }

    public Task<SourceProbe> ProbeAsync(ProbeRequest request, CancellationToken cancellationToken = default)
    {
        Fail();
        return Task.FromResult(new SourceProbe
        {
            Source = request.Source,
            Kind = $"rtsp over {request.Transport}",
            IsLive = true,
            Picture = [1, 2, 3],
        });
    }

    public Task<VideoPlan> PlanAsync(VideoDefinition draft, CancellationToken cancellationToken = default)
    {
        Fail();
        return Task.FromResult(new VideoPlan
        {
            Definition = draft with { Model = "moves-trn" },
            IsExact = true,
            EvaluationsPerUpdate = 12,
            FirstEvaluations = 30,
            EvaluationsPerSecond = 96,
            UpdatesPerSecond = 8,
            WindowSeconds = 2,
            Bytes = 1000,
        });
    }

    public async Task<VideoStatus> AddAsync(VideoDefinition definition, CancellationToken cancellationToken = default)
    {
        Fail();
        if ((await ListAsync(cancellationToken)).Any(status => status.Definition.Id == definition.Id))
            throw new VideoServiceException(VideoServiceError.Exists, $"There is a video '{definition.Id}' already.");
        if (definition.RateHz is <= 0 or > 120)
        {
            throw new VideoServiceException(
                VideoServiceError.Invalid, $"rateHz: found {definition.RateHz}, expected above 0 and at most 120.", "rateHz");
        }

        Put(Samples.Status(definition));
        return await GetAsync(definition.Id, cancellationToken);
    }

    public async Task<VideoStatus> ChangeAsync(VideoDefinition definition, CancellationToken cancellationToken = default)
    {
        await GetAsync(definition.Id, cancellationToken);
        Put(Samples.Status(definition));
        return await GetAsync(definition.Id, cancellationToken);
    }

    public async Task RemoveAsync(string id, CancellationToken cancellationToken = default)
    {
        await GetAsync(id, cancellationToken);
        lock (_gate)
        {
            _videos.Remove(id);
            Tell(new RemovedEvent(id));
        }
    }

    public async IAsyncEnumerable<VideoEvent> SubscribeAsync(
        Subscription subscription, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var events = Channel.CreateUnbounded<VideoEvent>();
        lock (_gate)
        {
            if (_subscribers.Count >= MaxSubscribers)
            {
                throw new VideoServiceException(
                    VideoServiceError.LimitReached, $"There are {MaxSubscribers} subscribers, as many as there may be.");
            }

            foreach (VideoStatus status in _videos.Values.Where(status => Follows(subscription, status.Definition.Id)))
                events.Writer.TryWrite(new StatusEvent(status));
            foreach ((string id, List<AttributionUpdate> updates) in _updates.Where(pair => Follows(subscription, pair.Key)))
            {
                long after = updates.Count - 2;
                if (subscription.After?.TryGetValue(id, out long known) == true)
                    after = known;
                foreach (AttributionUpdate update in updates.Where(update => update.Sequence > after))
                    events.Writer.TryWrite(new UpdateEvent(update));
            }

            if (!subscription.StatusOnly)
                LastSubscription = subscription;
            _subscribers.Add((subscription, events));
            SubscribersChanged();
        }

        try
        {
            await foreach (VideoEvent happened in events.Reader.ReadAllAsync(cancellationToken))
            {
                Interlocked.Increment(ref _pulledCount);
                yield return happened;
            }
        }
        finally
        {
            lock (_gate)
            {
                _subscribers.RemoveAll(subscriber => subscriber.Events == events);
                SubscribersChanged();
            }
        }
    }

    public async Task<AttributionUpdate?> LatestAsync(string id, CancellationToken cancellationToken = default)
    {
        await GetAsync(id, cancellationToken);
        return _updates[id].LastOrDefault();
    }

    public async Task<IReadOnlyList<AttributionUpdate>> HistoryAsync(
        string id, HistoryQuery query, CancellationToken cancellationToken = default)
    {
        await GetAsync(id, cancellationToken);
        LastHistory = query;
        lock (_gate)
        {
            return [.. _updates[id].Where(update => Matches(query, update.Sequence, update.ArrivedAt)).Take(query.Limit)];
        }
    }

    public async Task<IReadOnlyList<FrameTrack>> FrameTracksAsync(
        string id, HistoryQuery query, CancellationToken cancellationToken = default)
    {
        await GetAsync(id, cancellationToken);
        return
        [
            .. Tracks.Where(track => Matches(query, track.LastSequence, track.ArrivedAt)
                && track.FrameIndex >= (query.FromFrame ?? 0)).Take(query.Limit),
        ];
    }

    public Task<StatisticsReport> StatisticsAsync(StatisticsQuery query, CancellationToken cancellationToken = default)
    {
        Fail();
        LastStatistics = query;
        return Task.FromResult(new StatisticsReport { BucketSeconds = 60, UpdateCount = 7, Models = [] });
    }

    public async Task<byte[]?> ThumbnailAsync(
        string id, long frameIndex, int? width = null, CancellationToken cancellationToken = default)
    {
        if (width is not null)
            return [0xFF, 0xD8, (byte)width];
        await GetAsync(id, cancellationToken);
        return Thumbnails.GetValueOrDefault(frameIndex);
    }

    public Task<MomentList> MomentsAsync(MomentsQuery query, CancellationToken cancellationToken = default)
    {
        Fail();
        LastMoments = query;
        return Task.FromResult(new MomentList { Moments = [], ScannedCount = 3, IsComplete = false, Next = "a:17" });
    }

    public async Task<Timeline> TimelineAsync(
        string id, TimelineQuery query, CancellationToken cancellationToken = default)
    {
        await GetAsync(id, cancellationToken);
        LastTimeline = query;
        return new Timeline { Video = id, UpdateCount = 0, UpdatesPerPoint = 1, Segments = [], Points = [], Frames = [] };
    }

    public async Task<AttributionDocument> AttributeClipAsync(
        string id, ClipQuery query, CancellationToken cancellationToken = default)
    {
        await GetAsync(id, cancellationToken);
        LastClip = query;
        return new AttributionDocument(
            AttributionDocument.CurrentSchema, AttributionDocument.Producer, null, null,
            new ModelSummary("moves-trn", "1.0.0", "trn", 8, 256, 2, null),
            new AttributionSettings(2, "uniform 2", "logit", "exact"), [], [], [], AttributionDocument.Exact, 3,
            new AttributionTimings(0, 0, 0, 0), []);
    }

    /// <summary>Plays the file that a video's source names.</summary>
    public async Task<MediaFile> OpenMediaAsync(string id, CancellationToken cancellationToken = default) =>
        await MediaFile.OpenAsync(
            VideoSource.Parse((await GetAsync(id, cancellationToken)).Definition.Source), SourcePolicy.Anything,
            cancellationToken);

    private static bool Follows(Subscription subscription, string id) => subscription.Videos?.Contains(id) != false;

    private static bool Matches(HistoryQuery query, long sequence, DateTimeOffset arrivedAt) =>
        sequence >= (query.FromSequence ?? 0) && sequence <= (query.ToSequence ?? long.MaxValue)
        && arrivedAt >= (query.From ?? DateTimeOffset.MinValue) && arrivedAt <= (query.To ?? DateTimeOffset.MaxValue);

    private void Fail()
    {
        if (Failure is { } failure)
            throw failure;
    }

    private void Tell(VideoEvent happened)
    {
        foreach (var (subscription, events) in _subscribers.Where(one => Follows(one.Subscription, happened.Video)))
            events.Writer.TryWrite(happened);
    }

    private void SubscribersChanged()
    {
        TaskCompletionSource before = _subscribed;
        _subscribed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        before.TrySetResult();
    }
}
