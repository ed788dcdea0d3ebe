namespace PlayFair.Grains;

/// <summary>From which silo how much goes to which other one.</summary>
internal sealed record SiloMove(SiloAddress From, SiloAddress To, double Cores);

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
        // Both end at one share, were videos divisible.
        double cores = difference * from.CapacityCores * to.CapacityCores / (from.CapacityCores + to.CapacityCores);
        return new SiloMove(from.Address, to.Address, cores);
    }

    private static double ShareOf(SiloLoad silo) => silo.LoadCores / silo.CapacityCores;
}
