namespace PlayFair.Video;

/// <summary>
/// Time since a live source's first frame, over reconnections and over jumps of the stream's own clock; never runs
/// backwards.
/// </summary>
/// <param name="time">Its timestamps say how much time passed where the stream does not.</param>
internal sealed class LiveClock(TimeProvider time)
{
    /// <summary>If the stream's clock gains more than this in one step, it jumped.</summary>
    private static readonly TimeSpan s_maxJump = TimeSpan.FromSeconds(10);

    private TimeSpan? _last;
    private long _lastTimestamp;
    private TimeSpan _offset;
    private bool _isNewConnection = true;

    /// <summary>The stream's times start anew with the next frame.</summary>
    public void StartConnection() => _isNewConnection = true;

    /// <summary>The time of the next frame.</summary>
    /// <param name="streamTime">Time within the connection; null where the stream has none.</param>
    /// <param name="timestamp">When the frame was here.</param>
    /// <param name="isTrusted">Whether the stream may be ahead, as a file is that comes faster than it plays.</param>
    public TimeSpan Next(TimeSpan? streamTime, long timestamp, bool isTrusted = false)
    {
        TimeSpan next;
        if (_last is not { } last)
        {
            next = TimeSpan.Zero;
        }
        else
        {
            TimeSpan elapsed = time.GetElapsedTime(_lastTimestamp, timestamp);
            next = streamTime is { } known && !_isNewConnection ? known + _offset : last + elapsed;
            if (!isTrusted && next - last - elapsed > s_maxJump)
                next = last + elapsed;
            if (next < last)
                next = last;
        }

        _offset = next - (streamTime ?? next);
        _isNewConnection = false;
        _last = next;
        _lastTimestamp = timestamp;
        return next;
    }
}
