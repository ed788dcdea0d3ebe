using System.Numerics.Tensors;

namespace PlayFair.Attribution;

/// <summary>
/// What the window's score loses without the frame: f(X) − f(X without i). Of a single frame, f(X) − f(∅).
/// </summary>
/// <remarks>
/// Only the last of the marginal contributions that an Element Shapley Value is the mean of; the two are equal where a
/// frame adds the same to every subsequence.
/// </remarks>
public sealed class LeaveOneOut : IFrameAttribution
{
    /// <inheritdoc/>
    public string Name => "leave-one-out";

    /// <summary>The most model evaluations.</summary>
    public long Budget { get; init; } = WindowScore.DefaultBudget;

    /// <inheritdoc/>
    public FrameAttributions Attribute(AttributionProblem problem, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var game = problem.Game;
        double count = WindowScore.EvaluationCount(game.Model);
        if (game.Model is not IMultiScaleModel && game.FrameCount > 1)
            count += game.FrameCount;
        long evaluationCount = WindowScore.CheckBudget(this, game.Model, count, Budget);

        var values = new double[game.FrameCount * game.ClassCount];
        double[] all = WindowScore.Compute(game, values, ct);
        for (int start = 0; start < values.Length; start += all.Length)
            TensorPrimitives.Subtract(all, values.AsSpan(start, all.Length), values.AsSpan(start, all.Length));

        return new FrameAttributions
        {
            Method = Name,
            FrameCount = game.FrameCount,
            ClassCount = game.ClassCount,
            Values = values,
            EvaluationCount = evaluationCount,
        };
    }
}
