namespace PlayFair.Grains;

/// <summary>A silo is to give some of its videos to another one.</summary>
/// <param name="Keep">Cores' worth of videos that it has afterwards, at least.</param>
internal sealed record SiloMove(SiloAddress From, SiloAddress To, double Keep);

/// <summary>Evens out what silos have to do.</summary>
internal static class SiloBalance
{
    /// <summary>Smaller differences stay: moving a live video costs a second or two of it.</summary>
    private const double LeastDifference = 0.15;

    /// <summary>
    /// From the fullest silo to the emptiest, measured by the share of capacity that is taken; null: they are even enough.
    /// </summary>
    public static SiloMove? Plan(IReadOnlyList<SiloLoad> silos)
    {
        if (silos.Count < 2)
            return null;
        SiloLoad from = silos.MaxBy(ShareOf)!, to = silos.MinBy(ShareOf)!;
        double difference = ShareOf(from) - ShareOf(to);
        if (difference < LeastDifference)
            return null;
        // Both end at one share, were videos divisible. What is said is what stays: reports are a second old, and a silo
        // knows what it has; told twice, it gives once.
        double share = (from.LoadCores + to.LoadCores) / (from.CapacityCores + to.CapacityCores);
        return new SiloMove(from.Address, to.Address, share * from.CapacityCores);
    }

    /// <summary>Which of a silo's videos it gives away so that it keeps so much, the largest first: fewest are interrupted.</summary>
    /// <param name="videos">What runs there and is not leaving yet, each with its cost in cores.</param>
    public static IEnumerable<T> Choose<T>(IEnumerable<(T Video, double Cost)> videos, double keep)
    {
        (T Video, double Cost)[] all = [.. videos];
        double left = all.Sum(video => video.Cost) - keep;
        // One that rests costs nothing wherever it is.
        foreach ((T video, double cost) in all.Where(video => video.Cost > 0).OrderByDescending(video => video.Cost))
        {
            if (cost > left)
                continue;
            left -= cost;
            yield return video;
        }
    }

    private static double ShareOf(SiloLoad silo) => silo.LoadCores / silo.CapacityCores;
}
