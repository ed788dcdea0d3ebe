namespace PlayFair.Video;

/// <summary>How a picture of another shape is brought into the frame.</summary>
public enum FrameFit
{
    /// <summary>Scale to fit inside, keep the shape, centre it, fill the rest with black.</summary>
    Letterbox,

    /// <summary>Scale to cover, keep the shape, keep the centre.</summary>
    Crop,

    /// <summary>Scale both axes to the frame, whatever that does to the shape.</summary>
    Stretch,
}

/// <summary>Order of the three bytes of a pixel.</summary>
public enum PixelOrder
{
    Rgb,
    Bgr,
}

/// <summary>What every frame looks like: 8-bit interleaved pixels, shape [Height × Width × 3], row-major.</summary>
/// <param name="Width">Columns, 1 to <see cref="MaxSide"/>.</param>
/// <param name="Height">Rows, 1 to <see cref="MaxSide"/>.</param>
/// <param name="Fit">
/// Applied to the picture as displayed: after rotation metadata, with non-square pixels made square.
/// </param>
/// <param name="Order">Order of the bytes in a pixel.</param>
public sealed record FrameFormat(
    int Width, int Height, FrameFit Fit = FrameFit.Letterbox, PixelOrder Order = PixelOrder.Rgb)
{
    /// <summary>Longest side of a frame, in pixels.</summary>
    public const int MaxSide = 8192;

    /// <summary>Columns, 1 to <see cref="MaxSide"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside that range.</exception>
    public int Width { get; init => field = Side(value, nameof(Width)); } = Side(Width, nameof(Width));

    /// <summary>Rows, 1 to <see cref="MaxSide"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside that range.</exception>
    public int Height { get; init => field = Side(value, nameof(Height)); } = Side(Height, nameof(Height));

    /// <summary>Bytes of one frame: Height · Width · 3.</summary>
    public int ByteCount => Height * Width * 3;

    internal string FfmpegPixelFormat => Order == PixelOrder.Rgb ? "rgb24" : "bgr24";

    /// <summary>The ffmpeg filters that turn a decoded picture into this format.</summary>
    /// <remarks>
    /// Sizes are expressions that ffmpeg evaluates for the picture it has, so a stream whose size changes on the way
    /// keeps its shape. `dar` is the displayed aspect ratio: width · (sample aspect ratio) / height. Padding and
    /// cropping come after the conversion to RGB, where any offset is allowed; in 4:2:0 only even ones are.
    /// </remarks>
    internal string FfmpegFilters => Fit switch
    {
        FrameFit.Letterbox =>
            $"scale=w='max(1,round(min({Width},{Height}*dar)))':h='max(1,round(min({Height},{Width}/dar)))'" +
            $",format={FfmpegPixelFormat},pad={Width}:{Height}:(ow-iw)/2:(oh-ih)/2:black",
        FrameFit.Crop =>
            $"scale=w='max({Width},round({Height}*dar))':h='max({Height},round({Width}/dar))'" +
            $",format={FfmpegPixelFormat},crop={Width}:{Height}",
        FrameFit.Stretch => $"scale=w={Width}:h={Height},format={FfmpegPixelFormat}",
        _ => throw new InvalidOperationException($"Fit is {Fit}, expected one of Letterbox, Crop, Stretch."),
    };

    private static int Side(int value, string name) => value is >= 1 and <= MaxSide
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"A frame's side is 1 to {MaxSide} pixels.");
}
