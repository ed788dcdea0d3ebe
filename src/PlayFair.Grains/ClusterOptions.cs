using System.Net;

namespace PlayFair.Grains;

/// <summary>Which cluster a silo belongs to, and what it brings.</summary>
public sealed record ClusterOptions
{
    /// <summary>The cluster's name: silos of one name and one database belong together.</summary>
    public string Name { get; init; } = "playfair";

    /// <summary>What this silo is called; no two of a cluster at once.</summary>
    public string SiloName { get; init; } = Environment.MachineName;

    /// <summary>
    /// Connection string of the PostgreSQL database that all silos share; null: this silo is alone, and its store is a file.
    /// </summary>
    public string? Database { get; init; }

    /// <summary>Where the other silos reach this one.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>TCP port for the other silos.</summary>
    public int SiloPort { get; init; } = 11111;

    /// <summary>TCP port for programs that are clients of the cluster without being silos; 0: none.</summary>
    public int GatewayPort { get; init; }

    /// <summary>Cores that it has for videos: placement fills silos evenly, by what their videos are expected to take.</summary>
    public double CapacityCores { get; init; } = Environment.ProcessorCount;

    /// <summary>What computes features besides processors: <c>cuda</c>; null: nothing. Videos go to such silos first.</summary>
    public string? Accelerator { get; init; }

    /// <summary>Into how many grains the catalog is divided; the same on all silos.</summary>
    public int CatalogShards { get; init; } = 8;

    /// <summary>How often a silo reports what it runs.</summary>
    public TimeSpan ReportInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often silos' loads are compared, and videos moved from the fullest to the emptiest.</summary>
    public TimeSpan BalanceInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a silo that is told to stop takes, at most, to see its videos run elsewhere.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(20);
}
