namespace PlayFair.Attribution;

/// <summary>When an estimate from samples is good enough, or has cost enough. The first limit that is reached stops it.</summary>
/// <remarks>
/// An estimate is a mean over independent samples; a sample is never cut short, and at least one is drawn. A limit on
/// evaluations is kept: no sample is begun that would exceed it, save the first.
/// </remarks>
public sealed record StoppingRule
{
    /// <summary>How many independent samples (the paper's iterations) at most; 1 or more.</summary>
    public int Iterations { get; init; } = 1;

    /// <summary>
    /// Stops when the largest standard error over frames and classes, relative to the mean |φ| over frames and classes, is
    /// below this, but not before the fourth sample: errors from fewer are themselves too uncertain. Null: no such limit.
    /// </summary>
    public double? Tolerance { get; init; }

    /// <summary>How many model evaluations (subsequences given to the model) at most. Null: no limit.</summary>
    public long? Budget { get; init; }

    /// <summary>Begins no sample after this time. Null: no limit. The result then depends on the machine's speed.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>Told after every sample how far the estimate is. Null: nobody is told.</summary>
    public IProgress<EstimateForecast>? Progress { get; init; }
}

/// <summary>How far an estimate is, and when it will stop if it goes on as so far.</summary>
/// <param name="SampleCount">Samples drawn so far.</param>
/// <param name="EvaluationCount">Model evaluations so far.</param>
/// <param name="RelativeError">What <see cref="StoppingRule.Tolerance"/> is compared with; null before the second sample.</param>
/// <param name="Elapsed">Time since the start.</param>
/// <param name="Remaining">
/// Time until the first limit is reached: samples cost what they did on average, and errors fall with their square root.
/// </param>
/// <param name="WillStopBy">The limit that will be reached first.</param>
public sealed record EstimateForecast(
    int SampleCount, long EvaluationCount, double? RelativeError, TimeSpan Elapsed, TimeSpan Remaining, StopReason WillStopBy);

/// <summary>Why an estimate ended.</summary>
public enum StopReason
{
    /// <summary>It is exact: there was nothing to stop.</summary>
    Exact,

    /// <summary>All iterations were done.</summary>
    Iterations,

    /// <summary>The standard error fell below the tolerance.</summary>
    Tolerance,

    /// <summary>The next sample would have exceeded the budget of evaluations.</summary>
    Budget,

    /// <summary>The time was up.</summary>
    Time,
}
