using PlayFair.Engine;

namespace PlayFair.Grains;

/// <inheritdoc/>
[OnSiloPlacement]
internal sealed class SiloGrain(SiloRuntime runtime) : Grain, ISiloGrain
{
    public Task FlushStatisticsAsync() => runtime.Accumulator.SendAsync();

    public async Task GiveAsync(SiloAddress target, double cores)
    {
        double left = cores;
        var moving = new List<Task>();
        // The largest first: fewest are interrupted.
        foreach (HostedVideo video in runtime.Host.Videos.Values.OrderByDescending(video => VideoCost.Of(video.Definition)))
        {
            double cost = VideoCost.Of(video.Definition);
            if (cost > left)
                continue;
            left -= cost;
            moving.Add(GrainFactory.GetGrain<IVideoGrain>(video.Definition.Id).MoveAsync(target));
        }

        await Task.WhenAll(moving);
    }
}
