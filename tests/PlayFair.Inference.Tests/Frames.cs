namespace PlayFair.Inference.Tests;

/// <summary>Synthetic frames: height × width × 3 bytes.</summary>
internal static class Frames
{
    public static ReadOnlyMemory<byte>[] Noise(BackboneInput input, int count, int seed = 1)
    {
        var random = new Random(seed);
        var frames = new ReadOnlyMemory<byte>[count];
        for (int i = 0; i < count; i++)
        {
            byte[] frame = new byte[input.FrameByteCount];
            random.NextBytes(frame);
            frames[i] = frame;
        }

        return frames;
    }

    /// <summary>Red grows to the right, green downwards, blue falls along the diagonal.</summary>
    public static byte[] Gradient(BackboneInput input)
    {
        byte[] frame = new byte[input.FrameByteCount];
        for (int y = 0; y < input.Height; y++)
        {
            for (int x = 0; x < input.Width; x++)
            {
                Span<byte> pixel = frame.AsSpan((y * input.Width + x) * 3, 3);
                pixel[0] = (byte)(255 * x / (input.Width - 1));
                pixel[1] = (byte)(255 * y / (input.Height - 1));
                pixel[2] = (byte)(255 - (pixel[0] + pixel[1]) / 2);
            }
        }

        return frame;
    }

    public static float[] Features(this OnnxBackbone backbone, params ReadOnlySpan<ReadOnlyMemory<byte>> frames)
    {
        var features = new float[frames.Length * backbone.Input.FeatureSize];
        backbone.Extract(frames, features);
        return features;
    }
}
