namespace PlayFair.Contracts;

/// <summary>What a silo does, as the others see it.</summary>
public enum SiloState
{
    /// <summary>It starts.</summary>
    Joining,

    /// <summary>It runs videos.</summary>
    Active,

    /// <summary>It was told to stop, and its videos are moving to others.</summary>
    Leaving,

    /// <summary>It stopped, or the others found that it does not answer.</summary>
    Dead,
}

/// <summary>A cluster: its silos, and what runs where.</summary>
public sealed record ClusterStatus
{
    /// <summary>Its name: silos of one name and one database belong together.</summary>
    public required string Name { get; init; }

    /// <summary>The silo that answers, by its name.</summary>
    public required string AnsweredBy { get; init; }

    /// <summary>All silos, ordered by name; dead ones for as long as the cluster remembers them.</summary>
    public required IReadOnlyList<Silo> Silos { get; init; }

    /// <summary>Grains in memory, ordered by kind and silo.</summary>
    public required IReadOnlyList<GrainCount> Grains { get; init; }

    /// <summary>Videos defined.</summary>
    public int VideoCount { get; init; }

    /// <summary>Videos that run nowhere at this moment: their silo is gone, and another takes them over.</summary>
    public int UnplacedVideoCount { get; init; }
}

/// <summary>One process of a cluster.</summary>
public sealed record Silo
{
    /// <summary>What its operator calls it; of a stateful set's pod, the pod's name.</summary>
    public required string Name { get; init; }

    /// <summary>Where the other silos reach it: address, port and generation.</summary>
    public required string Address { get; init; }

    public required SiloState State { get; init; }

    /// <summary>When it started, UTC.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Program and version; null of one that does not answer.</summary>
    public string? Version { get; init; }

    /// <summary>What computes features besides processors: <c>cuda</c>; null: nothing.</summary>
    public string? Accelerator { get; init; }

    /// <summary>Cores that it has for videos.</summary>
    public double CapacityCores { get; init; }

    /// <summary>Cores that its videos are expected to take: decoding, features and values.</summary>
    public double LoadCores { get; init; }

    /// <summary>Cores that its process took over the last seconds.</summary>
    public double UsedCores { get; init; }

    /// <summary>Memory of its process, in bytes.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Videos that run on it.</summary>
    public int VideoCount { get; init; }

    /// <summary>Updates that it published a second, over the last ten seconds.</summary>
    public double UpdatesPerSecond { get; init; }

    /// <summary>When the cluster last heard of it, UTC; null of one that never reported.</summary>
    public DateTimeOffset? ReportedAt { get; init; }
}

/// <summary>Grains of one kind in one silo's memory.</summary>
/// <param name="Kind">video, features, analytics or catalog.</param>
/// <param name="Silo">The silo's name.</param>
public sealed record GrainCount(string Kind, string Silo, int Count);
