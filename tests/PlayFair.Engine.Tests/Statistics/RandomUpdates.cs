using PlayFair.Contracts;

namespace PlayFair.Engine.Tests.Statistics;

/// <summary>Updates with all that statistics must cope with: ties, zeros, extremes, several of each kind.</summary>
internal static class RandomUpdates
{
    public static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly string[] Names = ["opening", "closing", "Öffnen, \"quer\"", "moving", "still", "", "3"];

    /// <summary>
    /// Updates of the given videos, each video's in the order of their sequence numbers; clocks jump back now and then.
    /// </summary>
    public static List<AttributionUpdate> Of(int seed, int count, params string[] videos)
    {
        var random = new Random(seed);
        var updates = new List<AttributionUpdate>();
        var sequences = new Dictionary<string, long>(StringComparer.Ordinal);
        TimeSpan time = TimeSpan.Zero;
        for (int i = 0; i < count; i++)
        {
            time += TimeSpan.FromSeconds(random.NextDouble() * 60);
            if (random.Next(40) == 0)
                time -= TimeSpan.FromMinutes(random.Next(20));
            string video = videos[random.Next(videos.Length)];
            long sequence = sequences.GetValueOrDefault(video, -1) + 1;
            sequences[video] = sequence;
            string model = random.Next(4) == 0 ? "moves 2" : "moves 1";
            string score = random.Next(3) switch { 0 => "logit", 1 => "mean-of-softmax", _ => "softmax-of-mean" };
            updates.Add(One(random, video, sequence, Noon + time, model, score));
        }

        return updates;
    }

    /// <summary>An update with the given values of its classes, which are the first of the model's.</summary>
    public static AttributionUpdate With(
        string video,
        long sequence,
        DateTimeOffset arrivedAt,
        int? previous,
        params (float Score, float[] Esv)[] classes) =>
        Make(
            video, sequence, arrivedAt, "moves 1", "softmax-of-mean", previous,
            [.. classes.Select((c, index) => new ReportedClass(index, Names[index], c.Score, 0.1f, c.Esv))]);

    private static AttributionUpdate One(
        Random random, string video, long sequence, DateTimeOffset arrivedAt, string model, string score)
    {
        int length = random.Next(6) switch { 0 => 2, 1 => 5, 2 => 67, 3 => 8, _ => 16 };
        int[] indices = [.. Enumerable.Range(0, Names.Length)];
        random.Shuffle(indices);
        bool isLogit = score == "logit";
        ReportedClass[] classes =
        [
            .. indices.Take(random.Next(1, 5)).Select(index => new ReportedClass(
                index,
                Names[index],
                isLogit ? ((random.NextSingle() - 0.5f) * 60) : Probability(random),
                0.1f,
                [.. Enumerable.Range(0, length).Select(_ => Value(random, isLogit))])),
        ];
        int? previous = random.Next(3) == 0 ? null : random.Next(Names.Length);
        return Make(video, sequence, arrivedAt, model, score, previous, classes);
    }

    // Bounds of bins and bands among them.
    private static float Probability(Random random) =>
        random.Next(3) == 0 ? random.Next(21) / 20f : random.NextSingle();

    private static float Value(Random random, bool isLogit) => random.Next(4) switch
    {
        0 => (random.Next(5) - 2) / 8f,
        1 => 0,
        2 when isLogit => (random.NextSingle() - 0.5f) * 1e6f,
        _ => (random.NextSingle() - 0.5f) * MathF.Pow(10, random.Next(-12, 1)),
    };

    private static AttributionUpdate Make(
        string video,
        long sequence,
        DateTimeOffset arrivedAt,
        string model,
        string score,
        int? previous,
        ReportedClass[] classes) => new()
        {
            Video = video,
            Sequence = sequence,
            ArrivedAt = arrivedAt,
            ComputedAt = arrivedAt,
            Model = model,
            Score = score,
            StandardError = AttributionUpdate.Exact,
            RateHz = 8,
            FrameIndices = [.. Enumerable.Range(0, classes[0].Esv.Length).Select(i => sequence + i)],
            FrameTimes = new double[classes[0].Esv.Length],
            TopClass = classes[0].Index,
            PreviousTopClass = previous,
            Classes = classes,
            EvaluationCount = 1,
            DroppedFrames = 0,
            Timings = new UpdateTimings(0, 0, 0, 0),
        };
}
