namespace PlayFair.Inference.Tests;

/// <summary>
/// logits = W·(mean over time of features) + V·(the last frame's features): a head of any length to which order matters.
/// </summary>
internal sealed class RecurrentHead(int featureSize = 4, int classCount = 3)
{
    private readonly float[] _mean = Values(1, featureSize * classCount);
    private readonly float[] _last = Values(2, featureSize * classCount);

    public int FeatureSize => featureSize;

    public int ClassCount => classCount;

    public byte[] ToOnnx(TensorSpec? input = null, TensorSpec? output = null)
    {
        input ??= new TensorSpec("features", [null, null, FeatureSize]);
        output ??= new TensorSpec("logits", [null, ClassCount]);
        return OnnxWriter.Model(new OnnxWriter()
            .Node("ReduceSum", [input.Name, "axis"], ["sum"])
            .Node("Shape", [input.Name], ["shape"])
            .Node("Gather", ["shape", "one"], ["length"])
            .Node("Cast", ["length"], ["count"], ("to", 1))
            .Node("Div", ["sum", "count"], ["mean3"])
            .Node("Squeeze", ["mean3", "axis"], ["mean"])
            .Node("MatMul", ["mean", "w"], ["wMean"])
            .Node("Gather", [input.Name, "minusOne"], ["last"], ("axis", 1))
            .Node("MatMul", ["last", "v"], ["vLast"])
            .Node("Add", ["wMean", "vLast"], [output.Name])
            .Integers("axis", [1], [1])
            .Integers("one", [], [1])
            .Integers("minusOne", [], [-1])
            .Weights("w", [FeatureSize, ClassCount], _mean)
            .Weights("v", [FeatureSize, ClassCount], _last)
            .Value(11, input)
            .Value(12, output));
    }

    /// <summary>The logits of one sequence [length × D], by the definition, in double.</summary>
    public double[] Reference(ReadOnlySpan<float> features)
    {
        int length = features.Length / FeatureSize;
        var logits = new double[ClassCount];
        for (int c = 0; c < ClassCount; c++)
        {
            for (int d = 0; d < FeatureSize; d++)
            {
                double mean = 0;
                for (int t = 0; t < length; t++)
                    mean += features[(t * FeatureSize) + d] / (double)length;
                logits[c] += (mean * _mean[(d * ClassCount) + c])
                    + (features[((length - 1) * FeatureSize) + d] * _last[(d * ClassCount) + c]);
            }
        }

        return logits;
    }

    private static float[] Values(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }
}
