using System.Numerics.Tensors;
using PlayFair.Attribution.Exact;
using PlayFair.Attribution.Kernels;

namespace PlayFair.Attribution;

/// <summary>Exact Element Shapley Values: every subsequence counts.</summary>
/// <remarks>
/// <para>
/// With v(X') the score of a subsequence, φ_i = 1/n Σ_{k=0}^{n−1} (E[v(X' ∪ x_i)] − E[v(X')]) over X' uniform among
/// the size-k subsequences without x_i (paper Eq. 7). How that is computed depends on the model and the score:
/// </para>
/// <list type="bullet">
/// <item>
/// Softmax of the multi-scale mean: all 2^n subsequences, bottom-up. F = (f^s + (s−1)·mean of F over the children) / s
/// for s ≤ n_max, and F = mean of F over the children for s &gt; n_max (Eq. 9). (Line 12 of the paper's Algorithm 1 has a
/// factor (s−1)/s for s &gt; n_max too; Eq. 9 and the authors' code do not, and they are right.) Memory: two adjacent sizes
/// of F, at most 2·C(n, ⌊n/2⌋)·C·4 bytes.
/// </item>
/// <item>The same with n_max = 1 (TSN): products of the frames' exponentials, along a tree of prefixes.</item>
/// <item>
/// Mean of softmaxes, and logit: in closed form from the subsequences of length ≤ n_max alone. Where the single-scale models
/// end in a linear layer, logits come from sums of hidden layers, without a product per subsequence.
/// </item>
/// <item>A model of any length: all 2^n subsequences, each by itself.</item>
/// </list>
/// <para>Sums run in double and in an order that does not depend on the number of threads.</para>
/// </remarks>
public sealed class ExactEsv : IEsvEstimator
{
    /// <summary>The most frames whose 2^n subsequences are enumerated.</summary>
    public const int MaxFrameCount = 20;

    /// <summary>The estimator's <see cref="Name"/>.</summary>
    public const string EstimatorName = "exact";

    /// <summary>
    /// Where the weakest class's logit, below its frame's best, may lie before products of exponentials could underflow for
    /// every class at once.
    /// </summary>
    private const float LowestSafeLogit = -60;

    /// <inheritdoc/>
    public string Name => EstimatorName;

    /// <summary>The most threads to use; 0: as many as there are cores. It does not change the result.</summary>
    public int ThreadCount { get; init; }

    /// <summary>
    /// The most subsequences the closed form may take, at least 1: beyond <see cref="MaxFrameCount"/> frames their number,
    /// Σ_{s ≤ n_max} C(n, s), is what limits it.
    /// </summary>
    public long MaxEvaluationCount { get; init; } = 20_000_000;

    /// <summary>
    /// Whether a multi-scale model's frames are few enough: at most <see cref="MaxFrameCount"/> where all subsequences
    /// are enumerated, and in the closed form so many that <see cref="MaxEvaluationCount"/> is kept.
    /// </summary>
    /// <param name="frameCount">n, at least 1.</param>
    /// <param name="maxScale">n_max, at least 1.</param>
    /// <param name="score">Which score to attribute.</param>
    public bool Takes(int frameCount, int maxScale, ScoreKind score) => score == ScoreKind.SoftmaxOfMean
        ? frameCount <= MaxFrameCount
        : CountSubsequences(frameCount, Math.Min(frameCount, maxScale)) <= MaxEvaluationCount;

