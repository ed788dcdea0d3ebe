using System.Numerics;

namespace PlayFair.Attribution.Tests;

/// <summary>The ways in which exact values are computed, each against the definition or another way.</summary>
public class ExactEsvPathTests
{
    public static TheoryData<ScoreKind> Scores => [.. Enum.GetValues<ScoreKind>()];

    [Theory]
    [InlineData(ScoreKind.MeanOfSoftmax)]
    [InlineData(ScoreKind.Logit)]
    public void The_closed_form_gives_the_values_of_the_definition(ScoreKind score)
    {
        foreach (var (n, maxScale) in new[] { (1, 1), (2, 2), (3, 8), (8, 8), (9, 1), (10, 4), (12, 11) })
        {
            var model = TableModel.Random(n, maxScale, 3, seed: n, scale: 6);

            var esv = ExactEsv.Compute(model, RandomModels.Prior(3), score);

            var (values, scores) = BruteForce.Compute(model, RandomModels.Prior(3), score);
            AssertClose(values, esv.Values, 1e-6);
            AssertClose(scores, esv.Scores, 1e-6);
        }
    }

    [Fact]
    public void Hidden_layers_that_are_averaged_give_what_averaged_logits_give()
    {
        foreach (var (n, maxScale) in new[] { (1, 1), (2, 3), (7, 7), (13, 5), (16, 8), (27, 3) })
        {
            var model = RandomModels.Trn(n, 19, maxScale, seed: n);
            Assert.IsType<IHiddenLayerModel>(model, exactMatch: false);

            var hidden = ExactEsv.Compute(model, RandomModels.Prior(19), ScoreKind.Logit);
            var logits = ExactEsv.Compute(new OpaqueModel(model), RandomModels.Prior(19), ScoreKind.Logit);

            AssertClose(logits.Values, hidden.Values, 2e-6);
            AssertClose(logits.Scores, hidden.Scores, 2e-6);
            Assert.Equal(logits.EvaluationCount, hidden.EvaluationCount);
            for (int c = 0; c < 19; c++)
                Assert.Equal(0, hidden.EfficiencyGap(c), 1e-11);
        }
    }

    [Theory]
    [InlineData(ScoreKind.MeanOfSoftmax)]
    [InlineData(ScoreKind.Logit)]
    public void More_frames_than_can_be_enumerated_are_attributed_by_the_closed_form(ScoreKind score)
    {
        // Frames 0 to 2 decide, and the model sees of the others only that they are there: the values of these three
        // follow from 8 groups of subsequences, the others share what is left.
        const int FrameCount = 26;
        var model = new CountingModel(FrameCount, maxScale: 4);

        var esv = ExactEsv.Compute(model, RandomModels.Prior(2), score);

        Assert.Equal(26 + 325 + 2600 + 14950, esv.EvaluationCount);
        double[] truth = model.Values(RandomModels.Prior(2), score);
        for (int frame = 0; frame < FrameCount; frame++)
        {
            for (int c = 0; c < 2; c++)
                Assert.Equal(truth[(Math.Min(frame, 3) * 2) + c], esv[frame, c], 1e-6);
        }

        for (int c = 0; c < 2; c++)
            Assert.Equal(0, esv.EfficiencyGap(c), 1e-11);
    }

    [Fact]
    public void A_closed_form_with_more_subsequences_than_allowed_is_refused()
    {
        var model = RandomModels.Trn(30, 2, 3, seed: 1);
        var game = new Game(model, RandomModels.Prior(2), ScoreKind.Logit);
        const int Count = 30 + 435 + 4060;

        var error = Assert.Throws<ArgumentException>(
            () => new ExactEsv { MaxEvaluationCount = Count - 1 }.Estimate(game));
        var esv = new ExactEsv { MaxEvaluationCount = Count }.Estimate(game);

        Assert.Contains($"30 frames have {Count} subsequences", error.Message, StringComparison.Ordinal);
        Assert.Contains($"at most {Count - 1}", error.Message, StringComparison.Ordinal);
        Assert.Equal(Count, esv.EvaluationCount);
        var huge = new Game(
            RandomModels.Trn(4096, 2, 8, seed: 1, hiddenSize: 1), RandomModels.Prior(2), ScoreKind.Logit);
        Assert.Throws<ArgumentException>(() => new ExactEsv { MaxEvaluationCount = long.MaxValue - 1 }.Estimate(huge));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(20)]
    [InlineData(29.9)]
    [InlineData(30.1)]
    [InlineData(300)]
    [InlineData(30000)]
    public void Tsn_by_products_or_by_enumeration_gives_the_values_of_the_definition(double gain)
    {
        // Logits lie within ±gain: products stand in for means of logits while some class is nowhere 60 below the best.
        for (int seed = 0; seed < 4; seed++)
        {
            foreach (int n in new[] { 1, 2, 7, 10 })
            {
                var model = RandomModels.Tsn(n, 2 + seed, seed, gain);

                var esv = ExactEsv.Compute(model, RandomModels.Prior(2 + seed), ScoreKind.SoftmaxOfMean);

                var (values, scores) =
                    BruteForce.Compute(model, RandomModels.Prior(2 + seed), ScoreKind.SoftmaxOfMean);
                // Large logits are rounded to floats, and so are their means.
                double tolerance = Math.Max(1e-6, gain * 2e-7);
                AssertClose(values, esv.Values, tolerance);
                AssertClose(scores, esv.Scores, tolerance);
            }
        }
    }

