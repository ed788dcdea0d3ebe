using System.Collections.Concurrent;
using PlayFair.Engine;
using PlayFair.Video;

namespace PlayFair.Grains;

/// <summary>This silo's frames whose features are to be computed, by number: grain calls carry the number.</summary>
internal sealed class FrameTable
{
    /// <summary>
    /// How long the grain may take to be called. Orleans forgets where it is when a silo goes, and then asks its directory, a
    /// part of which may be at a silo that hangs or has died.
    /// </summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<long, Entry> _frames = new();
    private long _last;

    /// <summary>Features of a frame, by way of the model's grain; without it where it cannot be called.</summary>
    /// <param name="lane">The video's place before the batcher.</param>
    public async Task<float[]> ExtractAsync(
        IFeatureGrain grain, IFeatureSource lane, VideoFrame frame, CancellationToken cancellationToken)
    {
        long number = Interlocked.Increment(ref _last);
        var entry = new Entry(lane, frame, cancellationToken);
        _frames[number] = entry;
        _ = CallAsync(grain, number);
        await ((Task)entry.Extracting.Task.WaitAsync(s_patience, cancellationToken))
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_frames.TryRemove(number, out _))
            return await Extract(entry);
        // The caller may let go of the frame only when the batcher has read it, however the call ends.
        return await await entry.Extracting.Task;
    }

    /// <summary>What the grain does.</summary>
    /// <exception cref="InvalidOperationException">There is no such frame here.</exception>
    public Task<float[]> ExtractAsync(long number)
    {
        if (!_frames.TryRemove(number, out Entry? entry))
            throw new InvalidOperationException($"Frame {number} is not at this silo.");
        return Extract(entry);
    }

    /// <summary>What comes of it is in the frame's entry, and a call that fails leaves that where it was.</summary>
    private static async Task CallAsync(IFeatureGrain grain, long number) =>
        await ((Task)grain.ExtractAsync(number)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static Task<float[]> Extract(Entry entry)
    {
        Task<float[]> extracting = ExtractAsync();
        entry.Extracting.SetResult(extracting);
        return extracting;

        async Task<float[]> ExtractAsync() => await entry.Lane.ExtractAsync(entry.Frame, entry.CancellationToken);
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
