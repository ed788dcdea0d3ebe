using System.Numerics.Tensors;

namespace PlayFair.Attribution;

/// <summary>What the methods that differentiate the head have in common.</summary>
internal static class FrameGradient
{
    /// <exception cref="ArgumentException">The problem's head cannot be differentiated.</exception>
    public static IDifferentiableHead HeadOf(AttributionProblem problem, IFrameAttribution method) =>
        problem.Head as IDifferentiableHead
        ?? throw new ArgumentException(
            $"The head {problem.Head.GetType().Name} gives no derivatives, and the method '{method.Name}' needs them. "
            + $"Use a trn or tsn head, or a method that only evaluates, such as '{new LeaveOneOut().Name}'.",
            nameof(problem));

    /// <exception cref="ArgumentException">A value is not finite.</exception>
    public static void CheckFinite(ReadOnlySpan<double> values, AttributionProblem problem, IFrameAttribution method)
    {
        if (TensorPrimitives.IsFiniteAll(values))
            return;
        int index = 0;
        while (double.IsFinite(values[index]))
            index++;
        throw new ArgumentException(
            $"The method '{method.Name}' found the derivative {values[index]} for frame "
            + $"{index / problem.ClassCount} and class {index % problem.ClassCount}, expected a finite number; check "
            + "the head's weights and the features.",
            nameof(problem));
    }
}
