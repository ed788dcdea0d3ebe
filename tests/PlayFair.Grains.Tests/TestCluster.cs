using System.Runtime.CompilerServices;
using Orleans.TestingHost;
using PlayFair.Engine;
using PlayFair.Grains.Bench;

namespace PlayFair.Grains.Tests;

/// <summary>Silos in this process that share a store, with an in-memory membership.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly List<Task> _ending = [];

    private TestCluster(InProcessTestCluster cluster, SharedStore store, StoreFaults storeFaults, NetworkFaults network)
    {
        Cluster = cluster;
        Store = store;
        StoreFaults = storeFaults;
        Network = network;
    }

    public IReadOnlyList<InProcessSiloHandle> Silos => [.. Cluster.GetActiveSilos()];

    /// <summary>What all silos store, as it is.</summary>
    public SharedStore Store { get; }

    /// <summary>The store as silos see it.</summary>
    public StoreFaults StoreFaults { get; }

    public NetworkFaults Network { get; }

    public InProcessTestCluster Cluster { get; }

    /// <param name="configure">Changes what a silo, by its place, is told.</param>
    public static async Task<TestCluster> StartAsync(
        int silos, VideoServiceOptions options, Func<int, ClusterOptions, ClusterOptions>? configure = null)
    {
        var store = new SharedStore(VideoStore.Open(options.StorePath!, options.Store, SharedStore.Forward(out var listeners)), listeners);
        var storeFaults = new StoreFaults();
        var network = new NetworkFaults();
        var builder = new InProcessTestClusterBuilder((short)silos);
        // Silos find grains as they do outside of tests.
        UseTestClusterGrainDirectory(builder.Options, false);
        builder.Options.ConfigureFileLogging = false;
        builder.Options.InitializeClientOnDeploy = false;
        int last = -1;
        builder.ConfigureSilo((its, silo) =>
        {
            int place = Interlocked.Increment(ref last);
            var cluster = new ClusterOptions
            {
                // The host's own names come again.
                SiloName = $"silo {place}",
                CapacityCores = 2,
                DrainTimeout = TimeSpan.FromSeconds(10),
            };
            cluster = configure?.Invoke(place, cluster) ?? cluster;
            silo.AddMemoryGrainStorage("PubSubStore").UseInMemoryReminderService();
            silo.AddPlayFair(options, cluster, committed => storeFaults.Over(store.Open(committed)));
            network.Configure(silo, its.SiloPort);
        });
        InProcessTestCluster cluster = builder.Build();
        await cluster.DeployAsync();
        return new TestCluster(cluster, store, storeFaults, network);
    }

    public static IVideoService ServiceOf(InProcessSiloHandle silo) =>
        silo.ServiceProvider.GetRequiredService<ClusterVideoService>();

    /// <summary>What the cluster calls a silo.</summary>
    public static string NameOf(InProcessSiloHandle silo) =>
        silo.ServiceProvider.GetRequiredService<ClusterOptions>().SiloName;

    /// <summary>The part of the catalog that a video is in.</summary>
    public static ICatalogGrain CatalogShardOf(InProcessSiloHandle asked, string id) =>
        asked.ServiceProvider.GetRequiredService<CatalogShards>().Of(id);

    /// <summary>Ids of the videos that run at a silo.</summary>
    public static IReadOnlyCollection<string> VideosOf(InProcessSiloHandle silo) =>
        [.. silo.ServiceProvider.GetRequiredService<SiloRuntime>().Host.Videos.Keys];

    /// <summary>The silo where a grain is active.</summary>
    public async Task<InProcessSiloHandle> SiloOfAsync(IAddressable grain)
    {
        IGrainFactory grains = Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>();
        SiloAddress address = await grains.GetGrain<IManagementGrain>(0).GetActivationAddress(grain);
        return Silos.Single(silo => silo.SiloAddress.Equals(address));
    }

    /// <summary>Ends a silo without a word to anybody.</summary>
    public async Task KillAsync(InProcessSiloHandle silo)
    {
        await Cluster.KillSiloAsync(silo);
        End(silo);
    }

    /// <summary>Ends a silo as <see cref="PlayFairSilo.StopAsync"/> does.</summary>
    public async Task StopAsync(InProcessSiloHandle silo, CancellationToken cancellationToken)
    {
        await silo.ServiceProvider.GetRequiredService<SiloDrain>().RunAsync(cancellationToken);
        await Cluster.StopSiloAsync(silo);
        End(silo);
    }

    /// <summary>Starts silos until there are so many.</summary>
    public async Task GrowAsync(int count)
    {
        while (Silos.Count < count)
            await Cluster.StartAdditionalSiloAsync();
    }

    public async ValueTask DisposeAsync()
    {
        StoreFaults.BringBack();
        InProcessSiloHandle[] last = [.. Cluster.Silos];
        await Cluster.StopAllSilosAsync();
        Array.ForEach(last, End);
        await Cluster.DisposeAsync();
        await Task.WhenAll(_ending);
        await Store.CloseAsync();
    }

    /// <summary>Orleans' stopping leaves a silo's services as they are; a process would take them along.</summary>
    private void End(InProcessSiloHandle silo) =>
        _ending.Add(Task.Run(async () => await ((IAsyncDisposable)silo.SiloHost).DisposeAsync()));

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_UseTestClusterGrainDirectory")]
    private static extern void UseTestClusterGrainDirectory(InProcessTestClusterOptions options, bool value);
}
