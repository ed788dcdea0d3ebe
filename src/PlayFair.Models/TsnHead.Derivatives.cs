using System.Numerics.Tensors;
using PlayFair.Attribution;

namespace PlayFair.Models;

/// <content>z_t = W·relu(x_t) + b moves along d_t by dz_t = W·(1[x_t &gt; 0] ∘ d_t).</content>
public sealed partial class TsnHead
{
    private protected override void DifferentiateChecked(
        ScoreKind score, ReadOnlySpan<float> features, ReadOnlySpan<float> directions, int frameCount,
        Span<double> derivatives, CancellationToken ct)
    {
        var activations = new float[features.Length];
        var moved = new float[features.Length];
        TensorPrimitives.Max(features, 0, activations);
        WriteIsActive(features, moved);
        TensorPrimitives.Multiply(moved, directions, moved);

        // p: the softmax of the mean logits, or of the frame's own, where the score has one.
        var p = new float[ClassCount];
        if (score == ScoreKind.SoftmaxOfMean)
        {
            var mean = new float[FeatureSize];
            for (int t = 0; t < frameCount; t++)
                TensorPrimitives.Add(mean, activations.AsSpan(t * FeatureSize, FeatureSize), mean);
            TensorPrimitives.Divide(mean, frameCount, mean);
            Apply(_w, _b, mean, p);
            Softmax(p);
        }

        var frame = new float[ClassCount];
        var buffer = new double[ClassCount];
        for (int t = 0; t < frameCount; t++)
        {
            ct.ThrowIfCancellationRequested();
            Apply(_w, [], moved.AsSpan(t * FeatureSize, FeatureSize), frame);
            if (score == ScoreKind.MeanOfSoftmax)
            {
                Apply(_w, _b, activations.AsSpan(t * FeatureSize, FeatureSize), p);
                Softmax(p);
            }

            if (score != ScoreKind.Logit)
                ToSoftmaxDerivatives(p, frame);
            AddWeighted(frame, 1.0 / frameCount, buffer, derivatives.Slice(t * ClassCount, ClassCount));
        }
    }
}
