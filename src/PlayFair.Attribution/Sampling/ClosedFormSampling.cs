using PlayFair.Attribution.Exact;
using PlayFair.Attribution.Sampling;

namespace PlayFair.Attribution;

/// <summary>
/// Element Shapley Values of a multi-scale mean of scores from sampled subsequences of at most n_max frames, without
/// bias: for <see cref="ScoreKind.MeanOfSoftmax"/> and <see cref="ScoreKind.Logit"/> of an
/// <see cref="IMultiScaleModel"/>.
/// </summary>
/// <remarks>
/// <para>
/// φ_i = Σ_s (α_s·A_i^s + β_s·B_i^s) − f(∅)/n, where A_i^s is the mean score of the size-s subsequences that hold frame
/// i and B_i^s of those that do not. Here both are means over a sample in which each frame occurs equally often and
/// each pair of frames nearly so, and every subsequence is equally likely. So the values are unbiased for every number
/// of frames and samples, Σ_i φ_i is the estimated f(X) − f(∅) up to rounding, and what frames add to a score by
/// themselves causes hardly any error.
/// </para>
/// <para>
/// A size with at most max(m, n) subsequences is enumerated, once for all iterations. If all are, the values are exact.
/// All other sizes get the same number: how much scores of each size spread is not known beforehand, and if they spread
/// alike, the best shares would save at most 5 % of the error (n_max = 8).
/// </para>
/// <para>
/// Cost of an iteration: n·max(1, ⌊m/n⌋) model evaluations for each size that is not enumerated; time and memory are
/// linear in n. The number of threads does not change the result.
/// </para>
/// </remarks>
public sealed class ClosedFormSampling : IEsvEstimator
{
    /// <summary>The estimator's <see cref="Name"/>.</summary>
    public const string EstimatorName = "closed-form-sampling";

    /// <inheritdoc/>
    public string Name => EstimatorName;

    /// <summary>
    /// m: about how many subsequences of each size up to n_max an iteration takes, at least 1. It is rounded down to a
    /// multiple of n, or up to n; of sizes with no more than m or n subsequences all are taken.
    /// </summary>
    public int MaxCount { get; init; } = 1024;

    /// <summary>Fixes every random choice.</summary>
    public ulong Seed { get; init; }

    /// <summary>The most threads to use; 0: as many as there are cores. It does not change the result.</summary>
    public int ThreadCount { get; init; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// The game's score is <see cref="ScoreKind.SoftmaxOfMean"/>, its model has no scales, a logit is not finite, or
    /// the stopping rule has a value out of its range.
    /// </exception>
    public ElementShapleyValues Estimate(Game game, StoppingRule stopping, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(game);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxCount, 1);
        Check(game);
        int n = game.FrameCount;
        int maxScale = Math.Min(n, game.Model.MaxScale);
        var choose = new BinomialTable(n, maxScale);
        var enumerated = new List<ISubsequenceList>();
        var sampledScales = new List<int>();
        for (int s = 1; s <= maxScale; s++)
        {
            if (choose[n, s] <= Math.Max(MaxCount, n))
                enumerated.Add(new AllSubsequences(n, s, choose));
            else
                sampledScales.Add(s);
        }

        int blockCount = Math.Max(1, MaxCount / n);
        long sampleCost = (long)sampledScales.Count * blockCount * n;
        var terms = new Terms(game, ThreadCount);
        // f(∅) and the enumerated sizes: what all samples have in common.
        var commonValues = new double[n * game.ClassCount];
        var commonScores = new double[game.ClassCount];
        var replication = new Replication(game, stopping, Math.Max(1, sampleCost));
        if (sampledScales.Count == 0)
        {
            long evaluationCount = AddCommon();
            return Exact(game, commonValues, commonScores, evaluationCount);
        }

        return replication.Run(
            Name,
            (index, values, scores) =>
            {
                long evaluationCount = index == 0 ? AddCommon() : 0;
                commonValues.CopyTo(values);
                commonScores.CopyTo(scores);
                var random = new SeededRandom(Seed, (ulong)index);
                foreach (int s in sampledScales)
                    terms.Add(new BalancedDesign(n, s, blockCount, ref random), values, scores, ct);
                return evaluationCount + sampleCost;
            },
            ct: ct);

        long AddCommon()
        {
            for (int k = 0; k < commonValues.Length; k++)
                commonValues[k] = -game.EmptyScores[k % game.ClassCount] / n;
            foreach (ISubsequenceList list in enumerated)
                terms.Add(list, commonValues, commonScores, ct);
            return enumerated.Sum(list => list.Count);
        }
    }

    private static void Check(Game game)
    {
        if (game.Model is not IMultiScaleModel)
        {
            throw new ArgumentException(
                $"The estimator '{EstimatorName}' needs a model with scales whose scores are averaged, and this one "
                + $"takes subsequences of any length by itself. Use '{LeverageEstimator.EstimatorName}', "
                + $"'{PermutationEstimator.EstimatorName}' or '{SampledEsv.EstimatorName}'.",
                nameof(game));
        }

        if (game.Score == ScoreKind.SoftmaxOfMean)
        {
            throw new ArgumentException(
                $"The score is '{ScoreKinds.Name(game.Score)}', expected '{ScoreKinds.Name(ScoreKind.MeanOfSoftmax)}' "
                + $"or '{ScoreKinds.Name(ScoreKind.Logit)}': the estimator '{EstimatorName}' takes means of scores "
                + $"only. Use '{SampledEsv.EstimatorName}', or '{ExactEsv.EstimatorName}' for up to "
                + $"{ExactEsv.MaxFrameCount} frames.",
                nameof(game));
        }
    }

    private ElementShapleyValues Exact(Game game, double[] values, double[] scores, long evaluationCount) => new()
    {
        FrameCount = game.FrameCount,
        ClassCount = game.ClassCount,
        ScoreKind = game.Score,
        Values = values,
        Scores = scores,
        Prior = game.EmptyScores,
        EvaluationCount = evaluationCount,
        Estimator = Name,
        SampleCount = 0,
        StopReason = StopReason.Exact,
    };

    /// <summary>The terms of one size of the closed form.</summary>
    private sealed class Terms(Game game, int threadCount)
    {
        private readonly FrameMeans _frameMeans = new(game, threadCount);
        private readonly double[] _means = new double[game.FrameCount * game.ClassCount];

        /// <summary>Adds α_s·A_i^s + β_s·B_i^s to φ_i, and the size's share to f(X).</summary>
        public void Add(ISubsequenceList list, Span<double> values, Span<double> scores, CancellationToken ct)
        {
            _frameMeans.Compute(list, _means, ct);
            ClosedForm.AddScale(list.Size, game, _means, game.ClassCount, values, scores);
        }
    }
}
