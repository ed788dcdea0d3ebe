using System.Text.Json.Serialization;

namespace PlayFair.Contracts;

/// <summary>
/// What each frame of one window contributed to the class scores. Schema <c>playfair.update/1</c>: fields are only ever
/// added.
/// </summary>
public sealed record AttributionUpdate
{
    public const string CurrentSchema = "playfair.update/1";

    /// <summary>The <see cref="StandardError"/> of exact values.</summary>
    public const string Exact = "exact";

    /// <summary>The <see cref="StandardError"/> of sampled values.</summary>
    public const string Sampled = "sampled";

    public string Schema { get; init; } = CurrentSchema;

    /// <summary>The video's id.</summary>
    public required string Video { get; init; }

    /// <summary>0, 1, 2, …: without gaps for each video, across restarts too.</summary>
    public required long Sequence { get; init; }

    /// <summary>When the newest frame arrived, UTC.</summary>
    public required DateTimeOffset ArrivedAt { get; init; }

    /// <summary>When the values were ready, UTC.</summary>
    public required DateTimeOffset ComputedAt { get; init; }

    /// <summary>Name and version of the model.</summary>
    public required string Model { get; init; }

    /// <summary>The score that is attributed: <c>softmax-of-mean</c>, <c>mean-of-softmax</c> or <c>logit</c>.</summary>
    public required string Score { get; init; }

    /// <summary><see cref="Exact"/> or <see cref="Sampled"/>.</summary>
    public required string StandardError { get; init; }

    /// <summary>m: subsequences of each size in a sample; null where exact.</summary>
    public int? Samples { get; init; }

    /// <summary>R: independent samples; null where exact.</summary>
    public int? Iterations { get; init; }

    /// <summary>Frames sampled a second when the window ended.</summary>
    public required double RateHz { get; init; }

    /// <summary>Indices of the window's frames, oldest first: place in decode order from the source's first frame.</summary>
    public required long[] FrameIndices { get; init; }

    /// <summary>Presentation times of these frames, in seconds from the source's first frame.</summary>
    public required double[] FrameTimes { get; init; }

    /// <summary>Index of the class with the highest score of all.</summary>
    public required int TopClass { get; init; }

    /// <summary>The top class of the update before this one, if that window's frames join on to this one's.</summary>
    public int? PreviousTopClass { get; init; }

    /// <summary>The classes reported, highest score first; the first is <see cref="TopClass"/>.</summary>
    public required IReadOnlyList<ReportedClass> Classes { get; init; }

    /// <summary>Head evaluations this update took.</summary>
    public required long EvaluationCount { get; init; }

    /// <summary>Sampled frames dropped since the server started the video.</summary>
    public required long DroppedFrames { get; init; }

    public required UpdateTimings Timings { get; init; }

    [JsonIgnore]
    public int FrameCount => FrameIndices.Length;
}

/// <summary>One class in an update.</summary>
/// <param name="Index">Place in the model.</param>
/// <param name="Name">The class's name.</param>
/// <param name="Score">f(X) of the window.</param>
/// <param name="Prior">f(∅), in the same score.</param>
/// <param name="Esv">φ of each frame, oldest first.</param>
/// <param name="StandardErrors">Of these; null where exact, or with one sample.</param>
public sealed record ReportedClass(
    int Index, string Name, float Score, float Prior, float[] Esv, float[]? StandardErrors = null);

/// <summary>Where the time of an update went, in milliseconds.</summary>
/// <param name="Decode">Mean time between asking for a frame and having it, over the frames new in this window.</param>
/// <param name="Features">From a frame's arrival to its features, of the newest frame.</param>
/// <param name="Attribution">Computing the values, waiting for a core included.</param>
/// <param name="Total">From the newest frame's arrival until the values were ready.</param>
public sealed record UpdateTimings(float Decode, float Features, float Attribution, float Total);
