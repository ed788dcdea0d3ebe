namespace PlayFair.Attribution.Tests;

public class ReplicationTests
{
    private const int Cost = 10;
    private static readonly TimeSpan SampleTime = TimeSpan.FromSeconds(2);

    [Fact]
    public void Values_are_means_and_errors_the_spread_of_means()
    {
        double[][] samples = [[1, 10], [4, 10], [7, 13]];

        var esv = Run(new StoppingRule { Iterations = 3 }, r => samples[r]);

        Assert.Equal([4, 11], esv.Values);
        Assert.Equal([Math.Sqrt(9.0 / 3), Math.Sqrt(3.0 / 3)], esv.StandardErrors!);
        Assert.Equal([101], esv.Scores);
        Assert.Equal((3, 3L * Cost, StopReason.Iterations), (esv.SampleCount, esv.EvaluationCount, esv.StopReason));
        Assert.Equal("test", esv.Estimator);
        Assert.False(esv.IsExact);
    }

    [Fact]
    public void Spread_far_from_zero_is_not_lost_to_rounding()
    {
        var esv = Run(new StoppingRule { Iterations = 1000 }, r => [1e9 + (r % 2), 0]);

        // The variance of 0, 1, 0, 1, … is 1/4·1000/999.
        Assert.Equal(Math.Sqrt(0.25 / 999), esv.StandardErrors![0], 1e-8);
    }

    [Fact]
    public void One_sample_has_no_error_bar()
    {
        var esv = Run(new StoppingRule(), _ => [1, 2]);

        Assert.Null(esv.StandardErrors);
        Assert.Null(esv.HalfWidth95(0, 0));
        Assert.Equal((1, StopReason.Iterations), (esv.SampleCount, esv.StopReason));
    }

