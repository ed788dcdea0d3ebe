using System.Numerics.Tensors;

namespace PlayFair.Attribution;

/// <summary>
/// The score of a whole window, and of the window without each of its frames, by the definition (Eq. 8).
/// </summary>
internal static class WindowScore
{
    /// <summary>
    /// The most evaluations that a method makes unless it is asked for more: some seconds of a small head.
    /// </summary>
    public const long DefaultBudget = 1L << 24;

    private const int BatchSize = 256;

    /// <summary>How many subsequences f(X) is the mean of.</summary>
    public static double EvaluationCount(ISubsequenceModel model)
    {
        if (model is not IMultiScaleModel)
            return 1;
        double count = 0;
        for (int s = 1; s <= Math.Min(model.MaxScale, model.FrameCount); s++)
            count += Subsequences.Count(model.FrameCount, s);
        return count;
    }

    /// <summary>Refuses what would need more evaluations than allowed.</summary>
    /// <returns>The count, as an integer.</returns>
    /// <exception cref="ArgumentException">It exceeds the budget.</exception>
    public static long CheckBudget(IFrameAttribution method, ISubsequenceModel model, double count, long budget)
    {
        if (count <= budget)
            return (long)count;
        throw new ArgumentException(
            $"The method '{method.Name}' needs {count:0} evaluations for {model.FrameCount} frames and scales up to "
            + $"{Math.Min(model.MaxScale, model.FrameCount)}, expected at most its budget of {budget}. Use fewer "
            + "frames, or raise the budget.");
    }

    /// <summary>f(X), [class]. Makes <see cref="EvaluationCount"/> evaluations.</summary>
    public static double[] Compute(Game game, CancellationToken ct) => Compute(game, [], ct);

    /// <summary>
    /// f(X), [class], and f(X without i) for every frame i. A multi-scale model is evaluated no more often than for
    /// f(X) alone; another model n times more.
    /// </summary>
    /// <param name="without">[frame × class], row-major, overwritten; or empty if they are not wanted.</param>
    public static double[] Compute(Game game, Span<double> without, CancellationToken ct)
    {
        int n = game.FrameCount;
        int classCount = game.ClassCount;
        var all = new double[classCount];
        if (game.Model is IMultiScaleModel)
        {
            without.Clear();
            for (int s = 1; s <= Math.Min(n, game.Model.MaxScale); s++)
                AddScale(game, s, all, without, ct);
        }
        else
        {
            EvaluateAtOnce(game, all, without);
        }

        if (game.Score == ScoreKind.SoftmaxOfMean)
        {
            for (int start = 0; start < without.Length; start += classCount)
                Softmax(without.Slice(start, classCount));
            Softmax(all);
        }

        if (n == 1 && !without.IsEmpty)
            game.EmptyScores.CopyTo(without);
        return all;
    }

    /// <summary>Adds one scale's share to the multi-scale means, before any softmax of them.</summary>
    private static void AddScale(Game game, int s, double[] all, Span<double> without, CancellationToken ct)
    {
        int n = game.FrameCount;
        int classCount = game.ClassCount;
        var total = new double[classCount];
        var with = new double[without.Length];
        var positions = new int[BatchSize * s];
        var logits = new float[BatchSize * classCount];
        var row = new double[classCount];
        int[] next = [.. Enumerable.Range(0, s)];
        bool isMore = true;
        while (isMore)
        {
            ct.ThrowIfCancellationRequested();
            int count = 0;
            while (isMore && count < BatchSize)
            {
                next.CopyTo(positions, count * s);
                count++;
                isMore = Subsequences.MoveNext(next, n);
            }

            game.Evaluate(s, positions.AsSpan(0, count * s), logits.AsSpan(0, count * classCount));
            for (int b = 0; b < count; b++)
            {
                TensorPrimitives.ConvertTruncating<float, double>(logits.AsSpan(b * classCount, classCount), row);
                if (game.Score == ScoreKind.MeanOfSoftmax)
                    Softmax(row);
                TensorPrimitives.Add(total, row, total);
                if (without.IsEmpty)
                    continue;
                foreach (int t in positions.AsSpan(b * s, s))
                {
                    var sum = with.AsSpan(t * classCount, classCount);
                    TensorPrimitives.Add(sum, row, sum);
                }
            }
        }

        double weight = 1 / (Math.Min(n, game.Model.MaxScale) * Subsequences.Count(n, s));
        TensorPrimitives.MultiplyAdd(total, weight, all, all);
        if (s == n)
            return;
        weight = 1 / (Math.Min(n - 1, game.Model.MaxScale) * Subsequences.Count(n - 1, s));
        for (int start = 0; start < without.Length; start += classCount)
        {
            TensorPrimitives.Subtract(total, with.AsSpan(start, classCount), row);
            var mean = without.Slice(start, classCount);
            TensorPrimitives.MultiplyAdd(row, weight, mean, mean);
        }
    }

    private static void EvaluateAtOnce(Game game, double[] all, Span<double> without)
    {
        int n = game.FrameCount;
        int[] frames = [.. Enumerable.Range(0, n)];
        var logits = new float[game.ClassCount];
        game.Evaluate(n, frames, logits);
        TensorPrimitives.ConvertTruncating<float, double>(logits, all);
        if (without.IsEmpty || n == 1)
            return;
        int[] rows = [.. frames.SelectMany(left => frames.Where(t => t != left))];
        logits = new float[n * game.ClassCount];
        game.Evaluate(n - 1, rows, logits);
        TensorPrimitives.ConvertTruncating<float, double>(logits, without);
    }

    private static void Softmax(Span<double> logits)
    {
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max<double>(logits), logits);
        TensorPrimitives.Exp(logits, logits);
        TensorPrimitives.Divide(logits, TensorPrimitives.Sum<double>(logits), logits);
    }
}
