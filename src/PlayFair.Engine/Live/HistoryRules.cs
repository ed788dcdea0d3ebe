namespace PlayFair.Engine;

/// <summary>Which questions about the past may be asked.</summary>
internal static class HistoryRules
{
    private const int MaxPictureWidth = 640;

    /// <exception cref="VideoServiceException"><see cref="VideoServiceError.Invalid"/>.</exception>
    public static void Check(HistoryQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Limit is < 1 or > HistoryQuery.MaxLimit)
            throw DefinitionRules.Wrong("limit", $"{query.Limit}", $"1 to {HistoryQuery.MaxLimit}");
        if (query.FromSequence > query.ToSequence || query.From > query.To)
            throw DefinitionRules.Wrong("from", "after the end", "a time or sequence number not after the end");
    }

    /// <exception cref="VideoServiceException"><see cref="VideoServiceError.Invalid"/>.</exception>
    public static void Check(TimelineQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        Check(query.Bounds);
        if (query.Points is < 1 or > TimelineQuery.MaxPoints)
            throw DefinitionRules.Wrong("points", $"{query.Points}", $"1 to {TimelineQuery.MaxPoints}");
    }

    /// <exception cref="VideoServiceException"><see cref="VideoServiceError.Invalid"/>.</exception>
    public static void CheckWidth(int? width)
    {
        if (width is < 1 or > MaxPictureWidth)
            throw DefinitionRules.Wrong("width", $"{width}", $"1 to {MaxPictureWidth}");
    }
}
