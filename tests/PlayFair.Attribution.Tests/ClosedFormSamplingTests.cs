namespace PlayFair.Attribution.Tests;

public class ClosedFormSamplingTests
{
    public static TheoryData<ScoreKind> LinearScores => [ScoreKind.MeanOfSoftmax, ScoreKind.Logit];

    [Theory]
    [MemberData(nameof(LinearScores))]
    public void Values_sum_to_the_estimated_score_beyond_the_prior(ScoreKind score)
    {
        foreach (var (n, m) in new[] { (4, 1), (9, 9), (16, 64), (23, 100), (49, 16) })
        {
            var esv = Estimate(RandomModels.Trn(n, 17, 8, seed: n), score, m, iterations: 3);

            for (int c = 0; c < 17; c++)
                Assert.Equal(0, esv.EfficiencyGap(c), 1e-12);
            if (score == ScoreKind.MeanOfSoftmax)
                Assert.Equal(1, esv.Scores.Sum(), 1e-6);
        }
    }

    [Theory]
    [MemberData(nameof(LinearScores))]
    public void Values_and_scores_are_unbiased(ScoreKind score)
    {
        const int SampleCount = 1500;
        var model = TableModel.Random(8, 5, 3, seed: 4, scale: 6);
        var (truth, trueScores) = BruteForce.Compute(model, RandomModels.Prior(3), score);

        var esv = Estimate(model, score, maxCount: 8, iterations: SampleCount);

        // 24 normal variables: one in 6,000 test runs with other seeds would exceed 4.5 standard errors.
        for (int k = 0; k < truth.Length; k++)
        {
            Assert.InRange((esv.Values[k] - truth[k]) / esv.StandardErrors![k], -4.5, 4.5);
            Assert.InRange(esv.StandardErrors![k], 1e-6, 0.05 * truth.Max(Math.Abs));
        }

        // f(X) has no error bar of its own; efficiency ties it to Σφ, whose error is at most √n times the largest.
        for (int c = 0; c < 3; c++)
            Assert.Equal(trueScores[c], esv.Scores[c], 4.5 * Math.Sqrt(8) * esv.StandardErrors!.Max());
    }

