namespace PlayFair.Client;

/// <summary>How long a lost stream waits for its next attempt: longer after each that brought nothing.</summary>
internal sealed class ReconnectDelays(PlayFairClientOptions options)
{
    /// <summary>A server that advised less would be flooded by its own readers.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);

    private int _failures;

    /// <summary>The first delay, as the server's <c>retry:</c> asks; null: the options'.</summary>
    public TimeSpan? Advice { get; set; }

    /// <summary>Something came.</summary>
    public void Succeeded() => _failures = 0;

    /// <param name="retryAfter">The least, as the server's answer asks.</param>
    public TimeSpan Next(TimeSpan? retryAfter)
    {
        TimeSpan first = Advice is { } advice
            ? TimeSpan.FromTicks(Math.Max(advice.Ticks, Shortest.Ticks))
            : options.ReconnectDelay;
        double doubled = first.TotalSeconds * Math.Pow(2, Math.Min(_failures++, 30));
        var delay = TimeSpan.FromSeconds(Math.Min(doubled, options.LongestReconnectDelay.TotalSeconds));
        return retryAfter > delay ? retryAfter.Value : delay;
    }
}
