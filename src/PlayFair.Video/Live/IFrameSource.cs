namespace PlayFair.Video;

/// <summary>Where the frames of one video come from: a file or something live, with reconnection and all.</summary>
public interface IFrameSource : IAsyncDisposable
{
    /// <summary>Whether the source never waits for its reader.</summary>
    bool IsLive { get; }

    /// <summary>What it does now.</summary>
    SourceStatus Status { get; }

    /// <summary>Called after each change of <see cref="Status"/>, one call at a time.</summary>
    Action<SourceStatus>? StatusChanged { get; set; }

    /// <summary>Which file this is: size and time of change; null for a live source, and until the file is open.</summary>
    string? Identity { get; }

    /// <summary>What is known of a looped file after its first end; null before that, and for any other source.</summary>
    FileFacts? Facts { get; }

    /// <summary>Frames decoded so far, sampled or not.</summary>
    long DecodedCount { get; }

    /// <summary>Sampled frames that were dropped, oldest first, because nobody had taken them; 0 for files.</summary>
    long DroppedCount { get; }

    /// <summary>Frames sampled a second; may be set while frames are read, for the frames to come.</summary>
    double RateHz { get; set; }

    /// <summary>
    /// The sampled frames, in order; each belongs to whoever receives it. Ends with <see cref="SourceState.Ended"/> or
    /// <see cref="SourceState.Failed"/>; a live source goes on until cancelled. Enumerated once.
    /// </summary>
    IAsyncEnumerable<SourceFrame> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>One sampled frame.</summary>
/// <param name="Frame">
/// The pixels, and index and time counted from the source's first frame: they go on growing over loops and reconnections.
/// </param>
/// <param name="ArrivedAt">When all of it was here, UTC.</param>
/// <param name="ArrivalTimestamp">The same by <see cref="TimeProvider.GetTimestamp"/>, which no clock change moves.</param>
/// <param name="DecodeTime">How long the reader waited for it.</param>
/// <param name="StartsSegment">
/// Whether frames are missing before it, as after a reconnection: a window should not reach across. True for the first.
/// Not for drops, nor where a file starts again.
/// </param>
public sealed record SourceFrame(
    VideoFrame Frame, DateTimeOffset ArrivedAt, long ArrivalTimestamp, TimeSpan DecodeTime, bool StartsSegment);
