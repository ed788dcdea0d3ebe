namespace PlayFair.Contracts;

/// <summary>What statistics are asked for. All conditions hold together; null: any.</summary>
public sealed record StatisticsQuery
{
    /// <summary>Ids of videos.</summary>
    public IReadOnlyList<string>? Videos { get; init; }

    /// <summary>A model's name and version, as in <see cref="AttributionUpdate.Model"/>.</summary>
    public string? Model { get; init; }

    /// <summary>
    /// Names, in any case, or indices of classes; one that no update reported matches nothing. Transitions count that
    /// have one of them at either end; how many windows there were never depends on this.
    /// </summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>Start of the period: buckets that begin at or after it count.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>End of the period: buckets that begin before it count.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Start of the period to compare scores with; with neither bound nothing is compared.</summary>
    public DateTimeOffset? ReferenceFrom { get; init; }

    /// <summary>End of that period.</summary>
    public DateTimeOffset? ReferenceTo { get; init; }
}

/// <summary>
/// Statistics over the updates of a period. Schema <c>playfair.statistics/1</c>: fields are only ever added.
/// </summary>
public sealed record StatisticsReport
{
    public const string CurrentSchema = "playfair.statistics/1";

    public string Schema { get; init; } = CurrentSchema;

    /// <summary>Length of a time bucket, in seconds.</summary>
    public required double BucketSeconds { get; init; }

    /// <summary>Updates counted.</summary>
    public required long UpdateCount { get; init; }

    /// <summary>For each model and score, by the names of the two.</summary>
    public required IReadOnlyList<ModelStatistics> Models { get; init; }
}

/// <summary>Statistics of one model and one score: probabilities and logits have no common scale.</summary>
/// <param name="Model">Name and version.</param>
/// <param name="Score">The score attributed, as in <see cref="AttributionUpdate.Score"/>.</param>
/// <param name="Classes">Of each class that was reported, by index.</param>
/// <param name="Predictions">Of each class that was the top class, and confidence band.</param>
/// <param name="Transitions">How often one top class followed another.</param>
/// <param name="Series">Class frequency over time.</param>
public sealed record ModelStatistics(
    string Model,
    string Score,
    IReadOnlyList<ClassStatistics> Classes,
    IReadOnlyList<PredictionStatistics> Predictions,
    IReadOnlyList<ClassTransition> Transitions,
    IReadOnlyList<BucketFrequency> Series);

/// <summary>Statistics of one class, over the windows that reported it.</summary>
/// <param name="Index">The class.</param>
/// <param name="Name">Its name.</param>
/// <param name="WindowCount">Windows that reported it.</param>
/// <param name="TopCount">Windows whose top class it was.</param>
/// <param name="MeanScore">Mean of f(X).</param>
/// <param name="Positions">Where in the window support lies, for each window length that occurred.</param>
/// <param name="Drift">
/// How scores differ from those of the reference period; null without one, or without windows in it.
/// </param>
public sealed record ClassStatistics(
    int Index,
    string Name,
    long WindowCount,
    long TopCount,
    double MeanScore,
    IReadOnlyList<PositionStatistics> Positions,
    ScoreDrift? Drift);

/// <summary>Where in windows of one length a class finds its support.</summary>
/// <param name="WindowLength">n: the window's scale.</param>
/// <param name="WindowCount">Windows counted.</param>
/// <param name="MostSupporting">[n]: how often each position had the largest φ (the earliest of equals).</param>
/// <param name="MostDistracting">[n]: how often each position had the smallest φ (the earliest of equals).</param>
/// <param name="GreaterThan">
/// [n × n], row-major: share of windows with φ_i &gt; φ_j, 0 to 1; empty above 64 frames.
/// </param>
/// <param name="SupportingShare">[n]: share of windows whose φ at this position was above 0.</param>
/// <param name="MeanEsv">[n]: mean of φ.</param>
/// <param name="MeanAbsoluteEsv">Mean of |φ| over windows and positions: how large values are at this scale.</param>
public sealed record PositionStatistics(
    int WindowLength,
    long WindowCount,
    long[] MostSupporting,
    long[] MostDistracting,
    double[] GreaterThan,
    double[] SupportingShare,
    double[] MeanEsv,
    double MeanAbsoluteEsv);

/// <summary>Windows with one top class, in one confidence band.</summary>
/// <param name="Index">The top class.</param>
/// <param name="Name">Its name.</param>
/// <param name="BandFrom">
/// The top score's lower end, in [0, 1]; logits, which have no such range, all count in the band 0 to 1.
/// </param>
/// <param name="BandTo">Upper end.</param>
/// <param name="WindowCount">Windows counted.</param>
/// <param name="SupportingShare">Share of frames with φ of the top class above 0.</param>
public sealed record PredictionStatistics(
    int Index, string Name, double BandFrom, double BandTo, long WindowCount, double SupportingShare);

/// <summary>How often the top class of a window followed another one's.</summary>
public sealed record ClassTransition(int From, int To, long Count);

/// <summary>How often classes were on top in one time bucket.</summary>
/// <param name="Start">UTC.</param>
/// <param name="WindowCount">Windows in the bucket.</param>
/// <param name="TopCounts">For each class that was on top, how often, by index.</param>
public sealed record BucketFrequency(
    DateTimeOffset Start, long WindowCount, IReadOnlyDictionary<int, long> TopCounts);

/// <summary>How the scores of one class differ from those of a reference period.</summary>
/// <param name="ReferenceCount">Windows in the reference period.</param>
/// <param name="MeanDifference">Mean score now minus then.</param>
/// <param name="KolmogorovSmirnov">
/// The largest difference between the two distributions, over the bins of a histogram: 0 to 1.
/// </param>
/// <param name="PopulationStabilityIndex">Σ (p − q) ln(p/q) over the bins, each count raised by ½.</param>
public sealed record ScoreDrift(
    long ReferenceCount, double MeanDifference, double KolmogorovSmirnov, double PopulationStabilityIndex);
