using System.Numerics;

namespace PlayFair.Attribution.Tests;

public class ExactEsvTests
{
    private const double Tolerance = 1e-6;

    public static TheoryData<int, int, int, ScoreKind> Shapes
    {
        get
        {
            // n = 1, n < n_max, n = n_max, n > n_max; class counts around the vectors' widths.
            var shapes = new TheoryData<int, int, int, ScoreKind>();
            foreach (var score in Enum.GetValues<ScoreKind>())
            {
                foreach (var (n, maxScale) in new[] { (1, 1), (1, 3), (2, 5), (4, 4), (5, 1), (6, 2), (7, 4), (10, 3) })
                    shapes.Add(n, maxScale, 4, score);
                foreach (int classCount in new[] { 1, 2, 7, 8, 9, 15, 16, 17, 25, 49 })
                    shapes.Add(4, 2, classCount, score);
            }

            return shapes;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Values_and_scores_are_those_of_the_definition(int n, int maxScale, int classCount, ScoreKind score)
    {
        var model = TableModel.Random(n, maxScale, classCount, seed: n + maxScale + classCount, scale: 6);
        double[] prior = Prior(classCount);

        var esv = ExactEsv.Compute(model, prior, score, TestContext.Current.CancellationToken);

        var (values, scores) = BruteForce.Compute(model, prior, score);
        AssertClose(values, esv.Values);
        AssertClose(scores, esv.Scores);
        Assert.Equal((n, classCount, score, true), (esv.FrameCount, esv.ClassCount, esv.ScoreKind, esv.IsExact));
    }

    [Fact]
    public void One_frame_gets_all_of_the_change_from_the_prior()
    {
        var model = TableModel.Random(1, 3, 3, seed: 5);

        var esv = ExactEsv.Compute(model, Prior(3), ScoreKind.SoftmaxOfMean);

        for (int c = 0; c < 3; c++)
            Assert.Equal(esv.Scores[c] - Prior(3)[c], esv[0, c], 1e-12);
        Assert.Equal(1, esv.Scores.Sum(), Tolerance);
    }

    [Fact]
    public void The_logit_score_starts_from_the_log_of_the_prior()
    {
        var esv = ExactEsv.Compute(TableModel.Random(2, 2, 2, seed: 1), [0.25, 0.75], ScoreKind.Logit);

        Assert.Equal([Math.Log(0.25), Math.Log(0.75)], esv.Prior);
    }

    [Theory]
    [InlineData(7, 3)]
    [InlineData(3, 7)]
    [InlineData(12, 6)]
    public void Every_subsequence_up_to_n_max_is_evaluated_once(int n, int maxScale)
    {
        var model = TableModel.Random(n, maxScale, 1, seed: 2);

        var esv = ExactEsv.Compute(model, [1], ScoreKind.Logit);

        int[] expected = [.. Enumerable.Range(1, (1 << n) - 1).Where(m => BitOperations.PopCount((uint)m) <= maxScale)];
        Assert.Equal(expected, model.Evaluated.Order());
        Assert.Equal(expected.Length, esv.EvaluationCount);
    }

    [Theory]
    [InlineData(ScoreKind.SoftmaxOfMean)]
    [InlineData(ScoreKind.MeanOfSoftmax)]
    public void Large_logits_do_not_overflow_the_softmax(ScoreKind score)
    {
        var model = TableModel.Random(4, 2, 3, seed: 3, scale: 4000);

        var esv = ExactEsv.Compute(model, Prior(3), score);

        AssertClose(BruteForce.Compute(model, Prior(3), score).Values, esv.Values);
    }

    [Fact]
    public void The_largest_window_is_attributed_exactly()
    {
        var frameLogits = Enumerable.Range(0, ExactEsv.MaxFrameCount).Select(t => (float)Math.Sin(t)).ToArray();

        var esv = ExactEsv.Compute(new MeanModel(frameLogits), [1], ScoreKind.Logit);

        // v(S) is the mean of the members' logits and v(∅) = 0, whose Shapley values are known:
        // φ_i = z_i/n·(1 + … + 1/n) plus (mean of the others)/n·(1 − (1 + … + 1/n)).
        int n = frameLogits.Length;
        double harmonic = Enumerable.Range(1, n).Sum(k => 1.0 / k);
        for (int i = 0; i < n; i++)
        {
            double others = (frameLogits.Sum(z => (double)z) - frameLogits[i]) / (n - 1);
            Assert.Equal(((harmonic * frameLogits[i]) + ((1 - harmonic) * others)) / n, esv[i, 0], Tolerance);
        }
    }

    [Theory]
    [InlineData(0, "at least 1")]
    [InlineData(21, "1 to 20")]
    public void A_window_without_frames_or_with_too_many_is_refused(int n, string expected)
    {
        var error = Assert.Throws<ArgumentException>(
            () => ExactEsv.Compute(new MeanModel(new float[n]), [1], ScoreKind.SoftmaxOfMean));

        Assert.Contains($"{n} frames", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { 1.0 }, "1 entries")]
    [InlineData(new[] { 0.5, 0.3, 0.2 }, "3 entries")]
    [InlineData(new[] { double.NaN, 1 }, "prior[0]")]
    [InlineData(new[] { 0.5, double.PositiveInfinity }, "prior[1]")]
    [InlineData(new[] { 1.1, -0.1 }, "prior[1]")]
    public void A_wrong_prior_is_refused(double[] prior, string named)
    {
        var model = TableModel.Random(2, 2, 2, seed: 1);

        var error = Assert.Throws<ArgumentException>(() => ExactEsv.Compute(model, prior, ScoreKind.SoftmaxOfMean));

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_zero_prior_has_no_log_but_is_a_probability()
    {
        var model = TableModel.Random(2, 2, 2, seed: 1);

        var error = Assert.Throws<ArgumentException>(() => ExactEsv.Compute(model, [1, 0], ScoreKind.Logit));

        Assert.Contains("prior[1] is 0", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, ExactEsv.Compute(model, [1, 0], ScoreKind.SoftmaxOfMean).EfficiencyGap(1), 1e-12);
    }

    [Theory]
    [InlineData(20, 8, ScoreKind.SoftmaxOfMean, true)]
    [InlineData(21, 1, ScoreKind.SoftmaxOfMean, false)]
    [InlineData(32, 8, ScoreKind.Logit, true)]
    [InlineData(36, 8, ScoreKind.Logit, false)]
    [InlineData(24, 24, ScoreKind.MeanOfSoftmax, true)]
    [InlineData(25, 25, ScoreKind.MeanOfSoftmax, false)]
    [InlineData(4096, 1, ScoreKind.MeanOfSoftmax, true)]
    [InlineData(4096, 4096, ScoreKind.MeanOfSoftmax, false)]
    public void What_is_feasible_is_known_without_trying(int frameCount, int maxScale, ScoreKind score, bool takes) =>
        Assert.Equal(takes, new ExactEsv().Takes(frameCount, maxScale, score));

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void A_logit_that_is_not_finite_is_reported_with_its_frames_and_class(float wrong)
    {
        float[][] logits = [.. Enumerable.Range(0, 8).Select(subset => new[] { 0, subset == 0b101 ? wrong : 1 })];
        var model = new TableModel(3, 3, logits);

        var error = Assert.Throws<NotFiniteNumberException>(
            () => ExactEsv.Compute(model, [0.5, 0.5], ScoreKind.Logit));

        Assert.Contains("class 1 for frames [0, 2]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelling_ends_the_enumeration()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();

        Assert.Throws<OperationCanceledException>(
            () => ExactEsv.Compute(TableModel.Random(3, 3, 2, seed: 1), [0.5, 0.5], ScoreKind.Logit, source.Token));
    }

    [Fact]
    public void An_index_outside_the_frames_or_classes_is_refused()
    {
        var esv = ExactEsv.Compute(TableModel.Random(2, 2, 3, seed: 1), Prior(3), ScoreKind.Logit);

        Assert.Throws<ArgumentOutOfRangeException>(() => esv[2, 0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => esv[0, 3]);
        Assert.Throws<ArgumentOutOfRangeException>(() => esv.EfficiencyGap(-1));
    }

    private static double[] Prior(int classCount)
    {
        double total = classCount * (classCount + 1) / 2.0;
        return [.. Enumerable.Range(1, classCount).Select(c => c / total)];
    }

    private static void AssertClose(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], Tolerance);
    }

    /// <summary>TSN with one class: a frame's logit, whatever the frame count.</summary>
    private sealed class MeanModel(float[] frameLogits) : IMultiScaleModel
    {
        public int FrameCount => frameLogits.Length;

        public int ClassCount => 1;

        public int MaxScale => 1;

        public void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> logits)
        {
            for (int i = 0; i < subsequences.Length; i++)
                logits[i] = frameLogits[subsequences[i]];
        }
    }
}
