using PlayFair.Engine;

namespace PlayFair.Grains;

/// <inheritdoc/>
[OnSiloPlacement]
internal sealed class SiloGrain(SiloRuntime runtime) : Grain, ISiloGrain
{
    /// <summary>Told to go, and still here.</summary>
    private readonly HashSet<HostedVideo> _leaving = [];

    public Task FlushStatisticsAsync() => runtime.Accumulator.SendAsync();

    public async Task GiveAsync(SiloAddress target, double keep)
    {
        _leaving.IntersectWith(runtime.Host.Videos.Values);
        HostedVideo[] given =
        [
            .. SiloBalance.Choose(
                runtime.Host.Videos.Values.Where(video => !_leaving.Contains(video))
                    .Select(video => (video, VideoCost.Of(video.Definition))),
                keep),
        ];
        _leaving.UnionWith(given);
        await Task.WhenAll(given.Select(
            video => GrainFactory.GetGrain<IVideoGrain>(video.Definition.Id).MoveAsync(runtime.Address, target)));
    }
}
