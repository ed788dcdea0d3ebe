using System.Text.Json;
using PlayFair.Contracts;

namespace PlayFair.Client.Tests;

/// <summary>Videos, updates and events as a server sends them.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

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

    public static string Json(AttributionUpdate update) =>
        JsonSerializer.Serialize(update, ContractJson.Lines.AttributionUpdate);

    public static string Json(VideoStatus status) => JsonSerializer.Serialize(status, ContractJson.Lines.VideoStatus);

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
