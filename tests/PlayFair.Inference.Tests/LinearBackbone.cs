namespace PlayFair.Inference.Tests;

/// <summary>features = W · flatten(frames) + b: a backbone in which every pixel's place and channel matters.</summary>
internal sealed class LinearBackbone
{
    public const int FeatureSize = 5;

    private readonly float[] _weights;
    private readonly float[] _bias;

    public LinearBackbone(int width = 4, int height = 3)
    {
        Input = new BackboneInput(width, height, FeatureSize, [120.5f, 110, 100], [60, 58.5f, 57]);
        var random = new Random(7);
        _weights = Values(random, FeatureSize * Input.FrameByteCount);
        _bias = Values(random, FeatureSize);
    }

    public BackboneInput Input { get; }

    /// <summary>The ONNX file, whose tensors can be declared otherwise than is right.</summary>
    public byte[] ToOnnx(TensorSpec? input = null, TensorSpec? output = null, TensorSpec? extraInput = null)
    {
        input ??= new TensorSpec("frames", [null, 3, Input.Height, Input.Width]);
        output ??= new TensorSpec("features", [null, FeatureSize]);
        OnnxWriter graph = new OnnxWriter()
            .Node("Flatten", [input.Name], ["flat"])
            .Node("MatMul", ["flat", "weights"], ["product"])
            .Node("Add", ["product", "bias"], [output.Name])
            .Weights("weights", [Input.FrameByteCount, FeatureSize], _weights)
            .Weights("bias", [FeatureSize], _bias)
            .Value(11, input)
            .Value(12, output);
        if (extraInput is not null)
            graph.Value(11, extraInput);
        return OnnxWriter.Model(graph);
    }

    /// <summary>The features of one frame [height × width × 3] by the definition, in double.</summary>
    public double[] Reference(ReadOnlySpan<byte> frame)
    {
        int pixelCount = Input.Width * Input.Height;
        double[] features = Array.ConvertAll(_bias, static value => (double)value);
        for (int i = 0; i < pixelCount; i++)
        {
            for (int c = 0; c < 3; c++)
            {
                double value = ((double)frame[i * 3 + c] - Input.Mean[c]) / Input.Std[c];
                for (int d = 0; d < FeatureSize; d++)
                    features[d] += value * _weights[(c * pixelCount + i) * FeatureSize + d];
            }
        }

        return features;
    }

    private static float[] Values(Random random, int count)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = random.NextSingle() - 0.5f;
        return values;
    }
}
