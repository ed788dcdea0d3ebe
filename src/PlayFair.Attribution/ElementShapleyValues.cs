namespace PlayFair.Attribution;

/// <summary>Element Shapley Values φ of every frame of a window for every class, and the scores they explain.</summary>
/// <remarks>
/// φ_i &gt; 0: frame i supports the class; otherwise it distracts from it. Class-contrastive values are differences:
/// δ_i = φ_i^a − φ_i^b. W. Price and D. Damen, "Play Fair: Frame Attributions in Video Models", ACCV 2020, Eq. 7.
/// </remarks>
public sealed class ElementShapleyValues
{
    /// <summary>n: how many frames share the scores.</summary>
    public required int FrameCount { get; init; }

    /// <summary>C: how many classes are scored.</summary>
    public required int ClassCount { get; init; }

    /// <summary>What kind of score is attributed, which also fixes the unit of every number here.</summary>
    public required ScoreKind ScoreKind { get; init; }

    /// <summary>φ, [frame × class], row-major, in the score's unit.</summary>
    public required double[] Values { get; init; }

    /// <summary>f(X): the classes' scores with all frames, [class].</summary>
    public required double[] Scores { get; init; }

    /// <summary>
    /// f(∅): the classes' scores with no frame, [class]; for <see cref="ScoreKind.Logit"/> the prior's natural log.
    /// </summary>
    public required double[] Prior { get; init; }

    /// <summary>How many subsequences were given to the model.</summary>
    public required long EvaluationCount { get; init; }

    /// <summary>The <see cref="IEsvEstimator.Name"/> of what computed the values.</summary>
    public required string Estimator { get; init; }

    /// <summary>
    /// Standard error of φ, [frame × class], row-major, from the spread of the independent samples; null if the values are
    /// exact, or if there was one sample only. It says nothing of a bias.
    /// </summary>
    public double[]? StandardErrors { get; init; }

    /// <summary>How many independent samples (the paper's iterations) the values are the mean of; 0 if they are exact.</summary>
    public required int SampleCount { get; init; }

    /// <summary>Why the estimate ended.</summary>
    public required StopReason StopReason { get; init; }

    /// <summary>True if every subsequence counted, so the values carry rounding error only.</summary>
    public bool IsExact => StopReason == StopReason.Exact;

    /// <summary>φ of one frame for one class.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such frame or class.</exception>
    public double this[int frame, int @class]
    {
        get
        {
            CheckIndex(frame, FrameCount, nameof(frame));
            CheckIndex(@class, ClassCount, nameof(@class));
            return Values[(frame * ClassCount) + @class];
        }
    }

    /// <summary>
    /// Half the width of the 95 % confidence interval around φ of one frame for one class, in the score's unit: standard
    /// error times the quantile of Student's t for as many samples. 0 if the values are exact; null if there was one
    /// sample only.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">No such frame or class.</exception>
    public double? HalfWidth95(int frame, int @class)
    {
        CheckIndex(frame, FrameCount, nameof(frame));
        CheckIndex(@class, ClassCount, nameof(@class));
        if (IsExact)
            return 0;
        return StandardErrors?[(frame * ClassCount) + @class] * StudentT.Quantile975(Math.Max(1, SampleCount - 1));
    }

    /// <summary>
    /// Σ_i φ_i − (f(X) − f(∅)) for one class. The efficiency axiom says zero; for exact values it is rounding error.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">No such class.</exception>
    public double EfficiencyGap(int @class)
    {
        CheckIndex(@class, ClassCount, nameof(@class));
        double sum = 0;
        for (int frame = 0; frame < FrameCount; frame++)
            sum += Values[(frame * ClassCount) + @class];
        return sum - (Scores[@class] - Prior[@class]);
    }

    private static void CheckIndex(int index, int count, string name)
    {
        if ((uint)index >= (uint)count)
            throw new ArgumentOutOfRangeException(name, index, $"Expected 0 to {count - 1}.");
    }
}
