using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace PlayFair.Engine;

/// <summary>What the engine measures of itself; docs/server.md lists it.</summary>
public static class LiveMetrics
{
    /// <summary>Name of the meter and of the source of activities.</summary>
    public const string Name = "PlayFair";

    internal static readonly ActivitySource Activities = new(Name);

    internal static readonly Meter Meter = new(Name);

    internal static readonly Counter<long> DecodedFrames = Meter.CreateCounter<long>(
        "playfair.frames.decoded", description: "Frames decoded.");

    internal static readonly Counter<long> SampledFrames = Meter.CreateCounter<long>(
        "playfair.frames.sampled", description: "Frames sampled and taken.");

    internal static readonly Counter<long> DroppedFrames = Meter.CreateCounter<long>(
        "playfair.frames.dropped", description: "Sampled frames dropped because the machine could not keep up.");

    internal static readonly Counter<long> Updates = Meter.CreateCounter<long>(
        "playfair.updates", description: "Updates published.");

    internal static readonly Histogram<double> Latency = Meter.CreateHistogram(
        "playfair.update.latency", "s", "From a frame's arrival to its published update.", tags: null,
        Buckets(0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10));

    internal static readonly Histogram<double> StageDuration = Meter.CreateHistogram(
        "playfair.stage.duration", "s", "Time that a stage takes for one frame or update.", tags: null,
        Buckets(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1));

    internal static readonly Counter<double> StageCpu = Meter.CreateCounter<double>(
        "playfair.stage.cpu", "s", "Processor time of the thread that runs a stage: backbone or head.");

    internal static readonly Histogram<int> BatchSize = Meter.CreateHistogram(
        "playfair.batch.size", "{frame}", "Frames in a batch of the backbone.", tags: null,
        new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64] });

    internal static KeyValuePair<string, object?> Video(string id) => new("video", id);

    internal static KeyValuePair<string, object?> Stage(string name) => new("stage", name);

    private static InstrumentAdvice<double> Buckets(params double[] bounds) =>
        new() { HistogramBucketBoundaries = bounds };
}
