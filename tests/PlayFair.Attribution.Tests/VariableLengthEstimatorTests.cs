namespace PlayFair.Attribution.Tests;

/// <summary>What holds for every estimator from samples of a model that takes subsequences of any length.</summary>
public abstract class VariableLengthEstimatorTests
{
    private static readonly double[] Prior = [0.2, 0.3, 0.5];

    /// <summary>An estimator whose iterations do not enumerate six frames.</summary>
    protected abstract IEsvEstimator Create(ulong seed, int frameCount);

    [Theory]
    [InlineData(1, ScoreKind.Logit)]
    [InlineData(2, ScoreKind.SoftmaxOfMean)]
    [InlineData(3, ScoreKind.SoftmaxOfMean)]
    [InlineData(7, ScoreKind.SoftmaxOfMean)]
    [InlineData(8, ScoreKind.Logit)]
    [InlineData(12, ScoreKind.SoftmaxOfMean)]
    public void Values_sum_to_what_all_frames_score_beyond_the_prior(int n, ScoreKind score)
    {
        var model = VariableLengthTable.Random(n, 3, seed: n, noise: 3);

        var esv = Estimate(model, score, seed: 1, iterations: 2);

        for (int c = 0; c < 3; c++)
            Assert.Equal(0, esv.EfficiencyGap(c), 1e-12);
        Assert.Equal(score == ScoreKind.Logit ? Array.ConvertAll(Prior, Math.Log) : Prior, esv.Prior);
        if (score == ScoreKind.SoftmaxOfMean)
            Assert.Equal(1, esv.Scores.Sum(), 1e-12);
    }

    [Fact]
    public void Two_frames_are_exact()
    {
        var model = VariableLengthTable.Random(2, 3, seed: 3);

        var esv = Estimate(model, ScoreKind.SoftmaxOfMean, seed: 1, iterations: 1);

        AssertClose(model.Values(Prior, ScoreKind.SoftmaxOfMean), esv.Values, 1e-14);
    }

    [Theory]
    [InlineData(6, ScoreKind.SoftmaxOfMean)]
    [InlineData(7, ScoreKind.Logit)]
    public void The_mean_over_many_seeds_is_the_truth(int n, ScoreKind score)
    {
        var model = VariableLengthTable.Random(n, 3, seed: 10 + n, noise: 1);
        double[] truth = model.Values(Prior, score);

        var (mean, error) = OverSeeds(600, seed => Estimate(model, score, seed, iterations: 4).Values);

        // 39 normal variables: one in 7,000 test runs with other seeds would exceed 4.5.
        for (int k = 0; k < truth.Length; k++)
            Assert.True(Math.Abs(mean[k] - truth[k]) < 4.5 * error[k], $"{k}: {mean[k]} ± {error[k]}, {truth[k]}");
        Assert.All(error, e => Assert.InRange(e, double.Epsilon, truth.Max(Math.Abs) / 50));
    }

    [Fact]
    public void Frames_that_are_interchangeable_get_the_same_in_the_mean()
    {
        // The score knows how many of frames 1 and 4 there are, not which, and interacts with the others.
        var table = VariableLengthTable.Random(6, 3, seed: 5, noise: 1);
        var model = new DelegateModel(6, 3, (length, subsequences, logits) =>
        {
            var row = new int[length];
            for (int k = 0; k < subsequences.Length / length; k++)
            {
                subsequences.Slice(k * length, length).CopyTo(row);
                if (row.Contains(4) && !row.Contains(1))
                    row[Array.IndexOf(row, 4)] = 1;
                Array.Sort(row);
                table.Evaluate(length, row, logits[(k * 3)..]);
            }
        });

        var (mean, error) = OverSeeds(
            400,
            seed =>
            {
                var esv = Estimate(model, ScoreKind.SoftmaxOfMean, seed, iterations: 4);
                return [esv[1, 0] - esv[4, 0], esv[1, 1] - esv[4, 1], esv[1, 0] - esv[2, 0]];
            });

        Assert.InRange(mean[0] / error[0], -4, 4);
        Assert.InRange(mean[1] / error[1], -4, 4);
        Assert.NotInRange(mean[2] / error[2], -10, 10);
    }

    [Theory]
    [InlineData(ScoreKind.SoftmaxOfMean)]
    [InlineData(ScoreKind.Logit)]
    public void The_95_percent_interval_holds_the_truth_in_93_to_97_percent_of_cases(ScoreKind score)
    {
        int inside = 0;
        int total = 0;
        for (int seed = 0; seed < 400; seed++)
        {
            int n = 6 + (seed % 3);
            var model = VariableLengthTable.Random(n, 3, seed, noise: seed % 2);
            double[] truth = model.Values(Prior, score);
            var esv = Estimate(model, score, (ulong)seed, iterations: 16);
            for (int k = 0; k < truth.Length; k++)
            {
                total++;
                if (Math.Abs(esv.Values[k] - truth[k]) <= esv.HalfWidth95(k / 3, k % 3))
                    inside++;
            }
        }

        // 400 games · about 21 values, which depend on each other within a game: the share's own error is under 0.5 %.
        Assert.InRange((double)inside / total, 0.93, 0.97);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(64)]
    [InlineData(513)]
    public void Frames_that_only_add_up_get_what_they_add(int n)
    {
        // Multiples of 1/64, so that sums of floats are exact and every estimate must be.
        static float Value(int frame, int c) => ((frame * (37 + c) % 129) - 64) / 64f;
        var model = new DelegateModel(n, 2, (length, subsequences, logits) =>
        {
            logits.Clear();
            for (int k = 0; k < subsequences.Length; k++)
            {
                for (int c = 0; c < 2; c++)
                    logits[(k / length * 2) + c] += Value(subsequences[k], c);
            }
        });

        var game = new Game(model, [1, 1], ScoreKind.Logit);
        var esv = Create(1, n).Estimate(game, new StoppingRule { Iterations = n > 100 ? 1 : 3 });

        for (int i = 0; i < n; i++)
        {
            for (int c = 0; c < 2; c++)
                Assert.Equal(Value(i, c), esv[i, c], 1e-10);
        }
    }