    [Theory]
    [InlineData(-59.9f)]
    [InlineData(-60f)]
    [InlineData(-60.1f)]
    [InlineData(-86.9f)]
    [InlineData(-87.1f)]
    [InlineData(-180f)]
    public void Tsn_is_right_on_both_sides_of_where_products_would_underflow(float low)
    {
        // Each frame rules out all classes but one of its own; whichever class is left lies this far below elsewhere.
        const int FrameCount = 9;
        var logits = new float[FrameCount][];
        for (int frame = 0; frame < FrameCount; frame++)
            logits[frame] = [.. Enumerable.Range(0, 3).Select(c => frame % 3 == c ? 0 : low * (1 + (c / 100f)))];
        logits[4] = [low / 3, low / 2, 0];
        var model = new FrameLogits(logits);

        var esv = ExactEsv.Compute(model, RandomModels.Prior(3), ScoreKind.SoftmaxOfMean);

        AssertClose(
            BruteForce.Compute(model, RandomModels.Prior(3), ScoreKind.SoftmaxOfMean).Values, esv.Values, 1e-6);
    }

    [Theory]
    [InlineData(ScoreKind.SoftmaxOfMean)]
    [InlineData(ScoreKind.Logit)]
    public void A_model_of_any_length_is_enumerated(ScoreKind score)
    {
        foreach (int n in new[] { 1, 2, 5, 11 })
        {
            var model = VariableLengthTable.Random(n, 3, seed: n, noise: 2);

            var esv = ExactEsv.Compute(model, RandomModels.Prior(3), score);

            AssertClose(model.Values(RandomModels.Prior(3), score), esv.Values, 2e-6);
            Assert.Equal((1L << n) - 1, esv.EvaluationCount);
            Assert.Equal(Enumerable.Range(1, (1 << n) - 1), model.Evaluated.Order());
        }
    }

    [Theory]
    [MemberData(nameof(Scores))]
    public void The_number_of_threads_does_not_change_a_bit(ScoreKind score)
    {
        var trn = RandomModels.Trn(15, 20, 6, seed: 5);
        IMultiScaleModel[] models =
        [
            trn, new OpaqueModel(trn), RandomModels.Tsn(15, 20, seed: 5), RandomModels.Tsn(13, 20, seed: 5, gain: 500),
        ];
        foreach (var model in models)
        {
            var game = new Game(model, RandomModels.Prior(20), score);
            var alone = new ExactEsv { ThreadCount = 1 }.Estimate(game);

            foreach (int threadCount in new[] { 0, 1, 2, 3 })
            {
                var esv = new ExactEsv { ThreadCount = threadCount }.Estimate(game);
                Assert.Equal(alone.Values, esv.Values);
                Assert.Equal(alone.Scores, esv.Scores);
            }
        }
    }

