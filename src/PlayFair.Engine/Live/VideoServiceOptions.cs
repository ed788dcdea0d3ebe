using PlayFair.Inference;
using PlayFair.Models;
using PlayFair.Video;

namespace PlayFair.Engine;

/// <summary>How a video service runs in one process: the whole of it, or one silo of a cluster.</summary>
public sealed record VideoServiceOptions
{
    /// <summary>The packages that videos may name, at least one, of different names.</summary>
    public required IReadOnlyList<ModelPackage> Models { get; init; }

    /// <summary>Name of the package for videos that name none; null: the first.</summary>
    public string? DefaultModel { get; init; }

    /// <summary>The database file, made if it is not there; null: nothing is stored.</summary>
    public string? StorePath { get; init; }

    public StoreOptions Store { get; init; } = new();

    /// <summary>Which sources may be opened.</summary>
    public SourcePolicy Sources { get; init; } = SourcePolicy.Anything;

    /// <summary>How backbones and ONNX heads run.</summary>
    public InferenceOptions Inference { get; init; } = new();

    /// <summary>
    /// How long a frame may wait for others to share its batch; null: 5 ms on a GPU, and not at all on a CPU, where
    /// larger batches bring no speed. Frames that come while a batch is computed share the next in any case.
    /// </summary>
    public TimeSpan? BatchDelay { get; init; }

    public int MaxVideos { get; init; } = 64;

    public int MaxSubscribers { get; init; } = 2000;

    /// <summary>Updates of each video that are held in memory for subscribers; older ones are read from the store.</summary>
    public int RecentUpdates { get; init; } = 256;

    /// <summary>Of how much of a video's time one picture is kept in the store.</summary>
    public TimeSpan ThumbnailInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Length of the statistics' time buckets.</summary>
    public TimeSpan StatisticsBucket { get; init; } = TimeSpan.FromMinutes(10);

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Opens sources; what measures the service alone puts its own in place of ffmpeg.</summary>
    internal Func<VideoSource, SourcePolicy, FrameSourceOptions, IFrameSource> OpenSource { get; init; } = FrameSources.Open;

    /// <summary>What computes features in place of the models' backbones; null: these do.</summary>
    internal IFeatureSource? Features { get; init; }
}
