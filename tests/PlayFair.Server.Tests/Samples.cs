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

    /// <summary>Three silos: one that has room, one that has too much, and one that is dead.</summary>
    /// <param name="now">When the cluster is asked.</param>
    public static ClusterStatus Cluster(DateTimeOffset now) => new()
    {
        Name = "cameras",
        AnsweredBy = "silo-0",
        Silos =
        [
            new()
            {
                Name = "silo-0",
                Address = "10.0.0.4:11111@1",
                State = SiloState.Active,
                StartedAt = now.AddHours(-30),
                Version = "playfair 0.1.0",
                Accelerator = "cuda",
                CapacityCores = 8,
                LoadCores = 5.2,
                UsedCores = 4.6,
                MemoryBytes = 1_900_000_000,
                VideoCount = 2,
                UpdatesPerSecond = 16,
                ReportedAt = now.AddSeconds(-1),
            },
            new()
            {
                Name = "silo-1",
                Address = "10.0.0.5:11111@1",
                State = SiloState.Active,
                StartedAt = now.AddHours(-29),
                Version = "playfair 0.1.0",
                CapacityCores = 4,
                LoadCores = 4.8,
                UsedCores = 3.9,
                MemoryBytes = 1_200_000_000,
                VideoCount = 1,
                UpdatesPerSecond = 7.5,
                ReportedAt = now.AddSeconds(-2),
            },
            new()
            {
                Name = "silo-2",
                Address = "10.0.0.6:11111@1",
                State = SiloState.Dead,
                StartedAt = now.AddHours(-30),
                ReportedAt = now.AddSeconds(-95),
            },
        ],
        Grains =
        [
            new("catalog", "silo-0", 1), new("features", "silo-0", 8), new("features", "silo-1", 4),
            new("video", "silo-0", 2), new("video", "silo-1", 1),
        ],
        VideoCount = 4,
        UnplacedVideoCount = 1,
    };
}
