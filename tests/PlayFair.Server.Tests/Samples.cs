using PlayFair.Contracts;

namespace PlayFair.Server.Tests;

/// <summary>Videos and updates as a service would give them.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Start = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    public static VideoDefinition Definition(string id) => new() { Id = id, Source = $"/videos/{id}.mp4" };

    public static VideoStatus Status(VideoDefinition definition, VideoState state = VideoState.Live, string? reason = null) =>
        new()
        {
            Definition = definition,
            State = state,
            Reason = reason,
            Since = Start,
            Model = "moves-trn 1.0.0",
            Quality = new VideoQuality(0, null, definition.RateHz, null),
        };

    /// <summary>One second of video for each sequence number.</summary>
    public static AttributionUpdate Update(string video, long sequence, string className = "opening, \"slowly\"") => new()
    {
        Video = video,
        Sequence = sequence,
        ArrivedAt = Start.AddSeconds(sequence),
        ComputedAt = Start.AddSeconds(sequence + 0.02),
        Model = "moves-trn 1.0.0",
        Score = "softmax-of-mean",
        StandardError = AttributionUpdate.Exact,
        RateHz = 8,
        FrameIndices = [sequence, sequence + 1],
        FrameTimes = [sequence / 8.0, (sequence + 1) / 8.0],
        TopClass = 3,
        Classes = [new ReportedClass(3, className, 0.75f, 0.04f, [0.5f, 0.21f])],
        EvaluationCount = 3,
        DroppedFrames = 0,
        Timings = new UpdateTimings(1, 2, 3, 6),
    };

    public static FrameTrack Track(string video, long frame, long lastSequence) => new()
    {
        Video = video,
        FrameIndex = frame,
        TimeSeconds = frame / 8.0,
        ArrivedAt = Start.AddSeconds(frame),
        LastSequence = lastSequence,
        WindowCount = 2,
        Classes = [new TrackedClass(3, "opening", 0.4f, 0.5f)],
    };
}
