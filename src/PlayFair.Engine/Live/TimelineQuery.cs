namespace PlayFair.Engine;

/// <summary>
/// Which part of a history a timeline shows, and how finely. All bounds hold together; both ends are included.
/// </summary>
public sealed record TimelineQuery
{
    public const int MaxPoints = 2000;

    /// <summary>Lowest sequence number; null: no bound.</summary>
    public long? FromSequence { get; init; }

    /// <summary>Highest sequence number; null: no bound.</summary>
    public long? ToSequence { get; init; }

    /// <summary>Earliest time at which the newest frame arrived; null: no bound.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Latest such time; null: no bound.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>The most points, and the most frame tracks, 1 to <see cref="MaxPoints"/>.</summary>
    public int Points { get; init; } = 600;

    internal HistoryQuery Bounds => new()
    {
        FromSequence = FromSequence,
        ToSequence = ToSequence,
        From = From,
        To = To,
        Limit = HistoryQuery.MaxLimit,
    };
}
