using System.Numerics;
using System.Numerics.Tensors;
using PlayFair.Attribution;

namespace PlayFair.Models;

/// <content>
/// Derivatives by hand, forwards: each frame's direction is pushed through the layers to all classes at once, where
/// going backwards would take a pass for every class. At a ReLU's kink the derivative is 0.
/// </content>
public abstract partial class TemporalHead : IDifferentiableHead
{
    /// <inheritdoc/>
    ISubsequenceModel ITemporalHead.Project(ReadOnlySpan<float> features, int frameCount) =>
        Project(features, frameCount);

    /// <inheritdoc/>
    public void Differentiate(
        ScoreKind score, ReadOnlySpan<float> features, ReadOnlySpan<float> directions, int frameCount,
        Span<double> derivatives, CancellationToken ct = default)
    {
        // Also refuses a value outside the enumeration.
        _ = ScoreKinds.Name(score);
        CheckFeatures(features, frameCount);
        if (directions.Length != features.Length || !TensorPrimitives.IsFiniteAll(directions))
        {
            throw new ArgumentException(
                $"{directions.Length} numbers in the directions, expected {features.Length}, all finite: a direction "
                + "has a frame's shape.",
                nameof(directions));
        }

        if (derivatives.Length != (long)frameCount * ClassCount)
        {
            throw new ArgumentException(
                $"Room for {derivatives.Length} derivatives, expected {frameCount} frames × {ClassCount} classes.",
                nameof(derivatives));
        }

        derivatives.Clear();
        DifferentiateChecked(score, features, directions, frameCount, derivatives, ct);
    }

    /// <param name="derivatives">All zero.</param>
    private protected abstract void DifferentiateChecked(
        ScoreKind score, ReadOnlySpan<float> features, ReadOnlySpan<float> directions, int frameCount,
        Span<double> derivatives, CancellationToken ct);

    /// <summary>target ← W·x + b.</summary>
    /// <param name="w">[target × x], row-major.</param>
    /// <param name="b">[target], or empty for none.</param>
    private protected static void Apply(
        ReadOnlySpan<float> w, ReadOnlySpan<float> b, ReadOnlySpan<float> x, Span<float> target)
    {
        for (int row = 0; row < target.Length; row++)
        {
            target[row] = TensorPrimitives.Dot(w.Slice(row * x.Length, x.Length), x)
                + (b.IsEmpty ? 0 : b[row]);
        }
    }

    /// <summary>The derivative of a ReLU: 1 where a value is above 0, else 0.</summary>
    private protected static void WriteIsActive(ReadOnlySpan<float> values, Span<float> isActive)
    {
        int k = 0;
        for (; k <= values.Length - Vector<float>.Count; k += Vector<float>.Count)
        {
            var above = Vector.GreaterThan(new Vector<float>(values[k..]), Vector<float>.Zero);
            Vector.ConditionalSelect(above, Vector<float>.One, Vector<float>.Zero).CopyTo(isActive[k..]);
        }

        for (; k < values.Length; k++)
            isActive[k] = values[k] > 0 ? 1 : 0;
    }

    private protected static void Softmax(Span<float> logits)
    {
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max<float>(logits), logits);
        TensorPrimitives.Exp(logits, logits);
        TensorPrimitives.Divide(logits, TensorPrimitives.Sum<float>(logits), logits);
    }

    /// <summary>The logits' derivatives become those of their softmax p: dp = p ∘ (dz − p·dz).</summary>
    private protected static void ToSoftmaxDerivatives(ReadOnlySpan<float> p, Span<float> derivatives)
    {
        TensorPrimitives.Subtract(derivatives, TensorPrimitives.Dot(p, derivatives), derivatives);
        TensorPrimitives.Multiply(derivatives, p, derivatives);
    }

    /// <summary>sum ← sum + weight·values, in double.</summary>
    private protected static void AddWeighted(
        ReadOnlySpan<float> values, double weight, Span<double> buffer, Span<double> sum)
    {
        TensorPrimitives.ConvertTruncating(values, buffer);
        TensorPrimitives.MultiplyAdd(buffer, weight, sum, sum);
    }
}
