using Orleans.Configuration;
using Orleans.Runtime.MembershipService.SiloMetadata;
using PlayFair.Engine;

namespace PlayFair.Grains;

/// <summary>Makes an Orleans silo one that runs videos.</summary>
internal static class SiloBuilderExtensions
{
    /// <summary>How often a silo looks for updates in the stream's queues: what the stream adds to an update's way.</summary>
    private static readonly TimeSpan s_pull = TimeSpan.FromMilliseconds(10);

    /// <summary>Queues that all video streams share; the same at all silos.</summary>
    private const int QueueCount = 8;

    /// <summary>
    /// Adds the grains and what they need, besides the provider of streams called <see cref="SiloRuntime.Updates"/> (a
    /// memory provider, unless one is there), storage called PubSubStore, and reminders.
    /// </summary>
    public static ISiloBuilder AddPlayFair(
        this ISiloBuilder silo, VideoServiceOptions options, ClusterOptions cluster, OpenStore openStore)
    {
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        if (cluster.Accelerator is { } accelerator)
            metadata.Add(AcceleratorFilter.Key, accelerator);
        silo.UseSiloMetadata(metadata);
        if (!silo.Services.Any(service => SiloRuntime.Updates.Equals(service.ServiceKey)))
        {
            silo.AddMemoryStreams(SiloRuntime.Updates, streams =>
            {
                streams.ConfigurePartitioning(QueueCount);
                streams.ConfigurePullingAgent(agent => agent.Configure(pull =>
                {
                    pull.GetQueueMsgsTimerPeriod = s_pull;
                    // A silo that is gone delays its own subscribers only, and what they miss is in the store.
                    pull.MaxEventDeliveryTime = TimeSpan.FromSeconds(5);
                }));
            });
        }

        silo.Services
            .AddSingleton(options).AddSingleton(cluster).AddSingleton(openStore)
            .AddSingleton<SiloLoads>().AddSingleton<CatalogShards>().AddSingleton<FrameTable>().AddSingleton<SiloRuntime>().AddSingleton<VideoPlaces>()
            .AddSingleton<FollowedVideos>().AddSingleton<ClusterVideoService>().AddSingleton<SiloReporter>()
            .AddSingleton<SiloDrain>().AddSingleton<Expulsion>()
            .AddSingleton<IFatalErrorHandler>(services => services.GetRequiredService<Expulsion>())
            .AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services => services.GetRequiredService<SiloReporter>())
            .AddSingleton<ILifecycleParticipant<ISiloLifecycle>, MembershipLog>()
            .AddPlacementFilter<AcceleratorFilter, AcceleratorFilterDirector>(ServiceLifetime.Singleton);
        silo.Services.AddPlacementDirector<VideoPlacement, VideoPlacementDirector>();
        silo.Services.AddPlacementDirector<OnSiloPlacement, OnSiloPlacementDirector>();
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            // A silo that is killed is found dead within five seconds, so that its videos run elsewhere within fifteen.
            membership.ProbeTimeout = TimeSpan.FromSeconds(1);
            membership.NumMissedProbesLimit = 3;
            // Silos that ask others for a probe give up as soon as those do: one that hangs, rather than refuses, would
            // never be found dead.
            membership.EnableIndirectProbes = false;
            membership.TableRefreshTimeout = TimeSpan.FromSeconds(10);
            membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
            membership.DefunctSiloExpiration = TimeSpan.FromHours(1);
        });
        silo.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(15));
        return silo;
    }
}
