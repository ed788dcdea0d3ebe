using Orleans.TestingHost;
using PlayFair.Engine;
using PlayFair.Grains.Bench;

namespace PlayFair.Grains.Tests;

/// <summary>Silos in this process that share a store, with an in-memory membership.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;
    private readonly SharedStore _store;

    private TestCluster(InProcessTestCluster cluster, SharedStore store)
    {
        _cluster = cluster;
        _store = store;
    }

    public IReadOnlyList<InProcessSiloHandle> Silos => [.. _cluster.GetActiveSilos()];

    public SharedStore Store => _store;

    public InProcessTestCluster Cluster => _cluster;

    /// <param name="configure">Changes what a silo, by its place, is told.</param>
    public static async Task<TestCluster> StartAsync(
        int silos, VideoServiceOptions options, Func<int, ClusterOptions, ClusterOptions>? configure = null)
    {
        var store = new SharedStore(VideoStore.Open(options.StorePath!, options.Store, SharedStore.Forward(out var listeners)), listeners);
        var builder = new InProcessTestClusterBuilder((short)silos);
        int place = -1;
        builder.ConfigureSilo((its, silo) =>
        {
            var cluster = new ClusterOptions
            {
                SiloName = its.SiloName,
                CapacityCores = 2,
                DrainTimeout = TimeSpan.FromSeconds(10),
            };
            cluster = configure?.Invoke(Interlocked.Increment(ref place), cluster) ?? cluster;
            silo.AddMemoryGrainStorage("PubSubStore").UseInMemoryReminderService();
            silo.AddPlayFair(options, cluster, store.Open);
        });
        InProcessTestCluster cluster = builder.Build();
        await cluster.DeployAsync();
        return new TestCluster(cluster, store);
    }

    public static IVideoService ServiceOf(InProcessSiloHandle silo) =>
        silo.ServiceProvider.GetRequiredService<ClusterVideoService>();

    public async ValueTask DisposeAsync()
    {
        await _cluster.StopAllSilosAsync();
        await _cluster.DisposeAsync();
        await _store.CloseAsync();
    }
}
