using System.Text.Json;
using PlayFair.Contracts;

namespace PlayFair.Client.Tests;

/// <summary>Videos, updates and events as a server sends them.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public const string ServiceStatus = """
        {"version":"playfair 1","startedAt":"2026-01-02T03:04:05Z","videoCount":1,"subscriberCount":2,
         "store":{"isHealthy":true,"bytes":3,"updateCount":4,"bytesPerUpdate":5.5,"unstoredUpdateCount":0}}
        """;

    public static AttributionUpdate Update(long sequence, string video = "door", int frameCount = 4) => new()
    {
        Video = video,
        Sequence = sequence,
        ArrivedAt = Start.AddSeconds(sequence),
        ComputedAt = Start.AddSeconds(sequence + 0.01),
        Model = "moves-trn 1.0.0",
        Score = "softmax-of-mean",
        StandardError = AttributionUpdate.Exact,
        RateHz = 8,
        FrameIndices = [.. Enumerable.Range(0, frameCount).Select(i => sequence + i)],
        FrameTimes = [.. Enumerable.Range(0, frameCount).Select(i => (sequence + i) / 8.0)],
        TopClass = 14,
        Classes =
        [
            new(14, "opening something", 0.75f, 0.05f,
                [.. Enumerable.Range(0, frameCount).Select(i => i % 2 == 0 ? 0.4f : -0.05f)]),
            new(3, "moving something up", 0.125f, 0.05f, new float[frameCount]),
        ],
        EvaluationCount = 255,
        DroppedFrames = 2,
        Timings = new(1, 2, 3, 6),
    };

    public static VideoStatus Status(
        string id = "door", long? lastSequence = null, VideoState state = VideoState.Live, string? reason = null) =>
        new()
        {
            Definition = new() { Id = id, Source = "synthetic:1" },
            State = state,
            Reason = reason,
            Since = Start,
            Model = "moves-trn 1.0.0",
            LastSequence = lastSequence,
            UpdatesPerSecond = 8,
            DroppedFrames = 2,
            Quality = new(0, null, 8, null),
            Latency = new(20, 34, 40),
        };

    /// <summary>Three silos: one that reports, one that leaves and is silent, and one that is dead.</summary>
    public static ClusterStatus Cluster() => new()
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
                StartedAt = Start,
                Accelerator = "cuda",
                CapacityCores = 16,
                LoadCores = 5.25,
                UsedCores = 4.64,
                MemoryBytes = 1_940_000_000,
                VideoCount = 12,
                UpdatesPerSecond = 96,
                ReportedAt = Start.AddMinutes(5),
            },
            new()
            {
                Name = "silo-10",
                Address = "10.0.0.5:11111@1",
                State = SiloState.Leaving,
                StartedAt = Start.AddSeconds(5),
                CapacityCores = 4,
                LoadCores = 0.5,
                UsedCores = 0.4,
                MemoryBytes = 700_000_000,
                VideoCount = 1,
                UpdatesPerSecond = 8,
                ReportedAt = Start.AddMinutes(4),
            },
            new() { Name = "silo-2", Address = "10.0.0.6:11111@1", State = SiloState.Dead, ReportedAt = Start },
        ],
        Grains =
        [
            new("catalog", "silo-0", 1), new("video", "silo-0", 12), new("video", "silo-10", 1),
        ],
        VideoCount = 14,
        UnplacedVideoCount = 1,
    };

    public static string Json(AttributionUpdate update) =>
        JsonSerializer.Serialize(update, ContractJson.Lines.AttributionUpdate);

    public static string Json(VideoStatus status) => JsonSerializer.Serialize(status, ContractJson.Lines.VideoStatus);

    public static string Json(ClusterStatus cluster) =>
        JsonSerializer.Serialize(cluster, ContractJson.Lines.ClusterStatus);

    public static string Event(AttributionUpdate update) =>
        $"event: update\nid: {update.Sequence}\ndata: {Json(update)}\n\n";

    public static string Event(VideoStatus status) => $"event: status\ndata: {Json(status)}\n\n";

    /// <summary>A run of updates' events.</summary>
    public static string Updates(long from, long to, string video = "door")
    {
        string text = "";
        for (long sequence = from; sequence <= to; sequence++)
            text += Event(Update(sequence, video));
        return text;
    }
}
