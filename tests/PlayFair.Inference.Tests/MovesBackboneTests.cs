using System.Text.Json;

namespace PlayFair.Inference.Tests;

/// <summary>The backbone that ships, against PyTorch's features of the network it was exported from.</summary>
public sealed class MovesBackboneTests
{
    private static readonly BackboneInput Input = new(112, 84, 256, [118, 118, 118], [60, 60, 60]);

    [Theory]
    [InlineData("moves-trn")]
    [InlineData("moves-tsn")]
    public void Features_agree_with_the_network_that_was_trained_to_1e_4(string package)
    {
        string models = Path.Combine(Checkout.Root, "models");
        using var reference = JsonDocument.Parse(File.ReadAllText(Path.Combine(models, "reference-features.json")));
        double[] expected = [.. reference.RootElement.GetProperty("features").EnumerateArray().Select(v => v.GetDouble())];
        using var backbone = OnnxBackbone.Load(Path.Combine(models, package, "backbone.onnx"), Input);

        float[] features = backbone.Features([Frame()]);

        Assert.Equal(Input.FeatureSize, expected.Length);
        Assert.True(expected.Max() - expected.Min() > 1, "the frame should excite the network");
        for (int d = 0; d < expected.Length; d++)
            Assert.Equal(expected[d], features[d], 1e-4);
    }

    /// <summary>The frame that reference-features.json describes.</summary>
    private static byte[] Frame()
    {
        var frame = new byte[Input.FrameByteCount];
        for (int i = 0; i < frame.Length; i++)
        {
            int c = i % 3, x = i / 3 % Input.Width, y = i / 3 / Input.Width;
            frame[i] = (byte)(x * (c + 1) + 3 * y + 40 * c);
        }

        return frame;
    }
}
