using System.Collections.Concurrent;
using PlayFair.Engine;
using PlayFair.Video;

namespace PlayFair.Grains;

/// <summary>This silo's frames whose features are to be computed, by number: grain calls carry the number.</summary>
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
            return (await grain.ExtractAsync(number).WaitAsync(cancellationToken)).Values;
        }
        finally
        {
            // The caller may let go of the frame only when the batcher has read it, however the call has ended.
            if (!_frames.TryRemove(number, out _))
                await ((Task)await entry.Extracting.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What the grain does.</summary>
    /// <exception cref="InvalidOperationException">There is no such frame here.</exception>
    public Task<float[]> ExtractAsync(long number)
    {
        if (!_frames.TryRemove(number, out Entry? entry))
            throw new InvalidOperationException($"Frame {number} is not at this silo.");
        Task<float[]> extracting = entry.Lane.ExtractAsync(entry.Frame, entry.CancellationToken);
        entry.Extracting.SetResult(extracting);
        return extracting;
    }

    private sealed class Entry(IFeatureSource lane, VideoFrame frame, CancellationToken cancellationToken)
    {
        public IFeatureSource Lane { get; } = lane;

        public VideoFrame Frame { get; } = frame;

        public CancellationToken CancellationToken { get; } = cancellationToken;

        /// <summary>Set by who takes the entry out of the table.</summary>
        public TaskCompletionSource<Task<float[]>> Extracting { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>A video's features, by way of its model's grain at this silo.</summary>
internal sealed class GrainFeatureSource(FrameTable frames, IFeatureGrain grain, IFeatureSource lane) : IFeatureSource
{
    public Task<float[]> ExtractAsync(VideoFrame frame, CancellationToken cancellationToken) =>
        frames.ExtractAsync(grain, lane, frame, cancellationToken);
}
