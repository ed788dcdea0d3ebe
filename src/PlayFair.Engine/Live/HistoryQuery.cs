namespace PlayFair.Engine;

/// <summary>Which part of a history. All bounds hold together; both ends are included.</summary>
public sealed record HistoryQuery
{
    public const int MaxLimit = 1000;

    /// <summary>Lowest sequence number; null: no bound.</summary>
    public long? FromSequence { get; init; }

    /// <summary>Highest sequence number; null: no bound.</summary>
    public long? ToSequence { get; init; }

    /// <summary>Earliest time at which the newest frame arrived; null: no bound.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Latest such time; null: no bound.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>
    /// Lowest frame index, of frame tracks only; null: no bound. One update may be the last of many frames, so that
    /// sequence numbers alone cannot say where to go on.
    /// </summary>
    public long? FromFrame { get; init; }

    /// <summary>The most entries, 1 to <see cref="MaxLimit"/>.</summary>
    public int Limit { get; init; } = 100;
}
