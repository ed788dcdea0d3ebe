using Orleans.Streams;
using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Grains;

/// <summary>What the grains of one silo share: its videos' host, its store, its name.</summary>
internal sealed class SiloRuntime : IAsyncDisposable
{
    /// <summary>Name of the stream provider, and of the streams' namespace.</summary>
    public const string Updates = "updates";

    private readonly Lazy<IStreamProvider> _streams;

    public SiloRuntime(
        VideoServiceOptions options, ClusterOptions cluster, OpenStore openStore, ILocalSiloDetails silo,
        IGrainFactory grains, FrameTable frames, IServiceProvider services)
    {
        Cluster = cluster;
        Address = silo.SiloAddress;
        Time = options.Time;
        Host = new VideoHost(options, committed => openStore(committed));
        Host.OpenFeaturesAsync = async (model, cancellationToken) => new GrainFeatureSource(
            frames, grains.GetGrain<IFeatureGrain>(model.Package.Name), await model.OpenLaneAsync(cancellationToken));
        Accumulator = new StatisticsAccumulator(Host, grains);
        Host.FindBucket = Accumulator.Read;
        _streams = new(() => services.GetRequiredKeyedService<IStreamProvider>(Updates));
    }

    public ClusterOptions Cluster { get; }

    public SiloAddress Address { get; }

    public TimeProvider Time { get; }

    public VideoHost Host { get; }

    public IVideoStore Store => Host.Store!;

    public StatisticsAccumulator Accumulator { get; }

    /// <summary>Signalled when a video that runs here has news.</summary>
    public Wakeup News { get; } = new();

    public VideoStatus StatusOf(HostedVideo video) => video.Status with { Silo = Cluster.SiloName };

    /// <summary>What the catalog is told of a video, with its status.</summary>
    public VideoReport ReportOf(HostedVideo video)
    {
        // Asked first: the status is of this version or a later one.
        long version = video.Feed.StatusVersion;
        return new VideoReport(video.Definition.Id, video.Claim, StatusOf(video), version);
    }

    public IAsyncStream<AttributionUpdate> StreamOf(string id) =>
        _streams.Value.GetStream<AttributionUpdate>(StreamId.Create(Updates, id));

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        Accumulator.Dispose();
    }
}

/// <summary>Opens the store of a silo; it tells of what it has committed.</summary>
internal delegate IVideoStore OpenStore(Action<IReadOnlyList<StoredUpdate>> committed);
