using PlayFair.Attribution;

namespace PlayFair.Engine;

/// <summary>How one video's window moves and what is computed of it.</summary>
public sealed record WindowOptions
{
    /// <summary>The video's id.</summary>
    public required string Video { get; init; }

    /// <summary>n.</summary>
    public required int Window { get; init; }

    /// <summary>By how many frames the window moves between updates, 1 to n.</summary>
    public int Stride { get; init; } = 1;

    /// <summary>m; null: exact.</summary>
    public int? Samples { get; init; }

    /// <summary>R; where exact, of no effect.</summary>
    public int Iterations { get; init; } = 1;

    public ulong Seed { get; init; }

    public required ScoreKind Score { get; init; }

    public required ClassSelection Classes { get; init; }

    /// <summary>Sequence number of the first update of all.</summary>
    public long FirstSequence { get; init; }

    /// <summary>How many updates there are already: as many are not made again.</summary>
    public long DoneCount { get; init; }

    /// <summary>After so many steps one of the samples is drawn anew.</summary>
    internal const int RedrawAfter = 64;

    /// <summary>
    /// The update from which everything is computed again to go on as if never interrupted: the first whose window held a
    /// frame that the last update made held too (or one before it: a video's very last update may be less than a stride
    /// after the one before). Its window begins with sampled frame <c>ReplayFrom · Stride</c>.
    /// </summary>
    public long ReplayFrom => Math.Max(0, DoneCount - 2 - ((Window - 1) / Stride));

    internal SlidingOptions SlidingOptions => new()
    {
        Score = Score,
        MaxCount = Samples,
        SampleCount = Samples is null ? 1 : Iterations,
        RedrawAfter = Samples is null || Iterations == 1 ? 0 : RedrawAfter,
        Seed = Seed,
        // Videos are computed side by side; more threads for each would only wait for each other.
        ThreadCount = 1,
    };
}
