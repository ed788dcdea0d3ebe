using PlayFair.Attribution;

namespace PlayFair.Engine;

/// <summary>The estimators that can be asked for by name.</summary>
public static class Estimators
{
    private static readonly (string Name, Func<EstimationOptions, int, IEsvEstimator> Create)[] All =
    [
        (ExactEsv.EstimatorName, (o, _) => new ExactEsv { ThreadCount = o.ThreadCount }),
        (SampledEsv.EstimatorName,
            (o, m) => new SampledEsv { MaxCount = m, Seed = o.Seed, ThreadCount = o.ThreadCount }),
        (ClosedFormSampling.EstimatorName,
            (o, m) => new ClosedFormSampling { MaxCount = m, Seed = o.Seed, ThreadCount = o.ThreadCount }),
        (PermutationEstimator.EstimatorName, (o, m) => new PermutationEstimator { PairCount = m, Seed = o.Seed }),
        (LeverageEstimator.EstimatorName, (o, m) => new LeverageEstimator { CoalitionCount = m, Seed = o.Seed }),
    ];

    /// <summary>All names, <c>exact</c> first.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(estimator => estimator.Name)];

    /// <summary>
    /// What samples a score where no estimator is named. For a model with scales the unbiased one, if it takes the
    /// score; for a model of any length the one that errs least at equal evaluations.
    /// </summary>
    /// <param name="maxScale">n_max of the model; null if it takes any length by itself.</param>
    /// <param name="score">Which score is attributed.</param>
    public static string DefaultSampler(int? maxScale, ScoreKind score) => (maxScale, score) switch
    {
        (null, _) => LeverageEstimator.EstimatorName,
        (_, ScoreKind.SoftmaxOfMean) => SampledEsv.EstimatorName,
        _ => ClosedFormSampling.EstimatorName,
    };

    /// <summary>
    /// m where nothing else is asked for. Of the two that are for models of any length, an iteration costs about 16·n
    /// evaluations.
    /// </summary>
    public static int DefaultSamples(string estimator, int frameCount) => estimator switch
    {
        PermutationEstimator.EstimatorName => 8,
        LeverageEstimator.EstimatorName => 16 * frameCount,
        _ => 1024,
    };

    /// <summary>Whether exact values of so many frames are within the limits of <see cref="ExactEsv"/>.</summary>
    /// <param name="frameCount">n, at least 1.</param>
    /// <param name="maxScale">n_max of the model; null if it takes any length by itself.</param>
    /// <param name="score">Which score is attributed.</param>
    public static bool IsExactFeasible(int frameCount, int? maxScale, ScoreKind score) => maxScale is { } scale
        ? new ExactEsv().Takes(frameCount, scale, score)
        : frameCount <= ExactEsv.MaxFrameCount;

    /// <summary>Makes the estimator that the options ask for.</summary>
    /// <exception cref="ArgumentException">There is none of this name.</exception>
    internal static IEsvEstimator Create(EstimationOptions options, int frameCount, int? maxScale, ScoreKind score)
    {
        string name = options.Estimator ?? (IsExactFeasible(frameCount, maxScale, score)
            ? ExactEsv.EstimatorName
            : DefaultSampler(maxScale, score));
        return Array.Find(All, estimator => estimator.Name == name) is { Create: { } create }
            ? create(options, options.Samples ?? DefaultSamples(name, frameCount))
            : throw new ArgumentException(
                $"There is no estimator '{name}'; expected one of {string.Join(", ", Names)}.", nameof(options));
    }

    /// <summary>Why so many frames are too many for the options, and what to do; null if they are not.</summary>
    internal static string? WhyTooMany(EstimationOptions options, int frameCount, int? maxScale, ScoreKind score)
    {
        if (options.Estimator is null or ExactEsv.EstimatorName && IsExactFeasible(frameCount, maxScale, score))
            return null;
        if (options.Estimator == ExactEsv.EstimatorName)
        {
            string most = maxScale is null || score == ScoreKind.SoftmaxOfMean
                ? $"take at most {ExactEsv.MaxFrameCount} frames"
                : $"evaluate every subsequence of up to {maxScale} frames, of which there may be at most "
                    + $"{new ExactEsv().MaxEvaluationCount}";
            return $"exact values of {ScoreKinds.Name(score)} {most}. Attribute fewer, or sample "
                + $"(--estimator {DefaultSampler(maxScale, score)}).";
        }

        return frameCount > SampledEsv.MaxFrameCount
            ? $"sampling takes at most {SampledEsv.MaxFrameCount}. Attribute fewer."
            : null;
    }
}
