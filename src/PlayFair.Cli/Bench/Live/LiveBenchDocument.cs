namespace PlayFair.Cli.Bench;

/// <summary>What <c>playfair bench live --json</c> writes; docs/benchmarks.md explains it.</summary>
/// <param name="Schema"><see cref="CurrentSchema"/>.</param>
/// <param name="ProducedBy">Program and version.</param>
/// <param name="Model">Name and version of the model of all rows.</param>
internal sealed record LiveBenchDocument(
    string Schema,
    string ProducedBy,
    BenchMachine Machine,
    string Model,
    bool IsQuick,
    OverheadResult Overhead,
    LatencyResult Latency,
    SubscriberResult Subscribers,
    EnduranceResult Endurance)
{
    public const string CurrentSchema = "playfair.bench-live/1";
}

/// <summary>Where the processor time goes while looped files are attributed at their own pace.</summary>
/// <param name="UpdatesPerSecond">Of all videos together.</param>
/// <param name="Stages">Shares of one core, largest first; <c>overhead</c> is all but the others.</param>
/// <param name="Bottleneck">The stage with the largest share.</param>
internal sealed record OverheadResult(
    int Videos, double Seconds, double UpdatesPerSecond, IReadOnlyList<StageShare> Stages, string Bottleneck)
{
    /// <summary>Of one core.</summary>
    public double OverheadShare => Stages.Single(stage => stage.Name == "overhead").ShareOfCore;
}

/// <param name="Name"><c>decode</c> (the ffmpeg processes), <c>backbone</c>, <c>head</c> or <c>overhead</c>.</param>
/// <param name="ShareOfCore">Processor seconds a second.</param>
internal sealed record StageShare(string Name, double ShareOfCore);

/// <summary>From a frame's arrival to its published update, with synthetic cameras.</summary>
internal sealed record LatencyResult(
    int Cameras,
    double RateHz,
    int Window,
    double Seconds,
    int Updates,
    double P50Ms,
    double P95Ms,
    double P99Ms,
    long Dropped,
    bool IsExact);

/// <summary>Many event streams of one video, from a server in a process of its own.</summary>
/// <param name="ServerCores">Processor seconds a second of the server's process.</param>
/// <param name="UpdatesPublished">Of the video, in that time.</param>
/// <param name="FewestReceived">Updates that the least served subscriber got.</param>
/// <param name="MostReceived">Updates that the best served got.</param>
/// <param name="Missed">Numbers that were skipped, over all subscribers.</param>
/// <param name="MegabytesBefore">The server's memory before the first subscriber.</param>
/// <param name="MegabytesAfter">The same with all of them, at the end.</param>
internal sealed record SubscriberResult(
    int Subscribers,
    double Seconds,
    double ServerCores,
    long UpdatesPublished,
    long FewestReceived,
    long MostReceived,
    long Missed,
    double MegabytesBefore,
    double MegabytesAfter);

/// <summary>One camera for hours of its own time, as fast as the machine can.</summary>
/// <param name="Samples">The process at equal intervals of the video's time; the first after warm-up.</param>
internal sealed record EnduranceResult(
    double SimulatedHours, double Seconds, long Updates, double TimesRealTime, IReadOnlyList<ProcessSample> Samples);

/// <param name="Hours">Of the video's time.</param>
/// <param name="HeapMegabytes">Live objects, after a collection.</param>
/// <param name="ResidentMegabytes">Of the process.</param>
internal sealed record ProcessSample(
    double Hours, double HeapMegabytes, double ResidentMegabytes, int Descriptors, int Threads);
