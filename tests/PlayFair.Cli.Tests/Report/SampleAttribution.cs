using PlayFair.Engine;

namespace PlayFair.Cli.Tests.Report;

/// <summary>Attribution documents of any size, the same on every run, and pictures for their frames.</summary>
internal static class SampleAttribution
{
    private static readonly string[] Moves =
    [
        "moving left", "moving right", "moving up", "moving down", "moving towards the camera",
        "moving away from the camera", "two objects approaching", "two objects separating", "two objects passing",
        "two objects colliding", "entering view", "leaving view", "rotating clockwise", "rotating anticlockwise",
        "covering", "uncovering", "opening", "closing", "lifting and dropping", "lifting and holding",
        "pushing off an edge", "pushing almost off an edge", "picking up", "pretending to pick up",
    ];

    // 16 × 12 pixels of one colour, 223 bytes.
    private static readonly byte[] TinyJpeg = Convert.FromBase64String(
        "/9j/4AAQSkZJRgABAgAAAQABAAD//gAQTGF2YzU5LjM3LjEwMAD/2wBDAAgoKC8oLzc3Nzc3N0E8QUNDQ0FBQUFDQ0NISEhVVVVISEhDQ0hI"
        + "UFBVVVxfXFdXVVdfX2RkZHh4c3OMjJGsrM//xABLAAEBAAAAAAAAAAAAAAAAAAAABAEBAAAAAAAAAAAAAAAAAAAABRABAAAAAAAAAAAAAAAA"
        + "AAAAABEBAAAAAAAAAAAAAAAAAAAAAP/AABEIAAwAEAMBIgACEQADEQD/2gAMAwEAAhEDEQA/AIAC4x//2Q==");

    /// <summary>Efficiency holds, as in a real document: every class's score is its prior plus its ESVs.</summary>
    public static AttributionDocument Document(int frameCount = 8, int classCount = 24)
    {
        var random = new Random(20);
        var prior = 1.0 / classCount;
        var classes = Enumerable.Range(0, classCount)
            .Select(index =>
            {
                // The best class gains through the clip, the runner-up takes part of it, the others lose a little.
                var aim = index switch
                {
                    4 => 0.74 - prior,
                    5 => 0.16 - prior,
                    _ => -(0.85 + 0.1 * random.NextDouble()) * prior,
                };
                var swing = index is 4 or 5 ? 1.1 : prior;
                var shape = Enumerable.Range(0, frameCount)
                    .Select(i => aim * (0.4 + 1.2 * (i + 0.5) / frameCount)
                        + swing * Math.Sin(12.0 * i / frameCount + 1.3 * index) * random.NextDouble())
                    .ToArray();
                var excess = shape.Average() - aim;
                var esv = shape.Select(value => (value - excess) / frameCount).ToArray();
                var sum = esv.Sum();
                var score = prior + aim;
                return new AttributedClass(
                    index, index < Moves.Length ? Moves[index] : $"{Moves[index % Moves.Length]} (kind {index})",
                    score, prior, esv, sum, sum - (score - prior));
            })
            .OrderByDescending(c => c.Score).ThenBy(c => c.Index)
            .ToArray();
        var frames = Enumerable.Range(0, frameCount)
            .Select(i => new AttributedFrame(i, 3 + 6 * i, (3 + 6 * i) / 25.0))
            .ToArray();
        return new AttributionDocument(
            AttributionDocument.CurrentSchema,
            "playfair 0.1.0",
            new VideoSummary("clips/moving-towards-0042.mp4", 640, 480, 6 * frameCount / 25.0, 25, 6 * frameCount),
            Features: null,
            new ModelSummary("moves-trn", "1.0.0", "trn", 8, 256, classCount, "cpu"),
            new AttributionSettings(frameCount, $"uniform {frameCount}", "softmax-of-mean", "exact"),
            frames,
            classes,
            [.. classes.Take(2).Select(c => c.Index)],
            "exact",
            EvaluationCount: 255,
            new AttributionTimings(0.412, 0.183, 0.0061, 0.474),
            Warnings: []);
    }

    /// <summary>The same document, sampled: with standard errors, and sums that the samples do not keep.</summary>
    public static AttributionDocument Sampled(int frameCount = 8)
    {
        AttributionDocument exact = Document(frameCount);
        return exact with
        {
            Settings = exact.Settings with
            {
                Estimator = "subsequence-sampling",
                Samples = 1024,
                Seed = 7,
                Tolerance = 0.05,
                EvaluationBudget = 2_000_000,
                TimeLimitSeconds = 90,
            },
            Classes =
            [
                .. exact.Classes.Select(c => c with
                {
                    StandardErrors = [.. c.Esv.Select((value, i) => (0.1 * Math.Abs(value)) + (0.002 * i))],
                    EfficiencyGap = 0.0021,
                }),
            ],
            StandardError = "sampled",
            EvaluationCount = 58_160,
            Iterations = 10,
            StopReason = "budget",
            RelativeStandardError = 0.0714,
        };
    }

    /// <summary>A picture for each frame, alike to the eye; a comment inside makes the bytes of each its own.</summary>
    public static IReadOnlyList<byte[]> Pictures(int count) =>
        [.. Enumerable.Range(0, count).Select(i =>
            (byte[])[.. TinyJpeg[..2], 0xFF, 0xFE, 0, 4, (byte)(i >> 8), (byte)i, .. TinyJpeg[2..]])];
}
