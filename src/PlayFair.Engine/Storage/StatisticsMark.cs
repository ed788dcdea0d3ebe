namespace PlayFair.Engine;

/// <summary>How far a video's statistics go, and who counted them.</summary>
/// <param name="Sequence">The last sequence number that they include; −1 for none.</param>
/// <param name="Claim">The owner's; 0 of a process that has the store for itself.</param>
public readonly record struct StatisticsMark(long Sequence, long Claim = 0)
{
    /// <exception cref="ArgumentException">A bucket's video has no mark.</exception>
    internal static void Check(IReadOnlyList<StatisticsBlob> blobs, IReadOnlyDictionary<string, StatisticsMark> marks)
    {
        if (blobs.FirstOrDefault(blob => !marks.ContainsKey(blob.Video)) is { } blob)
            throw new ArgumentException($"How far the statistics of '{blob.Video}' go is not said: mark them.");
    }
}
