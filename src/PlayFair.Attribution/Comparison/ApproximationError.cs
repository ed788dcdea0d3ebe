using System.Numerics.Tensors;

namespace PlayFair.Attribution;

/// <summary>
/// How far approximate values of one video and class are from the exact ones: the paper's three measures (Fig. 8).
/// </summary>
/// <param name="RelativeError">
/// Mean over the frames of |φ̂_i − φ_i|, relative to the mean over the frames of |φ_i|: 0 is best, 1 is 100 %. Not
/// finite if all exact values are 0.
/// </param>
/// <param name="LadSlope">
/// Slope b of the line φ̂ = a + b·φ with the least sum of absolute deviations: 1 is best. NaN if all exact values are
/// equal.
/// </param>
/// <param name="Correlation">Pearson's r: 1 is best. NaN if all exact or all approximate values are equal.</param>
/// <remarks>
/// The paper averages each measure over its videos. It says of the slope that less than one shows an over-estimate,
/// which would be the line that predicts the exact values; but that line's slope falls with the correlation, to about
/// r², and the paper's do not (0.93 at r = 0.63), so the approximate values are what the line predicts. Less than one:
/// shrunk to the mean.
/// </remarks>
public readonly record struct ApproximationError(double RelativeError, double LadSlope, double Correlation)
{
    /// <summary>Compares one class's values.</summary>
    /// <param name="exact">φ, [frame], at least one.</param>
    /// <param name="approximate">φ̂, [frame].</param>
    /// <exception cref="ArgumentException">
    /// There is no value, another number of values, or one that is not finite.
    /// </exception>
    public static ApproximationError Compare(ReadOnlySpan<double> exact, ReadOnlySpan<double> approximate)
    {
        CheckPairs(exact, approximate);
        double error = 0;
        for (int i = 0; i < exact.Length; i++)
            error += Math.Abs(approximate[i] - exact[i]);
        return new ApproximationError(
            error / TensorPrimitives.SumOfMagnitudes(exact), FitSlope(exact, approximate),
            Correlate(exact, approximate));
    }

    /// <summary>
    /// Pearson's r of paired numbers; NaN if either are all equal. Also how the paper compares two methods.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// There is no value, another number of values, or one that is not finite.
    /// </exception>
    public static double Correlate(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        CheckPairs(x, y);
        if (IsConstant(x) || IsConstant(y))
            return double.NaN;
        double meanX = TensorPrimitives.Sum(x) / x.Length;
        double meanY = TensorPrimitives.Sum(y) / y.Length;
        double xx = 0;
        double yy = 0;
        double xy = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double dx = x[i] - meanX;
            double dy = y[i] - meanY;
            xx += dx * dx;
            yy += dy * dy;
            xy += dx * dy;
        }

        return Math.Clamp(xy / Math.Sqrt(xx) / Math.Sqrt(yy), -1, 1);
    }

    /// <summary>
    /// The slope b that, with some a, minimises Σ|y_i − a − b·x_i|: exactly, in O(n² log n). NaN if all x are equal.
    /// Where several lines are as good, that of the earliest point.
    /// </summary>
    /// <remarks>
    /// Some best line goes through a point (R. J. Boscovich, 1757). Of the lines through point p, the best one's slope
    /// is the median of the slopes to the other points, weighted by their distances in x (P.-S. Laplace, 1786).
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// There is no value, another number of values, or one that is not finite.
    /// </exception>
    public static double FitSlope(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        CheckPairs(x, y);
        double bestSlope = double.NaN;
        double bestDeviation = double.PositiveInfinity;
        var slopes = new double[x.Length];
        var weights = new double[x.Length];
        for (int p = 0; p < x.Length; p++)
        {
            int count = 0;
            for (int i = 0; i < x.Length; i++)
            {
                double weight = Math.Abs(x[i] - x[p]);
                if (weight == 0)
                    continue;
                slopes[count] = (y[i] - y[p]) / (x[i] - x[p]);
                weights[count++] = weight;
            }

            if (count == 0)
                continue;
            double slope = WeightedMedian(slopes.AsSpan(0, count), weights.AsSpan(0, count));
            double deviation = 0;
            for (int i = 0; i < x.Length; i++)
                deviation += Math.Abs(y[i] - y[p] - (slope * (x[i] - x[p])));
            if (deviation < bestDeviation)
                (bestSlope, bestDeviation) = (slope, deviation);
        }

        return bestSlope;
    }

    /// <summary>
    /// The first value, in ascending order, at which half of the weight is reached. Sorts both spans.
    /// </summary>
    private static double WeightedMedian(Span<double> values, Span<double> weights)
    {
        values.Sort(weights);
        double half = TensorPrimitives.Sum<double>(weights) / 2;
        double reached = weights[0];
        int i = 0;
        while (reached < half && i < values.Length - 1)
            reached += weights[++i];
        return values[i];
    }

    private static bool IsConstant(ReadOnlySpan<double> values) => !values.ContainsAnyExcept(values[0]);

    private static void CheckPairs(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.IsEmpty || x.Length != y.Length)
        {
            throw new ArgumentException(
                $"{x.Length} and {y.Length} values, expected as many of both, at least 1: give one value a frame.");
        }

        if (!TensorPrimitives.IsFiniteAll(x) || !TensorPrimitives.IsFiniteAll(y))
            throw new ArgumentException("A value is not finite, expected finite numbers; check the estimates.");
    }
}
