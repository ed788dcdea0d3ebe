namespace PlayFair.Attribution;

/// <summary>Grad-CAM on the frames' features, without its ReLU, so that values are signed.</summary>
/// <remarks>
/// R. R. Selvaraju et al., "Grad-CAM: Visual Explanations From Deep Networks via Gradient-Based Localization", ICCV
/// 2017: a frame's activations, weighted by their channels' gradients averaged over the positions in the frame. A
/// frame's features have one position, so its value is Σ_k x_k · ∂f_c(X)/∂x_k over its D features. Where these are
/// the spatial means of a layer, that is in proportion to the mean of the frame's map, which "Play Fair" takes.
/// </remarks>
public sealed class GradCam : IFrameAttribution
{
    /// <inheritdoc/>
    public string Name => "grad-cam";

    /// <summary>The most subsequences that may be differentiated.</summary>
    public long Budget { get; init; } = WindowScore.DefaultBudget;

    /// <inheritdoc/>
    public FrameAttributions Attribute(AttributionProblem problem, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var head = FrameGradient.HeadOf(problem, this);
        var model = problem.Game.Model;
        long evaluationCount = WindowScore.CheckBudget(this, model, WindowScore.EvaluationCount(model), Budget);

        var values = new double[problem.FrameCount * problem.ClassCount];
        head.Differentiate(problem.Score, problem.Features, problem.Features, problem.FrameCount, values, ct);
        FrameGradient.CheckFinite(values, problem, this);
        return new FrameAttributions
        {
            Method = Name,
            FrameCount = problem.FrameCount,
            ClassCount = problem.ClassCount,
            Values = values,
            EvaluationCount = evaluationCount,
        };
    }
}
