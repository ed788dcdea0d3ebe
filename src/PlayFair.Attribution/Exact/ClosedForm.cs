using System.Numerics.Tensors;

namespace PlayFair.Attribution.Exact;

/// <summary>
/// The ESVs of a multi-scale mean of scores, in closed form. The mean is a symmetric average of the single-scale scores, so
/// φ is linear in them: with A_i^s the mean score of the size-s subsequences that hold frame i, and B_i^s of those that do
/// not, φ_i = Σ_{s=1}^{min(n, n_max)} (α_s·A_i^s + β_s·B_i^s) − f(∅)/n.
/// </summary>
internal static class ClosedForm
{
    /// <summary>
    /// α_s = 1/n Σ_{k=s−1}^{n−1} 1/min(k+1, n_max) · s/(k+1) and
    /// β_s = 1/n Σ_{k=s}^{n−1} (1/min(k+1, n_max) · (1 − s/(k+1)) − 1/min(k, n_max)).
    /// </summary>
    public static (double WithFrame, double WithoutFrame) Weights(int s, int frameCount, int maxScale)
    {
        double with = 0;
        double without = 0;
        for (int k = s - 1; k < frameCount; k++)
        {
            double mean = 1.0 / Math.Min(k + 1, maxScale);
            double share = s / (k + 1.0);
            with += mean * share;
            if (k >= s)
                without += (mean * (1 - share)) - (1.0 / Math.Min(k, maxScale));
        }

        return (with / frameCount, without / frameCount);
    }

    /// <summary>Adds α_s·A_i^s + β_s·B_i^s to φ_i, and the size's share to f(X).</summary>
    /// <param name="means">A: for each frame the mean score of the size's subsequences that hold it, [frame × stride].</param>
    /// <param name="values">φ, [frame × class].</param>
    /// <param name="scores">f(X), [class].</param>
    public static void AddScale(
        int s, Game game, ReadOnlySpan<double> means, int stride, Span<double> values, Span<double> scores)
    {
        int n = game.FrameCount;
        int classCount = game.ClassCount;
        // Each subsequence is in the means of its s frames, so the mean of these is the mean of all, and with
        // s·A + (n − s)·B = n·mean there is no other sum whose rounding could break efficiency.
        var mean = new double[classCount];
        for (int i = 0; i < n; i++)
            TensorPrimitives.Add(mean, means.Slice(i * stride, classCount), mean);
        TensorPrimitives.Divide(mean, n, mean);
        TensorPrimitives.MultiplyAdd(mean, 1.0 / Math.Min(n, game.Model.MaxScale), scores, scores);

        (double with, double without) = Weights(s, n, game.Model.MaxScale);
        without = s < n ? without / (n - s) : 0;
        for (int i = 0; i < n; i++)
        {
            Span<double> row = values.Slice(i * classCount, classCount);
            TensorPrimitives.MultiplyAdd(means.Slice(i * stride, classCount), with - (without * s), row, row);
            TensorPrimitives.MultiplyAdd(mean, without * n, row, row);
        }
    }
}
