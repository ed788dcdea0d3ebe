using System.Numerics.Tensors;
using PlayFair.Attribution;

namespace PlayFair.Models;

/// <summary>The part of an action model that turns any number of frames' features into class logits.</summary>
public abstract partial class TemporalHead
{
    private protected TemporalHead(int featureSize, int classCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(featureSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(classCount, 1);
        FeatureSize = featureSize;
        ClassCount = classCount;
    }

    /// <summary><c>trn</c> or <c>tsn</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>D: how many features a frame has.</summary>
    public int FeatureSize { get; }

    /// <summary>C: how many classes are scored.</summary>
    public int ClassCount { get; }

    /// <summary>n_max: the longest subsequence that a single-scale model takes; 1 for TSN.</summary>
    public abstract int MaxScale { get; }

    /// <summary>H: hidden units of each single-scale model; null where there is no hidden layer.</summary>
    public abstract int? HiddenSize { get; }

    /// <summary>
    /// Does all that can be done once per frame, and returns the single-scale models on these frames, ready for
    /// subsequences. The result keeps no reference to <paramref name="features"/>.
    /// </summary>
    /// <param name="features">[frameCount × <see cref="FeatureSize"/>], row-major, in time order, finite.</param>
    /// <param name="frameCount">n, at least 1.</param>
    /// <param name="threadCount">The most threads to use; 0: as many as there are cores.</param>
    /// <exception cref="ArgumentException">No frame, another length, or a feature that is not finite.</exception>
    public IMultiScaleModel Project(ReadOnlySpan<float> features, int frameCount, int threadCount = 0)
    {
        CheckFeatures(features, frameCount);
        return ProjectChecked(features, frameCount, threadCount);
    }

    /// <summary>Creates the single-scale models on a window whose frames come and go, for a stream.</summary>
    /// <param name="frameCount">n: how many frames the window holds, at least 1.</param>
    /// <param name="threadCount">The most threads that look at a new frame; 0: as many as there are cores.</param>
    /// <exception cref="ArgumentException">No frame.</exception>
    public IWindowModel CreateWindow(int frameCount, int threadCount = 0)
    {
        if (frameCount < 1)
            throw new ArgumentException($"{frameCount} frames, expected at least 1.", nameof(frameCount));
        return CreateWindowChecked(frameCount, threadCount);
    }

    /// <summary>The head's weights, under the names and shapes that its reader expects.</summary>
    public abstract IReadOnlyList<SafetensorsTensor> ToTensors();

    private protected abstract IMultiScaleModel ProjectChecked(
        ReadOnlySpan<float> features, int frameCount, int threadCount);

    private protected abstract IWindowModel CreateWindowChecked(int frameCount, int threadCount);

    /// <summary>Checks the arguments of <see cref="IWindowModel.SetFrame"/>.</summary>
    private protected static void CheckFrame(IWindowModel model, int slot, ReadOnlySpan<float> features)
    {
        if ((uint)slot >= (uint)model.FrameCount)
            throw new ArgumentException($"Slot {slot}, expected 0 to {model.FrameCount - 1}.", nameof(slot));
        if (features.Length != model.FeatureSize)
        {
            throw new ArgumentException(
                $"{features.Length} features, expected {model.FeatureSize}. The features must come from the backbone the "
                + "head was trained on.",
                nameof(features));
        }

        if (!TensorPrimitives.IsFiniteAll(features))
        {
            throw new ArgumentException(
                "A feature is not a finite number; check the backbone's output.", nameof(features));
        }
    }

    /// <summary>Checks the arguments of a window's <see cref="ISubsequenceModel.Evaluate"/>: slots in any order.</summary>
    /// <returns>How many subsequences there are.</returns>
    private protected static int CheckSlots(
        IWindowModel model, int scale, ReadOnlySpan<int> subsequences, ReadOnlySpan<float> logits)
    {
        int count = CheckShape(model, scale, subsequences, logits);
        foreach (int slot in subsequences)
        {
            if ((uint)slot >= (uint)model.FrameCount)
            {
                throw new ArgumentException(
                    $"Slot {slot}, expected 0 to {model.FrameCount - 1}.", nameof(subsequences));
            }
        }

        return count;
    }

    /// <summary>Checks the arguments of <see cref="ISubsequenceModel.Evaluate"/>.</summary>
    /// <returns>How many subsequences there are.</returns>
    private protected static int CheckBatch(
        IMultiScaleModel model, int scale, ReadOnlySpan<int> subsequences, ReadOnlySpan<float> logits)
    {
        int count = CheckShape(model, scale, subsequences, logits);
        for (int i = 0; i < subsequences.Length; i++)
        {
            int lowest = i % scale == 0 ? 0 : subsequences[i - 1] + 1;
            if (subsequences[i] < lowest || subsequences[i] >= model.FrameCount)
            {
                throw new ArgumentException(
                    $"Frame position {subsequences[i]} at index {i}, expected {lowest} to {model.FrameCount - 1}: "
                    + "a subsequence's positions ascend.",
                    nameof(subsequences));
            }
        }

        return count;
    }

    private static int CheckShape(
        ISubsequenceModel model, int scale, ReadOnlySpan<int> subsequences, ReadOnlySpan<float> logits)
    {
        int largestScale = Math.Min(model.MaxScale, model.FrameCount);
        if (scale < 1 || scale > largestScale)
            throw new ArgumentException($"Scale {scale}, expected 1 to {largestScale}.", nameof(scale));
        int count = subsequences.Length / scale;
        if (subsequences.Length != count * scale)
        {
            throw new ArgumentException(
                $"{subsequences.Length} frame positions, expected a multiple of the scale {scale}.",
                nameof(subsequences));
        }

        if (logits.Length != (long)count * model.ClassCount)
        {
            throw new ArgumentException(
                $"Room for {logits.Length} logits, expected {count} subsequences × {model.ClassCount} classes.",
                nameof(logits));
        }

        return count;
    }

    private void CheckFeatures(ReadOnlySpan<float> features, int frameCount)
    {
        if (frameCount < 1)
            throw new ArgumentException($"{frameCount} frames, expected at least 1.", nameof(frameCount));
        if (features.Length != (long)frameCount * FeatureSize)
        {
            throw new ArgumentException(
                $"{features.Length} features, expected {frameCount} frames × {FeatureSize}. "
                + "The features must come from the backbone the head was trained on.",
                nameof(features));
        }

        if (!TensorPrimitives.IsFiniteAll(features))
        {
            int index = 0;
            while (float.IsFinite(features[index]))
                index++;
            throw new ArgumentException(
                $"Feature {index % FeatureSize} of frame {index / FeatureSize} is {features[index]}, expected a finite "
                + "number; check the backbone's output.",
                nameof(features));
        }
    }

    private protected static void CheckLength(float[] values, long expected, string name)
    {
        ArgumentNullException.ThrowIfNull(values, name);
        if (values.Length != expected)
            throw new ArgumentException($"{values.Length} weights, expected {expected}.", name);
    }
}
