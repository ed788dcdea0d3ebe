namespace PlayFair.Inference.Tests;

public sealed class PixelNormalizerTests
{
    private static readonly float[] Mean = [123.675f, 116.28f, 103.53f];
    private static readonly float[] Std = [58.395f, 57.12f, 57.375f];

    // Below, at and above one group of four pixels, the 16-byte load's edge (5 and 6 pixels), and many groups.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(13)]
    [InlineData(1024)]
    public void Every_pixel_count_gives_the_plain_formula(int pixelCount)
    {
        byte[] pixels = new byte[pixelCount * 3];
        new Random(pixelCount).NextBytes(pixels);
        float[] planes = new float[pixelCount * 3];

        PixelNormalizer.Normalize(pixels, Mean, Std, planes);

        for (int i = 0; i < pixelCount; i++)
        {
            for (int c = 0; c < 3; c++)
                Assert.Equal((pixels[i * 3 + c] - Mean[c]) / Std[c], planes[c * pixelCount + i]);
        }
    }

    [Fact]
    public void Every_byte_value_is_read_as_unsigned()
    {
        byte[] pixels = new byte[256 * 3];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)(i / 3);
        float[] planes = new float[pixels.Length];

        PixelNormalizer.Normalize(pixels, new float[3], [1, 1, 1], planes);

        for (int i = 0; i < planes.Length; i++)
            Assert.Equal(i % 256, planes[i]);
    }

    [Theory]
    [InlineData(4, 4)]
    [InlineData(6, 9)]
    public void Lengths_that_do_not_fit_are_refused(int byteCount, int floatCount) =>
        Assert.Throws<ArgumentException>(
            () => PixelNormalizer.Normalize(new byte[byteCount], Mean, Std, new float[floatCount]));
}
