using System.Numerics.Tensors;
using PlayFair.Attribution.Exact;

namespace PlayFair.Attribution;

/// <summary>What an <see cref="ApproximationStudy"/> compares.</summary>
public sealed record ApproximationOptions
{
    /// <summary>m: how many subsequences of each size, ascending, each at least 1.</summary>
    public IReadOnlyList<int> MaxCounts { get; init; } = [32, 64, 128, 256, 512, 1024];

    /// <summary>The most iterations, at least 1.</summary>
    public int Iterations { get; init; } = 10;

    /// <summary>
    /// The scores; the whole grid is computed of the first, and points to compare estimators at of each.
    /// </summary>
    public IReadOnlyList<ScoreKind> Scores { get; init; } = [ScoreKind.SoftmaxOfMean, ScoreKind.MeanOfSoftmax];

    /// <summary>
    /// Classes that score less in a video are left out, as the paper does: a share of 1. For <see
    /// cref="ScoreKind.Logit"/> it is held against the softmax of the logits.
    /// </summary>
    public double LeastScore { get; init; } = 0.05;

    /// <summary>Fixes every random choice; each video has a stream of its own.</summary>
    public ulong Seed { get; init; }
}

/// <summary>What one estimator achieved with one budget, in the mean over the videos.</summary>
/// <param name="Score">Which score is attributed.</param>
/// <param name="Estimator">The estimator's <see cref="IEsvEstimator.Name"/>.</param>
/// <param name="MaxCount">m of Algorithm 1, whose budget it is.</param>
/// <param name="Iterations">Iterations of Algorithm 1, whose budget it is.</param>
/// <param name="EvaluationCount">
/// Model evaluations: of single-scale models for a head with n_max &gt; 1, where one subsequence of k frames given to
/// <c>permutation</c> or <c>leverage-regression</c> counts as the Σ_{s ≤ n_max} C(k, s) that it consists of; otherwise
/// of the model on subsequences of any length.
/// </param>
/// <param name="SubsequenceCount">How many subsequences got a score.</param>
/// <param name="Error">The paper's three measures: first over each video's classes, then over the videos.</param>
public sealed record ApproximationPoint(
    ScoreKind Score, string Estimator, int MaxCount, int Iterations, double EvaluationCount, double SubsequenceCount,
    ApproximationError Error);

/// <summary>
/// How far approximate values are from exact ones, over the videos that are added: the experiment of the paper's Fig.
/// 8.
/// </summary>
/// <remarks>
/// <para>
/// Algorithm 1 is run for every m and number of iterations; the other estimators at the same numbers of evaluations, or
/// of scored subsequences, for every m with one iteration and the largest m with 2, 4, 8, … of them. Which estimators
/// there are depends on model and score. Those for models of any length are given <see cref="MultiScaleTable"/>.
/// </para>
/// <para>
/// The paper takes the class that each video shows. A video may come without one here, so all classes with a score of
/// at least <see cref="ApproximationOptions.LeastScore"/> count, and a video's measures are the means over them.
/// </para>
/// </remarks>
public sealed class ApproximationStudy
{
    private readonly ApproximationOptions _options;
    private readonly Dictionary<(ScoreKind Score, string Estimator, int MaxCount, int Iterations), Totals> _totals = [];
    private readonly List<(ScoreKind Score, string Estimator, int MaxCount, int Iterations)> _order = [];

    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public ApproximationStudy(ApproximationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Iterations, 1);
        if (options.MaxCounts.Count == 0 || options.MaxCounts[0] < 1
            || options.MaxCounts.Zip(options.MaxCounts.Skip(1)).Any(pair => pair.First >= pair.Second))
        {
            throw new ArgumentException(
                $"The sample sizes are {string.Join(", ", options.MaxCounts)}, expected at least one, ascending, from "
                + "1 on.",
                nameof(options));
        }

