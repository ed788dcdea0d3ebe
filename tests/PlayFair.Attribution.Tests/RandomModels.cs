using PlayFair.Models;

namespace PlayFair.Attribution.Tests;

/// <summary>TRN and TSN models with random weights, scaled such that logits are of the order of 1.</summary>
internal static class RandomModels
{
    public static IMultiScaleModel Trn(
        int frameCount, int classCount, int maxScale, int seed, int featureSize = 6, int hiddenSize = 20,
        double gain = 1)
    {
        var random = new Random(seed);
        TrnScale[] scales =
        [
            .. Enumerable.Range(1, maxScale).Select(s => new TrnScale(
                Numbers(random, hiddenSize * s * featureSize, Math.Sqrt(3.0 / s / featureSize)),
                Numbers(random, hiddenSize, 1),
                Numbers(random, classCount * hiddenSize, gain * Math.Sqrt(6.0 / hiddenSize)),
                Numbers(random, classCount, gain))),
        ];
        return new TrnHead(featureSize, hiddenSize, classCount, scales)
            .Project(Numbers(random, frameCount * featureSize, 2), frameCount);
    }

    /// <param name="gain">The largest logit.</param>
    public static IMultiScaleModel Tsn(int frameCount, int classCount, int seed, double gain = 2)
    {
        var random = new Random(seed);
        float[] logits = Numbers(random, frameCount * classCount, gain);
        // Features that are the classes' logits, past the ReLU.
        var identity = new float[classCount * classCount];
        for (int c = 0; c < classCount; c++)
            identity[(c * classCount) + c] = 1;
        float[] shift = [.. Enumerable.Repeat((float)-gain, classCount)];
        return new TsnHead(classCount, classCount, identity, shift)
            .Project(Array.ConvertAll(logits, z => z + (float)gain), frameCount);
    }

    /// <summary>A prior that is not uniform: 1, 2, 3, … over their sum.</summary>
    public static double[] Prior(int classCount)
    {
        double total = classCount * (classCount + 1) / 2.0;
        return [.. Enumerable.Range(1, classCount).Select(c => c / total)];
    }

    private static float[] Numbers(Random random, int count, double scale) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)(scale * ((2 * random.NextDouble()) - 1)))];
}

/// <summary>The same model without what it tells of its hidden layers, so that only its logits can be used.</summary>
internal sealed class OpaqueModel(IMultiScaleModel model) : IMultiScaleModel
{
    public int FrameCount => model.FrameCount;

    public int ClassCount => model.ClassCount;

    public int MaxScale => model.MaxScale;

    public void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> logits) =>
        model.Evaluate(scale, subsequences, logits);
}