    [Theory]
    [InlineData(ScoreKind.SoftmaxOfMean, 2)]
    [InlineData(ScoreKind.SoftmaxOfMean, 1)]
    [InlineData(ScoreKind.MeanOfSoftmax, 2)]
    [InlineData(ScoreKind.Logit, 2)]
    public void Twenty_frames_of_174_classes_take_less_than_a_gibibyte(ScoreKind score, int maxScale)
    {
        // Every buffer is rows of classes, and 16 of them make rows an eleventh as long as 174 do. n_max does not
        // matter, but for n_max = 1. All that is ever allocated counts, on this thread, which does all the work.
        var model = new FewScales(20, 16, maxScale);
        var game = new Game(model, RandomModels.Prior(16), score);
        long before = GC.GetAllocatedBytesForCurrentThread();

        var esv = new ExactEsv { ThreadCount = 1 }.Estimate(game);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1000, (1L << 30) / 11);
        for (int c = 0; c < 16; c++)
            Assert.Equal(0, esv.EfficiencyGap(c), 1e-11);
        // Frames score by their parity only.
        Assert.Equal(esv[0, 5], esv[18, 5], 1e-7);
        Assert.NotEqual(esv[0, 5], esv[1, 5], 1e-5);
    }

    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int k = 0; k < expected.Length; k++)
            Assert.Equal(expected[k], actual[k], tolerance);
    }

    private sealed class FrameLogits(float[][] logits) : IMultiScaleModel
    {
        public int FrameCount => logits.Length;

        public int ClassCount => logits[0].Length;

        public int MaxScale => 1;

        public void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> output)
        {
            for (int i = 0; i < subsequences.Length; i++)
                logits[subsequences[i]].CopyTo(output[(i * ClassCount)..]);
        }
    }

    private sealed class FewScales(int frameCount, int classCount, int maxScale) : IMultiScaleModel
    {
        public int FrameCount => frameCount;

        public int ClassCount => classCount;

        public int MaxScale => maxScale;

        public void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> logits)
        {
            for (int row = 0; row < subsequences.Length / scale; row++)
            {
                int odd = 0;
                foreach (int position in subsequences.Slice(row * scale, scale))
                    odd += position % 2;
                for (int c = 0; c < classCount; c++)
                    logits[(row * classCount) + c] = (odd * (c % 7)) - (c % 3);
            }
        }
    }

    /// <summary>f^s depends on s and on which of the frames 0 to 2 there are: values are known for any n.</summary>
    private sealed class CountingModel(int frameCount, int maxScale) : IMultiScaleModel
    {
        public int FrameCount => frameCount;

        public int ClassCount => 2;

        public int MaxScale => maxScale;

        public void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> logits)
        {
            for (int row = 0; row < subsequences.Length / scale; row++)
            {
                int mask = 0;
                foreach (int position in subsequences.Slice(row * scale, scale))
                    mask |= position < 3 ? 1 << position : 0;
                Logits(scale, mask).CopyTo(logits[(row * 2)..]);
            }
        }

        /// <summary>φ of frames 0 to 2 and of any other, [4 × class], from sums over groups of subsequences.</summary>
        public double[] Values(double[] prior, ScoreKind score)
        {
            int others = frameCount - 3;
            var values = new double[4 * 2];
            for (int i = 0; i < 4; i++)
            {
                // Coalitions without the frame: a mask of the first three and k of the others.
                int left = i == 3 ? others - 1 : others;
                for (int mask = 0; mask < 8; mask++)
                {
                    if (i < 3 && (mask >> i & 1) == 1)
                        continue;
                    for (int k = 0; k <= left; k++)
                    {
                        int size = BitOperations.PopCount((uint)mask) + k;
                        double weight = Choose(left, k) / Choose(frameCount - 1, size) / frameCount;
                        double[] with = i < 3 ? F(mask | 1 << i, k, prior, score) : F(mask, k + 1, prior, score);
                        double[] without = F(mask, k, prior, score);
                        for (int c = 0; c < 2; c++)
                            values[(i * 2) + c] += weight * (with[c] - without[c]);
                    }
                }
            }

            return values;
        }

        /// <summary>f^ms of a mask of the first three frames and k others (paper Eq. 8).</summary>
        private double[] F(int mask, int k, double[] prior, ScoreKind score)
        {
            int size = BitOperations.PopCount((uint)mask) + k;
            if (size == 0)
                return score == ScoreKind.Logit ? Array.ConvertAll(prior, Math.Log) : prior;
            var mean = new double[2];
            int largest = Math.Min(size, maxScale);
            for (int s = 1; s <= largest; s++)
            {
                for (int part = mask; ; part = (part - 1) & mask)
                {
                    int partSize = BitOperations.PopCount((uint)part);
                    if (partSize <= s && s - partSize <= k)
                    {
                        double[] f = Array.ConvertAll(Logits(s, part), z => (double)z);
                        if (score == ScoreKind.MeanOfSoftmax)
                        {
                            double sum = f.Sum(Math.Exp);
                            f = Array.ConvertAll(f, z => Math.Exp(z) / sum);
                        }

                        double weight = Choose(k, s - partSize) / Choose(size, s) / largest;
                        for (int c = 0; c < 2; c++)
                            mean[c] += weight * f[c];
                    }

                    if (part == 0)
                        break;
                }
            }

            return mean;
        }

        private static float[] Logits(int s, int mask) =>
            [(float)Math.Sin((8 * s) + mask), (float)Math.Cos((3 * s) - (2 * mask))];

        private static double Choose(int n, int k) =>
            Enumerable.Range(1, k).Aggregate(1.0, (product, j) => product * (n - k + j) / j);
    }
}
