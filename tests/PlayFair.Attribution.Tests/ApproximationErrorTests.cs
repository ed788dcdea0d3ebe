namespace PlayFair.Attribution.Tests;

public class ApproximationErrorTests
{
    [Fact]
    public void Equal_values_have_no_error()
    {
        double[] exact = [0.3, -0.1, 0.25, 0.02];

        var error = ApproximationError.Compare(exact, exact);

        Assert.Equal(0, error.RelativeError);
        Assert.Equal(1, error.LadSlope, 1e-12);
        Assert.Equal(1, error.Correlation, 1e-12);
    }

    [Fact]
    public void Measures_are_those_worked_out_by_hand()
    {
        double[] exact = [1, 2, -3, 2];
        double[] approximate = [2, 3, -3, 6];

        var error = ApproximationError.Compare(exact, approximate);

        // Deviations 1, 1, 0, 4; mean |φ| = 2.
        Assert.Equal(6.0 / 4 / 2, error.RelativeError, 1e-12);

        // φ̂ = 0.75 + 1.25·φ meets the first and third and misses the others by 0.25 and 2.75; through the second and
        // third 0.2 and 3 are missed, and any other two leave 4 or more.
        Assert.Equal(1.25, error.LadSlope, 1e-12);

        // Means 0.5 and 2; deviations 0.5, 1.5, −3.5, 1.5 and 0, 1, −5, 4.
        Assert.Equal((1.5 + 17.5 + 6) / Math.Sqrt(17 * 42), error.Correlation, 1e-12);
    }

    [Fact]
    public void The_slope_is_that_of_a_line_with_an_intercept_and_ignores_an_outlier()
    {
        double[] x = [0, 1, 2, 3, 4];
        double[] y = [5, 5.5, 100, 6.5, 7];

        Assert.Equal(0.5, ApproximationError.FitSlope(x, y), 1e-12);
    }

    [Fact]
    public void The_slope_predicts_the_approximate_from_the_exact()
    {
        double[] exact = [-1, 0, 2];
        double[] halved = [-0.5, 0, 1];

        Assert.Equal(0.5, ApproximationError.Compare(exact, halved).LadSlope, 1e-12);
    }

    [Fact]
    public void The_slope_is_the_best_of_all_lines_through_two_points()
    {
        var random = new Random(5);
        for (int trial = 0; trial < 200; trial++)
        {
            int n = random.Next(2, 17);
            double[] x = Numbers(random, n);
            double[] y = Numbers(random, n);

            Assert.Equal(BestSlopeOfAllPairs(x, y), ApproximationError.FitSlope(x, y), 1e-9);
        }
    }

    [Fact]
    public void Values_that_repeat_do_not_mislead_the_slope()
    {
        // Best: through the median of each of the two places.
        double[] x = [1, 1, 1, 4, 4, 4];
        double[] y = [0, 1, 9, 6, 7, -20];

        Assert.Equal((6 - 1) / 3.0, ApproximationError.FitSlope(x, y), 1e-12);
    }

    [Fact]
    public void What_is_undefined_is_not_finite()
    {
        var ofZeros = ApproximationError.Compare([0, 0], [1, 2]);
        var ofEqual = ApproximationError.Compare([1, 2], [3, 3]);
        var ofOne = ApproximationError.Compare([2], [3]);

        Assert.False(double.IsFinite(ofZeros.RelativeError));
        Assert.Equal((double.NaN, double.NaN), (ofZeros.LadSlope, ofZeros.Correlation));
        Assert.Equal(new ApproximationError(1, 0, double.NaN), ofEqual);
        Assert.Equal(new ApproximationError(0.5, double.NaN, double.NaN), ofOne);
    }

    [Fact]
    public void Correlation_has_a_sign_and_no_unit()
    {
        double[] x = [1e-9, 2e-9, 4e-9];

        Assert.Equal(-1, ApproximationError.Correlate(x, [-1e9, -2e9, -4e9]), 1e-12);
        Assert.Equal(Math.Sqrt(27.0 / 28), ApproximationError.Correlate(x, [1, 2, 3]), 1e-12);
    }

    [Fact]
    public void Numbers_that_do_not_pair_are_refused()
    {
        Assert.Throws<ArgumentException>(() => ApproximationError.Compare([], []));
        Assert.Throws<ArgumentException>(() => ApproximationError.Compare([1, 2], [1]));
        Assert.Throws<ArgumentException>(() => ApproximationError.Compare([1, 2], [1, double.NaN]));
    }

    private static double BestSlopeOfAllPairs(double[] x, double[] y)
    {
        var lines =
            from i in Enumerable.Range(0, x.Length)
            from j in Enumerable.Range(0, x.Length)
            where x[i] != x[j]
            let slope = (y[i] - y[j]) / (x[i] - x[j])
            select (slope, deviation: x.Zip(y, (u, v) => Math.Abs(v - y[i] - (slope * (u - x[i])))).Sum());
        return lines.MinBy(line => line.deviation).slope;
    }

    private static double[] Numbers(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() - 0.5)];
}
