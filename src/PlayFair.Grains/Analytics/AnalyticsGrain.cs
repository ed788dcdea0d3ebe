namespace PlayFair.Grains;

/// <inheritdoc/>
internal sealed class AnalyticsGrain(SiloRuntime runtime) : Grain, IAnalyticsGrain
{
    /// <summary>What has not changed for so long is stored: silos do that every ten seconds.</summary>
    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(5);

    private readonly Dictionary<(string Video, DateTimeOffset Start), (BucketPart Part, long At)> _parts = [];

    public Task MergeAsync(BucketPart[] changed)
    {
        long now = runtime.Time.GetTimestamp();
        foreach (BucketPart part in changed)
        {
            // A silo that is slow, or that lost the video, knows less.
            if (!_parts.TryGetValue((part.Video, part.Start), out var known)
                || (known.Part.Claim, known.Part.Sequence).CompareTo((part.Claim, part.Sequence)) <= 0)
                _parts[(part.Video, part.Start)] = (part, now);
        }

        foreach (var (key, (_, at)) in _parts)
        {
            // Removing what a dictionary's enumerator stands on is allowed.
            if (runtime.Time.GetElapsedTime(at, now) > s_memory)
                _parts.Remove(key);
        }

        return Task.CompletedTask;
    }

    public Task<BucketPart[]> RecentAsync(string[]? videos, DateTimeOffset? from, DateTimeOffset? to) => Task.FromResult(
        _parts.Values.Select(known => known.Part)
            .Where(part => videos?.Contains(part.Video, StringComparer.Ordinal) != false
                && !(part.Start < from) && !(part.Start >= to))
            .ToArray());

    public Task ForgetAsync(string video)
    {
        foreach (var key in _parts.Keys.Where(key => key.Video == video).ToArray())
            _parts.Remove(key);
        return Task.CompletedTask;
    }
}
