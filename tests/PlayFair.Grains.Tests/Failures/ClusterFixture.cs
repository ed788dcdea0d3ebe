using PlayFair.Contracts;
using PlayFair.Engine;
using PlayFair.Engine.Tests;
using PlayFair.Grains.Bench;
using PlayFair.Models;

namespace PlayFair.Grains.Tests.Failures;

/// <summary>Three silos for the tests of a class, one test after the other; a test that ends a silo has another started.</summary>
public sealed class ClusterFixture(Footage footage) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("playfair failures ").FullName;

    internal TestCluster Cluster { get; private set; } = null!;

    internal static ModelPackage Model { get; } = ModelPackage.Load(ShippedModels.Folder("moves-trn"));

    public async ValueTask InitializeAsync() => Cluster = await StartAsync();

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A cluster whose silos keep few updates in memory, and do not move videos for evenness' sake.</summary>
    internal Task<TestCluster> StartAsync(
        int silos = 3, Func<ClusterOptions, ClusterOptions>? configure = null, string store = "playfair.db") =>
        TestCluster.StartAsync(
            silos,
            new VideoServiceOptions
            {
                Models = [Model],
                StorePath = Path.Combine(_folder, store),
                RecentUpdates = 32,
                Features = new NullFeatures(Model.Backbone.FeatureSize),
            },
            (_, cluster) =>
            {
                cluster = cluster with { BalanceInterval = TimeSpan.FromHours(1) };
                return configure?.Invoke(cluster) ?? cluster;
            });

    /// <summary>A file that is read again and again, 30 updates a second.</summary>
    internal VideoDefinition File(string id) => new()
    {
        Id = id,
        Source = footage.Make(
            "looped.mp4", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=30,trim=end_frame=120", "-c:v", "mpeg4", "-q:v", "3"),
        RateHz = 30,
        Window = 3,
        Loop = true,
        Classes = ["top1"],
    };

    /// <summary>A camera, 30 updates a second.</summary>
    internal static VideoDefinition Camera(string id) => new()
    {
        Id = id,
        Source = "synthetic:1?fps=30",
        RateHz = 30,
        Window = 3,
        Classes = ["top1"],
    };
}
