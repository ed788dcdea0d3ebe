namespace PlayFair.Attribution;

/// <summary>
/// What the paper reports for Algorithm 1 on 16-frame videos (Fig. 8): TRN on Something-Something v2, 1,000 videos, the
/// class that each video shows.
/// </summary>
public static class PaperApproximation
{
    /// <summary>m, a row each.</summary>
    public static IReadOnlyList<int> MaxCounts { get; } = [32, 64, 128, 256, 512, 1024];

    /// <summary>Iterations 1 to 10, a column each.</summary>
    public const int Iterations = 10;

    private static readonly double[][] RelativeErrors =
    [
        [93.3, 64.7, 53.0, 46.5, 41.9, 38.3, 35.6, 33.4, 31.6, 30.0],
        [62.2, 44.6, 36.6, 32.0, 28.9, 26.6, 24.8, 23.4, 22.2, 21.2],
        [41.2, 29.6, 24.4, 21.4, 19.4, 17.8, 16.6, 15.7, 15.0, 14.3],
        [27.2, 19.6, 16.4, 14.4, 13.0, 12.1, 11.4, 10.8, 10.3, 9.9],
        [16.6, 12.1, 10.2, 9.0, 8.2, 7.6, 7.2, 6.8, 6.6, 6.3],
        [9.5, 6.9, 5.8, 5.2, 4.8, 4.5, 4.3, 4.1, 3.9, 3.8],
    ];

    private static readonly double[][] LadSlopes =
    [
        [0.93, 0.96, 0.96, 0.96, 0.97, 0.97, 0.98, 0.98, 0.98, 0.98],
        [0.97, 0.98, 0.98, 0.99, 0.99, 0.99, 0.99, 0.99, 0.99, 0.99],
        [0.99, 0.99, 0.99, 0.99, 0.99, 0.99, 0.99, 0.99, 0.99, 0.99],
        [0.99, 0.99, 0.99, 0.99, 0.99, 0.99, 0.99, 0.99, 0.99, 0.99],
        [1.00, 1.00, 1.00, 1.00, 1.00, 0.99, 1.00, 1.00, 1.00, 1.00],
        [1.00, 1.00, 1.00, 1.00, 1.00, 1.00, 1.00, 1.00, 1.00, 1.00],
    ];

    private static readonly double[][] Correlations =
    [
        [0.63, 0.78, 0.84, 0.87, 0.89, 0.91, 0.92, 0.92, 0.93, 0.94],
        [0.80, 0.88, 0.91, 0.93, 0.94, 0.95, 0.96, 0.96, 0.97, 0.97],
        [0.89, 0.94, 0.96, 0.97, 0.97, 0.98, 0.98, 0.98, 0.98, 0.99],
        [0.95, 0.97, 0.98, 0.99, 0.99, 0.99, 0.99, 0.99, 0.99, 0.99],
        [0.98, 0.99, 0.99, 0.99, 1.00, 1.00, 1.00, 1.00, 1.00, 1.00],
        [0.99, 1.00, 1.00, 1.00, 1.00, 1.00, 1.00, 1.00, 1.00, 1.00],
    ];

    private static readonly double[] Shares = [0.0068, 0.0132, 0.0256, 0.0471, 0.0901, 0.1619];

    /// <summary>The measures; null where the figure has none.</summary>
    /// <remarks>
    /// The figure gives the relative error in percent. Its text has eleven correlations for m of 128 and more; the first ten are
    /// taken, which agree with what the paper says of r.
    /// </remarks>
    public static ApproximationError? Find(int maxCount, int iterations)
    {
        int row = RowOf(maxCount);
        return row < 0 || iterations is < 1 or > Iterations
            ? null
            : new ApproximationError(
                RelativeErrors[row][iterations - 1] / 100, LadSlopes[row][iterations - 1],
                Correlations[row][iterations - 1]);
    }

    /// <summary>
    /// The share of all subsequences that an iteration samples, 0 to 1; null where the figure has none.
    /// </summary>
    public static double? FindShare(int maxCount) => RowOf(maxCount) is >= 0 and var row ? Shares[row] : null;

    private static int RowOf(int maxCount) => MaxCounts.ToList().IndexOf(maxCount);
}
