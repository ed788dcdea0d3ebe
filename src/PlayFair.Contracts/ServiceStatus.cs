namespace PlayFair.Contracts;

/// <summary>How the store is doing.</summary>
/// <param name="Path">The database file; null: nothing is stored.</param>
/// <param name="IsHealthy">Whether the last write succeeded.</param>
/// <param name="Problem">Why it did not, and what to do; null if it did.</param>
/// <param name="Bytes">Size of the database with its log.</param>
/// <param name="UpdateCount">Updates stored.</param>
/// <param name="BytesPerUpdate">Mean size of a stored update, in bytes; 0 without any.</param>
/// <param name="UnstoredUpdateCount">Updates that were published and could not be stored, since the start.</param>
public sealed record StoreStatus(
    string? Path,
    bool IsHealthy,
    string? Problem,
    long Bytes,
    long UpdateCount,
    double BytesPerUpdate,
    long UnstoredUpdateCount);

/// <summary>The service as a whole.</summary>
/// <param name="Version">Program and version.</param>
/// <param name="StartedAt">UTC.</param>
/// <param name="VideoCount">Videos defined.</param>
/// <param name="SubscriberCount">Event streams open.</param>
public sealed record ServiceStatus(
    string Version, DateTimeOffset StartedAt, int VideoCount, int SubscriberCount, StoreStatus Store);
