using System.Numerics.Tensors;

namespace PlayFair.Attribution;

/// <summary>
/// Antithetic permutation sampling: frames join in a random order and in its reverse, and each frame is credited with
/// what the score changes when it joins. For models that take subsequences of any length.
/// </summary>
/// <remarks>
/// <para>
/// Unbiased for every number of samples. Σ_i φ_i = f(X) − f(∅) holds for every order up to rounding, and a frame that
/// never changes the score gets exactly 0. The frames that have joined are given to the model in time order.
/// </para>
/// <para>
/// J. Castro, D. Gómez and J. Tejada, "Polynomial calculation of the Shapley value based on sampling", 2009; the
/// reversed orders: R. Mitchell et al., "Sampling Permutations for Shapley Value Estimation", JMLR 2022. Cost of an
/// iteration: 2·(n − 1) model evaluations for each pair of orders, in n − 1 batches; f(X) is evaluated once in all.
/// </para>
/// </remarks>
public sealed record PermutationEstimator : IEsvEstimator
{
    /// <summary>The estimator's <see cref="Name"/>.</summary>
    public const string EstimatorName = "permutation";

    /// <inheritdoc/>
    public string Name => EstimatorName;

    /// <summary>
    /// How many orders, each with its reverse, are drawn in one iteration; 1 or more. They are evaluated together.
    /// </summary>
    public int PairCount { get; init; } = 8;

    /// <summary>Fixes the result, bit for bit on one machine.</summary>
    public ulong Seed { get; init; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// The model has scales of its own, <see cref="PairCount"/> is below 1 or too large, or the stopping rule has a
    /// value out of its range.
    /// </exception>
    public ElementShapleyValues Estimate(Game game, StoppingRule stopping, CancellationToken ct = default)
    {
        var scores = new CoalitionScores(game, Name);
        long largestLength = 2L * PairCount * Math.Max(game.FrameCount, game.ClassCount);
        if (PairCount < 1 || largestLength > Array.MaxLength)
        {
            throw new ArgumentException(
                $"{PairCount} pairs of orders were asked for in an iteration, expected at least 1 and so few that "
                + $"{game.FrameCount} frames and {game.ClassCount} classes of each fit into an array; draw more "
                + "iterations.");
        }

        long sampleCost = Math.Max(1, 2L * PairCount * (game.FrameCount - 1));
        var replication = new Replication(game, stopping, sampleCost);
        double[]? scoresOfAll = null;
        return replication.Run(
            Name,
            (index, values, scoresOfSample) =>
            {
                long before = scores.EvaluationCount;
                scoresOfAll ??= scores.OfAllFrames();
                scoresOfAll.CopyTo(scoresOfSample);
                Draw(game, scores, scoresOfAll, new SeededRandom(Seed, (ulong)index), values, ct);
                return scores.EvaluationCount - before;
            },
            ct: ct);
    }

    private void Draw(
        Game game, CoalitionScores scores, double[] scoresOfAll, SeededRandom random, Span<double> values,
        CancellationToken ct)
    {
        int n = game.FrameCount;
        int classCount = game.ClassCount;
        int orderCount = 2 * PairCount;
        int[] orders = DrawOrders(n, random);
        var joined = new int[orderCount * n];
        var subsequences = new int[orderCount * n];
        var before = new double[orderCount * classCount];
        var after = new double[orderCount * classCount];
        var marginal = new double[classCount];
        for (int k = 0; k < orderCount; k++)
            game.EmptyScores.CopyTo(before, k * classCount);

        for (int length = 1; length <= n; length++)
        {
            for (int k = 0; k < orderCount; k++)
            {
                var row = joined.AsSpan(k * n, length);
                InsertSorted(row, orders[(k * n) + length - 1]);
                row.CopyTo(subsequences.AsSpan(k * length));
            }

            // All orders end with all frames.
            if (length < n)
                scores.Evaluate(length, subsequences.AsSpan(0, orderCount * length), after, ct);
            for (int k = 0; k < orderCount; k++)
            {
                var row = after.AsSpan(k * classCount, classCount);
                if (length == n)
                    scoresOfAll.CopyTo(row);
                TensorPrimitives.Subtract(row, before.AsSpan(k * classCount, classCount), marginal);
                var sum = values.Slice(orders[(k * n) + length - 1] * classCount, classCount);
                TensorPrimitives.Add(sum, marginal, sum);
            }

            (before, after) = (after, before);
        }

        TensorPrimitives.Divide(values, orderCount, values);
    }

    /// <summary>[2·pairs × n]: random orders, each followed by its reverse.</summary>
    private int[] DrawOrders(int n, SeededRandom random)
    {
        var orders = new int[2 * PairCount * n];
        for (int pair = 0; pair < PairCount; pair++)
        {
            var order = orders.AsSpan(2 * pair * n, n);
            for (int i = 0; i < n; i++)
                order[i] = i;
            random.Shuffle(order);
            var reverse = orders.AsSpan(((2 * pair) + 1) * n, n);
            order.CopyTo(reverse);
            reverse.Reverse();
        }

        return orders;
    }

    /// <summary>Puts a frame where it belongs; all entries but the last are ascending.</summary>
    private static void InsertSorted(Span<int> row, int frame)
    {
        int at = row.Length - 1;
        for (; at > 0 && row[at - 1] > frame; at--)
            row[at] = row[at - 1];
        row[at] = frame;
    }
}
