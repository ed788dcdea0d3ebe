using System.Data.Common;
using System.Net;
using PlayFair.Engine;
using PlayFair.Grains;
using PlayFair.Server;

namespace PlayFair.Cli.Commands;

/// <summary>The silo itself; compiled only where ./configure found Orleans.</summary>
internal static partial class SiloCommand
{
    /// <summary>How long others may take to take its videos; then it leaves the cluster all the same.</summary>
    private static readonly TimeSpan MoveTimeout = TimeSpan.FromSeconds(15);

    /// <summary>How long moving and leaving may take together; what is left of the time is to end HTTP and the store.</summary>
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(18);

    /// <summary>How long the store may take to be closed: where it is away, it is never flushed.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(8);

    static partial void FindOrleans(ref StartService? start) => start = StartAsync;

    private static async Task<StartedService> StartAsync(
        ServerConfiguration configuration, VideoServiceOptions options, CancellationToken cancellationToken)
    {
        ClusterConfiguration cluster = configuration.Cluster;
        // The address for the others may be a router's, which leads here.
        IPAddress listening = cluster.Database is null ? IPAddress.Loopback : IPAddress.Any;
        ListenException.Check(
            new IPEndPoint(listening, cluster.SiloPort), $"port {cluster.SiloPort}, for other silos", "--silo-port");
        if (cluster.Database is null)
            StoreFolder.Make(options.StorePath);
        else
            options = options with { StorePath = null };
        var place = new ClusterOptions
        {
            Name = cluster.Name,
            SiloName = cluster.Silo,
            Database = cluster.Database,
            Address = cluster.Advertise,
            SiloPort = cluster.SiloPort,
            GatewayPort = cluster.GatewayPort,
            CapacityCores = cluster.CapacityCores,
            Accelerator = cluster.Accelerator,
            DrainTimeout = MoveTimeout,
        };
        PlayFairSilo silo;
        try
        {
            silo = await PlayFairSilo.StartAsync(
                options, place, logging => PlayFairServer.AddLogging(logging, configuration), cancellationToken);
        }
        catch (ClusterException failure)
        {
            throw new JoinException(failure.Message, failure);
        }

        string store = StoreOf(cluster.Database) ?? options.StorePath ?? StartedService.NoStore;
        return new StartedService(silo.Service, new Ending(silo), store)
        {
            Notes =
            [
                ("cluster", $"{cluster.Name}; this silo is {cluster.Silo}, for the others at "
                    + $"{new IPEndPoint(cluster.Advertise, cluster.SiloPort)}"),
            ],
            Meters = ["Microsoft.Orleans"],
            WhyNotReady = () => silo.WhyNotReady,
            DrainAsync = () => DrainAsync(silo),
            Failed = silo.Expelled,
        };
    }

    private static async Task DrainAsync(PlayFairSilo silo)
    {
        using var patience = new CancellationTokenSource(DrainTimeout);
        try
        {
            await silo.StopAsync(patience.Token).WaitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Terminals.TellError(
                $"The silo was not drained in {DrainTimeout.TotalSeconds:0} s; its videos go on elsewhere from what is "
                + "stored.");
        }
    }

    /// <summary>The database by its name and host, without what is secret; null where there is none.</summary>
    private static string? StoreOf(string? database)
    {
        if (database is null)
            return null;
        var parts = new DbConnectionStringBuilder { ConnectionString = database };
        _ = parts.TryGetValue("Host", out object? host) || parts.TryGetValue("Server", out host);
        return parts.TryGetValue("Database", out object? name)
            ? $"PostgreSQL on {host}, database {name}"
            : $"PostgreSQL on {host}";
    }

    /// <summary>Ends a silo, or lets its process end without it: others take over what it cannot say or store any more.</summary>
    private sealed class Ending(PlayFairSilo silo) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await silo.DisposeAsync().AsTask().WaitAsync(CloseTimeout)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
