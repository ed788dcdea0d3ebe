using System.Globalization;

namespace PlayFair.Client;

/// <summary>A part of a history. All bounds hold together; both ends are included; null: no bound.</summary>
public sealed record UpdateRange
{
    /// <summary>Lowest sequence number.</summary>
    public long? FromSequence { get; init; }

    /// <summary>Highest sequence number.</summary>
    public long? ToSequence { get; init; }

    /// <summary>Earliest time at which the newest frame arrived.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Latest such time.</summary>
    public DateTimeOffset? To { get; init; }

    internal QueryBuilder AddTo(QueryBuilder query) => query
        .Add("fromSequence", FromSequence?.ToString(CultureInfo.InvariantCulture))
        .Add("toSequence", ToSequence?.ToString(CultureInfo.InvariantCulture))
        .Add("from", From)
        .Add("to", To);
}
