using PlayFair.Attribution;

namespace PlayFair.Models.Tests;

public class TemporalHeadTests
{
    private const double Tolerance = 2e-5;

    // Around the kernel's tile (4 rows × 16 outputs), its blocks of 64 rows and the vectors' widths.
    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(3, 5, 2, 5)]
    [InlineData(8, 15, 16, 6)]
    [InlineData(17, 16, 17, 8)]
    [InlineData(33, 40, 49, 7)]
    public void A_trn_head_computes_its_formula(int featureSize, int hiddenSize, int classCount, int frameCount)
    {
        const int MaxScale = 6;
        var random = new Random(featureSize);
        var scales = RandomHeads.TrnScales(random, featureSize, hiddenSize, classCount, MaxScale);
        float[] features = RandomHeads.Numbers(random, frameCount * featureSize);

        var head = new TrnHead(featureSize, hiddenSize, classCount, scales);
        var model = head.Project(features, frameCount);

        Assert.Equal(("trn", MaxScale, hiddenSize), (head.Kind, head.MaxScale, head.HiddenSize));
        Assert.Equal((frameCount, classCount, MaxScale), (model.FrameCount, model.ClassCount, model.MaxScale));
        for (int s = 1; s <= Math.Min(MaxScale, frameCount); s++)
        {
            foreach (int count in new[] { 0, 1, 3, 4, 5, 64, 65, 131 })
            {
                int[] subsequences = RandomSubsequences(random, frameCount, s, count);
                var logits = new float[count * classCount];
                model.Evaluate(s, subsequences, logits);
                for (int i = 0; i < count; i++)
                {
                    double[] expected = TrnLogits(
                        scales[s - 1], features, featureSize, hiddenSize, classCount, subsequences.AsSpan(i * s, s));
                    AssertClose(expected, logits.AsSpan(i * classCount, classCount));
                }
            }
        }
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(9, 15, 4)]
    [InlineData(16, 17, 9)]
    [InlineData(33, 32, 5)]
    public void A_tsn_head_computes_its_formula(int featureSize, int classCount, int frameCount)
    {
        var random = new Random(classCount);
        float[] w = RandomHeads.Numbers(random, classCount * featureSize);
        float[] b = RandomHeads.Numbers(random, classCount);
        float[] features = RandomHeads.Numbers(random, frameCount * featureSize);

        var head = new TsnHead(featureSize, classCount, w, b);
        var model = head.Project(features, frameCount);
        int[] frames = [.. Enumerable.Range(0, frameCount).Reverse()];
        var logits = new float[frameCount * classCount];
        model.Evaluate(1, frames, logits);

        Assert.Equal(("tsn", 1, null), (head.Kind, head.MaxScale, head.HiddenSize));
        Assert.Equal((frameCount, classCount, 1), (model.FrameCount, model.ClassCount, model.MaxScale));
        for (int i = 0; i < frameCount; i++)
        {
            double[] activations =
                [.. features.AsSpan(frames[i] * featureSize, featureSize).ToArray().Select(x => Math.Max(0.0, x))];
            AssertClose(Affine(w, activations, b), logits.AsSpan(i * classCount, classCount));
        }
    }

    [Fact]
    public void Order_matters_to_trn_and_not_to_tsn()
    {
        var random = new Random(4);
        float[] features = RandomHeads.Numbers(random, 4 * 6);
        float[] reversed = [.. features.Chunk(6).Reverse().SelectMany(x => x)];
        TemporalHead[] heads = [RandomHeads.Trn(random, 6, 8, 3, 4), RandomHeads.Tsn(random, 6, 3)];
        foreach (var head in heads)
        {
            double[] prior = [0.2, 0.3, 0.5];
            var forward = ExactEsv.Compute(head.Project(features, 4), prior, ScoreKind.SoftmaxOfMean);
            var backward = ExactEsv.Compute(head.Project(reversed, 4), prior, ScoreKind.SoftmaxOfMean);

            double difference = forward.Scores.Zip(backward.Scores, (a, b) => Math.Abs(a - b)).Max();
            if (head is TsnHead)
                Assert.InRange(difference, 0, 1e-6);
            else
                Assert.InRange(difference, 1e-3, 1);
        }
    }

    [Fact]
    public void Several_threads_may_evaluate_at_once()
    {
        var random = new Random(7);
        var model = RandomHeads.Trn(random, 8, 32, 20, 4).Project(RandomHeads.Numbers(random, 9 * 8), 9);
        int[][] batches = [.. Enumerable.Range(0, 200).Select(_ => RandomSubsequences(random, 9, 3, 100))];
        float[][] alone = Array.ConvertAll(batches, Evaluate);

        var together = new float[batches.Length][];
        var threads = new ParallelOptions { MaxDegreeOfParallelism = 8 };
        Parallel.For(0, batches.Length, threads, i => together[i] = Evaluate(batches[i]));

        Assert.Equal(alone, together);

        float[] Evaluate(int[] subsequences)
        {
            var logits = new float[100 * 20];
            model.Evaluate(3, subsequences, logits);
            return logits;
        }
    }

    [Fact]
    public void A_subsequences_logits_do_not_depend_on_its_batch()
    {
        var random = new Random(8);
        var model = RandomHeads.Trn(random, 8, 20, 18, 3).Project(RandomHeads.Numbers(random, 6 * 8), 6);
        int[] subsequences = RandomSubsequences(random, 6, 3, 70);
        var logits = new float[70 * 18];
        model.Evaluate(3, subsequences, logits);

        var alone = new float[18];
        for (int i = 0; i < 70; i++)
        {
            model.Evaluate(3, subsequences.AsSpan(i * 3, 3), alone);
            Assert.Equal(alone, logits.AsSpan(i * 18, 18).ToArray());
        }
    }

    [Theory]
    [InlineData(0, new int[0], 0, "Scale 0, expected 1 to 3")]
    [InlineData(4, new[] { 0, 1, 2, 3 }, 2, "Scale 4, expected 1 to 3")]
    [InlineData(2, new[] { 0, 1, 2 }, 2, "3 frame positions")]
    [InlineData(2, new[] { 0, 1 }, 3, "Room for 3 logits")]
    [InlineData(2, new[] { 1, 1 }, 2, "Frame position 1 at index 1, expected 2 to 4")]
    [InlineData(2, new[] { 3, 1 }, 2, "Frame position 1 at index 1, expected 4 to 4")]
    [InlineData(1, new[] { -1 }, 2, "Frame position -1 at index 0, expected 0 to 4")]
    [InlineData(2, new[] { 0, 5 }, 2, "Frame position 5 at index 1, expected 1 to 4")]
    public void A_batch_that_is_not_ascending_or_does_not_fit_is_refused(
        int scale, int[] subsequences, int logitCount, string message)
    {
        var random = new Random(1);
        var model = RandomHeads.Trn(random, 4, 6, 2, 3).Project(RandomHeads.Numbers(random, 5 * 4), 5);

        var error = Assert.Throws<ArgumentException>(() => model.Evaluate(scale, subsequences, new float[logitCount]));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Features_of_another_size_or_not_finite_are_refused()
    {
        var head = RandomHeads.Tsn(new Random(1), 4, 2);

        AssertRefused("7 features, expected 2 frames × 4", new float[7], 2);
        AssertRefused("0 frames", [], 0);
        AssertRefused("Feature 1 of frame 1 is NaN", [1, 2, 3, 4, 5, float.NaN, 7, 8], 2);

        void AssertRefused(string message, float[] features, int frameCount)
        {
            var error = Assert.Throws<ArgumentException>(() => head.Project(features, frameCount));
            Assert.Contains(message, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Weights_of_another_length_are_refused()
    {
        Assert.Throws<ArgumentException>("w", () => new TsnHead(3, 2, new float[5], new float[2]));
        Assert.Throws<ArgumentException>("b", () => new TsnHead(3, 2, new float[6], new float[3]));
        Assert.Throws<ArgumentException>("scales", () => new TrnHead(3, 4, 2, []));

        var firstScale = new TrnScale(new float[12], new float[4], new float[8], new float[2]);
        Assert.Throws<ArgumentException>("scale2.w1", () => new TrnHead(3, 4, 2, [firstScale, firstScale]));
    }

    [Fact]
    public void A_head_that_is_written_and_read_computes_the_same()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(3);
        var trn = RandomHeads.Trn(random, 5, 7, 3, 4);
        var tsn = RandomHeads.Tsn(random, 5, 3);
        SafetensorsFile.Write(folder.File("trn"), trn.ToTensors());
        SafetensorsFile.Write(folder.File("tsn"), tsn.ToTensors());

        TemporalHead trnRead = TrnHead.Read(SafetensorsFile.Open(folder.File("trn")), 5, 7, 3, 4);
        TemporalHead tsnRead = TsnHead.Read(SafetensorsFile.Open(folder.File("tsn")), 5, 3);

        foreach (var (written, read) in new (TemporalHead, TemporalHead)[] { (trn, trnRead), (tsn, tsnRead) })
        {
            float[] features = RandomHeads.Numbers(random, 6 * 5);
            var expected = ExactEsv.Compute(written.Project(features, 6), [0.2, 0.3, 0.5], ScoreKind.Logit);
            var actual = ExactEsv.Compute(read.Project(features, 6), [0.2, 0.3, 0.5], ScoreKind.Logit);
            Assert.Equal(expected.Values, actual.Values);
        }
    }

    private static double[] TrnLogits(
        TrnScale scale, float[] features, int featureSize, int hiddenSize, int classCount, ReadOnlySpan<int> frames)
    {
        var input = new List<double>();
        foreach (int t in frames)
            input.AddRange(features.AsSpan(t * featureSize, featureSize).ToArray().Select(x => (double)x));
        double[] hidden = Array.ConvertAll(Affine(scale.W1, [.. input], scale.B1), h => Math.Max(0, h));
        Assert.Equal((hiddenSize, classCount), (hidden.Length, scale.B2.Length));
        return Affine(scale.W2, hidden, scale.B2);
    }

    private static double[] Affine(float[] weights, double[] x, float[] bias) =>
        [.. bias.Select((b, row) => b + x.Select((v, column) => weights[(row * x.Length) + column] * v).Sum())];

    private static int[] RandomSubsequences(Random random, int frameCount, int scale, int count)
    {
        var rows = new List<int>();
        for (int i = 0; i < count; i++)
        {
            int[] frames = [.. Enumerable.Range(0, frameCount)];
            random.Shuffle(frames);
            rows.AddRange(frames.Take(scale).Order());
        }

        return [.. rows];
    }

    private static void AssertClose(double[] expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int c = 0; c < expected.Length; c++)
            Assert.Equal(expected[c], actual[c], Tolerance);
    }
}
