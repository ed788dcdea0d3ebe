using System.Buffers;
using PlayFair.Attribution;
using PlayFair.Inference;

namespace PlayFair.Engine;

/// <summary>An ONNX head on the frames of one window, or on a window over a stream: a model of any length.</summary>
public sealed class OnnxHeadModel : IVariableLengthModel, IWindowModel
{
    /// <summary>At most so many features go into one run, unless one sequence has more: 16 MiB of them.</summary>
    private const int MaxRunLength = 1 << 22;

    private readonly OnnxHead _head;

    /// <summary>[frame × D].</summary>
    private readonly float[] _features;

    /// <summary>A window whose frames are yet to be set.</summary>
    /// <param name="head">The head; the model does not dispose of it.</param>
    /// <param name="frameCount">n, at least 1.</param>
    public OnnxHeadModel(OnnxHead head, int frameCount)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentOutOfRangeException.ThrowIfLessThan(frameCount, 1);
        _head = head;
        _features = new float[frameCount * head.FeatureSize];
        FrameCount = frameCount;
    }

    /// <param name="head">The head; the model does not dispose of it.</param>
    /// <param name="features">[frameCount × D], row-major, in time order, finite; copied.</param>
    /// <param name="frameCount">n, at least 1.</param>
    /// <exception cref="ArgumentException">Another length, or a feature that is not finite.</exception>
    public OnnxHeadModel(OnnxHead head, ReadOnlySpan<float> features, int frameCount)
        : this(head, frameCount)
    {
        if (features.Length != _features.Length)
        {
            throw new ArgumentException(
                $"{features.Length} features, expected {frameCount} frames × {FeatureSize}.", nameof(features));
        }

        for (int frame = 0; frame < frameCount; frame++)
            SetFrame(frame, features.Slice(frame * FeatureSize, FeatureSize));
    }

    /// <inheritdoc/>
    public int FrameCount { get; }

    /// <inheritdoc/>
    public int ClassCount => _head.ClassCount;

    /// <inheritdoc/>
    public int FeatureSize => _head.FeatureSize;

    /// <inheritdoc/>
    public void SetFrame(int slot, ReadOnlySpan<float> features)
    {
        if ((uint)slot >= (uint)FrameCount)
            throw new ArgumentException($"Slot {slot}, expected 0 to {FrameCount - 1}.", nameof(slot));
        if (features.Length != FeatureSize)
            throw new ArgumentException($"{features.Length} features, expected {FeatureSize}.", nameof(features));
        foreach (float feature in features)
        {
            if (!float.IsFinite(feature))
            {
                throw new ArgumentException(
                    $"A feature is {feature}, expected a finite number; check the backbone's output.", nameof(features));
            }
        }

        features.CopyTo(_features.AsSpan(slot * FeatureSize));
    }

    /// <inheritdoc/>
    /// <exception cref="InferenceException">ONNX Runtime fails.</exception>
    public void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> logits)
    {
        if (scale < 1 || scale > FrameCount || subsequences.Length % scale != 0
            || logits.Length != (long)subsequences.Length / scale * ClassCount)
        {
            throw new ArgumentException(
                $"{subsequences.Length} positions in subsequences of {scale} frames and room for {logits.Length} logits; "
                + $"expected 1 to {FrameCount} frames and {ClassCount} logits each.",
                nameof(subsequences));
        }

        int size = scale * Math.Max(1, MaxRunLength / (scale * FeatureSize));
        for (int first = 0; first < subsequences.Length; first += size)
        {
            int length = Math.Min(size, subsequences.Length - first);
            Run(
                scale, subsequences.Slice(first, length),
                logits.Slice(first / scale * ClassCount, length / scale * ClassCount));
        }
    }

    private void Run(int scale, ReadOnlySpan<int> subsequences, Span<float> logits)
    {
        // ONNX Runtime reads and writes memory on the heap.
        float[] input = ArrayPool<float>.Shared.Rent(subsequences.Length * FeatureSize);
        float[] output = ArrayPool<float>.Shared.Rent(logits.Length);
        try
        {
            for (int i = 0; i < subsequences.Length; i++)
            {
                _features.AsSpan(subsequences[i] * FeatureSize, FeatureSize)
                    .CopyTo(input.AsSpan(i * FeatureSize));
            }

            _head.Evaluate(
                scale, input.AsMemory(0, subsequences.Length * FeatureSize), output.AsMemory(0, logits.Length));
            output.AsSpan(0, logits.Length).CopyTo(logits);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(input);
            ArrayPool<float>.Shared.Return(output);
        }
    }
}
