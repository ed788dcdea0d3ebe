namespace PlayFair.Contracts;

/// <summary>
/// A frame's final attribution, when it leaves the window. Schema <c>playfair.frame/1</c>: fields are only ever added.
/// </summary>
public sealed record FrameTrack
{
    public const string CurrentSchema = "playfair.frame/1";

    public string Schema { get; init; } = CurrentSchema;

    /// <summary>The video's id.</summary>
    public required string Video { get; init; }

    /// <summary>The frame's index, as in <see cref="AttributionUpdate.FrameIndices"/>.</summary>
    public required long FrameIndex { get; init; }

    /// <summary>Presentation time, in seconds from the source's first frame.</summary>
    public required double TimeSeconds { get; init; }

    /// <summary>When the frame arrived, UTC.</summary>
    public required DateTimeOffset ArrivedAt { get; init; }

    /// <summary>The last update whose window held it.</summary>
    public required long LastSequence { get; init; }

    /// <summary>How many windows held it.</summary>
    public required int WindowCount { get; init; }

    /// <summary>The classes reported in that last update.</summary>
    public required IReadOnlyList<TrackedClass> Classes { get; init; }
}

/// <summary>One class of a frame track.</summary>
/// <param name="Index">Place in the model.</param>
/// <param name="Name">The class's name.</param>
/// <param name="Mean">Mean of φ over all windows that held the frame.</param>
/// <param name="Last">φ in the last of them.</param>
public sealed record TrackedClass(int Index, string Name, float Mean, float Last);
