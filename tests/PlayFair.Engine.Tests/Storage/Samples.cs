using System.Text.Json;
using PlayFair.Contracts;

namespace PlayFair.Engine.Tests.Storage;

/// <summary>Updates to store.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Start = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    public static StoredVideo Video(string id, string? resume = null) => new(
        new VideoDefinition { Id = id, Source = $"rtsp://user:secret@camera/{id}", Classes = ["top3", "up"] }, resume);

    /// <summary>
    /// An update as a camera at 8 frames a second brings it: 16 frames, 3 classes, the track of the frame that left.
    /// </summary>
    /// <param name="arrived">When the newest frame arrived; otherwise 125 ms after the update before.</param>
    public static StoredUpdate Update(
        string video, long sequence, string? resume = null, DateTimeOffset? arrived = null, byte[]? thumbnail = null)
    {
        const int frameCount = 16;
        var random = new Random((int)sequence);
        DateTimeOffset arrivedAt = arrived
            ?? Start + (sequence * TimeSpan.FromMilliseconds(125)) + TimeSpan.FromTicks(random.Next(20000));
        var update = new AttributionUpdate
        {
            Video = video,
            Sequence = sequence,
            ArrivedAt = arrivedAt,
            ComputedAt = arrivedAt + TimeSpan.FromTicks(random.Next(100000, 900000)),
            Model = "moves-trn 1.0.0",
            Score = "softmax-of-mean",
            StandardError = AttributionUpdate.Exact,
            RateHz = 8,
            FrameIndices = [.. Enumerable.Range(0, frameCount).Select(i => (sequence + i) * 30 / 8)],
            FrameTimes = [.. Enumerable.Range(0, frameCount).Select(i => TimeOf((sequence + i) * 30 / 8))],
            TopClass = 2,
            PreviousTopClass = sequence == 0 ? null : 2,
            Classes = [.. new[] { 2, 0, 5 }.Select(c => new ReportedClass(
                c, $"moves to the {c}", random.NextSingle(), 1f / 6, Values(random, frameCount)))],
            EvaluationCount = 39202,
            DroppedFrames = sequence / 100,
            Timings = new UpdateTimings(
                random.NextSingle(), random.NextSingle(), random.NextSingle(), random.NextSingle()),
        };
        IReadOnlyList<FrameTrack> leaving = sequence == 0 ? [] : [Track(update, random)];
        IReadOnlyList<StoredThumbnail> thumbnails =
            thumbnail is null ? [] : [new StoredThumbnail(update.FrameIndices[^1], thumbnail)];
        return new StoredUpdate(update, leaving, thumbnails, resume);
    }

    public static float[] Values(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];

    public static string Json(AttributionUpdate update) =>
        JsonSerializer.Serialize(update, ContractJson.Lines.AttributionUpdate);

    public static string Json(FrameTrack track) => JsonSerializer.Serialize(track, ContractJson.Lines.FrameTrack);

    private static FrameTrack Track(AttributionUpdate update, Random random)
    {
        long frame = (update.Sequence - 1) * 30 / 8;
        return new FrameTrack
        {
            Video = update.Video,
            FrameIndex = frame,
            TimeSeconds = TimeOf(frame),
            ArrivedAt = update.ArrivedAt - TimeSpan.FromMilliseconds(2000),
            LastSequence = update.Sequence - 1,
            WindowCount = (int)Math.Min(16, update.Sequence),
            Classes = [.. update.Classes.Select(c => new TrackedClass(
                c.Index, c.Name, random.NextSingle(), random.NextSingle()))],
        };
    }

    private static double TimeOf(long frame) => TimeSpan.FromTicks(frame * TimeSpan.TicksPerSecond / 30).TotalSeconds;
}
