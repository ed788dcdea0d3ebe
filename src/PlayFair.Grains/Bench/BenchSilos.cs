using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using PlayFair.Engine;

namespace PlayFair.Grains.Bench;

/// <summary>Silos in this process, over real sockets, on one store.</summary>
internal sealed class BenchSilos : IAsyncDisposable
{
    private readonly List<IHost> _hosts = [];
    private readonly VideoStore _store;
    private readonly SharedStore _shared;

    private BenchSilos(VideoServiceOptions options)
    {
        _store = VideoStore.Open(options.StorePath!, options.Store, SharedStore.Forward(out var listeners));
        _shared = new SharedStore(_store, listeners);
    }

    /// <summary>The services of each silo.</summary>
    public IReadOnlyList<IServiceProvider> Silos => _hosts.ConvertAll(host => host.Services);

    public static async Task<BenchSilos> StartAsync(
        int count, VideoServiceOptions options, CancellationToken cancellationToken)
    {
        var silos = new BenchSilos(options);
        string name = $"bench-{Guid.NewGuid():N}";
        int[] ports = FreePorts(count);
        for (int i = 0; i < count; i++)
        {
            int port = ports[i];
            var cluster = new ClusterOptions { Name = name, SiloName = $"silo{i}", SiloPort = port, CapacityCores = 1 };
            var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
            builder.UseOrleans(silo =>
            {
                silo.UseLocalhostClustering(port, gatewayPort: 0, new IPEndPoint(IPAddress.Loopback, ports[0]), name, name);
                silo.Configure<SiloOptions>(names => names.SiloName = cluster.SiloName);
                silo.UseInMemoryReminderService().AddMemoryGrainStorage("PubSubStore");
                silo.AddPlayFair(options, cluster, silos._shared.Open);
            });
            IHost host = builder.Build();
            silos._hosts.Add(host);
            await host.StartAsync(cancellationToken);
        }

        return silos;
    }

    public IVideoService Service(int silo) => Silos[silo].GetRequiredService<ClusterVideoService>();

    public async ValueTask DisposeAsync()
    {
        foreach (IHost host in Enumerable.Reverse(_hosts))
        {
            await host.StopAsync();
            await ((IAsyncDisposable)host).DisposeAsync();
        }

        await _store.DisposeAsync();
    }

    private static int[] FreePorts(int count)
    {
        Socket[] sockets = [.. Enumerable.Range(0, count).Select(_ => new Socket(SocketType.Stream, ProtocolType.Tcp))];
        try
        {
            return Array.ConvertAll(sockets, socket =>
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                return ((IPEndPoint)socket.LocalEndPoint!).Port;
            });
        }
        finally
        {
            Array.ForEach(sockets, socket => socket.Dispose());
        }
    }
}
