namespace PlayFair.Attribution.Tests;

public sealed class ApproximationStudyTests
{
    private const int FrameCount = 7;
    private const int ClassCount = 3;
    private static readonly double[] Prior = [0.2, 0.3, 0.5];

    private static readonly ApproximationOptions Options = new()
    {
        MaxCounts = [8, 16],
        Iterations = 3,
        LeastScore = 0.3,
        Seed = 5,
    };

    [Fact]
    public void A_point_is_the_mean_over_videos_of_the_mean_over_classes_that_score_enough()
    {
        TableModel[] videos = [Video(1), Video(2)];
        ApproximationStudy study = Run(videos);

        foreach ((int m, int iterations) in new[] { (8, 1), (8, 3), (16, 2) })
        {
            double error = 0;
            double slope = 0;
            double correlation = 0;
            for (int v = 0; v < videos.Length; v++)
            {
                var exact = ExactEsv.Compute(videos[v], Prior, ScoreKind.SoftmaxOfMean);
                ElementShapleyValues sampled = new SampledEsv { MaxCount = m, Seed = 5 + (ulong)v }.Estimate(
                    new Game(videos[v], Prior, ScoreKind.SoftmaxOfMean), new StoppingRule { Iterations = iterations });
                int[] classes = [.. Enumerable.Range(0, ClassCount).Where(c => exact.Scores[c] >= 0.3)];
                Assert.NotEmpty(classes);
                foreach (int c in classes)
                {
                    var one = ApproximationError.Compare(Column(exact, c), Column(sampled, c));
                    error += one.RelativeError / classes.Length / 2;
                    slope += one.LadSlope / classes.Length / 2;
                    correlation += one.Correlation / classes.Length / 2;
                }
            }

            ApproximationPoint point = Find(study, ScoreKind.SoftmaxOfMean, SampledEsv.EstimatorName, m, iterations);
            Assert.Equal(error, point.Error.RelativeError, 1e-12);
            Assert.Equal(slope, point.Error.LadSlope, 1e-12);
            Assert.Equal(correlation, point.Error.Correlation, 1e-12);
        }

        Assert.Equal((2, 0), (study.VideoCount, study.SkippedVideoCount));
    }

    [Fact]
    public void Each_estimator_that_takes_the_score_is_run_at_each_budget()
    {
        ApproximationStudy study = Run([Video(1)]);

        string[] expected =
        [
            .. new[] { (8, 1), (8, 2), (8, 3), (16, 1), (16, 2), (16, 3) }
                .Select(budget => $"softmax-of-mean subsequence-sampling {budget}"),
            .. Budgets("softmax-of-mean", "permutation", "leverage-regression"),
            .. Budgets(
                "mean-of-softmax", "subsequence-sampling", "closed-form-sampling", "permutation",
                "leverage-regression"),
        ];
        string[] found =
            [.. study.Points.Select(p => $"{ScoreKinds.Name(p.Score)} {p.Estimator} {(p.MaxCount, p.Iterations)}")];
        Assert.Equal<string>(expected, found);
        Assert.All(study.Points, point => Assert.True(point.Error.RelativeError > 0));

        static IEnumerable<string> Budgets(string score, params string[] estimators) => estimators.SelectMany(
            estimator => new[] { (8, 1), (16, 1), (16, 2) }.Select(budget => $"{score} {estimator} {budget}"));
    }

    [Fact]
    public void Evaluations_are_those_of_the_single_scale_models()
    {
        ApproximationStudy study = Run([Video(1)]);

        // Of 7 frames: 7 of sizes 1 and 6, 8 of each size between, 1 of size 7; n_max = 2.
        Assert.Equal(7 + (4 * 8) + 7 + 1, ApproximationStudy.CountSubsequences(7, 8));
        ApproximationPoint sampled = Find(study, ScoreKind.SoftmaxOfMean, SampledEsv.EstimatorName, 8, 3);
        Assert.Equal(3 * (7 + 8), sampled.EvaluationCount);
        Assert.Equal(3 * 47, sampled.SubsequenceCount);

        // A pair of orders takes 12, so 3 pairs, and all frames once; one of k frames counts k + C(k, 2).
        ApproximationPoint permutation = Find(study, ScoreKind.SoftmaxOfMean, "permutation", 8, 1);
        Assert.Equal((3 * 12) + 1, permutation.SubsequenceCount);
        int pair = 2 * Enumerable.Range(1, 6).Sum(k => k + (k * (k - 1) / 2));
        Assert.Equal((3 * pair) + 28, permutation.EvaluationCount);
    }

    [Fact]
    public void Where_a_subsequence_is_one_evaluation_estimators_get_equally_many()
    {
        var study = new ApproximationStudy(Options);
        study.Add(TableModel.Random(FrameCount, 1, ClassCount, 3), Prior, TestContext.Current.CancellationToken);

        Assert.DoesNotContain(study.Points, point => point.Estimator == ClosedFormSampling.EstimatorName);
        foreach (ApproximationPoint point in study.Points.Where(p => p.Estimator != "leverage-regression"))
        {
            double budget = point.Iterations * ApproximationStudy.CountSubsequences(FrameCount, point.MaxCount);
            Assert.Equal(point.SubsequenceCount, point.EvaluationCount);
            Assert.InRange(point.EvaluationCount, budget - 12, budget + 1);
        }
    }