    [Fact]
    public void A_seed_fixes_every_bit_and_another_seed_gives_another_sample()
    {
        var model = VariableLengthTable.Random(7, 40, seed: 2);
        double[] prior = [.. Enumerable.Repeat(1 / 40.0, 40)];
        ElementShapleyValues Run(ulong seed, int iterations) => Create(seed, 7).Estimate(
            new Game(model, prior, ScoreKind.SoftmaxOfMean), new StoppingRule { Iterations = iterations });

        var first = Run(seed: 7, 3);
        var second = Run(seed: 7, 3);

        Assert.Equal(first.Values, second.Values);
        Assert.Equal(first.StandardErrors, second.StandardErrors);
        Assert.NotEqual(first.Values, Run(seed: 8, 3).Values);
        Assert.NotEqual(first.Values, Run(seed: 7, 4).Values);
    }

    [Fact]
    public void More_iterations_begin_with_the_samples_of_fewer()
    {
        var fewer = VariableLengthTable.Random(7, 3, seed: 2);
        var more = VariableLengthTable.Random(7, 3, seed: 2);

        Estimate(fewer, ScoreKind.Logit, seed: 7, iterations: 2);
        Estimate(more, ScoreKind.Logit, seed: 7, iterations: 5);

        Assert.True(more.Evaluated.Count > 2 * fewer.Evaluated.Count);
        Assert.Equal(fewer.Evaluated, more.Evaluated.Take(fewer.Evaluated.Count));
    }

    [Fact]
    public void Every_evaluation_is_counted_and_all_frames_are_evaluated_once()
    {
        var model = VariableLengthTable.Random(7, 3, seed: 2);

        var esv = Estimate(model, ScoreKind.Logit, seed: 7, iterations: 3);

        Assert.Equal(model.Evaluated.Count, esv.EvaluationCount);
        Assert.Single(model.Evaluated, subset => subset == 127);
    }

    [Fact]
    public void A_budget_is_used_to_the_last_sample_that_it_pays_for()
    {
        var model = VariableLengthTable.Random(7, 3, seed: 2);
        var game = new Game(model, Prior, ScoreKind.Logit);
        var estimator = Create(1, 7);
        var five = estimator.Estimate(game, new StoppingRule { Iterations = 5 });

        var enough = estimator.Estimate(game, new StoppingRule { Iterations = 99, Budget = five.EvaluationCount });
        var short1 = estimator.Estimate(game, new StoppingRule { Iterations = 99, Budget = five.EvaluationCount - 1 });

        Assert.Equal((5, StopReason.Budget), (enough.SampleCount, enough.StopReason));
        Assert.Equal((4, StopReason.Budget), (short1.SampleCount, short1.StopReason));
        Assert.Equal(five.Values, enough.Values);
    }

    [Fact]
    public void A_tolerance_is_met()
    {
        var model = VariableLengthTable.Random(7, 3, seed: 2);

        var esv = Create(1, 7).Estimate(
            new Game(model, Prior, ScoreKind.Logit), new StoppingRule { Iterations = 100_000, Tolerance = 0.02 });

        Assert.Equal(StopReason.Tolerance, esv.StopReason);
        Assert.InRange(esv.SampleCount, Replication.MinSampleCountForTolerance, 10_000);
        // Against the mean |φ| of the values reported, which may differ a little from that of the samples.
        Assert.True(esv.StandardErrors!.Max() / esv.Values.Average(Math.Abs) < 0.021);
    }

    [Fact]
    public void A_model_with_scales_is_refused()
    {
        var game = new Game(TableModel.Random(4, 2, 3, seed: 1), Prior, ScoreKind.Logit);

        var error = Assert.Throws<ArgumentException>(() => Create(1, 4).Estimate(game, new StoppingRule()));

        Assert.Contains("n_max = 2", error.Message, StringComparison.Ordinal);
        Assert.Contains("Use 'exact', 'subsequence-sampling'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelling_ends_it_within_a_sample()
    {
        using var source = new CancellationTokenSource();
        int callCount = 0;
        var model = new DelegateModel(64, 1, (_, _, logits) =>
        {
            logits.Clear();
            if (++callCount == 3)
                source.Cancel();
        });

        Assert.Throws<OperationCanceledException>(() => Create(1, 64).Estimate(
            new Game(model, [1], ScoreKind.Logit), new StoppingRule(), source.Token));
        Assert.Equal(3, callCount);
    }

    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int k = 0; k < expected.Length; k++)
            Assert.Equal(expected[k], actual[k], tolerance);
    }

    private ElementShapleyValues Estimate(IVariableLengthModel model, ScoreKind score, ulong seed, int iterations) =>
        Create(seed, model.FrameCount).Estimate(
            new Game(model, Prior, score), new StoppingRule { Iterations = iterations });

    private static (double[] Mean, double[] Error) OverSeeds(int seedCount, Func<ulong, double[]> estimate)
    {
        double[][] all = [.. Enumerable.Range(0, seedCount).Select(seed => estimate((ulong)seed))];
        double[] mean = [.. Enumerable.Range(0, all[0].Length).Select(k => all.Average(row => row[k]))];
        double[] error =
        [
            .. mean.Select((m, k) =>
                Math.Sqrt(all.Sum(row => (row[k] - m) * (row[k] - m)) / (seedCount - 1) / seedCount)),
        ];
        return (mean, error);
    }
}
