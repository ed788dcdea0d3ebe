namespace PlayFair.Engine;

/// <summary>What <see cref="ClipAttributor"/> is doing.</summary>
public enum ClipStage
{
    Opening,
    Decoding,
    Attributing,
}

/// <param name="FrameCount">Sampled frames decoded so far.</param>
public readonly record struct ClipProgress(ClipStage Stage, int FrameCount);
