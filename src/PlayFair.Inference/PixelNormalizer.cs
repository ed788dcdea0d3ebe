using System.Runtime.Intrinsics;

namespace PlayFair.Inference;

/// <summary>Turns interleaved bytes into normalised planes, as networks read them.</summary>
internal static class PixelNormalizer
{
    private const int ChannelCount = BackboneInput.ChannelCount;

    /// <summary>Writes <c>planes[c, i] = (pixels[i, c] − mean[c]) / std[c]</c>.</summary>
    /// <param name="pixels">Shape [pixelCount × 3].</param>
    /// <param name="mean">Shape [3].</param>
    /// <param name="std">Shape [3], no zero.</param>
    /// <param name="planes">Shape [3 × pixelCount], overwritten.</param>
    public static void Normalize(
        ReadOnlySpan<byte> pixels, ReadOnlySpan<float> mean, ReadOnlySpan<float> std, Span<float> planes)
    {
        int pixelCount = pixels.Length / ChannelCount;
        if (pixelCount * ChannelCount != pixels.Length || planes.Length != pixels.Length)
        {
            throw new ArgumentException(
                $"{pixels.Length} bytes, {planes.Length} floats; expected the same multiple of {ChannelCount}.");
        }

        Span<float> plane0 = planes[..pixelCount];
        Span<float> plane1 = planes.Slice(pixelCount, pixelCount);
        Span<float> plane2 = planes[(2 * pixelCount)..];
        int i = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            // Lane k of four holds pixel i+k as 0x00cc'bb'aa. A load takes 16 bytes for these four pixels' 12, so the
            // loop ends where a load would pass the frame's end; the scalar loop below does the rest.
            const byte Zero = 0xFF;
            Vector128<byte> pixelToLane = Vector128.Create(
                0, 1, 2, Zero, 3, 4, 5, Zero, 6, 7, 8, Zero, 9, 10, 11, Zero);
            Vector128<int> lowByte = Vector128.Create(0xFF);
            (Vector128<float> mean0, Vector128<float> std0) = (Vector128.Create(mean[0]), Vector128.Create(std[0]));
            (Vector128<float> mean1, Vector128<float> std1) = (Vector128.Create(mean[1]), Vector128.Create(std[1]));
            (Vector128<float> mean2, Vector128<float> std2) = (Vector128.Create(mean[2]), Vector128.Create(std[2]));
            ReadOnlySpan<byte> rest = pixels;
            for (; rest.Length >= Vector128<byte>.Count; i += Vector128<int>.Count)
            {
                Vector128<int> lanes = Vector128.Shuffle(Vector128.Create(rest), pixelToLane).AsInt32();
                ((Vector128.ConvertToSingle(lanes & lowByte) - mean0) / std0).CopyTo(plane0[i..]);
                ((Vector128.ConvertToSingle((lanes >> 8) & lowByte) - mean1) / std1).CopyTo(plane1[i..]);
                ((Vector128.ConvertToSingle(lanes >> 16) - mean2) / std2).CopyTo(plane2[i..]);
                rest = rest[(Vector128<int>.Count * ChannelCount)..];
            }
        }

        for (; i < pixelCount; i++)
        {
            plane0[i] = (pixels[i * ChannelCount] - mean[0]) / std[0];
            plane1[i] = (pixels[i * ChannelCount + 1] - mean[1]) / std[1];
            plane2[i] = (pixels[i * ChannelCount + 2] - mean[2]) / std[2];
        }
    }
}
