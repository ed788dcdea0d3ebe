using System.Collections.Concurrent;
using PlayFair.Engine;
using PlayFair.Video;

namespace PlayFair.Grains;

/// <summary>This silo's frames whose features are asked for, by number: grain calls carry the number.</summary>
internal sealed class FrameTable
{
    private readonly ConcurrentDictionary<long, Entry> _frames = new();
    private long _last;

    /// <summary>Features of a frame, by way of the model's grain.</summary>
    /// <param name="lane">The video's place before the batcher.</param>
    public async Task<float[]> ExtractAsync(
        IFeatureGrain grain, IFeatureSource lane, VideoFrame frame, CancellationToken cancellationToken)
    {
        long number = Interlocked.Increment(ref _last);
        var entry = new Entry(lane, frame, cancellationToken);
        _frames[number] = entry;
        try
        {
            return (await grain.ExtractAsync(number)).Values;
        }
        finally
        {
            _frames.TryRemove(number, out _);
            // The caller may let go of the frame only when the batcher has read it, however the call has ended.
            if (entry.Extracting is { } extracting)
                await ((Task)extracting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What the grain does.</summary>
    /// <exception cref="InvalidOperationException">There is no such frame here.</exception>
    public Task<float[]> ExtractAsync(long number) => _frames.TryGetValue(number, out Entry? entry)
        ? entry.Extracting = entry.Lane.ExtractAsync(entry.Frame, entry.CancellationToken)
        : throw new InvalidOperationException($"Frame {number} is not at this silo.");

    private sealed class Entry(IFeatureSource lane, VideoFrame frame, CancellationToken cancellationToken)
    {
        public IFeatureSource Lane { get; } = lane;

        public VideoFrame Frame { get; } = frame;

        public CancellationToken CancellationToken { get; } = cancellationToken;

        public Task<float[]>? Extracting { get; set; }
    }
}

/// <summary>A video's features, by way of its model's grain at this silo.</summary>
internal sealed class GrainFeatureSource(FrameTable frames, IFeatureGrain grain, IFeatureSource lane) : IFeatureSource
{
    public Task<float[]> ExtractAsync(VideoFrame frame, CancellationToken cancellationToken) =>
        frames.ExtractAsync(grain, lane, frame, cancellationToken);
}