    [Fact]
    public void The_interval_is_the_standard_error_times_the_t_quantile()
    {
        var esv = Run(new StoppingRule { Iterations = 4 }, r => [r % 2, r]);

        Assert.Equal(3.182446305 * esv.StandardErrors![1], esv.HalfWidth95(1, 0)!.Value, 1e-9);
        Assert.Throws<ArgumentOutOfRangeException>(() => esv.HalfWidth95(2, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => esv.HalfWidth95(0, 1));
    }

    [Fact]
    public void Combined_values_replace_the_means_and_keep_the_errors()
    {
        var esv = Run(
            new StoppingRule { Iterations = 3 }, r => [r, 2 * r],
            combine: (values, scores) =>
            {
                Assert.Equal([1, 2], values.ToArray());
                values[0] = 42;
                scores[0] = 43;
            });

        Assert.Equal([42, 2], esv.Values);
        Assert.Equal([43], esv.Scores);
        Assert.Equal(Math.Sqrt(1.0 / 3), esv.StandardErrors![0], 1e-15);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(9, 1)]
    [InlineData(10, 1)]
    [InlineData(29, 2)]
    [InlineData(30, 3)]
    [InlineData(39, 3)]
    public void A_budget_is_kept_but_for_the_first_sample(long budget, int expectedSampleCount)
    {
        var esv = Run(new StoppingRule { Iterations = 100, Budget = budget }, _ => [0, 0]);

        Assert.Equal((expectedSampleCount, StopReason.Budget), (esv.SampleCount, esv.StopReason));
    }

    [Theory]
    [InlineData(0.5, 1)]
    [InlineData(4, 2)]
    [InlineData(4.5, 3)]
    public void No_sample_begins_after_the_time_is_up(double seconds, int expectedSampleCount)
    {
        var esv = Run(new StoppingRule { Iterations = 100, Time = TimeSpan.FromSeconds(seconds) }, _ => [0, 0]);

        Assert.Equal((expectedSampleCount, StopReason.Time), (esv.SampleCount, esv.StopReason));
    }

    [Fact]
    public void The_tolerance_is_held_to_the_largest_error_over_the_mean_magnitude()
    {
        // Values −3, −1, −3, … and 1: after R samples, R even, the first has variance R/(R−1), the mean magnitude is
        // 3/2.
        static double Error(int sampleCount) => Math.Sqrt(1.0 / (sampleCount - 1)) / 1.5;
        var reports = new Reports();

        var esv = Run(
            new StoppingRule { Iterations = 1000, Tolerance = 0.1, Progress = reports }, r => [(2 * (r % 2)) - 3, 1]);

        Assert.Equal(StopReason.Tolerance, esv.StopReason);
        Assert.Null(reports.Seen[0].RelativeError);
        Assert.All(reports.Seen.Skip(1).SkipLast(1), report => Assert.True(report.RelativeError >= 0.1));
        Assert.Equal(Error(20), reports.Seen[19].RelativeError!.Value, 1e-12);
        // Error(46) < 0.1 < Error(44), and the first error below 0.1 is at either of 45 and 46.
        Assert.InRange(esv.SampleCount, 45, 46);
    }

    [Theory]
    [InlineData(1, 1, StopReason.Iterations)]
    [InlineData(3, 3, StopReason.Iterations)]
    [InlineData(4, 4, StopReason.Tolerance)]
    [InlineData(9, 4, StopReason.Tolerance)]
    public void Too_few_samples_do_not_satisfy_a_tolerance(int iterations, int expectedSampleCount, StopReason reason)
    {
        // All samples equal: the error is zero from the second one on.
        var esv = Run(new StoppingRule { Iterations = iterations, Tolerance = 0.1 }, _ => [1, 2]);

        Assert.Equal((expectedSampleCount, reason), (esv.SampleCount, esv.StopReason));
    }

    [Fact]
    public void Values_that_are_all_zero_without_spread_satisfy_a_tolerance() =>
        Assert.Equal(
            StopReason.Tolerance, Run(new StoppingRule { Iterations = 9, Tolerance = 1e-3 }, _ => [0, 0]).StopReason);

    [Fact]
    public void The_forecast_says_which_limit_comes_first_and_when()
    {
        var reports = new Reports();
        var time = TimeSpan.FromSeconds(11);
        var rule = new StoppingRule { Iterations = 10, Budget = 85, Time = time, Progress = reports };

        Run(rule, r => [r % 2, 1]);
        Run(rule with { Time = null }, r => [r % 2, 1]);
        Run(rule with { Time = null, Budget = null }, r => [r % 2, 1]);

        // Samples of 2 s and 10 evaluations: 11 s begin six, a budget of 85 allows eight.
        Assert.Equal(6 + 8 + 10, reports.Seen.Count);
        AssertForecasts(reports.Seen[..6], 6, StopReason.Time);
        AssertForecasts(reports.Seen[6..14], 8, StopReason.Budget);
        AssertForecasts(reports.Seen[14..], 10, StopReason.Iterations);
    }

    [Fact]
    public void The_forecast_of_a_tolerance_follows_the_square_root_law()
    {
        var reports = new Reports();

        var esv = Run(
            new StoppingRule { Iterations = 100_000, Tolerance = 0.01, Progress = reports }, r => [1 + (r % 2), 1]);

        // After 100 samples the spread is known: the forecast number of samples is right within 2 %.
        var report = reports.Seen[99];
        Assert.Equal(StopReason.Tolerance, report.WillStopBy);
        Assert.Equal(100 * SampleTime, report.Elapsed);
        Assert.InRange(report.Remaining / SampleTime / (esv.SampleCount - 100), 0.98, 1.02);
        Assert.Equal(TimeSpan.Zero, reports.Seen[^1].Remaining);
    }

    [Theory]
    [InlineData(0, null, null, null, "Iterations is 0")]
    [InlineData(1, 0.0, null, null, "Tolerance is 0")]
    [InlineData(1, double.NaN, null, null, "Tolerance is NaN")]
    [InlineData(1, null, 0L, null, "Budget is 0")]
    [InlineData(1, null, null, 0.0, "Time is 00:00:00")]
    public void A_rule_that_makes_no_sense_is_refused(
        int iterations, double? tolerance, long? budget, double? seconds, string message)
    {
        var rule = new StoppingRule
        {
            Iterations = iterations,
            Tolerance = tolerance,
            Budget = budget,
            Time = seconds is double s ? TimeSpan.FromSeconds(s) : null,
        };

        var error = Assert.Throws<ArgumentException>(() => Run(rule, _ => [0, 0]));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains("expected", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelling_ends_it_before_the_next_sample()
    {
        using var source = new CancellationTokenSource();
        int drawn = 0;

        Assert.Throws<OperationCanceledException>(() => Run(
            new StoppingRule { Iterations = 10 },
            r =>
            {
                drawn++;
                if (r == 2)
                    source.Cancel();
                return [0, 0];
            },
            ct: source.Token));
        Assert.Equal(3, drawn);
    }

    /// <summary>Samples of two frames' values for one class; each costs 10 evaluations and 2 seconds.</summary>
    private static ElementShapleyValues Run(
        StoppingRule rule, Func<int, double[]> sample, CombineSamples? combine = null, CancellationToken ct = default)
    {
        var game = new Game(TableModel.Random(2, 2, 1, seed: 1), [1], ScoreKind.Logit);
        var clock = new Clock();
        return new Replication(game, rule, Cost) { Clock = clock }.Run(
            "test",
            (r, values, scores) =>
            {
                Assert.True(values.IndexOfAnyExcept(0) < 0, "Values come cleared.");
                sample(r).CopyTo(values);
                scores[0] = 100 + r;
                clock.Now += SampleTime;
                return Cost;
            },
            combine, ct);
    }

    private static void AssertForecasts(List<EstimateForecast> reports, int sampleCount, StopReason reason)
    {
        for (int r = 1; r <= sampleCount; r++)
        {
            var report = reports[r - 1];
            Assert.Equal((r, (long)r * Cost, reason), (report.SampleCount, report.EvaluationCount, report.WillStopBy));
            Assert.Equal(r * SampleTime, report.Elapsed);
            Assert.Equal((sampleCount - r) * SampleTime, report.Remaining);
        }
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; } = TimeSpan.FromHours(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }

    private sealed class Reports : IProgress<EstimateForecast>
    {
        public List<EstimateForecast> Seen { get; } = [];

        public void Report(EstimateForecast value) => Seen.Add(value);
    }
}
