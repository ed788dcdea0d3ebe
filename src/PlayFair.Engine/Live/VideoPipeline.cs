using System.Diagnostics;
using System.Threading.Channels;
using PlayFair.Video;

namespace PlayFair.Engine;

/// <summary>Where a video's updates go, in order.</summary>
public interface IUpdateSink
{
    /// <summary>Takes an update, and the frames that left before it; until it has, the pipeline waits.</summary>
    ValueTask TakeAsync(WindowStep move, CancellationToken cancellationToken);

    /// <summary>Takes a frame that the window has seen; the sink owns its pixels from here on.</summary>
    void Keep(VideoFrame frame);

    /// <summary>Takes the tracks of the frames that were in the window when the video ended.</summary>
    ValueTask FinishAsync(IReadOnlyList<Contracts.FrameTrack> tracks, CancellationToken cancellationToken);
}

/// <summary>One video's stages, the same in one process and in a cluster: frames → features → window → sink.</summary>
/// <param name="video">The video's id, for what is measured.</param>
/// <param name="source">The frames; disposed of by its owner.</param>
/// <param name="features">What turns them into features.</param>
/// <param name="window">The video's window.</param>
/// <param name="sink">Where updates go.</param>
/// <param name="cores">Shared by all videos: who holds one may compute values.</param>
/// <param name="governor">Lowers the quality of a live source that comes too fast; null: what comes waits.</param>
/// <remarks>
/// Stages are joined by a bounded queue, so that features of the next frames are computed while values are. What fills it
/// fills up the source's own queue, which waits (files) or drops (live).
/// </remarks>
public sealed class VideoPipeline(
    string video,
    IFrameSource source,
    IFeatureSource features,
    VideoWindow window,
    IUpdateSink sink,
    SemaphoreSlim cores,
    QualityGovernor? governor = null,
    TimeProvider? time = null)
{
    /// <summary>Frames between the stages. Live frames are better dropped by the source than made old here.</summary>
    private const int LiveQueueLength = 2;

    private const int FileQueueLength = 16;

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly KeyValuePair<string, object?> _tag = LiveMetrics.Video(video);
    private readonly Channel<Pending> _queue = Channel.CreateBounded<Pending>(
        new BoundedChannelOptions(source.IsLive ? LiveQueueLength : FileQueueLength)
        {
            SingleReader = true,
            SingleWriter = true,
            FullMode = BoundedChannelFullMode.Wait,
        });

    private long _decodedCount;
    private long _droppedCount;

    /// <summary>Runs until the source has ended, and all it gave has been attributed.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task ingesting = IngestAsync(stopping.Token);
        try
        {
            await AttributeAsync(stopping.Token);
        }
        finally
        {
            await stopping.CancelAsync();
            await ingesting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await DiscardAsync();
        }

        await ingesting;
    }

    private async Task IngestAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (SourceFrame frame in source.ReadAsync(cancellationToken))
            {
                LiveMetrics.SampledFrames.Add(1, _tag);
                Task<float[]> extracting = features.ExtractAsync(frame.Frame, cancellationToken);
                var pending = new Pending(frame, extracting);
                try
                {
                    await _queue.Writer.WriteAsync(pending, cancellationToken);
                }
                catch (OperationCanceledException)
                {
                    await pending.DiscardAsync();
                    throw;
                }
            }

            _queue.Writer.Complete();
        }
#pragma warning disable CA1031 // It travels to the stage that reads, which throws it.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _queue.Writer.Complete(failure);
        }
    }

    private async Task AttributeAsync(CancellationToken cancellationToken)
    {
        await foreach (Pending pending in _queue.Reader.ReadAllAsync(cancellationToken))
        {
            SourceFrame frame = pending.Frame;
            float[] values;
            try
            {
                values = await pending.Features;
            }
            catch
            {
                frame.Frame.Dispose();
                throw;
            }

            TimeSpan featureTime = _time.GetElapsedTime(frame.ArrivalTimestamp);
            LiveMetrics.StageDuration.Record(frame.DecodeTime.TotalSeconds, LiveMetrics.Stage("decode"));
            LiveMetrics.StageDuration.Record(featureTime.TotalSeconds, LiveMetrics.Stage("features"));
            sink.Keep(frame.Frame);
            Count();
            WindowStep? step = await ComputeAsync(
                () => window.Push(frame, values, featureTime, source.RateHz, source.DroppedCount), cancellationToken);
            if (step is not null)
                await SinkAsync(step, cancellationToken);
        }

        (WindowStep? last, IReadOnlyList<Contracts.FrameTrack> tracks) = await ComputeAsync(
            () => window.Finish(source.RateHz, source.DroppedCount), cancellationToken);
        if (last is not null)
            await SinkAsync(last, cancellationToken);
        await sink.FinishAsync(tracks, cancellationToken);
    }

    private async Task<T> ComputeAsync<T>(Func<T> compute, CancellationToken cancellationToken)
    {
        await cores.WaitAsync(cancellationToken);
        TimeSpan start = ThreadCpu.Now;
        try
        {
            T result = compute();
            LiveMetrics.StageCpu.Add((ThreadCpu.Now - start).TotalSeconds, LiveMetrics.Stage("head"));
            return result;
        }
        finally
        {
            cores.Release();
        }
    }

    private async Task SinkAsync(WindowStep step, CancellationToken cancellationToken)
    {
        using Activity? activity = LiveMetrics.Activities.StartActivity("update");
        activity?.SetTag("video", video).SetTag("sequence", step.Update.Sequence);
        LiveMetrics.StageDuration.Record(
            step.Update.Timings.Attribution / 1000, LiveMetrics.Stage("attribution"));
        await sink.TakeAsync(step, cancellationToken);
        if (governor?.Observe(TimeSpan.FromMilliseconds(step.Update.Timings.Total), source.DroppedCount) == true)
        {
            window.ChangeSamples(governor.Quality.Samples);
            source.RateHz = governor.Quality.RateHz;
        }
    }

    private void Count()
    {
        long decoded = source.DecodedCount, dropped = source.DroppedCount;
        LiveMetrics.DecodedFrames.Add(decoded - _decodedCount, _tag);
        LiveMetrics.DroppedFrames.Add(dropped - _droppedCount, _tag);
        (_decodedCount, _droppedCount) = (decoded, dropped);
    }

    private async Task DiscardAsync()
    {
        while (_queue.Reader.TryRead(out Pending? pending))
            await pending.DiscardAsync();
    }

    private sealed record Pending(SourceFrame Frame, Task<float[]> Features)
    {
        public async Task DiscardAsync()
        {
            // Until then the batcher may still read the pixels.
            await ((Task)Features).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Frame.Frame.Dispose();
        }
    }
}
