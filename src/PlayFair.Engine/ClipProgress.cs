namespace PlayFair.Engine;

/// <summary>What <see cref="ClipAttributor"/> is doing.</summary>
public enum ClipStage
{
    Opening,
    Decoding,
    Attributing,
}

/// <param name="FrameCount">Sampled frames whose features are under way or done.</param>
/// <param name="DecodedShare">How much of the video has been decoded, 0 … 1; null where its length is not known.</param>
public readonly record struct ClipProgress(ClipStage Stage, int FrameCount, double? DecodedShare = null);
