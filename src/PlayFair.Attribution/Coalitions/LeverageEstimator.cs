using System.Numerics.Tensors;

namespace PlayFair.Attribution;

/// <summary>
/// Paired regression with leverage-score sampling without replacement ("Leverage SHAP"): the weighted least-squares
/// problem whose solution is the Shapley values, on sampled coalitions and their complements. For models that take
/// subsequences of any length.
/// </summary>
/// <remarks>
/// <para>
/// C. Musco and R. T. Witter, "Provably Accurate Shapley Value Estimation via Leverage Score Sampling", 2024. Σ_i φ_i =
/// f(X) − f(∅) holds up to rounding. A game in which frames only add up is solved exactly by any sample; the less
/// frames interact, the smaller the error.
/// </para>
/// <para>
/// A regression on a sample has a bias of the order of 1/m, next to an error of 1/√m. So the values are not the mean of
/// the iterations' own solutions but the solution of all iterations' equations together, whose bias falls with the
/// iterations too. The standard errors are to match: each iteration after the first counts as the solution before it,
/// corrected by what the new sample says of its residuals. That is unbiased, and its spread is that of the common
/// solution to first order, where the iterations' own solutions spread too much (99 % of the truth in the 95 %
/// interval, at 4·n coalitions).
/// </para>
/// <para>
/// Cost of an iteration: m model evaluations, a batch or more for each size, m·n²/8 additions and n³/3 multiplications
/// to solve; f(X) is evaluated once in all.
/// </para>
/// </remarks>
public sealed record LeverageEstimator : IEsvEstimator
{
    /// <summary>The estimator's <see cref="Name"/>.</summary>
    public const string EstimatorName = "leverage-regression";

    // Enough for large batches; few enough that the scores of all pairs are never held at once.
    private const int BatchSize = 1024;

    /// <inheritdoc/>
    public string Name => EstimatorName;

    /// <summary>
    /// m: how many coalitions an iteration evaluates; of an odd number the last is left out. At least 4·n, so that
    /// there are twice as many pairs as frames. From the 2^n − 2 that there are on, the values are exact. Null: 16·n.
    /// </summary>
    public int? CoalitionCount { get; init; }

