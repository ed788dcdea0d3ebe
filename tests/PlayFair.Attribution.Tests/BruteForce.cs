using System.Numerics;

namespace PlayFair.Attribution.Tests;

/// <summary>
/// Element Shapley Values straight from the definitions, in double: Eq. 8 for every subset, then Eq. 7. Exponential
/// several times over, and nothing in it is shared with what it checks.
/// </summary>
internal static class BruteForce
{
    /// <summary>φ, [frame × class], and f(X), [class].</summary>
    public static (double[] Values, double[] Scores) Compute(IMultiScaleModel model, double[] prior, ScoreKind score)
    {
        int n = model.FrameCount;
        int classCount = model.ClassCount;
        var v = new double[1 << n][];
        for (int subset = 0; subset < v.Length; subset++)
            v[subset] = Score(model, prior, score, subset);

        var values = new double[n * classCount];
        for (int i = 0; i < n; i++)
        {
            for (int subset = 0; subset < v.Length; subset++)
            {
                if ((subset >> i & 1) == 1)
                    continue;
                double weight = 1.0 / n / Choose(n - 1, BitOperations.PopCount((uint)subset));
                for (int c = 0; c < classCount; c++)
                    values[(i * classCount) + c] += weight * (v[subset | 1 << i][c] - v[subset][c]);
            }
        }

        return (values, v[^1]);
    }

    private static double[] Score(IMultiScaleModel model, double[] prior, ScoreKind score, int subset)
    {
        if (subset == 0)
            return score == ScoreKind.Logit ? Array.ConvertAll(prior, Math.Log) : prior;
        int largestScale = Math.Min(BitOperations.PopCount((uint)subset), model.MaxScale);
        var mean = new double[model.ClassCount];
        for (int part = subset; part > 0; part = (part - 1) & subset)
        {
            int s = BitOperations.PopCount((uint)part);
            if (s > largestScale)
                continue;
            double[] f = Logits(model, part, s);
            if (score == ScoreKind.MeanOfSoftmax)
                f = Softmax(f);
            double weight = 1 / Choose(BitOperations.PopCount((uint)subset), s) / largestScale;
            for (int c = 0; c < mean.Length; c++)
                mean[c] += weight * f[c];
        }

        return score == ScoreKind.SoftmaxOfMean ? Softmax(mean) : mean;
    }

    private static double[] Logits(IMultiScaleModel model, int subset, int size)
    {
        int[] positions = [.. Enumerable.Range(0, model.FrameCount).Where(t => (subset >> t & 1) == 1)];
        var logits = new float[model.ClassCount];
        model.Evaluate(size, positions, logits);
        return Array.ConvertAll(logits, z => (double)z);
    }

    private static double[] Softmax(double[] z)
    {
        double[] e = Array.ConvertAll(z, x => Math.Exp(x - z.Max()));
        return Array.ConvertAll(e, x => x / e.Sum());
    }

    private static double Choose(int n, int k) =>
        Enumerable.Range(1, k).Aggregate(1.0, (product, j) => product * (n - k + j) / j);
}
