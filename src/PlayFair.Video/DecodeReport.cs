using System.Globalization;

namespace PlayFair.Video;

/// <summary>What became of a video after its last frame was read.</summary>
/// <param name="DecodedFrameCount">Frames that decoded in all, sampled or not.</param>
/// <param name="ContainerFrameCount">Frames that the container lists; null when it lists none.</param>
/// <param name="LostFrameCount">
/// Frames listed but not decoded: 0 for an undamaged file (a trimmed file lists frames it does not show), null when the
/// file is damaged and its container lists no frames.
/// </param>
/// <param name="ExpectedDuration">Length of the video that the container names; null when it names none.</param>
/// <param name="DecodedDuration">Time of the last decoded frame's end, from the first frame's start.</param>
/// <param name="IsTruncated">The file ends before its video does.</param>
/// <param name="IsCorrupt">Something before the end did not decode cleanly.</param>
/// <param name="WarningCount">Lines in which ffmpeg complained.</param>
/// <param name="Warnings">The first of those lines, as many as the options allow.</param>
public sealed record DecodeReport(
    long DecodedFrameCount,
    long? ContainerFrameCount,
    long? LostFrameCount,
    TimeSpan? ExpectedDuration,
    TimeSpan DecodedDuration,
    bool IsTruncated,
    bool IsCorrupt,
    long WarningCount,
    IReadOnlyList<string> Warnings)
{
    /// <summary>Neither truncated nor corrupt.</summary>
    public bool IsComplete => !IsTruncated && !IsCorrupt;

    /// <summary>What was lost, such as "truncated: 62 of 100 frames decoded, 38 lost (2.48 s of 4.00 s)".</summary>
    public override string ToString()
    {
        string state = (IsTruncated, IsCorrupt) switch
        {
            (false, false) => "complete",
            (true, false) => "truncated",
            (false, true) => "corrupt",
            (true, true) => "truncated and corrupt",
        };
        string frames = LostFrameCount is > 0
            ? $"{DecodedFrameCount} of {ContainerFrameCount} frames decoded, {LostFrameCount} lost"
            : $"{DecodedFrameCount} {(DecodedFrameCount == 1 ? "frame" : "frames")} decoded";
        string time = ExpectedDuration is { } expected
            ? $"{DecodedDuration.TotalSeconds:F2} s of {expected.TotalSeconds:F2} s"
            : $"{DecodedDuration.TotalSeconds:F2} s";
        return string.Create(CultureInfo.InvariantCulture, $"{state}: {frames} ({time})");
    }
}
