namespace PlayFair.Engine;

/// <summary>How the store writes and how much it keeps.</summary>
public sealed record StoreOptions
{
    /// <summary>The least <see cref="MaxBytes"/>: 1 MiB.</summary>
    public const long LeastMaxBytes = 1 << 20;

    /// <summary>
    /// Updates whose newest frame arrived longer ago are deleted, with their frame tracks and thumbnails; statistics
    /// live <see cref="StatisticsAgeFactor"/> times as long. Null: no bound.
    /// </summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>
    /// The most the database takes on disk with its log, at least <see cref="LeastMaxBytes"/>: what is oldest, over all
    /// videos, is deleted first. Null: no bound.
    /// </summary>
    public long? MaxBytes { get; init; }

    /// <summary>How long the writer gathers updates for one commit, at most.</summary>
    public TimeSpan CommitDelay { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Updates that wait for the writer before who appends must wait too.</summary>
    public int QueueCapacity { get; init; } = 4096;

    /// <summary>
    /// How long closing tries to write what waits for a database that is away; a file is written or refused at once.
    /// </summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often age and size are looked at; a file that grew too large is not waited with.</summary>
    public TimeSpan RetentionInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The clock of ages and intervals.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How many times longer than updates their statistics are kept.</summary>
    public const int StatisticsAgeFactor = 10;

    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal void Check()
    {
        if (MaxAge is { } age)
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(age, TimeSpan.Zero, nameof(MaxAge));
        if (MaxBytes is { } bytes)
            ArgumentOutOfRangeException.ThrowIfLessThan(bytes, LeastMaxBytes, nameof(MaxBytes));

        ArgumentOutOfRangeException.ThrowIfLessThan(CommitDelay, TimeSpan.Zero, nameof(CommitDelay));
        ArgumentOutOfRangeException.ThrowIfLessThan(QueueCapacity, 1, nameof(QueueCapacity));
        ArgumentOutOfRangeException.ThrowIfLessThan(CloseTimeout, TimeSpan.Zero, nameof(CloseTimeout));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(
            RetentionInterval, TimeSpan.Zero, nameof(RetentionInterval));
    }
}
