using PlayFair.Contracts;

// The contracts know nobody, Orleans neither: here is how they travel between silos. Numbers are never used for something
// else; what a silo of another version does not know it leaves out.
namespace PlayFair.Grains;

[GenerateSerializer, Immutable, Alias("playfair.update")]
internal struct AttributionUpdateSurrogate
{
    [Id(0)] public string Schema;
    [Id(1)] public string Video;
    [Id(2)] public long Sequence;
    [Id(3)] public DateTimeOffset ArrivedAt;
    [Id(4)] public DateTimeOffset ComputedAt;
    [Id(5)] public string Model;
    [Id(6)] public string Score;
    [Id(7)] public string StandardError;
    [Id(8)] public int? Samples;
    [Id(9)] public int? Iterations;
    [Id(10)] public double RateHz;
    [Id(11)] public long[] FrameIndices;
    [Id(12)] public double[] FrameTimes;
    [Id(13)] public int TopClass;
    [Id(14)] public int? PreviousTopClass;
    [Id(15)] public ReportedClassSurrogate[] Classes;
    [Id(16)] public long EvaluationCount;
    [Id(17)] public long DroppedFrames;
    [Id(18)] public UpdateTimingsSurrogate Timings;
}

[GenerateSerializer, Immutable, Alias("playfair.update.class")]
internal struct ReportedClassSurrogate
{
    [Id(0)] public int Index;
    [Id(1)] public string Name;
    [Id(2)] public float Score;
    [Id(3)] public float Prior;
    [Id(4)] public float[] Esv;
    [Id(5)] public float[]? StandardErrors;
}

[GenerateSerializer, Immutable, Alias("playfair.update.timings")]
internal struct UpdateTimingsSurrogate
{
    [Id(0)] public float Decode;
    [Id(1)] public float Features;
    [Id(2)] public float Attribution;
    [Id(3)] public float Total;

    public static UpdateTimingsSurrogate Of(UpdateTimings timings) => new()
    {
        Decode = timings.Decode,
        Features = timings.Features,
        Attribution = timings.Attribution,
        Total = timings.Total,
    };

    public readonly UpdateTimings ToTimings() => new(Decode, Features, Attribution, Total);
}

[RegisterConverter]
internal sealed class AttributionUpdateConverter : IConverter<AttributionUpdate, AttributionUpdateSurrogate>
{
    public AttributionUpdate ConvertFromSurrogate(in AttributionUpdateSurrogate surrogate) => new()
    {
        Schema = surrogate.Schema,
        Video = surrogate.Video,
        Sequence = surrogate.Sequence,
        ArrivedAt = surrogate.ArrivedAt,
        ComputedAt = surrogate.ComputedAt,
        Model = surrogate.Model,
        Score = surrogate.Score,
        StandardError = surrogate.StandardError,
        Samples = surrogate.Samples,
        Iterations = surrogate.Iterations,
        RateHz = surrogate.RateHz,
        FrameIndices = surrogate.FrameIndices,
        FrameTimes = surrogate.FrameTimes,
        TopClass = surrogate.TopClass,
        PreviousTopClass = surrogate.PreviousTopClass,
        Classes = Array.ConvertAll(surrogate.Classes, c => new ReportedClass(
            c.Index, c.Name, c.Score, c.Prior, c.Esv, c.StandardErrors)),
        EvaluationCount = surrogate.EvaluationCount,
        DroppedFrames = surrogate.DroppedFrames,
        Timings = surrogate.Timings.ToTimings(),
    };

    public AttributionUpdateSurrogate ConvertToSurrogate(in AttributionUpdate value) => new()
    {
        Schema = value.Schema,
        Video = value.Video,
        Sequence = value.Sequence,
        ArrivedAt = value.ArrivedAt,
        ComputedAt = value.ComputedAt,
        Model = value.Model,
        Score = value.Score,
        StandardError = value.StandardError,
        Samples = value.Samples,
        Iterations = value.Iterations,
        RateHz = value.RateHz,
        FrameIndices = value.FrameIndices,
        FrameTimes = value.FrameTimes,
        TopClass = value.TopClass,
        PreviousTopClass = value.PreviousTopClass,
        Classes =
        [
            .. value.Classes.Select(c => new ReportedClassSurrogate
            {
                Index = c.Index,
                Name = c.Name,
                Score = c.Score,
                Prior = c.Prior,
                Esv = c.Esv,
                StandardErrors = c.StandardErrors,
            }),
        ],
        EvaluationCount = value.EvaluationCount,
        DroppedFrames = value.DroppedFrames,
        Timings = UpdateTimingsSurrogate.Of(value.Timings),
    };
}

[GenerateSerializer, Immutable, Alias("playfair.definition")]
internal struct VideoDefinitionSurrogate
{
    [Id(0)] public string Id;
    [Id(1)] public string? Title;
    [Id(2)] public string? Group;
    [Id(3)] public string Source;
    [Id(4)] public string? Model;
    [Id(5)] public double RateHz;
    [Id(6)] public int Window;
    [Id(7)] public int Stride;
    [Id(8)] public int? Samples;
    [Id(9)] public int Iterations;
    [Id(10)] public ulong Seed;
    [Id(11)] public string? Score;
    [Id(12)] public string[] Classes;
    [Id(13)] public int Pace;
    [Id(14)] public bool Loop;
    [Id(15)] public int Transport;
    [Id(16)] public bool Paused;
}

