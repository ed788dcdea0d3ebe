namespace PlayFair.Video;

/// <summary>What a source does.</summary>
public enum SourceState
{
    Connecting,
    Live,
    Stalled,
    Reconnecting,
    Ended,
    Failed,
}

/// <summary>What a source does, and why.</summary>
/// <param name="State">Now.</param>
/// <param name="Reason">In words, without credentials; null where it goes without saying.</param>
/// <param name="Since">When it came into this state, UTC.</param>
/// <param name="NextAttemptAt">When it connects again, UTC; null unless reconnecting.</param>
/// <param name="FailedAttempts">Failed attempts since frames last came.</param>
public sealed record SourceStatus(
    SourceState State,
    string? Reason,
    DateTimeOffset Since,
    DateTimeOffset? NextAttemptAt = null,
    int FailedAttempts = 0);
