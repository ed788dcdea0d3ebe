namespace PlayFair.Engine;

/// <summary>
/// Sums of float32 values that do not depend on the order of their terms: integers count steps of 2⁻⁴⁰, and integer
/// addition is associative where floating-point addition is not.
/// </summary>
/// <remarks>
/// A value of at least 2⁻¹⁷ in size is an exact number of steps; a smaller one is rounded by at most 2⁻⁴¹. Values
/// beyond ±2²² (4 194 304) count as that bound, NaN as 0. A sum holds 2⁶⁴ such terms.
/// </remarks>
internal static class FixedPoint
{
    private const double StepsPerUnit = 1L << 40;
    private const double Bound = 1 << 22;

    // Converting NaN to an integer gives 0.
    public static long Steps(float value) => (long)Math.Round(Math.Clamp((double)value, -Bound, Bound) * StepsPerUnit);

    /// <summary>The mean of <paramref name="count"/> terms, above 0 of them, that add up to these steps.</summary>
    public static double Mean(Int128 steps, long count) => (double)steps / StepsPerUnit / count;
}
