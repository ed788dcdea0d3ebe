namespace PlayFair.Video;

/// <summary>What a container says of its video: a claim until decoded, since broken files hold less.</summary>
/// <param name="Path">As given.</param>
/// <param name="Width">Displayed width in square pixels: after rotation and sample aspect ratio.</param>
/// <param name="Height">Displayed height in square pixels.</param>
/// <param name="Duration">Length of the video stream, else of the file; null when the container names neither.</param>
/// <param name="FrameRateHz">Average frames per second; null when unknown.</param>
/// <param name="ContainerFrameCount">Frames the container's header or index lists; null when it lists none.</param>
/// <param name="RotationDegrees">Clockwise turn applied for display, in [0, 360).</param>
/// <param name="CodecName">ffmpeg's name of the codec, such as "h264".</param>
/// <param name="StreamIndex">The stream decoded: the first video stream that is not cover art.</param>
/// <param name="FormatName">ffmpeg's names of the container, such as "matroska,webm".</param>
public sealed record VideoInfo(
    string Path,
    int Width,
    int Height,
    TimeSpan? Duration,
    double? FrameRateHz,
    long? ContainerFrameCount,
    int RotationDegrees,
    string CodecName,
    int StreamIndex,
    string FormatName)
{
    /// <summary>
    /// Whether <see cref="Duration"/> is the video's own. The file's may be that of a longer sound track, so nothing
    /// is missing when the video ends before it.
    /// </summary>
    internal bool IsDurationOfVideo { get; init; }
}
