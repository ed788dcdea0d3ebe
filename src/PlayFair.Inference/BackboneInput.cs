namespace PlayFair.Inference;

/// <summary>What a backbone takes and gives, as its model package declares it.</summary>
/// <param name="Width">Frame width in pixels, at least 1.</param>
/// <param name="Height">Frame height in pixels, at least 1.</param>
/// <param name="FeatureSize">D, the floats that describe one frame, at least 1.</param>
/// <param name="Mean">
/// Per channel, in the order of the frame's interleaved bytes, in pixel units (0..255); shape [3], finite.
/// </param>
/// <param name="Std">Per channel as <paramref name="Mean"/>; shape [3], finite, above 0.</param>
public sealed record BackboneInput(int Width, int Height, int FeatureSize, float[] Mean, float[] Std)
{
    /// <summary>Red, green and blue in whichever order the backbone was trained on.</summary>
    public const int ChannelCount = 3;

    /// <summary>Bytes of one frame: height × width × 3.</summary>
    public int FrameByteCount => Height * Width * ChannelCount;

    /// <exception cref="InferenceException">A field is out of its range.</exception>
    internal void Check()
    {
        CheckPositive(Width, "width");
        CheckPositive(Height, "height");
        CheckPositive(FeatureSize, "feature size");
        CheckChannels(Mean, "mean", static value => float.IsFinite(value), "finite numbers");
        CheckChannels(Std, "std", static value => float.IsFinite(value) && value > 0, "finite numbers above 0");
        if ((long)Width * Height > Array.MaxLength / ChannelCount)
            throw Wrong($"Backbone frame size {Width}×{Height}", "a frame that fits into one array");
    }

    private static void CheckPositive(int value, string field)
    {
        if (value < 1)
            throw Wrong($"Backbone {field} {value}", "at least 1");
    }

    private static void CheckChannels(float[] values, string field, Predicate<float> isRight, string expected)
    {
        if (values is not { Length: ChannelCount } || !Array.TrueForAll(values, isRight))
        {
            throw Wrong(
                $"Backbone {field} [{string.Join(", ", values ?? [])}]", $"{ChannelCount} {expected}, one per channel");
        }
    }

    private static InferenceException Wrong(string found, string expected) =>
        new(found, expected, "Correct the model package.");
}