    /// <summary>Fixes the result, bit for bit on one machine.</summary>
    public ulong Seed { get; init; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// The model has scales of its own, <see cref="CoalitionCount"/> is too small or too large, or the stopping rule
    /// has a value out of its range.
    /// </exception>
    public ElementShapleyValues Estimate(Game game, StoppingRule stopping, CancellationToken ct = default)
    {
        var scores = new CoalitionScores(game, Name);
        // One frame has no coalitions to choose from; a pair has one choice.
        CoalitionPairs? pairs = game.FrameCount > 1 ? CreatePairs(game.FrameCount) : null;
        var replication = new Replication(game, stopping, Math.Max(1, 2L * (pairs?.PairCount ?? 0)));
        double[] scoresOfAll = scores.OfAllFrames();
        var change = new double[game.ClassCount];
        TensorPrimitives.Subtract(scoresOfAll, game.EmptyScores, change);
        var sample = new ShareRegression(game.FrameCount, game.ClassCount);
        if (pairs is null || pairs.IsComplete)
        {
            var exact = new double[game.FrameCount * game.ClassCount];
            if (pairs is not null)
                Draw(game, scores, pairs, change, new SeededRandom(Seed, 0), sample, ct);
            sample.Solve(exact);
            AddEqualShares(exact, change);
            return new ElementShapleyValues
            {
                FrameCount = game.FrameCount,
                ClassCount = game.ClassCount,
                ScoreKind = game.Score,
                Values = exact,
                Scores = scoresOfAll,
                Prior = game.EmptyScores,
                EvaluationCount = scores.EvaluationCount,
                Estimator = Name,
                SampleCount = 0,
                StopReason = StopReason.Exact,
            };
        }

        var soFar = new ShareRegression(game.FrameCount, game.ClassCount);
        long countedBefore = 0;
        return replication.Run(
            Name,
            (index, values, scoresOfSample) =>
            {
                sample.Clear();
                Draw(game, scores, pairs, change, new SeededRandom(Seed, (ulong)index), sample, ct);
                if (index == 0)
                {
                    sample.Solve(values);
                }
                else
                {
                    soFar.Solve(values);
                    sample.Correct(values);
                }

                soFar.Add(sample);
                AddEqualShares(values, change);
                scoresOfAll.CopyTo(scoresOfSample);
                long count = scores.EvaluationCount - countedBefore;
                countedBefore = scores.EvaluationCount;
                return count;
            },
            (values, _) =>
            {
                soFar.Solve(values);
                AddEqualShares(values, change);
            },
            ct);
    }

    private CoalitionPairs CreatePairs(int n)
    {
        long coalitionCount = CoalitionCount ?? 16L * n;
        var pairs = new CoalitionPairs(n, (int)Math.Clamp(coalitionCount / 2, 1, int.MaxValue));
        if (!pairs.IsComplete && coalitionCount < 4L * n)
        {
            throw new ArgumentException(
                $"{coalitionCount} coalitions were asked for in an iteration, expected at least {4L * n} for {n} "
                + "frames: the regression needs more of them than it has unknowns.");
        }

        if ((long)pairs.PairCount * pairs.MaxSize > Array.MaxLength)
        {
            throw new ArgumentException(
                $"{coalitionCount} coalitions of {n} frames were asked for in an iteration, expected at most "
                + $"{2L * (Array.MaxLength / pairs.MaxSize)}; draw more iterations.");
        }

        return pairs;
    }

    /// <summary>Adds one sample's pairs to a regression.</summary>
    /// <param name="change">f(X) − f(∅), [class].</param>
    private static void Draw(
        Game game, CoalitionScores scores, CoalitionPairs pairs, double[] change, SeededRandom random,
        ShareRegression regression, CancellationToken ct)
    {
        int n = game.FrameCount;
        int classCount = game.ClassCount;
        int[] counts = pairs.DrawCounts(ref random);
        var scoresOf = new double[BatchSize * classCount];
        var scoresOfComplements = new double[BatchSize * classCount];
        var difference = new double[classCount];
        for (int size = 1; size <= pairs.MaxSize; size++)
        {
            int complementSize = n - size;
            double equalShares = (double)(size - complementSize) / n;
            var coalitions = new int[counts[size - 1] * size];
            pairs.Draw(size, coalitions, ref random);
            var complements = new int[Math.Min(BatchSize, counts[size - 1]) * complementSize];
            for (int first = 0; first < counts[size - 1]; first += BatchSize)
            {
                int batchCount = Math.Min(BatchSize, counts[size - 1] - first);
                var batch = coalitions.AsSpan(first * size, batchCount * size);
                var batchComplements = complements.AsSpan(0, batchCount * complementSize);
                for (int b = 0; b < batchCount; b++)
                {
                    CoalitionPairs.Complement(
                        batch.Slice(b * size, size), batchComplements.Slice(b * complementSize, complementSize));
                }

                scores.Evaluate(size, batch, scoresOf, ct);
                scores.Evaluate(complementSize, batchComplements, scoresOfComplements, ct);
                for (int b = 0; b < batchCount; b++)
                {
                    var score = scoresOf.AsSpan(b * classCount, classCount);
                    TensorPrimitives.Subtract(
                        score, scoresOfComplements.AsSpan(b * classCount, classCount), difference);
                    TensorPrimitives.MultiplyAdd(change, -equalShares, difference, difference);
                    regression.AddPair(batch.Slice(b * size, size), pairs.Weight(size), difference);
                }
            }
        }
    }

    /// <summary>φ = β + (f(X) − f(∅))/n, [frame × class].</summary>
    private static void AddEqualShares(Span<double> values, double[] change)
    {
        int frameCount = values.Length / change.Length;
        for (int frame = 0; frame < frameCount; frame++)
        {
            var row = values.Slice(frame * change.Length, change.Length);
            TensorPrimitives.MultiplyAdd(change, 1.0 / frameCount, row, row);
        }
    }
}
