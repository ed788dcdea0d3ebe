using PlayFair.Models;

namespace PlayFair.Attribution.Tests;

/// <summary>The methods that Element Shapley Values are compared with, each held to its definition.</summary>
public class ComparisonTests
{
    private const double Tolerance = 2e-6;
    private static readonly double[] Prior = [0.2, 0.3, 0.5];

    public static TheoryData<ScoreKind> Scores => [.. Enum.GetValues<ScoreKind>()];

    public static TheoryData<ScoreKind, int> ScoresAndLengths
    {
        get
        {
            var data = new TheoryData<ScoreKind, int>();
            foreach (var score in Enum.GetValues<ScoreKind>())
            {
                foreach (int n in new[] { 1, 2, 3, 6 })
                    data.Add(score, n);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(ScoresAndLengths))]
    public void Leave_one_out_is_the_score_lost_without_the_frame(ScoreKind score, int n)
    {
        var random = new Random(n);
        foreach (TemporalHead head in Heads(random))
        {
            float[] features = Numbers(random, n * 4);

            var values = new LeaveOneOut().Attribute(new AttributionProblem(head, features, n, Prior, score));

            double[] all = ScoreOf(head, features, score);
            for (int t = 0; t < n; t++)
            {
                float[] rest = [.. features.Chunk(4).Where((_, i) => i != t).SelectMany(x => x)];
                AssertDifference(all, ScoreOf(head, rest, score), values, t);
            }
        }
    }

    [Fact]
    public void Leave_one_out_equals_the_element_shapley_values_of_an_additive_game()
    {
        double[] added = [0.7, -1.2, 0.1, 0, 2.5];
        double prior = 0.4;
        double[][] v =
        [
            .. Enumerable.Range(0, 1 << 5).Select(
                subset => new[] { Math.Log(prior) + added.Where((_, t) => (subset >> t & 1) == 1).Sum() }),
        ];
        var problem = new TableHead(TableModel.OfGame(5, v)).Problem([prior], ScoreKind.Logit);

        var values = new LeaveOneOut().Attribute(problem);
        var esv = new EsvAttribution(new Exact()).Attribute(problem);

        for (int t = 0; t < 5; t++)
        {
            Assert.Equal(added[t], values[t, 0], Tolerance);
            Assert.Equal(esv[t, 0], values[t, 0], Tolerance);
        }
    }

    [Fact]
    public void Leave_one_out_evaluates_every_subsequence_once()
    {
        var model = TableModel.Random(7, 3, 1, seed: 2);

        var values = new LeaveOneOut().Attribute(new TableHead(model).Problem([1], ScoreKind.MeanOfSoftmax));

        Assert.Equal(7 + 21 + 35, values.EvaluationCount);
        Assert.Equal(63, model.Evaluated.Count);
        Assert.Equal(63, model.Evaluated.Distinct().Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Leave_one_out_takes_a_model_of_any_length(int n)
    {
        var model = new SumModel([1, 2, 4, 8], n);
        double prior = 0.5;

        var values = new LeaveOneOut().Attribute(new TableHead(model).Problem([prior], ScoreKind.Logit));

        double[] expected = n == 1 ? [1 - Math.Log(prior)] : [1, 2, 4, 8];
        Assert.Equal(expected, values.Values);
        Assert.Equal(n == 1 ? 1 : 5, values.EvaluationCount);
        Assert.Equal(values.EvaluationCount, model.EvaluationCount);
    }

    [Theory]
    [MemberData(nameof(ScoresAndLengths))]
    public void Occlusion_is_the_score_lost_with_the_nearest_frame_instead(ScoreKind score, int n)
    {
        var random = new Random(n);
        foreach (TemporalHead head in Heads(random))
        {
            float[] features = Numbers(random, n * 4);

            var values = new NearestFrameOcclusion().Attribute(new AttributionProblem(head, features, n, Prior, score));

            double[] all = ScoreOf(head, features, score);
            for (int t = 0; t < n; t++)
            {
                // Both neighbours are as near: the earlier stands in. The first frame has one neighbour only.
                float[][] frames = [.. features.Chunk(4)];
                if (n > 1)
                    frames[t] = frames[t == 0 ? 1 : t - 1];
                double[] occluded = n == 1 ? Empty(score) : ScoreOf(head, [.. frames.SelectMany(x => x)], score);
                AssertDifference(all, occluded, values, t);
            }

            int largestScale = Math.Min(n, head.MaxScale);
            double count = Enumerable.Range(1, largestScale).Sum(s => Subsequences.Count(n, s));
            Assert.Equal(n == 1 ? 1 : (n + 1) * count, values.EvaluationCount);
        }
    }

    [Theory]
    [InlineData("1", "0")]
    [InlineData("101", "002")]
    [InlineData("0010", "2222")]
    [InlineData("10001", "00044")]
    [InlineData("1000001", "0000666")]
    [InlineData("01001", "11144")]
    public void A_discarded_frame_is_replaced_by_the_nearest_kept_and_of_two_the_earlier(string isKept, string nearest)
    {
        int[] actual = NearestFrameOcclusion.NearestKept([.. isKept.Select(kept => kept == '1')]);

        Assert.Equal(nearest.Select(digit => digit - '0'), actual);
    }

    [Fact]
    public void Without_any_kept_frame_there_is_no_nearest() =>
        Assert.Throws<ArgumentException>(() => NearestFrameOcclusion.NearestKept([false, false]));

    [Fact]
    public void Grad_cam_weights_features_by_their_gradients_and_keeps_the_sign()
    {
        // Two frames: z = mean of W·relu(x) + b. The gradient of z_c at frame t is W_c/2 where x > 0.
        var head = new TsnHead(2, 2, [1, -2, 3, 4], [10, 2]);
        float[] features = [1, 3, 2, -5];

        var logit = Attribute(ScoreKind.Logit);
        Assert.Equal([(1 - 6) / 2.0, (3 + 12) / 2.0, 2 / 2.0, 6 / 2.0], logit.Values);

        // z = (8.5, 12.5), so p_1 = 1 / (1 + e^4), and dp_1 = p_1·p_2·(dz_1 − dz_2) = −dp_2.
        var softmax = Attribute(ScoreKind.SoftmaxOfMean);
        double p = 1 / (1 + Math.Exp(4));
        double[] expected = [.. new[] { -2.5 - 7.5, 7.5 + 2.5, 1 - 3, 3 - 1 }.Select(d => p * (1 - p) * d)];
        for (int i = 0; i < 4; i++)
            Assert.Equal(expected[i], softmax.Values[i], Tolerance);

        FrameAttributions Attribute(ScoreKind score) =>
            new GradCam().Attribute(new AttributionProblem(head, features, 2, [0.5, 0.5], score));
    }

    [Theory]
    [MemberData(nameof(Scores))]
    public void Integrated_gradients_share_out_the_change_from_the_reference(ScoreKind score)
    {
        const int FrameCount = 5;
        var random = new Random(11);
        foreach (TemporalHead head in Heads(random))
        {
            float[] features = Numbers(random, FrameCount * 4);
            foreach (float[]? reference in new[] { null, Numbers(random, 4) })
            {
                var method = new IntegratedGradients { Reference = reference, StepCount = 4000 };

                var values = method.Attribute(new AttributionProblem(head, features, FrameCount, Prior, score));

                double[] to = ScoreOf(head, features, score);
                double[] from = ScoreOf(
                    head, [.. Enumerable.Repeat(reference ?? new float[4], FrameCount).SelectMany(x => x)], score);
                for (int c = 0; c < Prior.Length; c++)
                {
                    // A hidden unit whose kink lies on the path is placed within half a step: 1/8000 of its slope.
                    double sum = Enumerable.Range(0, FrameCount).Sum(t => values[t, c]);
                    Assert.Equal(to[c] - from[c], sum, 2e-3);
                }

                Assert.InRange(to.Zip(from, (a, b) => Math.Abs(a - b)).Max(), 2e-2, double.MaxValue);
            }
        }
    }

    [Fact]
    public void Integrated_gradients_of_a_head_without_kinks_on_the_path_are_the_frames_own_logits()
    {
        var head = new TsnHead(2, 1, [1, -2], [10]);
        float[] features = [1, 3, 2, -5];
        var problem = new AttributionProblem(head, features, 2, [1], ScoreKind.Logit);

        var fromZeros = new IntegratedGradients { StepCount = 3 }.Attribute(problem);
        var fromHalf = new IntegratedGradients { Reference = [0.5f, 0.5f], StepCount = 11 }.Attribute(problem);

        Assert.Equal(-2.5, fromZeros[0, 0], Tolerance);
        Assert.Equal(1, fromZeros[1, 0], Tolerance);
        Assert.Equal(6, fromZeros.EvaluationCount);
        Assert.Equal((0.5 - 5) / 2, fromHalf[0, 0], Tolerance);

        // The second feature falls from 0.5 to −5 and counts above 0 only: for 1 of 11 steps, with slope −2·−5.5.
        Assert.Equal((1.5 + (11 / 11.0)) / 2, fromHalf[1, 0], Tolerance);
    }

    [Fact]
    public void Integrated_gradients_are_the_same_every_time()
    {
        var random = new Random(12);
        var problem = new AttributionProblem(
            Heads(random)[0], Numbers(random, 6 * 4), 6, Prior, ScoreKind.MeanOfSoftmax);

        Assert.Equal(
            new IntegratedGradients().Attribute(problem).Values, new IntegratedGradients().Attribute(problem).Values);
    }

    [Fact]
    public void Every_method_is_used_the_same_way()
    {
        IFrameAttribution[] methods =
        [
            new EsvAttribution(new Exact()), new IntegratedGradients(), new GradCam(), new LeaveOneOut(),
            new NearestFrameOcclusion(), DiscardOrder.Random(1), DiscardOrder.CentreOut, DiscardOrder.EdgesIn,
            DiscardOrder.Uniform,
        ];
        var random = new Random(13);
        var problem = new AttributionProblem(
            Heads(random)[0], Numbers(random, 5 * 4), 5, Prior, ScoreKind.SoftmaxOfMean);

        foreach (var method in methods)
        {
            var values = method.Attribute(problem, TestContext.Current.CancellationToken);

            Assert.Equal((method.Name, 5, 3), (values.Method, values.FrameCount, values.ClassCount));
            Assert.Equal(15, values.Values.Length);
            int[] ranking = values.Ranking(2);
            Assert.Equal(Enumerable.Range(0, 5), ranking.Order());
            Assert.All(
                ranking.Zip(ranking.Skip(1)), pair => Assert.True(values[pair.First, 2] >= values[pair.Second, 2]));
        }

        Assert.Equal(
            [
                "exact", "integrated-gradients", "grad-cam", "leave-one-out", "occlusion", "random", "centre-out",
                "edges-in", "uniform",
            ],
            methods.Select(m => m.Name), StringComparer.Ordinal);
    }

    [Fact]
    public void Equal_values_rank_in_time_order()
    {
        var values = new FrameAttributions
        {
            Method = "by hand",
            FrameCount = 4,
            ClassCount = 1,
            Values = [1, 3, 1, 3],
            EvaluationCount = 0,
        };

        Assert.Equal([1, 3, 0, 2], values.Ranking(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => values.Ranking(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => values[4, 0]);
    }

    [Fact]
    public void More_evaluations_than_the_budget_are_refused_beforehand()
    {
        var random = new Random(14);
        var problem = new AttributionProblem(Heads(random)[0], Numbers(random, 6 * 4), 6, Prior, ScoreKind.Logit);

        // 6 + 15 + 20 subsequences of up to three frames.
        AssertRefused("'grad-cam' needs 41 evaluations", new GradCam { Budget = 40 });
        AssertRefused("'leave-one-out' needs 41 evaluations", new LeaveOneOut { Budget = 40 });
        AssertRefused("'occlusion' needs 287 evaluations", new NearestFrameOcclusion { Budget = 286 });
        AssertRefused(
            "'integrated-gradients' needs 82 evaluations", new IntegratedGradients { StepCount = 2, Budget = 81 });
        Assert.Equal(41, new GradCam { Budget = 41 }.Attribute(problem).EvaluationCount);
        Assert.Equal(41, new LeaveOneOut { Budget = 41 }.Attribute(problem).EvaluationCount);
        Assert.Equal(287, new NearestFrameOcclusion { Budget = 287 }.Attribute(problem).EvaluationCount);
        Assert.Equal(82, new IntegratedGradients { StepCount = 2, Budget = 82 }.Attribute(problem).EvaluationCount);

        void AssertRefused(string message, IFrameAttribution method) =>
            Assert.Contains(
                message, Assert.Throws<ArgumentException>(() => method.Attribute(problem)).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_method_cannot_take_is_refused()
    {
        var table = new TableHead(TableModel.Random(3, 2, 3, seed: 1)).Problem(Prior, ScoreKind.Logit);
        AssertRefused("TableHead gives no derivatives", new GradCam(), table);
        AssertRefused("TableHead gives no derivatives", new IntegratedGradients(), table);

        var random = new Random(15);
        var problem = new AttributionProblem(Heads(random)[0], Numbers(random, 8), 2, Prior, ScoreKind.Logit);
        AssertRefused("StepCount is 0", new IntegratedGradients { StepCount = 0 }, problem);
        AssertRefused("has 3 features, expected 4", new IntegratedGradients { Reference = [1, 2, 3] }, problem);
        AssertRefused(
            "expected 4, all finite", new IntegratedGradients { Reference = [1, 2, 3, float.NaN] }, problem);

        var huge = new AttributionProblem(
            new TsnHead(1, 1, [1e30f], [0]), [1e5f], 1, [1], ScoreKind.Logit);
        AssertRefused("derivative", new GradCam(), new AttributionProblem(
            new TsnHead(2, 1, [3e38f, 3e38f], [0]), [1, 1], 1, [1], ScoreKind.Logit));
        Assert.Equal(1e35, new GradCam().Attribute(huge)[0, 0], 1e29);

        static void AssertRefused(string message, IFrameAttribution method, AttributionProblem problem) =>
            Assert.Contains(
                message, Assert.Throws<ArgumentException>(() => method.Attribute(problem)).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_method_ends()
    {
        var random = new Random(16);
        var problem = new AttributionProblem(Heads(random)[0], Numbers(random, 6 * 4), 6, Prior, ScoreKind.Logit);
        var cancelled = new CancellationToken(canceled: true);

        foreach (IFrameAttribution method in new IFrameAttribution[]
        {
            new GradCam(), new LeaveOneOut(), new NearestFrameOcclusion(), new IntegratedGradients(),
        })
        {
            Assert.ThrowsAny<OperationCanceledException>(() => method.Attribute(problem, cancelled));
        }
    }

    [Theory]
    [InlineData(5, 3)]
    [InlineData(4, 4)]
    [InlineData(3, 1)]
    public void Subsequences_come_one_after_the_other(int n, int s)
    {
        int[] positions = [.. Enumerable.Range(0, s)];
        var seen = new List<string>();
        do
        {
            Assert.Equal(positions.Distinct().Order(), positions);
            seen.Add(string.Join(" ", positions));
        }
        while (Subsequences.MoveNext(positions, n));

        Assert.Equal(Subsequences.Count(n, s), seen.Count);
        Assert.Equal(seen.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), seen, StringComparer.Ordinal);
        Assert.Equal(0, Subsequences.Count(n, n + 1));
    }

    /// <summary>A trn head of three scales and a tsn head, with four features and three classes.</summary>
    private static TemporalHead[] Heads(Random random)
    {
        TrnScale[] scales =
        [
            .. Enumerable.Range(1, 3).Select(
                s => new TrnScale(
                    Numbers(random, 9 * s * 4), Numbers(random, 9), Numbers(random, 27), Numbers(random, 3))),
        ];
        return [new TrnHead(4, 9, 3, scales), new TsnHead(4, 3, Numbers(random, 12), Numbers(random, 3))];
    }

    /// <summary>f of all the frames given, from the enumeration of every subsequence; of none, the prior.</summary>
    private static double[] ScoreOf(TemporalHead head, float[] features, ScoreKind score) =>
        features.Length == 0
            ? Empty(score)
            : ExactEsv.Compute(head.Project(features, features.Length / 4), Prior, score).Scores;

    private static double[] Empty(ScoreKind score) =>
        score == ScoreKind.Logit ? Array.ConvertAll(Prior, Math.Log) : Prior;

    private static void AssertDifference(double[] all, double[] without, FrameAttributions values, int frame)
    {
        for (int c = 0; c < all.Length; c++)
            Assert.Equal(all[c] - without[c], values[frame, c], Tolerance);
    }

    private static float[] Numbers(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)((2 * random.NextDouble()) - 1))];

    private sealed class Exact : IEsvEstimator
    {
        public string Name => "exact";

        public ElementShapleyValues Estimate(Game game, StoppingRule stopping, CancellationToken ct = default)
        {
            double[] prior = game.Score == ScoreKind.Logit
                ? Array.ConvertAll(game.EmptyScores, Math.Exp)
                : game.EmptyScores;
            return ExactEsv.Compute((IMultiScaleModel)game.Model, prior, game.Score, ct);
        }
    }

    /// <summary>One class, whose logit is the sum of the frames' own.</summary>
    private sealed class SumModel(float[] logits, int frameCount) : IVariableLengthModel
    {
        public int EvaluationCount { get; private set; }

        public int FrameCount => frameCount;

        public int ClassCount => 1;

        public void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> output)
        {
            for (int row = 0; row < output.Length; row++)
            {
                EvaluationCount++;
                output[row] = 0;
                foreach (int t in subsequences.Slice(row * scale, scale))
                    output[row] += logits[t];
            }
        }
    }
}
