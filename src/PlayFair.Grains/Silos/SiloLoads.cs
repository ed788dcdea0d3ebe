using System.Collections.Concurrent;

namespace PlayFair.Grains;

/// <summary>All silos' loads as this one last heard of them, and what it has placed since.</summary>
internal sealed class SiloLoads
{
    private readonly Lock _lock = new();
    private readonly Dictionary<SiloAddress, double> _placed = [];
    private ConcurrentDictionary<SiloAddress, SiloLoad> _loads = new();

    public IReadOnlyCollection<SiloLoad> All => [.. _loads.Values];

    public SiloLoad? Of(SiloAddress silo) => _loads.GetValueOrDefault(silo);

    /// <summary>Takes over what the catalog says.</summary>
    public void Replace(IEnumerable<SiloLoad> loads)
    {
        lock (_lock)
        {
            _loads = new ConcurrentDictionary<SiloAddress, SiloLoad>(loads.Select(load => KeyValuePair.Create(load.Address, load)));
            _placed.Clear();
        }
    }

    /// <summary>
    /// The silo whose share of its capacity is the smallest after it has taken so many cores more; among equals the first.
    /// Those that leave come last, those that have not reported yet count as empty.
    /// </summary>
    /// <param name="silos">At least one.</param>
    public SiloAddress Place(IReadOnlyList<SiloAddress> silos, double cores)
    {
        lock (_lock)
        {
            SiloAddress best = silos.MinBy(silo => ShareOf(silo, cores))!;
            _placed[best] = _placed.GetValueOrDefault(best) + cores;
            return best;
        }
    }

    /// <summary>Whether a silo has as much to do as it can, or more.</summary>
    public bool IsFull(SiloAddress silo, double cores)
    {
        lock (_lock)
            return ShareOf(silo, cores) > 1;
    }

    private double ShareOf(SiloAddress silo, double cores)
    {
        double placed = _placed.GetValueOrDefault(silo) + cores;
        return _loads.TryGetValue(silo, out SiloLoad? load)
            ? ((load.LoadCores + placed) / load.CapacityCores) + (load.IsLeaving ? 1e6 : 0)
            : placed;
    }
}
