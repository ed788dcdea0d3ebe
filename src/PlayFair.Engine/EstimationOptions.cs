using PlayFair.Attribution;

namespace PlayFair.Engine;

/// <summary>How values are computed: by which estimator and, where that samples, how and until when.</summary>
public sealed record EstimationOptions
{
    /// <summary>How many iterations are drawn where nothing else limits them.</summary>
    public const int DefaultIterations = 10;

    /// <summary>
    /// One of <see cref="Estimators.Names"/>. Null: <see cref="ExactEsv"/> where it takes the frames, else
    /// <see cref="Estimators.DefaultSampler(int?, ScoreKind)"/>.
    /// </summary>
    public string? Estimator { get; init; }

    /// <summary>
    /// m: how much an iteration draws, at least 1. Subsequences of each size; for <see cref="PermutationEstimator"/>
    /// pairs of orders; for <see cref="LeverageEstimator"/> coalitions. Null: <see cref="Estimators.DefaultSamples"/>.
    /// </summary>
    public int? Samples { get; init; }

    /// <summary>
    /// The most iterations. Null: no limit if there is one of tolerance, evaluations or time; else
    /// <see cref="DefaultIterations"/>.
    /// </summary>
    public int? Iterations { get; init; }

    /// <summary>Fixes every random choice.</summary>
    public ulong Seed { get; init; }

    /// <inheritdoc cref="StoppingRule.Tolerance"/>
    public double? Tolerance { get; init; }

    /// <inheritdoc cref="StoppingRule.Budget"/>
    public long? Budget { get; init; }

    /// <inheritdoc cref="StoppingRule.Time"/>
    public TimeSpan? Time { get; init; }

    /// <summary>The most threads to use; 0: as many as there are cores. It does not change the result.</summary>
    public int ThreadCount { get; init; }

    /// <summary>The limit on iterations that follows from the others; null for none.</summary>
    internal int? IterationLimit =>
        Iterations ?? (Tolerance is null && Budget is null && Time is null ? DefaultIterations : null);

    /// <summary>The same as a rule for the estimator.</summary>
    internal StoppingRule StoppingRule(IProgress<EstimateForecast> progress) => new()
    {
        Iterations = IterationLimit ?? int.MaxValue,
        Tolerance = Tolerance,
        Budget = Budget,
        Time = Time,
        Progress = progress,
    };
}
