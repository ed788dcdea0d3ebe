namespace PlayFair.Video.Tests;

/// <summary>A frame kept after its memory went back, and what can be seen in it.</summary>
internal sealed record KeptFrame(long Index, TimeSpan Time, byte[] Pixels, FrameFormat Format)
{
    public (int R, int G, int B) At(int x, int y)
    {
        int i = ((y * Format.Width) + x) * 3;
        return (Pixels[i], Pixels[i + 1], Pixels[i + 2]);
    }

    /// <summary>The name of the colour at a point given in parts of the width and height.</summary>
    public string ColourAt(double x, double y)
    {
        (int r, int g, int b) = At((int)(x * Format.Width), (int)(y * Format.Height));
        return (r > 180, g > 180, b > 180, r < 75, g < 75, b < 75) switch
        {
            (true, false, false, _, true, true) => "red",
            (false, true, false, true, _, true) => "green",
            (false, false, true, true, true, _) => "blue",
            (true, true, true, _, _, _) => "white",
            (_, _, _, true, true, true) => "black",
            _ => $"({r}, {g}, {b})",
        };
    }

    public string ColoursAt(params (double X, double Y)[] points) =>
        string.Join(' ', points.Select(point => ColourAt(point.X, point.Y)));

    /// <summary>The number written into the picture by <see cref="Clips.Numbered"/>.</summary>
    public int NumberShown() => Enumerable.Range(0, 8)
        .Sum(bit => At((int)((bit + 0.5) / 8 * Format.Width), Format.Height / 2).R > 128 ? 1 << bit : 0);
}

internal static class Reading
{
    public static readonly FrameFormat Small = new(64, 48);

    public static async Task<(List<KeptFrame> Frames, DecodeReport Report)> ReadAllAsync(
        string path, FrameSampling sampling, FrameFormat? format = null, VideoDecoderOptions? options = null)
    {
        format ??= Small;
        await using VideoFrameReader reader = await VideoDecoder.ReadAsync(path, format, sampling, options);
        var frames = new List<KeptFrame>();
        await foreach (VideoFrame frame in reader)
        {
            using (frame)
            {
                Assert.Equal(format.ByteCount, frame.Pixels.Length);
                frames.Add(new KeptFrame(frame.Index, frame.PresentationTime, frame.Pixels.ToArray(), format));
            }
        }

        Assert.NotNull(reader.Report);
        return (frames, reader.Report);
    }

    public static async Task<VideoException> FailsAsync(
        string path, VideoErrorKind kind, FrameSampling? sampling = null, VideoDecoderOptions? options = null)
    {
        var error = await Assert.ThrowsAsync<VideoException>(
            () => ReadAllAsync(path, sampling ?? FrameSampling.All, options: options));
        Assert.Equal(kind, error.Kind);
        return error;
    }
}