    [Theory]
    [MemberData(nameof(LinearScores))]
    public void The_95_percent_interval_holds_the_truth_in_93_to_97_percent_of_cases(ScoreKind score)
    {
        int inside = 0;
        int total = 0;
        for (int seed = 0; seed < 400; seed++)
        {
            int n = 6 + (seed % 4);
            double[] prior = RandomModels.Prior(3);
            IMultiScaleModel model = seed % 2 == 0
                ? TableModel.Random(n, 4, 3, seed, scale: 6)
                : RandomModels.Trn(n, 3, 4, seed);
            double[] truth = ExactEsv.Compute(model, prior, score).Values;
            var esv = Estimate(model, score, maxCount: n * (1 + (seed % 3 / 2)), iterations: 16, seed: (ulong)seed);
            Assert.False(esv.IsExact);
            for (int k = 0; k < truth.Length; k++)
            {
                total++;
                if (Math.Abs(esv.Values[k] - truth[k]) <= esv.HalfWidth95(k / 3, k % 3))
                    inside++;
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{(double)inside / total:P2} of {total}");
        // 400 games · about 22 values, which depend on each other within a game: the share's own error is under 0.5 %.
        Assert.InRange((double)inside / total, 0.93, 0.97);
    }

    [Theory]
    [MemberData(nameof(LinearScores))]
    public void Errors_are_well_under_those_of_algorithm_1_at_equal_evaluations(ScoreKind score)
    {
        var game = new Game(RandomModels.Trn(16, 5, 8, seed: 2), RandomModels.Prior(5), score);
        double[] truth = new ExactEsv().Estimate(game).Values;

        var rule = new StoppingRule();
        double ours = 0;
        double algorithm1 = 0;
        for (ulong seed = 0; seed < 10; seed++)
        {
            var a = new ClosedFormSampling { MaxCount = 128, Seed = seed }.Estimate(game, rule);
            var b = new SampledEsv { MaxCount = 128, Seed = seed }.Estimate(game, rule);
            Assert.Equal(b.EvaluationCount, a.EvaluationCount);
            ours += SquaredError(truth, a);
            algorithm1 += SquaredError(truth, b);
        }

        // Measured: 0.4. The ratio of two sums of 10·80 squares, few of them independent, errs by under 0.1.
        double ratio = Math.Sqrt(ours / algorithm1);
        TestContext.Current.TestOutputHelper?.WriteLine($"{ratio:F3}");
        Assert.InRange(ratio, 0.2, 0.6);
    }

    [Theory]
    [MemberData(nameof(LinearScores))]
    public void What_frames_add_by_themselves_causes_hardly_any_error(ScoreKind score)
    {
        // f^s of a subsequence is the mean of its frames' shares, so all the error comes from pairs that do not meet
        // equally often.
        const int FrameCount = 16;
        float[] shares = [.. Enumerable.Range(0, FrameCount * 2).Select(k => (float)Math.Sin(k))];
        var model = new AdditiveModel(FrameCount, 2, 4, shares, softmaxIsShare: score == ScoreKind.MeanOfSoftmax);
        var game = new Game(model, [0.5, 0.5], score);
        double[] truth = new ExactEsv().Estimate(game).Values;

        var esv = new ClosedFormSampling { MaxCount = 256 }.Estimate(game, new StoppingRule());
        var algorithm1 = new SampledEsv { MaxCount = 256 }.Estimate(game, new StoppingRule());

        Assert.Equal(algorithm1.EvaluationCount, esv.EvaluationCount);
        Assert.InRange(SquaredError(truth, esv) / SquaredError(truth, algorithm1), 0, 0.1);
    }

    [Theory]
    [InlineData(1, 3, 1)]
    [InlineData(3, 8, 1)]
    [InlineData(5, 2, 10)]
    [InlineData(9, 9, 126)]
    [InlineData(49, 1, 1)]
    [InlineData(49, 2, 1200)]
    public void Where_all_subsequences_are_few_enough_values_are_exact(int n, int maxScale, int m)
    {
        foreach (var row in LinearScores)
        {
            var score = row.Data;
            var model = RandomModels.Trn(n, 4, maxScale, seed: n);
            var exact = ExactEsv.Compute(new OpaqueModel(model), RandomModels.Prior(4), score);

            var esv = Estimate(model, score, m, iterations: 5);

            Assert.Equal((true, 0, StopReason.Exact), (esv.IsExact, esv.SampleCount, esv.StopReason));
            Assert.Equal(exact.EvaluationCount, esv.EvaluationCount);
            Assert.Null(esv.StandardErrors);
            AssertClose(exact.Values, esv.Values, 1e-6);
            AssertClose(exact.Scores, esv.Scores, 1e-6);
            for (int c = 0; c < 4; c++)
                Assert.Equal(0, esv.EfficiencyGap(c), 1e-12);
        }
    }

    [Fact]
    public void Sizes_that_fit_are_evaluated_once_and_the_others_anew_in_each_iteration()
    {
        var model = TableModel.Random(9, 4, 2, seed: 1);

        var esv = Estimate(model, ScoreKind.Logit, maxCount: 40, iterations: 3);

        // Sizes 1 and 2 have 9 and 36 subsequences; of sizes 3 and 4 each iteration takes ⌊40 / 9⌋·9.
        int[] counts = [.. Enumerable.Range(1, 4).Select(s => model.Evaluated.Count(m => int.PopCount(m) == s))];
        Assert.Equal([9, 36, 3 * 36, 3 * 36], counts);
        Assert.Equal(model.Evaluated.Count, esv.EvaluationCount);
        Assert.Equal((3, StopReason.Iterations), (esv.SampleCount, esv.StopReason));
    }

    [Fact]
    public void A_budget_is_used_to_the_last_iteration_that_it_pays_for()
    {
        var game = new Game(TableModel.Random(9, 4, 2, seed: 1), RandomModels.Prior(2), ScoreKind.Logit);
        var estimator = new ClosedFormSampling { MaxCount = 40 };
        long five = estimator.Estimate(game, new StoppingRule { Iterations = 5 }).EvaluationCount;

        var enough = estimator.Estimate(game, new StoppingRule { Iterations = 99, Budget = five });
        var tooLittle = estimator.Estimate(game, new StoppingRule { Iterations = 99, Budget = five - 1 });

        Assert.Equal((5, StopReason.Budget), (enough.SampleCount, enough.StopReason));
        Assert.Equal((4, StopReason.Budget), (tooLittle.SampleCount, tooLittle.StopReason));
    }

    [Fact]
    public void More_iterations_begin_with_the_samples_of_fewer()
    {
        IReadOnlyList<int> Evaluated(int iterations)
        {
            var model = TableModel.Random(9, 4, 2, seed: 1);
            new ClosedFormSampling { MaxCount = 1, Seed = 5, ThreadCount = 1 }.Estimate(
                new Game(model, RandomModels.Prior(2), ScoreKind.Logit), new StoppingRule { Iterations = iterations });
            return model.Evaluated;
        }

        IReadOnlyList<int> fewer = Evaluated(2);
        IReadOnlyList<int> more = Evaluated(5);

        Assert.Equal(9 + (5 * 3 * 9), more.Count);
        Assert.Equal(fewer, more.Take(fewer.Count));
        Assert.NotEqual(more.Skip(9).Take(27), more.Skip(36).Take(27));
    }

    [Theory]
    [MemberData(nameof(LinearScores))]
    public void The_seed_fixes_every_bit_and_the_number_of_threads_does_not_matter(ScoreKind score)
    {
        var game = new Game(RandomModels.Trn(24, 33, 6, seed: 8), RandomModels.Prior(33), score);
        ElementShapleyValues Run(ulong seed, int threadCount) =>
            new ClosedFormSampling { MaxCount = 700, Seed = seed, ThreadCount = threadCount }
                .Estimate(game, new StoppingRule { Iterations = 2 });

        var alone = Run(seed: 7, threadCount: 1);

        foreach (int threadCount in new[] { 0, 1, 2, 3 })
        {
            var esv = Run(seed: 7, threadCount);
            Assert.Equal(alone.Values, esv.Values);
            Assert.Equal(alone.StandardErrors, esv.StandardErrors);
            Assert.Equal(alone.Scores, esv.Scores);
        }

        Assert.NotEqual(alone.Values, Run(seed: 8, threadCount: 1).Values);
    }

    [Theory]
    [MemberData(nameof(LinearScores))]
    public void Five_hundred_and_twelve_frames_run(ScoreKind score)
    {
        var esv = Estimate(
            RandomModels.Trn(512, 5, 8, seed: 3, hiddenSize: 16), score, maxCount: 32, iterations: 2);

        Assert.Equal(512 + (2 * 7 * 512), esv.EvaluationCount);
        Assert.All(esv.Values, value => Assert.True(double.IsFinite(value)));
        for (int c = 0; c < 5; c++)
            Assert.Equal(0, esv.EfficiencyGap(c), 1e-12);
    }

    [Fact]
    public void One_iteration_has_no_error_bar()
    {
        var esv = Estimate(RandomModels.Trn(12, 3, 4, seed: 1), ScoreKind.Logit, maxCount: 12, iterations: 1);

        Assert.Null(esv.StandardErrors);
        Assert.Null(esv.HalfWidth95(0, 0));
        Assert.Equal("closed-form-sampling", esv.Estimator);
    }

    [Fact]
    public void The_softmax_of_a_mean_is_refused_with_what_to_use()
    {
        var game = new Game(TableModel.Random(4, 2, 3, seed: 1), RandomModels.Prior(3), ScoreKind.SoftmaxOfMean);

        var error = Assert.Throws<ArgumentException>(
            () => new ClosedFormSampling().Estimate(game, new StoppingRule()));

        Assert.Contains("'softmax-of-mean'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'mean-of-softmax' or 'logit'", error.Message, StringComparison.Ordinal);
        Assert.Contains("Use 'subsequence-sampling'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_without_scales_is_refused_with_what_to_use()
    {
        var game = new Game(VariableLengthTable.Random(4, 3, seed: 1), RandomModels.Prior(3), ScoreKind.Logit);

        var error = Assert.Throws<ArgumentException>(
            () => new ClosedFormSampling().Estimate(game, new StoppingRule()));

        Assert.Contains("Use 'leverage-regression', 'permutation'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_count_below_one_is_refused()
    {
        var game = new Game(TableModel.Random(4, 2, 3, seed: 1), RandomModels.Prior(3), ScoreKind.Logit);

        Assert.Throws<ArgumentOutOfRangeException>(
            () => new ClosedFormSampling { MaxCount = 0 }.Estimate(game, new StoppingRule()));
    }

    [Fact]
    public void Cancelling_ends_it_within_an_iteration()
    {
        using var source = new CancellationTokenSource();
        var game = new Game(
            new CancellingModel(source, callCount: 3), RandomModels.Prior(3), ScoreKind.Logit);

        Assert.Throws<OperationCanceledException>(
            () => new ClosedFormSampling { ThreadCount = 1 }.Estimate(game, new StoppingRule(), source.Token));
        Assert.Equal(0, ((CancellingModel)game.Model).CallsLeft);
    }

    private static ElementShapleyValues Estimate(
        IMultiScaleModel model, ScoreKind score, int maxCount, int iterations, ulong seed = 1) =>
        new ClosedFormSampling { MaxCount = maxCount, Seed = seed }.Estimate(
            new Game(model, RandomModels.Prior(model.ClassCount), score), new StoppingRule { Iterations = iterations });

    private static double SquaredError(double[] truth, ElementShapleyValues esv) =>
        truth.Zip(esv.Values, (a, b) => (a - b) * (a - b)).Sum();

    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int k = 0; k < expected.Length; k++)
            Assert.Equal(expected[k], actual[k], tolerance);
    }

    /// <summary>f^s is the mean of the members' shares (or, as two classes' probabilities, follows it).</summary>
    private sealed class AdditiveModel(
        int frameCount, int classCount, int maxScale, float[] shares, bool softmaxIsShare) : IMultiScaleModel
    {
        public int FrameCount => frameCount;

        public int ClassCount => classCount;

        public int MaxScale => maxScale;

        public void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> logits)
        {
            logits.Clear();
            for (int k = 0; k < subsequences.Length; k++)
            {
                for (int c = 0; c < classCount; c++)
                    logits[(k / scale * classCount) + c] += shares[(subsequences[k] * classCount) + c] / scale;
            }

            for (int row = 0; softmaxIsShare && row < logits.Length; row += 2)
            {
                // The log-odds of a probability that is the share.
                double p = 0.5 + (0.4 * logits[row]);
                (logits[row], logits[row + 1]) = ((float)Math.Log(p), (float)Math.Log(1 - p));
            }
        }
    }

    private sealed class CancellingModel(CancellationTokenSource source, int callCount) : IMultiScaleModel
    {
        public int CallsLeft { get; private set; } = callCount;

        public int FrameCount => 40;

        public int ClassCount => 3;

        public int MaxScale => 6;

        public void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> logits)
        {
            logits.Clear();
            if (--CallsLeft == 0)
                source.Cancel();
        }
    }
}
