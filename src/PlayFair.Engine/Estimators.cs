using PlayFair.Attribution;

namespace PlayFair.Engine;

/// <summary>The estimators that can be asked for by name.</summary>
public static class Estimators
{
    private static readonly (string Name, Func<EstimationOptions, IEsvEstimator> Create)[] All =
    [
        (ExactEsv.EstimatorName, o => new ExactEsv { ThreadCount = o.ThreadCount }),
        (SampledEsv.EstimatorName,
            o => new SampledEsv { MaxCount = o.Samples, Seed = o.Seed, ThreadCount = o.ThreadCount }),
        (ClosedFormSampling.EstimatorName,
            o => new ClosedFormSampling { MaxCount = o.Samples, Seed = o.Seed, ThreadCount = o.ThreadCount }),
    ];

    /// <summary>All names, <c>exact</c> first.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(estimator => estimator.Name)];

    /// <summary>What samples a score where no estimator is named: the unbiased one, if it takes the score.</summary>
    public static string DefaultSampler(ScoreKind score) =>
        score == ScoreKind.SoftmaxOfMean ? SampledEsv.EstimatorName : ClosedFormSampling.EstimatorName;

    /// <summary>Whether exact values of so many frames are within the limits of <see cref="ExactEsv"/>.</summary>
    /// <param name="frameCount">n, at least 1.</param>
    /// <param name="maxScale">n_max of the model.</param>
    /// <param name="score">Which score is attributed.</param>
    public static bool IsExactFeasible(int frameCount, int maxScale, ScoreKind score) =>
        new ExactEsv().Takes(frameCount, maxScale, score);

    /// <summary>Makes the estimator that the options ask for.</summary>
    /// <exception cref="ArgumentException">There is none of this name.</exception>
    internal static IEsvEstimator Create(EstimationOptions options, int frameCount, int maxScale, ScoreKind score)
    {
        string name = options.Estimator
            ?? (IsExactFeasible(frameCount, maxScale, score) ? ExactEsv.EstimatorName : DefaultSampler(score));
        return Array.Find(All, estimator => estimator.Name == name) is { Create: { } create }
            ? create(options)
            : throw new ArgumentException(
                $"There is no estimator '{name}'; expected one of {string.Join(", ", Names)}.", nameof(options));
    }

    /// <summary>Why so many frames are too many for the options, and what to do; null if they are not.</summary>
    internal static string? WhyTooMany(EstimationOptions options, int frameCount, int maxScale, ScoreKind score)
    {
        if (options.Estimator is null or ExactEsv.EstimatorName && IsExactFeasible(frameCount, maxScale, score))
            return null;
        if (options.Estimator == ExactEsv.EstimatorName)
        {
            string most = score == ScoreKind.SoftmaxOfMean
                ? $"take at most {ExactEsv.MaxFrameCount} frames"
                : $"evaluate every subsequence of up to {maxScale} frames, of which there may be at most "
                    + $"{new ExactEsv().MaxEvaluationCount}";
            return $"exact values of {ScoreKinds.Name(score)} {most}. Attribute fewer, or sample "
                + $"(--estimator {DefaultSampler(score)}).";
        }

        return frameCount > SampledEsv.MaxFrameCount
            ? $"sampling takes at most {SampledEsv.MaxFrameCount}. Attribute fewer."
            : null;
    }
}