[RegisterConverter]
internal sealed class VideoDefinitionConverter : IConverter<VideoDefinition, VideoDefinitionSurrogate>
{
    public VideoDefinition ConvertFromSurrogate(in VideoDefinitionSurrogate surrogate) => new()
    {
        Id = surrogate.Id,
        Title = surrogate.Title,
        Group = surrogate.Group,
        Source = surrogate.Source,
        Model = surrogate.Model,
        RateHz = surrogate.RateHz,
        Window = surrogate.Window,
        Stride = surrogate.Stride,
        Samples = surrogate.Samples,
        Iterations = surrogate.Iterations,
        Seed = surrogate.Seed,
        Score = surrogate.Score,
        Classes = surrogate.Classes,
        Pace = (Pace)surrogate.Pace,
        Loop = surrogate.Loop,
        Transport = (RtspTransport)surrogate.Transport,
        Paused = surrogate.Paused,
    };

    public VideoDefinitionSurrogate ConvertToSurrogate(in VideoDefinition value) => new()
    {
        Id = value.Id,
        Title = value.Title,
        Group = value.Group,
        Source = value.Source,
        Model = value.Model,
        RateHz = value.RateHz,
        Window = value.Window,
        Stride = value.Stride,
        Samples = value.Samples,
        Iterations = value.Iterations,
        Seed = value.Seed,
        Score = value.Score,
        Classes = [.. value.Classes],
        Pace = (int)value.Pace,
        Loop = value.Loop,
        Transport = (int)value.Transport,
        Paused = value.Paused,
    };
}

[GenerateSerializer, Immutable, Alias("playfair.status")]
internal struct VideoStatusSurrogate
{
    [Id(0)] public VideoDefinition Definition;
    [Id(1)] public int State;
    [Id(2)] public string? Reason;
    [Id(3)] public DateTimeOffset Since;
    [Id(4)] public DateTimeOffset? NextAttemptAt;
    [Id(5)] public int FailedAttempts;
    [Id(6)] public bool IsLive;
    [Id(7)] public string Model;
    [Id(8)] public string? Silo;
    [Id(9)] public int FramesInWindow;
    [Id(10)] public long? LastSequence;
    [Id(11)] public DateTimeOffset? LastUpdateAt;
    [Id(12)] public double? LoopSeconds;
    [Id(13)] public long DecodedFrames;
    [Id(14)] public long SampledFrames;
    [Id(15)] public long DroppedFrames;
    [Id(16)] public double UpdatesPerSecond;
    [Id(17)] public int QualityLevel;
    [Id(18)] public int? QualitySamples;
    [Id(19)] public double QualityRateHz;
    [Id(20)] public string? QualityReason;
    [Id(21)] public double[]? Latency;
    [Id(22)] public UpdateTimingsSurrogate? Timings;
}

[RegisterConverter]
internal sealed class VideoStatusConverter : IConverter<VideoStatus, VideoStatusSurrogate>
{
    public VideoStatus ConvertFromSurrogate(in VideoStatusSurrogate surrogate) => new()
    {
        Definition = surrogate.Definition,
        State = (VideoState)surrogate.State,
        Reason = surrogate.Reason,
        Since = surrogate.Since,
        NextAttemptAt = surrogate.NextAttemptAt,
        FailedAttempts = surrogate.FailedAttempts,
        IsLive = surrogate.IsLive,
        Model = surrogate.Model,
        Silo = surrogate.Silo,
        FramesInWindow = surrogate.FramesInWindow,
        LastSequence = surrogate.LastSequence,
        LastUpdateAt = surrogate.LastUpdateAt,
        LoopSeconds = surrogate.LoopSeconds,
        DecodedFrames = surrogate.DecodedFrames,
        SampledFrames = surrogate.SampledFrames,
        DroppedFrames = surrogate.DroppedFrames,
        UpdatesPerSecond = surrogate.UpdatesPerSecond,
        Quality = new VideoQuality(
            surrogate.QualityLevel, surrogate.QualitySamples, surrogate.QualityRateHz, surrogate.QualityReason),
        Latency = surrogate.Latency is [var p50, var p95, var p99] ? new Latency(p50, p95, p99) : null,
        Timings = surrogate.Timings?.ToTimings(),
    };

    public VideoStatusSurrogate ConvertToSurrogate(in VideoStatus value) => new()
    {
        Definition = value.Definition,
        State = (int)value.State,
        Reason = value.Reason,
        Since = value.Since,
        NextAttemptAt = value.NextAttemptAt,
        FailedAttempts = value.FailedAttempts,
        IsLive = value.IsLive,
        Model = value.Model,
        Silo = value.Silo,
        FramesInWindow = value.FramesInWindow,
        LastSequence = value.LastSequence,
        LastUpdateAt = value.LastUpdateAt,
        LoopSeconds = value.LoopSeconds,
        DecodedFrames = value.DecodedFrames,
        SampledFrames = value.SampledFrames,
        DroppedFrames = value.DroppedFrames,
        UpdatesPerSecond = value.UpdatesPerSecond,
        QualityLevel = value.Quality.Level,
        QualitySamples = value.Quality.Samples,
        QualityRateHz = value.Quality.RateHz,
        QualityReason = value.Quality.Reason,
        Latency = value.Latency is { } latency ? [latency.P50Ms, latency.P95Ms, latency.P99Ms] : null,
        Timings = value.Timings is { } timings ? UpdateTimingsSurrogate.Of(timings) : null,
    };
}
