namespace PlayFair.Contracts;

/// <summary>Of which windows moments are asked for.</summary>
public enum MomentKind
{
    /// <summary>Those in which the class is reported with φ_i &gt; φ_j: a cell of <see cref="PositionStatistics.GreaterThan"/>.</summary>
    Greater,

    /// <summary>Those in which position i has the class's largest φ, the earliest of equals.</summary>
    MostSupporting,

    /// <summary>Those in which position i has the class's smallest φ, the earliest of equals.</summary>
    MostDistracting,

    /// <summary>Those in which the class is reported with φ_i &gt; 0.</summary>
    Supporting,

    /// <summary>Those whose top class it is, with a score in a range: a band of <see cref="PredictionStatistics"/>.</summary>
    Top,

    /// <summary>Those whose top class is the next after a window with the class on top: a <see cref="ClassTransition"/>.</summary>
    Transition,
}

/// <summary>Which windows are meant: those that one number of the statistics counts.</summary>
public sealed record MomentsQuery
{
    public const int MaxLimit = 100;

    public required MomentKind Kind { get; init; }

    /// <summary>A class's name, in any case, or its index.</summary>
    public required string Class { get; init; }

    /// <summary>The class that follows, of a transition.</summary>
    public string? Next { get; init; }

    /// <summary>Position in the window, from 0, of all kinds about φ.</summary>
    public int? I { get; init; }

    /// <summary>The position compared with.</summary>
    public int? J { get; init; }

    /// <summary>Frames in the window, of all kinds about φ: statistics of other lengths are others.</summary>
    public int? Window { get; init; }

    /// <summary>Ids of videos; null: all.</summary>
    public IReadOnlyList<string>? Videos { get; init; }

    /// <summary>A model's name and version; null: any.</summary>
    public string? Model { get; init; }

    /// <summary>The score attributed, as <see cref="AttributionUpdate.Score"/>; null: any.</summary>
    public string? Score { get; init; }

    /// <summary>Start of the period, as <see cref="StatisticsQuery.From"/>: of time buckets.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>End of the period, as <see cref="StatisticsQuery.To"/>.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Lowest score, of top; null: no bound.</summary>
    public double? ScoreFrom { get; init; }

    /// <summary>Score above all, of top; null: no bound.</summary>
    public double? ScoreTo { get; init; }

    /// <summary>The most moments, 1 to <see cref="MaxLimit"/>.</summary>
    public int Limit { get; init; } = 20;

    /// <summary>Where to go on: <see cref="MomentList.Next"/> of the answer before; null: the newest.</summary>
    public string? Before { get; init; }
}

/// <summary>Moments, newest first. Schema <c>playfair.moments/1</c>: fields are only ever added.</summary>
public sealed record MomentList
{
    public const string CurrentSchema = "playfair.moments/1";

    public string Schema { get; init; } = CurrentSchema;

    public required IReadOnlyList<Moment> Moments { get; init; }

    /// <summary>Updates that were looked at for this answer.</summary>
    public required long ScannedCount { get; init; }

    /// <summary>Whether there are no older ones.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>What to ask for older ones with, as <see cref="MomentsQuery.Before"/>; null where there are none.</summary>
    public string? Next { get; init; }
}

/// <summary>One window.</summary>
/// <param name="Video">The video's id.</param>
/// <param name="Sequence">The update.</param>
/// <param name="ArrivedAt">When its newest frame arrived, UTC.</param>
/// <param name="TimeSeconds">Presentation time of the frame at position i; of the newest where there is no i.</param>
/// <param name="FrameIndex">Index of that frame.</param>
/// <param name="Class">The class's index; of a transition that of the next.</param>
/// <param name="Name">Its name.</param>
/// <param name="Score">Its score.</param>
public sealed record Moment(
    string Video,
    long Sequence,
    DateTimeOffset ArrivedAt,
    double TimeSeconds,
    long FrameIndex,
    int Class,
    string Name,
    float Score);
