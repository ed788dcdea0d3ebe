using PlayFair.Engine;

namespace PlayFair.Grains;

/// <summary>Gives a silo's videos to the others before it stops.</summary>
internal sealed class SiloDrain(
    SiloRuntime runtime, SiloReporter reporter, SiloLoads loads, ISiloStatusOracle silos, IGrainFactory grains,
    ILogger<SiloDrain> log)
{
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(50);

    public bool IsLeaving => reporter.IsLeaving;

    /// <summary>Ends when no video runs here, no other silo is left, or after <see cref="ClusterOptions.DrainTimeout"/>.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // From now on placement goes elsewhere.
        reporter.IsLeaving = true;
        await reporter.ReportAsync();
        using var timer = new CancellationTokenSource(runtime.Cluster.DrainTimeout, runtime.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            await Task.WhenAll(runtime.Host.Videos.Values.Select(video => MoveAsync(video, both.Token)));
        }
        catch (OperationCanceledException)
        {
            log.LogWarning("{Count} videos still run here: others take them over once this silo is gone", runtime.Host.Videos.Count);
        }
    }

    private async Task MoveAsync(HostedVideo video, CancellationToken cancellationToken)
    {
        string id = video.Definition.Id;
        while (runtime.Host.Videos.ContainsKey(id))
        {
            SiloAddress[] others =
            [
                .. silos.GetActiveSilos().Where(
                    silo => !silo.Equals(runtime.Address) && loads.Of(silo) is not { IsLeaving: true }),
            ];
            if (others.Length == 0)
                return;
            try
            {
                await grains.GetGrain<IVideoGrain>(id)
                    .MoveAsync(runtime.Address, loads.Place(others, VideoCost.Of(video.Definition)))
                    .WaitAsync(cancellationToken);
            }
            catch (Exception failure) when (ClusterFailure.Is(failure))
            {
                log.LogWarning("Video {Video} cannot be moved yet: {Reason}", id, ClusterFailure.ReasonOf(failure));
            }

            // The grain leaves after its answer; asking it again would be answered where it then is.
            for (int i = 0; i < 100 && runtime.Host.Videos.ContainsKey(id); i++)
                await Task.Delay(s_step, runtime.Time, cancellationToken);
        }
    }
}
