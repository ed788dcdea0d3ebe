namespace PlayFair.Contracts;

/// <summary>
/// A period of a video's history at a glance, however long it is. Schema <c>playfair.timeline/1</c>: fields are only
/// ever added.
/// </summary>
public sealed record Timeline
{
    public const string CurrentSchema = "playfair.timeline/1";

    public string Schema { get; init; } = CurrentSchema;

    /// <summary>The video's id.</summary>
    public required string Video { get; init; }

    /// <summary>The oldest update that is stored, in the period or not; null: there is none.</summary>
    public TimelineEnd? First { get; init; }

    /// <summary>The newest update that is stored, in the period or not; null: there is none.</summary>
    public TimelineEnd? Last { get; init; }

    /// <summary>Updates in the period.</summary>
    public required long UpdateCount { get; init; }

    /// <summary>For how many updates a point stands; 1 where every update is one.</summary>
    public required double UpdatesPerPoint { get; init; }

    /// <summary>Runs of updates with one top class, oldest first; cut at the ends of the period.</summary>
    public required IReadOnlyList<TimelineSegment> Segments { get; init; }

    /// <summary>Segments that were joined into their neighbours, the shortest first, as there were too many.</summary>
    public int JoinedSegments { get; init; }

    /// <summary>Updates of the period, evenly spaced, its first and its last among them.</summary>
    public required IReadOnlyList<TimelinePoint> Points { get; init; }

    /// <summary>Tracks of frames that arrived in it, evenly spaced, at most as many as points were asked for.</summary>
    public required IReadOnlyList<FrameTrack> Frames { get; init; }
}

/// <summary>One end of a stored history.</summary>
/// <param name="ArrivedAt">When the update's newest frame arrived, UTC.</param>
public sealed record TimelineEnd(long Sequence, DateTimeOffset ArrivedAt);

/// <summary>Updates one after the other, none missing between them, with one top class of one model and score.</summary>
/// <param name="Class">The top class's index.</param>
/// <param name="Name">Its name.</param>
/// <param name="Model">Name and version.</param>
/// <param name="FirstSequence">The first update.</param>
/// <param name="LastSequence">The last update.</param>
/// <param name="From">When the first update's newest frame arrived, UTC.</param>
/// <param name="To">When the last update's newest frame arrived, UTC.</param>
/// <param name="MaxScore">The highest score of the class in them.</param>
public sealed record TimelineSegment(
    int Class,
    string Name,
    string Model,
    long FirstSequence,
    long LastSequence,
    DateTimeOffset From,
    DateTimeOffset To,
    float MaxScore);

/// <summary>One update of a timeline.</summary>
/// <param name="Sequence">Its number.</param>
/// <param name="ArrivedAt">When its newest frame arrived, UTC.</param>
/// <param name="FrameIndex">Index of its newest frame.</param>
/// <param name="TimeSeconds">Presentation time of its newest frame.</param>
/// <param name="Classes">The classes it reports, highest score first.</param>
public sealed record TimelinePoint(
    long Sequence, DateTimeOffset ArrivedAt, long FrameIndex, double TimeSeconds, IReadOnlyList<TimelineClass> Classes);

/// <summary>One class of a point.</summary>
/// <param name="Index">Place in the model.</param>
/// <param name="Name">Its name.</param>
/// <param name="Score">f(X) of the window.</param>
public sealed record TimelineClass(int Index, string Name, float Score);
