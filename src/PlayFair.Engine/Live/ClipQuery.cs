namespace PlayFair.Engine;

/// <summary>Which frames of a file are attributed together.</summary>
public sealed record ClipQuery
{
    public const int MaxFrames = 64;

    /// <summary>How many, sampled uniformly, 1 to <see cref="MaxFrames"/>; null: as many as the model was trained on.</summary>
    public int? Frames { get; init; }

    /// <summary>Seconds from the first frame; null: from the first on.</summary>
    public double? From { get; init; }

    /// <summary>Seconds from the first frame, not included; null: up to the last.</summary>
    public double? To { get; init; }
}
