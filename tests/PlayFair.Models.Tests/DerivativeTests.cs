using PlayFair.Attribution;

namespace PlayFair.Models.Tests;

/// <summary>
/// Derivatives against central differences of the definition, computed here in double from the raw weights. With steps
/// of 1e-6 a difference carries 1e-10 of rounding, and a hidden unit that crosses its kink within a step is as
/// unlikely.
/// </summary>
public class DerivativeTests
{
    private const double Step = 1e-6;
    private const double Tolerance = 1e-5;

    // n below, at and above n_max; sizes around the vectors' widths.
    public static TheoryData<ScoreKind, int, int, int, int, int> Shapes
    {
        get
        {
            var shapes = new TheoryData<ScoreKind, int, int, int, int, int>();
            foreach (var score in Enum.GetValues<ScoreKind>())
            {
                shapes.Add(score, 1, 1, 1, 2, 1);
                shapes.Add(score, 3, 7, 2, 3, 2);
                shapes.Add(score, 16, 15, 17, 3, 3);
                shapes.Add(score, 5, 33, 4, 3, 6);
                shapes.Add(score, 8, 16, 5, 4, 5);
            }

            return shapes;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_trn_heads_derivatives_are_those_of_its_formula(
        ScoreKind score, int featureSize, int hiddenSize, int classCount, int maxScale, int frameCount)
    {
        var random = new Random(featureSize + frameCount);
        var scales = RandomHeads.TrnScales(random, featureSize, hiddenSize, classCount, maxScale);
        var head = new TrnHead(featureSize, hiddenSize, classCount, scales);

        AssertDerivatives(
            head, random, frameCount, score, x => TrnScore(scales, x, frameCount, featureSize, classCount, score));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_tsn_heads_derivatives_are_those_of_its_formula(
        ScoreKind score, int featureSize, int hiddenSize, int classCount, int maxScale, int frameCount)
    {
        _ = (hiddenSize, maxScale);
        var random = new Random(featureSize + frameCount);
        float[] w = RandomHeads.Numbers(random, classCount * featureSize);
        float[] b = RandomHeads.Numbers(random, classCount);
        var head = new TsnHead(featureSize, classCount, w, b);

        AssertDerivatives(head, random, frameCount, score, x => Score(
            [[.. x.Chunk(featureSize).Select(frame => Affine(w, Relu(frame), b))]], score));
    }

    [Fact]
    public void A_unit_direction_gives_a_component_of_the_gradient()
    {
        var head = new TsnHead(2, 2, [1, 2, 3, 4], [0, 0]);
        float[] features = [5, 6, 7, -8];
        var derivatives = new double[4];

        head.Differentiate(ScoreKind.Logit, features, [0, 1, 0, 1], 2, derivatives);

        // ∂(mean of W·relu(x))/∂x_{t,2}: half of W's second column, and nothing through a feature below 0.
        Assert.Equal([1, 2, 0, 0], derivatives);
    }

    [Fact]
    public void Large_logits_do_not_overflow()
    {
        var random = new Random(3);
        var scales = RandomHeads.TrnScales(random, 3, 4, 3, 2);
        TemporalHead[] heads = [new TrnHead(3, 4, 3, scales), RandomHeads.Tsn(random, 3, 3)];
        float[] features = [.. RandomHeads.Numbers(random, 9).Select(x => 1e4f * x)];
        foreach (var head in heads)
        {
            foreach (var score in Enum.GetValues<ScoreKind>())
            {
                var derivatives = new double[9];
                head.Differentiate(score, features, features, 3, derivatives);
                Assert.All(derivatives, d => Assert.True(double.IsFinite(d)));
            }
        }
    }

    [Fact]
    public void Arguments_that_do_not_fit_are_refused()
    {
        var random = new Random(1);
        TemporalHead[] heads = [RandomHeads.Trn(random, 2, 3, 2, 8), RandomHeads.Tsn(random, 2, 2)];
        foreach (var head in heads)
        {
            AssertRefused("3 features, expected 2 frames × 2", head, new float[3], new float[4], 2, 4);
            AssertRefused("3 numbers in the directions, expected 4", head, new float[4], new float[3], 2, 4);
            AssertRefused("expected 4, all finite", head, new float[4], [0, 0, 0, float.NaN], 2, 4);
            AssertRefused(
                "Room for 3 derivatives, expected 2 frames × 2 classes", head, new float[4], new float[4], 2, 3);
        }

        // Σ C(34, 1..8) = 25,211,935.
        AssertRefused("sums over 25211935 subsequences", heads[0], new float[68], new float[68], 34, 68);

        static void AssertRefused(
            string message, TemporalHead head, float[] features, float[] directions, int frameCount, int room)
        {
            var error = Assert.Throws<ArgumentException>(() => head.Differentiate(
                ScoreKind.Logit, features, directions, frameCount, new double[room]));
            Assert.Contains(message, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_cancelled_derivative_ends()
    {
        var random = new Random(1);
        TemporalHead[] heads = [RandomHeads.Trn(random, 2, 3, 2, 2), RandomHeads.Tsn(random, 2, 2)];
        var cancelled = new CancellationToken(canceled: true);
        foreach (var head in heads)
        {
            foreach (var score in Enum.GetValues<ScoreKind>())
            {
                Assert.Throws<OperationCanceledException>(() => head.Differentiate(
                    score, new float[6], new float[6], 3, new double[6], cancelled));
            }
        }
    }

    private static void AssertDerivatives(
        TemporalHead head, Random random, int frameCount, ScoreKind score, Func<double[], double[]> f)
    {
        int size = head.FeatureSize;
        float[] features = RandomHeads.Numbers(random, frameCount * size);
        float[] directions = RandomHeads.Numbers(random, frameCount * size);
        var derivatives = new double[frameCount * head.ClassCount];
        Array.Fill(derivatives, double.NaN);

        head.Differentiate(score, features, directions, frameCount, derivatives);

        double largest = 0;
        for (int t = 0; t < frameCount; t++)
        {
            double[] forth = f(Move(t, Step));
            double[] back = f(Move(t, -Step));
            for (int c = 0; c < head.ClassCount; c++)
            {
                double expected = (forth[c] - back[c]) / (2 * Step);
                Assert.Equal(
                    expected, derivatives[(t * head.ClassCount) + c], Tolerance * Math.Max(1, Math.Abs(expected)));
                largest = Math.Max(largest, Math.Abs(expected));
            }
        }

        // One class's softmax is always 1; anything else moves far beyond the tolerance.
        if (head.ClassCount > 1)
            Assert.InRange(largest, 1e-2, double.MaxValue);

        double[] Move(int frame, double step) =>
        [
            .. features.Select((x, i) => x + (i / size == frame ? step * directions[i] : 0)),
        ];
    }

    private static double[] TrnScore(
        TrnScale[] scales, double[] features, int frameCount, int featureSize, int classCount, ScoreKind score)
    {
        var logits = new List<double[]>[Math.Min(scales.Length, frameCount)];
        for (int s = 1; s <= logits.Length; s++)
        {
            logits[s - 1] = [];
            var (w1, b1, w2, b2) = scales[s - 1];
            for (int subset = 1; subset < 1 << frameCount; subset++)
            {
                if (int.PopCount(subset) != s)
                    continue;
                double[] input =
                [
                    .. Enumerable.Range(0, frameCount).Where(t => (subset >> t & 1) == 1)
                        .SelectMany(t => features.Skip(t * featureSize).Take(featureSize)),
                ];
                logits[s - 1].Add(Affine(w2, Relu(Affine(w1, input, b1)), b2));
            }
        }

        Assert.Equal(classCount, logits[0][0].Length);
        return Score(logits, score);
    }

    /// <param name="logits">[scale][subsequence][class].</param>
    private static double[] Score(IReadOnlyList<List<double[]>> logits, ScoreKind score)
    {
        double[] mean = Mean(logits.Select(
            scale => Mean(scale.Select(z => score == ScoreKind.MeanOfSoftmax ? Softmax(z) : z))));
        return score == ScoreKind.SoftmaxOfMean ? Softmax(mean) : mean;
    }

    private static double[] Mean(IEnumerable<double[]> rows)
    {
        double[][] all = [.. rows];
        return [.. Enumerable.Range(0, all[0].Length).Select(c => all.Average(row => row[c]))];
    }

    private static double[] Softmax(double[] z)
    {
        double[] e = Array.ConvertAll(z, x => Math.Exp(x - z.Max()));
        return Array.ConvertAll(e, x => x / e.Sum());
    }

    private static double[] Relu(double[] x) => Array.ConvertAll(x, v => Math.Max(0, v));

    private static double[] Affine(float[] weights, double[] x, float[] bias) =>
        [.. bias.Select((b, row) => b + x.Select((v, column) => weights[(row * x.Length) + column] * v).Sum())];
}