        if (options.Scores.Count == 0)
            throw new ArgumentException("No score, expected at least one.", nameof(options));
        _options = options;
    }

    /// <summary>n of every video; 0 before the first.</summary>
    public int FrameCount { get; private set; }

    /// <summary>How many videos count: those with a class that scores enough.</summary>
    public int VideoCount { get; private set; }

    /// <summary>How many videos were added and have no such class.</summary>
    public int SkippedVideoCount { get; private set; }

    /// <summary>How many classes of videos count, for the first score.</summary>
    public int CaseCount { get; private set; }

    /// <summary>What is known so far, in the order: score, estimator, m, iterations.</summary>
    public IReadOnlyList<ApproximationPoint> Points => [.. _order.Select(key => _totals[key].Mean(key))];

    /// <summary>
    /// How many subsequences of n frames an iteration of Algorithm 1 scores at most: Σ_s min(m, C(n, s)).
    /// </summary>
    public static long CountSubsequences(int frameCount, int maxCount)
    {
        var choose = new BinomialTable(frameCount, frameCount);
        return Enumerable.Range(1, frameCount).Sum(s => Math.Min(maxCount, choose[frameCount, s]));
    }

    /// <summary>Runs all estimators on one video.</summary>
    /// <param name="model">
    /// The model on its frames, 2 to <see cref="MultiScaleTable.MaxFrameCount"/>, as many as before.
    /// </param>
    /// <param name="prior">Class prior, [class].</param>
    /// <param name="ct">Ends it early; the video then counts in part.</param>
    /// <exception cref="ArgumentException">Another number of frames; or as for <see cref="Game"/>.</exception>
    public void Add(IMultiScaleModel model, ReadOnlySpan<double> prior, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        int n = model.FrameCount;
        if (n is < 2 or > MultiScaleTable.MaxFrameCount || (FrameCount > 0 && n != FrameCount))
        {
            throw new ArgumentException(
                $"The video has {n} frames, expected "
                + (FrameCount > 0 ? $"{FrameCount} as those before it" : $"2 to {MultiScaleTable.MaxFrameCount}")
                + "; sample as many frames of every video.",
                nameof(model));
        }

        FrameCount = n;
        ulong seed = _options.Seed + (ulong)(VideoCount + SkippedVideoCount);
        bool counts = false;
        for (int k = 0; k < _options.Scores.Count; k++)
        {
            var game = new Game(model, prior, _options.Scores[k]);
            ElementShapleyValues exact = new ExactEsv().Estimate(game, ct);
            int[] classes = ClassesOf(exact);
            if (k == 0)
                CaseCount += classes.Length;
            if (classes.Length == 0)
                continue;
            counts = true;
            var video = new Video(game, prior.ToArray(), exact, classes, seed);
            RunSampled(video, isWhole: k == 0, ct);
            RunOthers(video, ct);
        }

        _ = counts ? VideoCount++ : SkippedVideoCount++;
    }

    private void RunSampled(Video video, bool isWhole, CancellationToken ct)
    {
        foreach ((int m, int iterations) in isWhole ? Grid() : Budgets())
        {
            var estimator = new SampledEsv { MaxCount = m, Seed = video.Seed };
            ElementShapleyValues values = estimator.Estimate(
                video.Game, new StoppingRule { Iterations = iterations }, ct);
            long scored = iterations * CountSubsequences(FrameCount, m);
            Record(video, m, iterations, values, video.HasScales ? values.EvaluationCount : scored, scored);
        }
    }

    private void RunOthers(Video video, CancellationToken ct)
    {
        if (video.HasScales && video.Game.Score != ScoreKind.SoftmaxOfMean)
        {
            foreach ((int m, int iterations) in Budgets())
            {
                var estimator = new ClosedFormSampling { MaxCount = m, Seed = video.Seed };
                ElementShapleyValues values = estimator.Estimate(
                    video.Game, new StoppingRule { Iterations = iterations }, ct);
                Record(video, m, iterations, values, values.EvaluationCount, values.EvaluationCount);
            }
        }

        var table = new MultiScaleTable((IMultiScaleModel)video.Game.Model, video.Game.Score, ct);
        var game = new Game(table, video.Prior, table.Score);
        foreach ((int m, int iterations) in Budgets())
        {
            // As many subsequences as Algorithm 1 scores: a pair of orders takes 2·(n − 1) besides all frames.
            long budget = CountSubsequences(FrameCount, m);
            long pairCount = Math.Max(1, iterations * budget / (2L * (FrameCount - 1)));
            RunOnTable(
                video, table, game, m, iterations, new PermutationEstimator { PairCount = 1, Seed = video.Seed },
                (int)Math.Min(int.MaxValue, pairCount), ct);
        }

        foreach ((int m, int iterations) in Budgets())
        {
            long budget = Math.Max(4L * FrameCount, CountSubsequences(FrameCount, m));
            RunOnTable(
                video, table, game, m, iterations,
                new LeverageEstimator { CoalitionCount = (int)Math.Min(int.MaxValue, budget), Seed = video.Seed },
                iterations, ct);
        }
    }

    private void RunOnTable(
        Video video, MultiScaleTable table, Game game, int m, int budgetIterations, IEsvEstimator estimator,
        int iterations, CancellationToken ct)
    {
        long before = table.HeadEvaluationCount;
        ElementShapleyValues values = estimator.Estimate(game, new StoppingRule { Iterations = iterations }, ct);
        long cost = video.HasScales ? table.HeadEvaluationCount - before : values.EvaluationCount;
        Record(video, m, budgetIterations, values, cost, values.EvaluationCount);
    }

    /// <summary>All m and iterations.</summary>
    private IEnumerable<(int MaxCount, int Iterations)> Grid() =>
        _options.MaxCounts.SelectMany(m => Enumerable.Range(1, _options.Iterations).Select(i => (m, i)));

    /// <summary>One iteration of each m, then more of the largest.</summary>
    private IEnumerable<(int MaxCount, int Iterations)> Budgets()
    {
        foreach (int m in _options.MaxCounts)
            yield return (m, 1);
        for (int i = 2; i <= _options.Iterations; i *= 2)
            yield return (_options.MaxCounts[^1], i);
    }

    private int[] ClassesOf(ElementShapleyValues exact)
    {
        double[] scores = [.. exact.Scores];
        if (exact.ScoreKind == ScoreKind.Logit)
        {
            TensorPrimitives.Subtract(scores, TensorPrimitives.Max<double>(scores), scores);
            TensorPrimitives.SoftMax(scores, scores);
        }

        // Where all exact values are equal, the slope and the correlation are of nothing.
        return
        [
            .. Enumerable.Range(0, scores.Length)
                .Where(c => scores[c] >= _options.LeastScore && Column(exact, c).Distinct().Skip(1).Any()),
        ];
    }

    private void Record(
        Video video, int m, int iterations, ElementShapleyValues values, double evaluationCount,
        double subsequenceCount)
    {
        double error = 0;
        double slope = 0;
        double correlation = 0;
        foreach (int c in video.Classes)
        {
            var one = ApproximationError.Compare(Column(video.Exact, c), Column(values, c));
            error += one.RelativeError;
            slope += one.LadSlope;
            // Values that are all equal say nothing of how the exact ones differ.
            correlation += double.IsNaN(one.Correlation) ? 0 : one.Correlation;
        }

        var key = (video.Game.Score, values.Estimator, m, iterations);
        if (_totals.TryAdd(key, new Totals()))
            _order.Add(key);
        int count = video.Classes.Length;
        _totals[key].Add(error / count, slope / count, correlation / count, evaluationCount, subsequenceCount);
    }

    private static double[] Column(ElementShapleyValues values, int c) =>
        [.. Enumerable.Range(0, values.FrameCount).Select(frame => values[frame, c])];

    private sealed record Video(Game Game, double[] Prior, ElementShapleyValues Exact, int[] Classes, ulong Seed)
    {
        public bool HasScales => Game.Model.MaxScale > 1;
    }

    /// <summary>Sums over the videos.</summary>
    private sealed class Totals
    {
        private int _count;
        private double _error;
        private double _slope;
        private double _correlation;
        private double _evaluations;
        private double _subsequences;

        public void Add(double error, double slope, double correlation, double evaluations, double subsequences)
        {
            _count++;
            _error += error;
            _slope += slope;
            _correlation += correlation;
            _evaluations += evaluations;
            _subsequences += subsequences;
        }

        public ApproximationPoint Mean((ScoreKind Score, string Estimator, int MaxCount, int Iterations) key) => new(
            key.Score, key.Estimator, key.MaxCount, key.Iterations, _evaluations / _count, _subsequences / _count,
            new ApproximationError(_error / _count, _slope / _count, _correlation / _count));
    }
}
