using System.Numerics.Tensors;

namespace PlayFair.Attribution;

/// <summary>Draws one independent sample of a game's values.</summary>
/// <param name="index">
/// Which sample: 0, 1, 2, … in this order. All randomness must come from a seed and this number, as
/// <see cref="SeededRandom"/> takes them, so that a longer run begins with the samples of a shorter one.
/// </param>
/// <param name="values">φ of this sample alone, [frame × class], zeros to be overwritten.</param>
/// <param name="scores">f(X) of this sample alone, [class], zeros to be overwritten.</param>
/// <returns>How many model evaluations the sample cost.</returns>
internal delegate long DrawSample(int index, Span<double> values, Span<double> scores);

/// <summary>Replaces the means over samples by an estimate that uses all samples together.</summary>
/// <param name="values">φ, [frame × class]: the mean over samples, to be overwritten where there is better.</param>
/// <param name="scores">f(X), [class]: likewise.</param>
internal delegate void CombineSamples(Span<double> values, Span<double> scores);

/// <summary>
/// The loop that all estimates from samples share: independent samples are drawn until a <see cref="StoppingRule"/>
/// ends it, and their spread gives the standard errors.
/// </summary>
internal sealed class Replication
{
    /// <summary>How many samples there must be before a tolerance can stop.</summary>
    /// <remarks>
    /// A standard error from two samples is by chance under a tenth of the true one in a case out of twelve, and a
    /// tolerance would pick out these cases.
    /// </remarks>
    public const int MinSampleCountForTolerance = 4;

    private readonly Game _game;
    private readonly StoppingRule _stopping;
    private readonly long _sampleCost;
    private readonly double[] _mean;
    private readonly double[] _squares;
    private readonly double[] _scores;
    private int _sampleCount;
    private long _evaluationCount;

