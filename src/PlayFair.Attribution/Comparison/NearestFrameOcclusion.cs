using System.Numerics.Tensors;

namespace PlayFair.Attribution;

/// <summary>
/// What the window's score loses when the frame's features are replaced by those of the nearest frame that is kept, so
/// that the number of frames stays the same. Of a single frame, f(X) − f(∅).
/// </summary>
/// <remarks>
/// M. D. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, with the substitute
/// that the paper's §2.2 names. Duplicated frames are unlike what models are trained on, which is why the paper leaves
/// frames out.
/// </remarks>
public sealed class NearestFrameOcclusion : IFrameAttribution
{
    /// <inheritdoc/>
    public string Name => "occlusion";

    /// <summary>The most model evaluations, of all n + 1 windows together.</summary>
    public long Budget { get; init; } = WindowScore.DefaultBudget;

    /// <summary>Which frame stands in for each frame: itself if it is kept, else the nearest kept one.</summary>
    /// <param name="isKept">For each frame, in time order; at least one is.</param>
    /// <returns>Of two equally near, the earlier.</returns>
    /// <exception cref="ArgumentException">No frame is kept.</exception>
    public static int[] NearestKept(ReadOnlySpan<bool> isKept)
    {
        if (!isKept.Contains(true))
            throw new ArgumentException("No frame is kept, expected at least one to stand in for the others.");
        var nearest = new int[isKept.Length];
        for (int t = 0; t < nearest.Length; t++)
        {
            int distance = 0;
            while (!IsKept(isKept, t - distance) && !IsKept(isKept, t + distance))
                distance++;
            nearest[t] = IsKept(isKept, t - distance) ? t - distance : t + distance;
        }

        return nearest;
    }

    /// <inheritdoc/>
    public FrameAttributions Attribute(AttributionProblem problem, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var game = problem.Game;
        int n = game.FrameCount;
        int windowCount = n == 1 ? 1 : n + 1;
        long evaluationCount = WindowScore.CheckBudget(
            this, game.Model, windowCount * WindowScore.EvaluationCount(game.Model), Budget);

        var values = new double[n * game.ClassCount];
        double[] all = WindowScore.Compute(game, ct);
        for (int t = 0; t < n; t++)
        {
            double[] occluded = n == 1 ? game.EmptyScores : ScoreWithout(problem, t, ct);
            TensorPrimitives.Subtract(all, occluded, values.AsSpan(t * game.ClassCount, game.ClassCount));
        }

        return new FrameAttributions
        {
            Method = Name,
            FrameCount = n,
            ClassCount = game.ClassCount,
            Values = values,
            EvaluationCount = evaluationCount,
        };
    }

    private static double[] ScoreWithout(AttributionProblem problem, int frame, CancellationToken ct)
    {
        var isKept = new bool[problem.FrameCount];
        isKept.AsSpan().Fill(true);
        isKept[frame] = false;
        int size = problem.Head.FeatureSize;
        float[] features = problem.Features.ToArray();
        problem.Features.Slice(NearestKept(isKept)[frame] * size, size).CopyTo(features.AsSpan(frame * size));
        return WindowScore.Compute(problem.GameOf(features), ct);
    }

    private static bool IsKept(ReadOnlySpan<bool> isKept, int frame) =>
        (uint)frame < (uint)isKept.Length && isKept[frame];
}
