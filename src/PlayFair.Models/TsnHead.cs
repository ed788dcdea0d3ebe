using System.Numerics.Tensors;
using PlayFair.Attribution;

namespace PlayFair.Models;

/// <summary>
/// Temporal segment network head: a frame's logits are z = W·relu(x) + b, and a video's are the mean of its frames'.
/// </summary>
/// <remarks>
/// L. Wang et al., "Temporal Segment Networks", ECCV 2016. As a multi-scale model it has n_max = 1: see
/// <see cref="IMultiScaleModel"/>.
/// </remarks>
public sealed partial class TsnHead : TemporalHead
{
    /// <summary>The head's name in files.</summary>
    public const string KindName = "tsn";

    private readonly float[] _w;
    private readonly float[] _b;
    private readonly LinearLayer _layer;

    /// <param name="featureSize">D.</param>
    /// <param name="classCount">C.</param>
    /// <param name="w">W, [C × D], row-major; kept, not copied.</param>
    /// <param name="b">b, [C]; kept, not copied.</param>
    /// <exception cref="ArgumentException">A size is below 1 or an array has another length.</exception>
    public TsnHead(int featureSize, int classCount, float[] w, float[] b)
        : base(featureSize, classCount)
    {
        CheckLength(w, (long)classCount * featureSize, nameof(w));
        CheckLength(b, classCount, nameof(b));
        _w = w;
        _b = b;
        _layer = new LinearLayer(featureSize, classCount, w, b);
    }

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <inheritdoc/>
    public override int MaxScale => 1;

    /// <inheritdoc/>
    public override int? HiddenSize => null;

    /// <summary>Reads tensors <c>w</c> [C, D] and <c>b</c> [C].</summary>
    /// <exception cref="SafetensorsException">
    /// A tensor is missing, has another shape or a value that is not finite, or does not belong to the head.
    /// </exception>
    public static TsnHead Read(SafetensorsFile file, int featureSize, int classCount)
    {
        ArgumentNullException.ThrowIfNull(file);
        file.RequireOnly(["w", "b"], "a tsn head");
        return new TsnHead(
            featureSize, classCount, file.ReadWeights("w", [classCount, featureSize]),
            file.ReadWeights("b", [classCount]));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<SafetensorsTensor> ToTensors() =>
        [new("w", [ClassCount, FeatureSize], _w), new("b", [ClassCount], _b)];

    private protected override IMultiScaleModel ProjectChecked(
        ReadOnlySpan<float> features, int frameCount, int threadCount)
    {
        var activations = new float[features.Length];
        TensorPrimitives.Max(features, 0, activations);
        var logits = new float[frameCount * ClassCount];
        _layer.Apply(frameCount, activations, logits, ClassCount);
        return new Projected(frameCount, ClassCount, logits);
    }

    private protected override IWindowModel CreateWindowChecked(int frameCount, int threadCount) =>
        new Window(this, frameCount);

    private static void Gather(
        ReadOnlySpan<int> frames, ReadOnlySpan<float> frameLogits, int classCount, Span<float> logits)
    {
        for (int i = 0; i < frames.Length; i++)
            frameLogits.Slice(frames[i] * classCount, classCount).CopyTo(logits[(i * classCount)..]);
    }

    /// <param name="frameLogits">[frame × class].</param>
    private sealed class Projected(int frameCount, int classCount, float[] frameLogits) : IMultiScaleModel
    {
        public int FrameCount => frameCount;

        public int ClassCount => classCount;

        public int MaxScale => 1;

        public void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> logits)
        {
            CheckBatch(this, scale, subsequences, logits);
            Gather(subsequences, frameLogits, classCount, logits);
        }
    }

    private sealed class Window(TsnHead head, int frameCount) : IMultiScaleModel, IWindowModel
    {
        private readonly float[] _activations = new float[head.FeatureSize];

        /// <summary>[slot × class].</summary>
        private readonly float[] _logits = new float[frameCount * head.ClassCount];

        public int FrameCount => frameCount;

        public int ClassCount => head.ClassCount;

        public int MaxScale => 1;

        public int FeatureSize => head.FeatureSize;

        public void SetFrame(int slot, ReadOnlySpan<float> features)
        {
            CheckFrame(this, slot, features);
            TensorPrimitives.Max(features, 0, _activations);
            head._layer.Apply(1, _activations, _logits.AsSpan(slot * ClassCount, ClassCount), ClassCount);
        }

        public void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> logits)
        {
            CheckSlots(this, scale, subsequences, logits);
            Gather(subsequences, _logits, ClassCount, logits);
        }
    }
}
