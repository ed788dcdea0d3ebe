namespace PlayFair.Contracts;

/// <summary>What a video's source does.</summary>
public enum VideoState
{
    /// <summary>Opening the source, or no frame has come yet.</summary>
    Connecting,

    /// <summary>Frames come.</summary>
    Live,

    /// <summary>Connected, and no frame for a while; after 20 s it reconnects.</summary>
    Stalled,

    /// <summary>The connection was lost; the next attempt is at <see cref="VideoStatus.NextAttemptAt"/>.</summary>
    Reconnecting,

    /// <summary>The file was read to its end.</summary>
    Ended,

    /// <summary>It cannot go on; <see cref="VideoStatus.Reason"/> says why and what to do.</summary>
    Failed,

    /// <summary>Its user paused it: nothing is read until the definition says otherwise.</summary>
    Paused,
}

/// <summary>A video and how it is doing.</summary>
public sealed record VideoStatus
{
    /// <summary>As its user described it, defaults filled in, credentials replaced by <c>***</c>.</summary>
    public required VideoDefinition Definition { get; init; }

    public required VideoState State { get; init; }

    /// <summary>Why it is in this state, in words; null where that goes without saying.</summary>
    public string? Reason { get; init; }

    /// <summary>When it came into this state, UTC.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When the next attempt to connect is made, UTC; null unless reconnecting.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>Failed attempts since frames last came.</summary>
    public int FailedAttempts { get; init; }

    /// <summary>Whether the source never waits for its reader: what comes too fast is dropped, oldest first.</summary>
    public bool IsLive { get; init; }

    /// <summary>Name and version of the model.</summary>
    public required string Model { get; init; }

    /// <summary>Name of the silo that runs it; null where there is no cluster, and while no silo runs it.</summary>
    public string? Silo { get; init; }

    /// <summary>How many frames the window holds now.</summary>
    public int FramesInWindow { get; init; }

    /// <summary>Sequence number of the last update; null before the first.</summary>
    public long? LastSequence { get; init; }

    /// <summary>When the last update was computed, UTC.</summary>
    public DateTimeOffset? LastUpdateAt { get; init; }

    /// <summary>
    /// Seconds that one reading of a looped file takes, known once it was read to its end: a frame's time modulo this is
    /// its time in the file. Null before that and for what is not looped.
    /// </summary>
    public double? LoopSeconds { get; init; }

    /// <summary>Frames decoded since the server started the video.</summary>
    public long DecodedFrames { get; init; }

    /// <summary>Frames sampled of these.</summary>
    public long SampledFrames { get; init; }

    /// <summary>Sampled frames that were dropped because the machine could not keep up.</summary>
    public long DroppedFrames { get; init; }

    /// <summary>Updates a second, over the last ten seconds.</summary>
    public double UpdatesPerSecond { get; init; }

    public required VideoQuality Quality { get; init; }

    /// <summary>From a frame's arrival to its published update; null before the first.</summary>
    public Latency? Latency { get; init; }

    /// <summary>Times of the last update, in milliseconds.</summary>
    public UpdateTimings? Timings { get; init; }
}

/// <summary>How much of what was asked for the machine manages.</summary>
/// <param name="Level">0: all of it; each level above computes less.</param>
/// <param name="Samples">m in use; null: exact.</param>
/// <param name="RateHz">Frames sampled a second.</param>
/// <param name="Reason">Why it is not all, in words; null at level 0.</param>
public sealed record VideoQuality(int Level, int? Samples, double RateHz, string? Reason);

/// <summary>Percentiles over the last minute, in milliseconds.</summary>
public sealed record Latency(double P50Ms, double P95Ms, double P99Ms);