    /// <param name="game">What is attributed.</param>
    /// <param name="stopping">When to stop.</param>
    /// <param name="sampleCost">The most evaluations that a sample after the first can cost; at least 1.</param>
    /// <exception cref="ArgumentException">The stopping rule has a value out of its range.</exception>
    public Replication(Game game, StoppingRule stopping, long sampleCost)
    {
        ArgumentNullException.ThrowIfNull(stopping);
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleCost, 1);
        Check(stopping);
        _game = game;
        _stopping = stopping;
        _sampleCost = sampleCost;
        _mean = new double[game.FrameCount * game.ClassCount];
        _squares = new double[_mean.Length];
        _scores = new double[game.ClassCount];
    }

    /// <summary>What time is taken from.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Draws samples until the rule stops it.</summary>
    /// <param name="estimator">The <see cref="IEsvEstimator.Name"/> that the result carries.</param>
    /// <param name="draw">Draws one sample.</param>
    /// <param name="combine">
    /// Sets values that are not the means of the samples' values; the standard errors stay those of the means. Called
    /// once, after the last sample. Null: the means are the estimate.
    /// </param>
    /// <param name="ct">Ends it before the next sample.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ElementShapleyValues Run(
        string estimator, DrawSample draw, CombineSamples? combine = null, CancellationToken ct = default)
    {
        var values = new double[_mean.Length];
        var scores = new double[_scores.Length];
        long start = Clock.GetTimestamp();
        Forecast forecast;
        do
        {
            ct.ThrowIfCancellationRequested();
            Array.Clear(values);
            Array.Clear(scores);
            _evaluationCount += draw(_sampleCount, values, scores);
            _sampleCount++;
            Add(values, scores);
            double? relativeError = RelativeError();
            TimeSpan elapsed = Clock.GetElapsedTime(start);
            forecast = Predict(relativeError, elapsed);
            _stopping.Progress?.Report(
                new EstimateForecast(
                    _sampleCount, _evaluationCount, relativeError, elapsed,
                    Times(elapsed / _sampleCount, forecast.SamplesLeft), forecast.Reason));
        }
        while (forecast.SamplesLeft > 0);

        double[]? standardErrors = _sampleCount > 1 ? Array.ConvertAll(_squares, StandardError) : null;
        combine?.Invoke(_mean, _scores);
        return new ElementShapleyValues
        {
            FrameCount = _game.FrameCount,
            ClassCount = _game.ClassCount,
            ScoreKind = _game.Score,
            Values = _mean,
            Scores = _scores,
            Prior = _game.EmptyScores,
            EvaluationCount = _evaluationCount,
            Estimator = estimator,
            StandardErrors = standardErrors,
            SampleCount = _sampleCount,
            StopReason = forecast.Reason,
        };
    }

    /// <summary>Updates means and summed squared deviations without cancellation (B. P. Welford, 1962).</summary>
    private void Add(ReadOnlySpan<double> values, ReadOnlySpan<double> scores)
    {
        for (int k = 0; k < values.Length; k++)
        {
            double deviation = values[k] - _mean[k];
            _mean[k] += deviation / _sampleCount;
            _squares[k] += deviation * (values[k] - _mean[k]);
        }

        for (int c = 0; c < scores.Length; c++)
            _scores[c] += (scores[c] - _scores[c]) / _sampleCount;
    }

    /// <summary>Of a mean, from the sum of squared deviations from it; needs two samples.</summary>
    private double StandardError(double squares) => Math.Sqrt(squares / (_sampleCount - 1) / _sampleCount);

    private double? RelativeError()
    {
        if (_sampleCount < 2)
            return null;
        double largest = StandardError(TensorPrimitives.Max<double>(_squares));
        // Without any spread the error is none, also where all values are zero.
        return largest == 0 ? 0 : largest / (TensorPrimitives.SumOfMagnitudes<double>(_mean) / _mean.Length);
    }

    /// <summary>How many samples are left until the first limit, 0 if it is reached, and which limit that is.</summary>
    private Forecast Predict(double? relativeError, TimeSpan elapsed)
    {
        var first = new Forecast(_stopping.Iterations - _sampleCount, StopReason.Iterations);
        if (_stopping.Tolerance is double tolerance && relativeError is double error)
        {
            // At a tie the tolerance is the better news.
            double needed = _sampleCount * Square(error / tolerance);
            double left = error < tolerance ? 0 : Math.Max(1, Math.Ceiling(needed - _sampleCount));
            left = Math.Max(left, MinSampleCountForTolerance - _sampleCount);
            if (left <= first.SamplesLeft)
                first = new Forecast(left, StopReason.Tolerance);
        }

        if (_stopping.Budget is long budget)
        {
            long left = Math.Max(0, budget - _evaluationCount) / _sampleCost;
            if (left < first.SamplesLeft)
                first = new Forecast(left, StopReason.Budget);
        }

        if (_stopping.Time is TimeSpan time)
        {
            double left = elapsed >= time ? 0 : Math.Max(1, Math.Ceiling((time - elapsed) / (elapsed / _sampleCount)));
            if (left < first.SamplesLeft)
                first = new Forecast(left, StopReason.Time);
        }

        return first;
    }

    private static double Square(double x) => x * x;

    private static TimeSpan Times(TimeSpan sample, double count)
    {
        double ticks = sample.Ticks * count;
        return ticks < TimeSpan.MaxValue.Ticks ? TimeSpan.FromTicks((long)ticks) : TimeSpan.MaxValue;
    }

    private static void Check(StoppingRule stopping)
    {
        Check(stopping.Iterations >= 1, nameof(StoppingRule.Iterations), stopping.Iterations, "at least 1");
        Check(
            stopping.Tolerance is null or (> 0 and < double.PositiveInfinity),
            nameof(StoppingRule.Tolerance), stopping.Tolerance, "a finite number above 0, or null for no limit");
        Check(
            stopping.Budget is null or >= 1,
            nameof(StoppingRule.Budget), stopping.Budget, "at least 1 evaluation, or null for no limit");
        Check(
            stopping.Time is null || stopping.Time > TimeSpan.Zero,
            nameof(StoppingRule.Time), stopping.Time, "more than zero, or null for no limit");
    }

    private static void Check(bool isValid, string property, object? value, string expected)
    {
        if (!isValid)
            throw new ArgumentException($"The stopping rule's {property} is {value}, expected {expected}.");
    }

    /// <param name="SamplesLeft">A whole number, or infinity.</param>
    private readonly record struct Forecast(double SamplesLeft, StopReason Reason);
}