    [Fact]
    public void A_video_without_a_class_that_scores_enough_does_not_count()
    {
        var study = new ApproximationStudy(Options with { LeastScore = 0.999 });
        study.Add(Video(1), Prior, TestContext.Current.CancellationToken);

        Assert.Equal((0, 1, 0), (study.VideoCount, study.SkippedVideoCount, study.CaseCount));
        Assert.Empty(study.Points);
    }

    [Fact]
    public void Settings_and_videos_that_do_not_fit_are_refused()
    {
        var study = new ApproximationStudy(Options);
        study.Add(Video(1), Prior, TestContext.Current.CancellationToken);
        var other = TableModel.Random(5, 2, ClassCount, 1);
        Refused("5 frames, expected 7", () => Add(study, other, Prior));
        var large = TableModel.Random(17, 1, 1, 1);
        Refused("expected 2 to 16", () => Add(new ApproximationStudy(Options), large, [1]));
        Refused("8, 4", () => new ApproximationStudy(Options with { MaxCounts = [8, 4] }));
        Refused("No score", () => new ApproximationStudy(Options with { Scores = [] }));
    }

    [Fact]
    public void The_papers_shares_of_subsequences_are_those_of_16_frames()
    {
        foreach (int m in PaperApproximation.MaxCounts)
        {
            double share = ApproximationStudy.CountSubsequences(16, m) / 65535.0;
            // Printed to hundredths of a percent, and not always rounded.
            Assert.Equal(share, PaperApproximation.FindShare(m)!.Value, 1e-4);
        }

        // "at m = 256 over 4 iterations … r = 0.99"
        Assert.Equal(0.99, PaperApproximation.Find(256, 4)!.Value.Correlation);
        Assert.Equal(0.933, PaperApproximation.Find(32, 1)!.Value.RelativeError, 1e-12);
        Assert.Null(PaperApproximation.Find(48, 1));
        Assert.Null(PaperApproximation.Find(32, 11));
        Assert.Null(PaperApproximation.FindShare(48));
    }

    [Theory]
    [InlineData(ScoreKind.SoftmaxOfMean, 1)]
    [InlineData(ScoreKind.SoftmaxOfMean, 3)]
    [InlineData(ScoreKind.MeanOfSoftmax, 3)]
    [InlineData(ScoreKind.MeanOfSoftmax, 7)]
    [InlineData(ScoreKind.Logit, 3)]
    public void A_table_has_the_models_values(ScoreKind score, int maxScale)
    {
        var model = TableModel.Random(FrameCount, maxScale, ClassCount, 4);
        (double[] values, double[] scores) = BruteForce.Compute(model, Prior, score);

        var table = new MultiScaleTable(model, score, TestContext.Current.CancellationToken);
        var found = ExactEsv.Compute(table, Prior, table.Score);

        // Floats of about 1, summed over 7 sizes.
        for (int k = 0; k < values.Length; k++)
            Assert.Equal(values[k], found.Values[k], 2e-6);
        for (int c = 0; c < ClassCount; c++)
            Assert.Equal(scores[c], found.Scores[c], 2e-6);
        // Every subsequence once: Σ_k C(7, k)·Σ_{s ≤ n_max} C(k, s) = Σ_{s ≤ n_max} C(7, s)·2^(7−s).
        int[] choose = [1, 7, 21, 35, 35, 21, 7, 1];
        Assert.Equal(Enumerable.Range(1, maxScale).Sum(s => choose[s] << (7 - s)), table.HeadEvaluationCount);
    }

    [Fact]
    public void A_table_refuses_what_it_cannot_hold_or_look_up()
    {
        var table = new MultiScaleTable(Video(1), ScoreKind.Logit, TestContext.Current.CancellationToken);
        var large = TableModel.Random(17, 1, 1, 1);
        Refused("17 frames, expected 1 to 16", () => new MultiScaleTable(large, ScoreKind.Logit));
        Assert.Throws<ArgumentException>(() => table.Evaluate(8, new int[8], new float[ClassCount]));
        Assert.Throws<ArgumentException>(() => table.Evaluate(2, [0, 1], new float[ClassCount - 1]));
        Assert.Throws<ArgumentException>(() => table.Evaluate(2, [1, 1], new float[ClassCount]));
        Assert.Throws<ArgumentException>(() => table.Evaluate(2, [1, 7], new float[ClassCount]));
    }

    private static TableModel Video(int seed) => TableModel.Random(FrameCount, 2, ClassCount, seed);

    private static ApproximationStudy Run(TableModel[] videos)
    {
        var study = new ApproximationStudy(Options);
        foreach (TableModel video in videos)
            study.Add(video, Prior, TestContext.Current.CancellationToken);
        return study;
    }

    private static ApproximationPoint Find(
        ApproximationStudy study, ScoreKind score, string estimator, int m, int iterations) =>
        study.Points.Single(p => (p.Score, p.Estimator, p.MaxCount, p.Iterations) == (score, estimator, m, iterations));

    private static double[] Column(ElementShapleyValues values, int c) =>
        [.. Enumerable.Range(0, values.FrameCount).Select(frame => values[frame, c])];

    private static ApproximationStudy Add(ApproximationStudy study, TableModel video, double[] prior)
    {
        study.Add(video, prior, TestContext.Current.CancellationToken);
        return study;
    }

    private static void Refused(string words, Func<object> action) =>
        Assert.Contains(words, Assert.ThrowsAny<ArgumentException>(action).Message, StringComparison.Ordinal);
}
