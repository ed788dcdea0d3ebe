namespace PlayFair.Attribution;

/// <summary>Quantiles of Student's t distribution, for intervals from few samples.</summary>
internal static class StudentT
{
    // 0.975 quantiles at 1 to 12 degrees of freedom.
    private static readonly double[] Table =
    [
        12.706204736, 4.302652730, 3.182446305, 2.776445105, 2.570581836, 2.446911851,
        2.364624252, 2.306004135, 2.262157163, 2.228138852, 2.200985160, 2.178812830,
    ];

    /// <summary>t with P(|T| ≤ t) = 0.95, to 1e-6 relative.</summary>
    /// <param name="degreesOfFreedom">At least 1.</param>
    /// <remarks>
    /// Beyond the table, Fisher's expansion around the normal quantile: Abramowitz and Stegun, "Handbook of
    /// Mathematical Functions", 1964, 26.7.5.
    /// </remarks>
    public static double Quantile975(int degreesOfFreedom)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degreesOfFreedom, 1);
        if (degreesOfFreedom <= Table.Length)
            return Table[degreesOfFreedom - 1];
        const double Z = 1.959963984540054;
        const double Z2 = Z * Z;
        const double G1 = Z * (Z2 + 1) / 4;
        const double G2 = Z * ((((5 * Z2) + 16) * Z2) + 3) / 96;
        const double G3 = Z * ((((((3 * Z2) + 19) * Z2) + 17) * Z2) - 15) / 384;
        const double G4 = Z * ((((((((79 * Z2) + 776) * Z2) + 1482) * Z2) - 1920) * Z2) - 945) / 92160;
        double inverse = 1.0 / degreesOfFreedom;
        return Z + (inverse * (G1 + (inverse * (G2 + (inverse * (G3 + (inverse * G4)))))));
    }
}
