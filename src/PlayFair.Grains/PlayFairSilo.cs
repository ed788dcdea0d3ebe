using System.Net;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using PlayFair.Engine;

namespace PlayFair.Grains;

/// <summary>
/// A silo of a cluster in this process: it runs its share of the videos, and its service answers for all of them.
/// </summary>
public sealed class PlayFairSilo : IAsyncDisposable
{
    private const string Npgsql = "Npgsql";

    /// <summary>Where Orleans keeps who subscribes to a stream.</summary>
    private const string Subscriptions = "PubSubStore";

    /// <summary>In so long a predecessor that was killed is found dead.</summary>
    private static readonly TimeSpan s_predecessorTimeout = TimeSpan.FromSeconds(15);

    private readonly IHost _host;
    private readonly SiloDrain _drain;
    private readonly Expulsion _expulsion;
    private bool _isStopped;

    private PlayFairSilo(IHost host)
    {
        _host = host;
        _drain = host.Services.GetRequiredService<SiloDrain>();
        _expulsion = host.Services.GetRequiredService<Expulsion>();
        Service = host.Services.GetRequiredService<ClusterVideoService>();
    }

    /// <summary>The cluster's videos, of whatever silo.</summary>
    public IVideoService Service { get; }

    /// <summary>Why it should not be asked now, as a clause; null: it may be.</summary>
    public string? WhyNotReady => _drain.IsLeaving ? "this silo is leaving the cluster" : null;

    /// <summary>
    /// Ends, and says why, when the others took this silo for dead: it takes no part in the cluster any more, and is to be
    /// disposed of.
    /// </summary>
    public Task<string> Expelled => _expulsion.Expelled;

    /// <summary>Starts a cluster, or joins the one of its name.</summary>
    /// <param name="logging">Where Orleans and the silo log to; null: nowhere.</param>
    /// <exception cref="StoreException">The store cannot be opened.</exception>
    /// <exception cref="ClusterException">The cluster cannot be joined.</exception>
    public static async Task<PlayFairSilo> StartAsync(
        VideoServiceOptions options, ClusterOptions cluster, Action<ILoggingBuilder>? logging = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(cluster);
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        logging?.Invoke(builder.Logging);
        // Signals are the program's affair.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.UseOrleans(silo => Configure(silo, options, cluster));
        IHost host = builder.Build();
        try
        {
            // Opens the store, first: what is wrong with it is said in its own words.
            _ = host.Services.GetRequiredService<SiloRuntime>();
            if (cluster.Database is { } database)
                OrleansSchema.BringUp(database);
            await host.StartAsync(cancellationToken);
            await CheckNameAsync(host, cluster, cancellationToken);
            return new PlayFairSilo(host);
        }
        catch (Exception failure)
        {
            await DisposeAsync(host);
            if (failure is OperationCanceledException or StoreException or ClusterException)
                throw;
            throw ClusterException.Of(cluster, failure);
        }
    }

    /// <summary>Moves its videos to the other silos, with everything stored, and leaves the cluster.</summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        if (_isStopped)
            return;
        _isStopped = true;
        // Nobody takes anything from one that is out, or waits for it.
        if (!Expelled.IsCompleted)
            await _drain.RunAsync(cancellationToken);
        await _host.StopAsync(Expelled.IsCompleted ? new CancellationToken(canceled: true) : cancellationToken);
    }

    /// <summary>Leaves the cluster, unless it has, and closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await DisposeAsync(_host);
    }

    private static void Configure(ISiloBuilder silo, VideoServiceOptions options, ClusterOptions cluster)
    {
        silo.Configure<Orleans.Configuration.ClusterOptions>(names =>
        {
            names.ClusterId = cluster.Name;
            names.ServiceId = cluster.Name;
        });
        silo.Configure<SiloOptions>(names => names.SiloName = cluster.SiloName);
        if (cluster.Database is { } database)
        {
            silo.ConfigureEndpoints(cluster.Address, cluster.SiloPort, cluster.GatewayPort, listenOnAnyHostAddress: true);
            silo.UseAdoNetClustering(ado => (ado.Invariant, ado.ConnectionString) = (Npgsql, database));
            silo.UseAdoNetReminderService(ado => (ado.Invariant, ado.ConnectionString) = (Npgsql, database));
            silo.AddAdoNetGrainStorage(Subscriptions, ado => (ado.Invariant, ado.ConnectionString) = (Npgsql, database));
            silo.AddPlayFair(options, cluster, committed => OpenDatabase(database, options, committed));
        }
        else
        {
            silo.UseLocalhostClustering(
                cluster.SiloPort, cluster.GatewayPort, new IPEndPoint(IPAddress.Loopback, cluster.SiloPort), cluster.Name,
                cluster.Name);
            silo.UseInMemoryReminderService();
            silo.AddMemoryGrainStorage(Subscriptions);
            silo.AddPlayFair(options, cluster, committed => OpenFile(options, committed));
        }
    }

    /// <summary>Leaves again if another silo of this one's name stays: nobody could tell them apart.</summary>
    private static async Task CheckNameAsync(IHost host, ClusterOptions cluster, CancellationToken cancellationToken)
    {
        SiloAddress own = host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
        SiloAddress? other = null;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_predecessorTimeout);
        try
        {
            await foreach (ClusterMembershipSnapshot members in host.Services
                .GetRequiredService<IClusterMembershipService>().MembershipUpdates.WithCancellation(patience.Token))
            {
                other = members.Members.Values
                    .FirstOrDefault(member => member.Name == cluster.SiloName && !member.SiloAddress.Equals(own)
                        && !member.Status.IsTerminating())?.SiloAddress;
                if (other is null)
                    return;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It is no predecessor that was killed: it lives.
        }

        await host.StopAsync(cancellationToken);
        throw new ClusterException(
            $"Silo '{cluster.SiloName}' cannot join cluster '{cluster.Name}': a silo of that name, at {other?.Endpoint}, takes part "
            + "already. Give this one another name.");
    }

    private static PostgresVideoStore OpenDatabase(
        string database, VideoServiceOptions options, Action<IReadOnlyList<StoredUpdate>> committed) =>
        PostgresVideoStore.Open(database, options.Store, committed);

    private static VideoStore OpenFile(
        VideoServiceOptions options, Action<IReadOnlyList<StoredUpdate>> committed) => VideoStore.Open(
            options.StorePath ?? throw new StoreException("A silo needs a store. Name a file for it, or a database."),
            options.Store, committed);

    private static async ValueTask DisposeAsync(IHost host)
    {
        if (host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
        else
            host.Dispose();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
