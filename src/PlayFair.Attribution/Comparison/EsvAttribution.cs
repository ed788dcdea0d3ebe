namespace PlayFair.Attribution;

/// <summary>An Element Shapley Value estimator, used as the methods it is compared with are.</summary>
/// <param name="estimator">Its name becomes the method's.</param>
/// <param name="stopping">When to stop sampling; null for the rule's defaults.</param>
public sealed class EsvAttribution(IEsvEstimator estimator, StoppingRule? stopping = null) : IFrameAttribution
{
    private readonly StoppingRule _stopping = stopping ?? new StoppingRule();

    /// <inheritdoc/>
    public string Name => estimator.Name;

    /// <inheritdoc/>
    public FrameAttributions Attribute(AttributionProblem problem, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var esv = estimator.Estimate(problem.Game, _stopping, ct);
        return new FrameAttributions
        {
            Method = Name,
            FrameCount = esv.FrameCount,
            ClassCount = esv.ClassCount,
            Values = esv.Values,
            EvaluationCount = esv.EvaluationCount,
        };
    }
}
