namespace PlayFair.Attribution;

/// <summary>How values are kept over a sliding window.</summary>
public sealed record SlidingOptions
{
    /// <summary>Which score is attributed.</summary>
    public ScoreKind Score { get; init; } = ScoreKind.SoftmaxOfMean;

    /// <summary>
    /// m: how many subsequences of each size a sample keeps, at least 1. Null: all there are, for exact values of at most
    /// <see cref="ExactEsv.MaxFrameCount"/> frames; they need 2^n·C·8 bytes.
    /// </summary>
    public int? MaxCount { get; init; }

    /// <summary>R: how many independent samples, at least 1. From 2 on there are standard errors.</summary>
    public int SampleCount { get; init; } = 1;

    /// <summary>
    /// After so many steps one of the samples, in turn, is drawn anew; 0: never. Each step's values have the same law either
    /// way, but with the same samples the errors of neighbouring steps are alike.
    /// </summary>
    public int RedrawAfter { get; init; }

    /// <summary>Fixes every random choice.</summary>
    public ulong Seed { get; init; }

    /// <summary>The most threads to use; 0: as many as there are cores. It does not change the result.</summary>
    public int ThreadCount { get; init; }
}
