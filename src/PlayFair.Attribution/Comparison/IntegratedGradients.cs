using System.Numerics.Tensors;
using System.Runtime.ExceptionServices;

namespace PlayFair.Attribution;

/// <summary>
/// The gradient, integrated on the straight path from reference features x' to the frames' own: the value of a frame is
/// Σ_k (x_k − x'_k) · ∫_0^1 ∂f_c(X' + α(X − X'))/∂x_k dα over its D features.
/// </summary>
/// <remarks>
/// <para>
/// M. Sundararajan, A. Taly and Q. Yan, "Axiomatic Attribution for Deep Networks", ICML 2017. Completeness: the values
/// of a class sum to f_c(X) − f_c(X'), X' being as many frames of the reference, up to the error of the integration.
/// "Play Fair" averages over channels where this sums: D times less.
/// </para>
/// <para>
/// The integral is a mean over the midpoints of equal steps. Steps run on several threads; the result depends on them
/// not.
/// </para>
/// </remarks>
public sealed class IntegratedGradients : IFrameAttribution
{
    /// <inheritdoc/>
    public string Name => "integrated-gradients";

    /// <summary>
    /// x', [feature]: the paper takes the mean feature of the training set's frames. Null: zeros, which is where a head
    /// sees nothing, but not what it was trained on.
    /// </summary>
    public float[]? Reference { get; init; }

    /// <summary>How many gradients are averaged, at least 1.</summary>
    public int StepCount { get; init; } = 50;

    /// <summary>The most subsequences that may be differentiated, of all steps together.</summary>
    public long Budget { get; init; } = WindowScore.DefaultBudget;

    /// <inheritdoc/>
    public FrameAttributions Attribute(AttributionProblem problem, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var head = FrameGradient.HeadOf(problem, this);
        if (StepCount < 1)
            throw new ArgumentException($"{nameof(StepCount)} is {StepCount}, expected at least 1.");
        var model = problem.Game.Model;
        long evaluationCount = WindowScore.CheckBudget(
            this, model, StepCount * WindowScore.EvaluationCount(model), Budget);

        float[] reference = RepeatReference(problem);
        var directions = new float[reference.Length];
        TensorPrimitives.Subtract(problem.Features, reference, directions);

        // Each step has its own sums, added up afterwards in order, so that the threads' timing cannot show.
        var steps = new double[StepCount][];
        try
        {
            Parallel.For(0, StepCount, new ParallelOptions { CancellationToken = ct }, step =>
            {
                var features = new float[reference.Length];
                TensorPrimitives.MultiplyAdd(directions, (float)((step + 0.5) / StepCount), reference, features);
                steps[step] = new double[problem.FrameCount * problem.ClassCount];
                head.Differentiate(problem.Score, features, directions, problem.FrameCount, steps[step], ct);
            });
        }
        catch (AggregateException cause) when (cause.InnerException is ArgumentException refusal)
        {
            ExceptionDispatchInfo.Throw(refusal);
        }

        var values = new double[problem.FrameCount * problem.ClassCount];
        foreach (double[] derivatives in steps)
            TensorPrimitives.Add(values, derivatives, values);
        TensorPrimitives.Divide(values, StepCount, values);
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

    /// <summary>X', [frame × D].</summary>
    private float[] RepeatReference(AttributionProblem problem)
    {
        var repeated = new float[problem.Features.Length];
        if (Reference is null)
            return repeated;
        if (Reference.Length != problem.Head.FeatureSize || !TensorPrimitives.IsFiniteAll<float>(Reference))
        {
            throw new ArgumentException(
                $"The reference has {Reference.Length} features, expected {problem.Head.FeatureSize}, all finite; give "
                + "the mean feature of the head's training set.");
        }

        for (int start = 0; start < repeated.Length; start += Reference.Length)
            Reference.CopyTo(repeated, start);
        return repeated;
    }
}
