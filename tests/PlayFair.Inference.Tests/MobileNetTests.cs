namespace PlayFair.Inference.Tests;

/// <summary>A real backbone, from the assets beside the checkout.</summary>
public sealed class MobileNetTests
{
    private const string Asset = "assets/backbone/mobilenet_v1_025.onnx";

    [Theory]
    [InlineData(128, 128)]
    [InlineData(96, 160)]
    public void Features_agree_with_the_papers_definition_to_1e_4(int width, int height)
    {
        string path = RequireAsset();
        BackboneInput input = Input(width, height);
        using var backbone = OnnxBackbone.Load(path, input);
        var reference = new MobileNetReference(path);
        ReadOnlyMemory<byte>[] frames = [Frames.Gradient(input), .. Frames.Noise(input, 1)];

        float[] features = backbone.Features(frames);

        for (int i = 0; i < frames.Length; i++)
        {
            double[] expected = reference.Features(Planes(frames[i].Span, input));
            Assert.True(expected.Max() - expected.Min() > 0.1, "the frame should excite the network");
            for (int d = 0; d < input.FeatureSize; d++)
                Assert.Equal(expected[d], features[i * input.FeatureSize + d], 1e-4);
        }
    }

    [Fact]
    public void Features_do_not_depend_on_batch_size_or_thread_count()
    {
        string path = RequireAsset();
        BackboneInput input = Input(128, 128);
        ReadOnlyMemory<byte>[] frames = [Frames.Gradient(input), .. Frames.Noise(input, 8)];
        float[] alone = Extract(new InferenceOptions { BatchSize = 1, ThreadCount = 1 });

        foreach (int batchSize in new[] { 1, 2, 4, 8, 16 })
        {
            foreach (int threadCount in new[] { 1, 2, 3 })
            {
                float[] features = Extract(new InferenceOptions { BatchSize = batchSize, ThreadCount = threadCount });
                for (int i = 0; i < features.Length; i++)
                    Assert.Equal(alone[i], features[i], 1e-5f);
            }
        }

        float[] Extract(InferenceOptions options)
        {
            using var backbone = OnnxBackbone.Load(path, input, options);
            return backbone.Features(frames);
        }
    }

    private static BackboneInput Input(int width, int height) =>
        new(width, height, 256, [127.5f, 127.5f, 127.5f], [127.5f, 127.5f, 127.5f]);

    private static double[][,] Planes(ReadOnlySpan<byte> frame, BackboneInput input)
    {
        var planes = new double[3][,];
        for (int c = 0; c < 3; c++)
        {
            planes[c] = new double[input.Height, input.Width];
            for (int y = 0; y < input.Height; y++)
            {
                for (int x = 0; x < input.Width; x++)
                    planes[c][y, x] = frame[(y * input.Width + x) * 3 + c] / 127.5 - 1;
            }
        }

        return planes;
    }

    private static string RequireAsset()
    {
        string path = Path.Combine(Checkout.Root, "..", "shared", Asset);
        Assert.SkipUnless(File.Exists(path), $"../shared/{Asset} is not beside this checkout");
        return path;
    }
}
