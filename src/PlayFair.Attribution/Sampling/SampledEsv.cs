using PlayFair.Attribution.Exact;
using PlayFair.Attribution.Sampling;

namespace PlayFair.Attribution;

/// <summary>
/// Element Shapley Values from sampled subsequences: Algorithm 1 of the paper for a multi-scale model, and the same
/// subsequences scored by the model itself (paper Eq. 48) for one that takes any length, as TSN does (n_max = 1).
/// </summary>
/// <remarks>
/// <para>
/// An iteration draws subsequences of every size, each but the single frames an older one grown by one frame, and at most
/// <see cref="MaxCount"/> of each size. With S[i, s] the sum of the scores of those of size s that hold frame i, N[i, s]
/// their number, and S̄, N̄ the same for those that do not, φ_i = 1/n Σ_{s=1}^{n} (S[i, s] / N[i, s] − S̄[i, s−1] / N̄[i, s−1]);
/// the empty subsequence scores the prior, and an empty count contributes 0. Sums and counts go on over iterations.
/// </para>
/// <para>
/// Where a mean over sampled children stands in for the mean over all, the softmax of it is biased, which more
/// iterations do not cure: the standard errors then understate the error. For m below some 2n they are larger than the
/// error, since sums over all iterations say more than each iteration by itself.
/// </para>
/// <para>
/// Cost per iteration: Σ_{s ≤ n_max} min(m, C(n, s)) model evaluations (n for TSN), and time nearly linear in n. Memory: a
/// few times m·C floats; from the second iteration on n²·C doubles.
/// </para>
/// </remarks>
public sealed class SampledEsv : IEsvEstimator
{
    /// <summary>The estimator's <see cref="Name"/>.</summary>
    public const string EstimatorName = "subsequence-sampling";

    /// <summary>The most frames a window may have.</summary>
    public const int MaxFrameCount = 4096;

    /// <inheritdoc/>
    public string Name => EstimatorName;

    /// <summary>m: how many subsequences of each size an iteration keeps, at least 1.</summary>
    public int MaxCount { get; init; } = 1024;

    /// <summary>Fixes every random choice.</summary>
    public ulong Seed { get; init; }

    /// <summary>The most threads to use; 0: as many as there are cores. It does not change the result.</summary>
    public int ThreadCount { get; init; }

    /// <inheritdoc/>
    /// <remarks>Exact, and said to be, where no size has more than <see cref="MaxCount"/> subsequences.</remarks>
    /// <exception cref="ArgumentException">
    /// More than <see cref="MaxFrameCount"/> frames; or several iterations, whose n²·C sums do not fit into an array.
    /// </exception>
    public ElementShapleyValues Estimate(Game game, StoppingRule stopping, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(game);
        ArgumentNullException.ThrowIfNull(stopping);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxCount, 1);
        int n = game.FrameCount;
        CheckFrameCount(game);
        // From 32 frames on, the middle sizes have more subsequences than an int counts.
        long middle = n < 32 ? new BinomialTable(n, n)[n, n / 2] : long.MaxValue;
        if (middle <= MaxCount)
            return Exactly(game, ct);
        return Estimate(
            game, stopping, MaxCount,
            iteration => SubsequenceSample.Begin(n, MaxCount, new SeededRandom(Seed, (ulong)iteration)),
            ct);
    }

    /// <summary>The same with subsequences that were drawn elsewhere.</summary>
    /// <param name="game">What is attributed.</param>
    /// <param name="subsequences">For each iteration and size from 1 to n: ascending frame positions, each distinct.</param>
    /// <param name="ct">Ends the computation early.</param>
    /// <exception cref="ArgumentException">
    /// No iteration, a size is missing, or a subsequence is not ascending, occurs twice or has no child among those of one
    /// size less.
    /// </exception>
    public ElementShapleyValues Estimate(
        Game game, IReadOnlyList<IReadOnlyList<IReadOnlyList<int[]>>> subsequences, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(game);
        ArgumentNullException.ThrowIfNull(subsequences);
        if (subsequences.Count == 0)
            throw new ArgumentException("No iteration, expected at least one.", nameof(subsequences));
        CheckFrameCount(game);
        return Estimate(
            game, new StoppingRule { Iterations = subsequences.Count },
            subsequences.Max(levels => levels.Max(level => level.Count)),
            iteration => SubsequenceSample.Of(game.FrameCount, subsequences[iteration]), ct);
    }

    /// <summary>Where no size has more than m subsequences, an iteration takes all of them: one is exact.</summary>
    private ElementShapleyValues Exactly(Game game, CancellationToken ct)
    {
        SubsequenceSample all = SubsequenceSample.All(game.FrameCount);
        var values = new double[game.FrameCount * game.ClassCount];
        var scores = new double[game.ClassCount];
        using var sampled = new SampledIteration(game, all.MaxCount, ThreadCount);
        long evaluationCount = sampled.Run(all, values, scores, sums: null, ct);
        return new ElementShapleyValues
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
    }

    private ElementShapleyValues Estimate(
        Game game, StoppingRule stopping, int maxCount, Func<int, SubsequenceSample> sampleOf, CancellationToken ct)
    {
        long sumCount = (long)game.FrameCount * game.FrameCount * game.ClassCount;
        if (stopping.Iterations > 1 && sumCount > Array.MaxLength)
        {
            throw new ArgumentException(
                $"{game.FrameCount} frames with {game.ClassCount} classes need {sumCount} sums over iterations, expected at "
                + $"most {Array.MaxLength}; use fewer frames, or one iteration.",
                nameof(game));
        }

        using var sampled = new SampledIteration(game, maxCount, ThreadCount);
        var buffer = new double[game.FrameCount * game.ClassCount];
        var sums = stopping.Iterations > 1 ? new IterationSums(game) : null;
        var replication = new Replication(game, stopping, CostOf(game));
        return replication.Run(
            Name,
            (iteration, values, scores) =>
            {
                Array.Clear(buffer);
                long evaluationCount = sampled.Run(sampleOf(iteration), buffer, scores, sums, ct);
                buffer.CopyTo(values);
                return evaluationCount;
            },
            sums is null ? null : (values, _) => sums.WriteTo(values),
            ct);
    }

    private static void CheckFrameCount(Game game)
    {
        if (game.FrameCount > MaxFrameCount)
        {
            throw new ArgumentException(
                $"The window has {game.FrameCount} frames, expected at most {MaxFrameCount}; use fewer frames.",
                nameof(game));
        }
    }

    private long CostOf(Game game)
    {
        int n = game.FrameCount;
        int maxScale = Math.Min(n, game.Model.MaxScale);
        if (maxScale == 1 && game.Model is IMultiScaleModel)
            return n;
        var choose = new BinomialTable(n, maxScale);
        long cost = 0;
        for (int s = 1; s <= maxScale; s++)
            cost += Math.Min(MaxCount, choose[n, s]);
        return cost;
    }
}
