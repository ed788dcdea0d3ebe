using PlayFair.Attribution;
using PlayFair.Models;

namespace PlayFair.Cli.Bench;

/// <summary>What benchmarks run on: heads of the paper's shapes with random weights, and random features.</summary>
internal sealed class BenchWorkload
{
    public const int FeatureSize = 256;
    public const int HiddenSize = 256;
    public const int ClassCount = 174;
    public const int MaxScale = 8;
    public const ulong Seed = 1;

    private readonly SeededRandom _features = new(Seed, 0);

    public BenchWorkload()
    {
        var random = new SeededRandom(Seed, 1);
        var scales = new TrnScale[MaxScale];
        for (int s = 1; s <= MaxScale; s++)
        {
            scales[s - 1] = new TrnScale(
                Weights(ref random, HiddenSize, s * FeatureSize), Numbers(ref random, HiddenSize),
                Weights(ref random, ClassCount, HiddenSize), Numbers(ref random, ClassCount));
        }

        Scales = scales;
        TsnWeights = Weights(ref random, ClassCount, FeatureSize);
        TsnBias = Numbers(ref random, ClassCount);
        Trn = new TrnHead(FeatureSize, HiddenSize, ClassCount, Scales);
        Tsn = new TsnHead(FeatureSize, ClassCount, TsnWeights, TsnBias);
        Prior = new double[ClassCount];
        Array.Fill(Prior, 1.0 / ClassCount);
    }

    public TrnHead Trn { get; }

    public TsnHead Tsn { get; }

    public IReadOnlyList<TrnScale> Scales { get; }

    /// <summary>[C × D].</summary>
    public float[] TsnWeights { get; }

    /// <summary>[C].</summary>
    public float[] TsnBias { get; }

    /// <summary>All classes alike.</summary>
    public double[] Prior { get; }

    /// <summary>[frameCount × D]; the first frames are the same for every count.</summary>
    public float[] Features(int frameCount)
    {
        SeededRandom random = _features;
        return Numbers(ref random, frameCount * FeatureSize);
    }

    /// <summary>
    /// Multiply-adds that bring a window's frames into every position of every scale that they can have.
    /// </summary>
    public static long ProjectionCost(TemporalHead head, int frameCount)
    {
        if (head.HiddenSize is null)
            return (long)frameCount * FeatureSize * ClassCount;
        long rowCount = 0;
        for (int s = 1; s <= Math.Min(frameCount, MaxScale); s++)
            rowCount += (long)s * (frameCount - s + 1);
        return rowCount * FeatureSize * HiddenSize;
    }

    /// <summary>Multiply-adds that bring one new frame into every position of every scale.</summary>
    public static long ProjectionCostOfStep(TemporalHead head) => head.HiddenSize is null
        ? FeatureSize * ClassCount
        : MaxScale * (MaxScale + 1) / 2 * FeatureSize * HiddenSize;

    /// <summary>Multiply-adds from one subsequence's hidden units to the classes; TSN has none.</summary>
    public static long SecondLayerCost(TemporalHead head) => head.HiddenSize is null ? 0 : HiddenSize * ClassCount;

    /// <summary>[outputs × inputs], uniform and such that outputs vary as much as inputs.</summary>
    private static float[] Weights(ref SeededRandom random, int outputCount, int inputCount)
    {
        float[] weights = Numbers(ref random, outputCount * inputCount);
        float scale = MathF.Sqrt(3f / inputCount);
        for (int i = 0; i < weights.Length; i++)
            weights[i] *= scale;
        return weights;
    }

    /// <summary>Uniform on −1 to 1.</summary>
    private static float[] Numbers(ref SeededRandom random, int count)
    {
        var numbers = new float[count];
        for (int i = 0; i < count; i++)
            numbers[i] = (float)((2 * random.NextDouble()) - 1);
        return numbers;
    }
}
