namespace PlayFair.Video;

/// <summary>
/// How long to wait before each attempt: 1 s five times, 5 s five times, 10 s ten times, then 60 s for ever.
/// </summary>
internal sealed class ReconnectLadder
{
    private int _attempts;

    /// <summary>The wait before the next attempt; each call climbs.</summary>
    public TimeSpan Next()
    {
        int attempt = _attempts;
        // 60 s is for ever: there is nothing left to count.
        if (_attempts < 20)
            _attempts++;
        return TimeSpan.FromSeconds(attempt switch
        {
            < 5 => 1,
            < 10 => 5,
            < 20 => 10,
            _ => 60,
        });
    }

    /// <summary>Starts over, after frames came for a while.</summary>
    public void Reset() => _attempts = 0;
}
