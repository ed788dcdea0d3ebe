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
}