    /// <summary>Computes φ of every frame for every class, with all cores.</summary>
    /// <param name="model">The model on the window's frames.</param>
    /// <param name="prior">Class prior, [class], probabilities: what the empty subsequence scores.</param>
    /// <param name="score">Which score to attribute.</param>
    /// <param name="ct">Ends the computation early.</param>
    /// <exception cref="ArgumentException">
    /// As for <see cref="Game"/> and <see cref="Estimate(Game, StoppingRule, CancellationToken)"/>.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static ElementShapleyValues Compute(
        ISubsequenceModel model, ReadOnlySpan<double> prior, ScoreKind score, CancellationToken ct = default) =>
        new ExactEsv().Estimate(new Game(model, prior, score), ct);

    /// <inheritdoc cref="Estimate(Game, StoppingRule, CancellationToken)"/>
    public ElementShapleyValues Estimate(Game game, CancellationToken ct = default) =>
        Estimate(game, new StoppingRule(), ct);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// More than <see cref="MaxFrameCount"/> frames where all subsequences are enumerated, or more than
    /// <see cref="MaxEvaluationCount"/> subsequences in the closed form; or one size would not fit into an array.
    /// </exception>
    public ElementShapleyValues Estimate(Game game, StoppingRule stopping, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(game);
        bool isMultiScale = game.Model is IMultiScaleModel;
        if (isMultiScale && game.Score != ScoreKind.SoftmaxOfMean)
            return ByClosedForm(game, ct);
        CheckFrameCount(game);
        if (isMultiScale && game.Model.MaxScale == 1 && FactorsOf(game) is { } factors)
            return ByProducts(game, factors, ct);
        return ByEnumeration(game, combines: isMultiScale, ct);
    }

    private ElementShapleyValues ByEnumeration(Game game, bool combines, CancellationToken ct)
    {
        int n = game.FrameCount;
        var choose = new BinomialTable(n, n);
        using var enumeration = new ScaleEnumeration(game, choose, combines, ThreadCount, ct);
        double[] phi = StartingFromEmpty(game);
        long evaluationCount = 0;
        for (int s = 1; s <= n; s++)
        {
            evaluationCount += enumeration.Run(s);
            AddMarginals(phi, enumeration.Sums, enumeration.Stride, s, game, choose);
        }

        return Result(game, phi, Total(enumeration.Sums, enumeration.Stride, n, game), evaluationCount);
    }

    private ElementShapleyValues ByProducts(Game game, RowBuffer factors, CancellationToken ct)
    {
        int n = game.FrameCount;
        var choose = new BinomialTable(n, n);
        double[][] sums = TreeEnumeration<SoftmaxProducts>.Sum(
            new SoftmaxProducts(factors, n), n, n, choose, ThreadCount, ct);
        double[] phi = StartingFromEmpty(game);
        for (int s = 1; s <= n; s++)
            AddMarginals(phi, sums[s - 1], factors.Stride, s, game, choose);
        return Result(game, phi, Total(sums[n - 1], factors.Stride, n, game), n);
    }

    private ElementShapleyValues ByClosedForm(Game game, CancellationToken ct)
    {
        int n = game.FrameCount;
        int maxScale = Math.Min(n, game.Model.MaxScale);
        long evaluationCount = CountEvaluations(game, maxScale);
        var choose = new BinomialTable(n, maxScale);
        double[] phi = StartingFromEmpty(game);
        var scores = new double[game.ClassCount];
        if (game.Score == ScoreKind.Logit && game.Model is IHiddenLayerModel model)
        {
            double[][] hidden = TreeEnumeration<HiddenSums>.Sum(
                new HiddenSums(model), n, maxScale, choose, ThreadCount, ct);
            for (int s = 1; s <= maxScale; s++)
            {
                TensorPrimitives.Divide(hidden[s - 1], choose[n - 1, s - 1], hidden[s - 1]);
                ClosedForm.AddScale(s, game, ReadOut(model, s, hidden[s - 1]), game.ClassCount, phi, scores);
            }
        }
        else
        {
            using var enumeration = new ScaleEnumeration(game, choose, combines: false, ThreadCount, ct);
            for (int s = 1; s <= maxScale; s++)
            {
                enumeration.Run(s);
                TensorPrimitives.Divide(enumeration.Sums, choose[n - 1, s - 1], enumeration.Sums);
                ClosedForm.AddScale(s, game, enumeration.Sums, enumeration.Stride, phi, scores);
            }
        }

        return Result(game, phi, scores, evaluationCount);
    }

    private long CountEvaluations(Game game, int maxScale)
    {
        long count = CountSubsequences(game.FrameCount, maxScale);
        if (count > MaxEvaluationCount)
        {
            throw new ArgumentException(
                $"{game.FrameCount} frames have {count} subsequences of up to {maxScale} frames, expected at most "
                + $"{MaxEvaluationCount}; use fewer frames, allow more evaluations or sample.",
                nameof(game));
        }

        return count;
    }

    /// <summary>Σ_{s ≤ maxScale} C(n, s); <see cref="long.MaxValue"/> if it is larger than that.</summary>
    private static long CountSubsequences(int frameCount, int maxScale)
    {
        // C(n, s) = C(n, s − 1)·(n − s + 1) / s, in which no remainder is ever left.
        UInt128 choose = 1, count = 0;
        for (int s = 1; s <= maxScale && count < long.MaxValue; s++)
        {
            choose = choose * (uint)(frameCount - s + 1) / (uint)s;
            count += choose;
        }

        return (long)UInt128.Min(count, long.MaxValue);
    }

    /// <summary>exp((z − max z) / s) for every size and frame; null where products of them could underflow.</summary>
    private static RowBuffer? FactorsOf(Game game)
    {
        int n = game.FrameCount;
        int classCount = game.ClassCount;
        int[] frames = [.. Enumerable.Range(0, n)];
        var logits = new float[n * classCount];
        game.Evaluate(1, frames, logits);
        var lowest = new float[classCount];
        for (int frame = 0; frame < n; frame++)
        {
            Span<float> row = logits.AsSpan(frame * classCount, classCount);
            TensorPrimitives.Subtract(row, TensorPrimitives.Max<float>(row), row);
            TensorPrimitives.Min(lowest, row, lowest);
        }

        // The class that is least far below its frame's best in its worst frame: no mean of it is lower.
        if (TensorPrimitives.Max<float>(lowest) < LowestSafeLogit)
            return null;
        int stride = Rows.Stride(classCount);
        RowBuffer factors = Rows.Allocate((long)n * n, stride);
        for (int s = 1; s <= n; s++)
        {
            for (int frame = 0; frame < n; frame++)
            {
                Span<float> row = factors.Span(((s - 1) * n) + frame);
                TensorPrimitives.Divide(logits.AsSpan(frame * classCount, classCount), s, row);
                RowKernels.Best.Exp(ref row[0], stride);
                row[classCount..].Clear();
            }
        }

        return factors;
    }

    /// <summary>Mean logits, [frame × class], from mean hidden layers, [frame × stride].</summary>
    private static double[] ReadOut(IHiddenLayerModel model, int s, double[] hidden)
    {
        var logits = new double[model.FrameCount * model.ClassCount];
        model.ReadOut(s, hidden, logits);
        if (!TensorPrimitives.IsFiniteAll<double>(logits))
        {
            throw new NotFiniteNumberException(
                $"A mean over the model's logits of {s} frames is not finite; check its weights and the features.");
        }

        return logits;
    }

    /// <summary>φ without the terms of any frame: −f(∅) / n.</summary>
    private static double[] StartingFromEmpty(Game game)
    {
        var phi = new double[game.FrameCount * game.ClassCount];
        for (int i = 0; i < game.FrameCount; i++)
        {
            TensorPrimitives.Divide(
                game.EmptyScores, -game.FrameCount, phi.AsSpan(i * game.ClassCount, game.ClassCount));
        }

        return phi;
    }

    /// <summary>Adds the scores of size s to the marginals: with a frame at size s, without it to those of size s + 1.</summary>
    /// <param name="sums">For each frame the sum over the subsequences that hold it, [frame × stride].</param>
    private static void AddMarginals(double[] phi, double[] sums, int stride, int s, Game game, BinomialTable choose)
    {
        int n = game.FrameCount;
        Add(phi, sums, stride, s, game, 1.0 / n / choose[n - 1, s - 1], s < n ? -1.0 / n / choose[n - 1, s] : 0);
    }

    /// <summary>φ_i ← φ_i + withWeight·(sum with i) + withoutWeight·(sum without i).</summary>
    private static void Add(
        double[] phi, double[] sums, int stride, int s, Game game, double withWeight, double withoutWeight)
    {
        double[] total = Total(sums, stride, s, game);
        for (int frame = 0; frame < game.FrameCount; frame++)
        {
            Span<double> row = phi.AsSpan(frame * game.ClassCount, game.ClassCount);
            TensorPrimitives.MultiplyAdd(total, withoutWeight, row, row);
            TensorPrimitives.MultiplyAdd(
                sums.AsSpan(frame * stride, game.ClassCount), withWeight - withoutWeight, row, row);
        }
    }

    /// <summary>
    /// The sum over all subsequences of size s: each was counted for its s frames. Taken from the frames' sums, not summed
    /// by itself, so that their rounding errors cancel in Σφ and efficiency holds to the last digits of a double.
    /// </summary>
    private static double[] Total(double[] sums, int stride, int s, Game game)
    {
        var total = new double[game.ClassCount];
        for (int frame = 0; frame < game.FrameCount; frame++)
            TensorPrimitives.Add(total, sums.AsSpan(frame * stride, game.ClassCount), total);
        TensorPrimitives.Divide(total, s, total);
        return total;
    }

    private static ElementShapleyValues Result(Game game, double[] phi, double[] scores, long evaluationCount) => new()
    {
        FrameCount = game.FrameCount,
        ClassCount = game.ClassCount,
        ScoreKind = game.Score,
        Values = phi,
        Scores = scores,
        Prior = game.EmptyScores,
        EvaluationCount = evaluationCount,
        Estimator = EstimatorName,
        SampleCount = 0,
        StopReason = StopReason.Exact,
    };

    private static void CheckFrameCount(Game game)
    {
        if (game.FrameCount > MaxFrameCount)
        {
            throw new ArgumentException(
                $"The window has {game.FrameCount} frames. Exact values of '{ScoreKinds.Name(game.Score)}' enumerate every "
                + $"subsequence and take 1 to {MaxFrameCount} frames; use fewer frames, or sample.",
                nameof(game));
        }
    }
}
