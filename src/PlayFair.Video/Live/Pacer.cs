namespace PlayFair.Video;

/// <summary>Lets frames pass at the speed at which their presentation times say that they play.</summary>
/// <param name="time">Its timestamps, which no change of the system's clock moves.</param>
/// <param name="maxWait">A time further ahead than this is taken for a jump of the stream's clock.</param>
internal sealed class Pacer(TimeProvider time, TimeSpan maxWait)
{
    /// <summary>
    /// Whoever is late by less catches up; by more, as after a pause of the reader or of the network, the rest plays on
    /// from here: a burst would help nobody.
    /// </summary>
    private static readonly TimeSpan s_maxLateness = TimeSpan.FromSeconds(1);

    private (long Timestamp, TimeSpan Presentation)? _anchor;

    /// <summary>Waits until a frame is due.</summary>
    public async ValueTask WaitAsync(TimeSpan presentation, CancellationToken cancellationToken)
    {
        long now = time.GetTimestamp();
        TimeSpan wait = _anchor is { } anchor
            ? presentation - anchor.Presentation - time.GetElapsedTime(anchor.Timestamp, now)
            : TimeSpan.MinValue;
        if (wait < -s_maxLateness || wait > maxWait)
            _anchor = (now, presentation);
        else if (wait > TimeSpan.Zero)
            await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
    }
}
