namespace PlayFair.Attribution;

/// <summary>
/// A way to give every frame of a window a value for every class: Element Shapley Values, through
/// <see cref="EsvAttribution"/>, and the methods that the paper compares them with.
/// </summary>
public interface IFrameAttribution
{
    /// <summary>The name in files, on the command line and in results, such as <c>grad-cam</c>.</summary>
    string Name { get; }

    /// <summary>Values every frame for every class.</summary>
    /// <param name="problem">The head, the features, the prior and the score.</param>
    /// <param name="ct">Ends the computation early.</param>
    /// <exception cref="ArgumentException">
    /// The method cannot take this problem, or would need more evaluations than its budget; the message says which.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    FrameAttributions Attribute(AttributionProblem problem, CancellationToken ct = default);
}

/// <summary>The values that one method gave the frames of a window.</summary>
/// <remarks>
/// Only their order, signs and proportions are comparable between methods. Element Shapley Values alone share out
/// f(X) − f(∅).
/// </remarks>
public sealed class FrameAttributions
{
    /// <summary>The <see cref="IFrameAttribution.Name"/> of the method.</summary>
    public required string Method { get; init; }

    /// <summary>n.</summary>
    public required int FrameCount { get; init; }

    /// <summary>C.</summary>
    public required int ClassCount { get; init; }

    /// <summary>[frame × class], row-major; larger: the frame supports the class more.</summary>
    public required double[] Values { get; init; }

    /// <summary>How many subsequences were given to the model, forwards or for a gradient.</summary>
    public required long EvaluationCount { get; init; }

    /// <summary>The value of one frame for one class.</summary>
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
    /// The frames in descending order of their value for one class; equal values in time order. Discarding frames in
    /// this order, or from its end, is the paper's Fig. 3.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">No such class.</exception>
    public int[] Ranking(int @class)
    {
        CheckIndex(@class, ClassCount, nameof(@class));
        return [.. Enumerable.Range(0, FrameCount).OrderByDescending(t => Values[(t * ClassCount) + @class])];
    }

    private static void CheckIndex(int index, int count, string name)
    {
        if ((uint)index >= (uint)count)
            throw new ArgumentOutOfRangeException(name, index, $"Expected 0 to {count - 1}.");
    }
}
