using PlayFair.Engine;
using PlayFair.Engine.Tests;

namespace PlayFair.Grains.Tests;

/// <summary>The contract, kept by a cluster of three silos: asked of one, while any of them runs the videos.</summary>
public sealed class ClusterVideoServiceTests : VideoServiceContract
{
    private TestCluster? _cluster;

    protected override async Task<IVideoService> StartAsync(int maxVideos, int maxSubscribers)
    {
        _cluster = await TestCluster.StartAsync(3, new VideoServiceOptions
        {
            Models = [Model],
            StorePath = Path.Combine(Folder, "playfair.db"),
            MaxVideos = maxVideos,
            MaxSubscribers = maxSubscribers,
        });
        return TestCluster.ServiceOf(_cluster.Silos[0]);
    }

    protected override async Task StopAsync() => await _cluster!.DisposeAsync();
}
