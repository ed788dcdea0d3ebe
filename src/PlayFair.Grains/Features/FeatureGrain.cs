using Orleans.Concurrency;

namespace PlayFair.Grains;

/// <inheritdoc/>
/// <remarks>
/// One worker at each silo, before the silo's one batcher for the model and its device. Reentrant: frames of all videos
/// wait here side by side for their batch; a call keeps nothing in the grain.
/// </remarks>
[StatelessWorker(maxLocalWorkers: 1)]
[Reentrant]
internal sealed class FeatureGrain(FrameTable frames) : Grain, IFeatureGrain
{
    public async Task<FrameFeatures> ExtractAsync(long frame) => new(await frames.ExtractAsync(frame));
}
