using PlayFair.Inference;
using PlayFair.Video;

namespace PlayFair.Engine;

/// <summary>Computes features: [n] frames, each [height × width × 3] bytes, to [n × D] floats, row-major.</summary>
public delegate void ExtractFeatures(ReadOnlySpan<ReadOnlyMemory<byte>> frames, Memory<float> features);

/// <summary>Computes the features of many videos' frames by one backbone, in batches.</summary>
/// <remarks>
/// Videos take turns: a batch takes one frame of each that waits, then a second of each, so that a video with many
/// waiting frames delays nobody else's. A batch begins when it is full, or when its first frame has waited for
/// the longest delay; while one is computed the next gathers.
/// </remarks>
public sealed class FeatureBatcher : IAsyncDisposable
{
    private readonly ExtractFeatures _extract;
    private readonly int _featureSize;
    private readonly int _maxBatchSize;
    private readonly TimeSpan _maxDelay;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private readonly Lock _lock = new();

    /// <summary>Lanes with waiting frames, in the order of their turns.</summary>
    private readonly Queue<Lane> _turns = new();
    private readonly SemaphoreSlim _arrived = new(0, 1);
    private readonly SemaphoreSlim _filled = new(0, 1);
    private int _waitingCount;

    /// <param name="extract">The backbone; called by one thread at a time.</param>
    /// <param name="featureSize">D.</param>
    /// <param name="maxBatchSize">The most frames in a batch, at least 1.</param>
    /// <param name="maxDelay">How long a frame may wait for others; zero: not at all.</param>
    /// <param name="time">What the delay is measured by.</param>
    public FeatureBatcher(
        ExtractFeatures extract, int featureSize, int maxBatchSize, TimeSpan maxDelay, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(extract);
        ArgumentOutOfRangeException.ThrowIfLessThan(featureSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxDelay, TimeSpan.Zero);
        _extract = extract;
        _featureSize = featureSize;
        _maxBatchSize = maxBatchSize;
        _maxDelay = maxDelay;
        _time = time ?? TimeProvider.System;
        _running = Task.Run(RunAsync);
    }

    /// <summary>A place in the round for one video.</summary>
    public IFeatureSource OpenLane() => new Lane(this);

    /// <summary>Ends; frames that still wait fail as cancelled.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var batch = new List<Request>(_maxBatchSize);
        try
        {
            while (true)
            {
                await _arrived.WaitAsync(_stopping.Token);
                if (_maxDelay > TimeSpan.Zero && _maxBatchSize > 1)
                    await WaitUntilFullAsync();
                // One signal may stand for several frames: the round ends when none waits.
                while (Take(batch))
                {
                    LiveMetrics.BatchSize.Record(batch.Count);
                    Compute(batch);
                    batch.Clear();
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            while (Take(batch))
            {
                foreach (Request request in batch)
                    request.Completion.TrySetCanceled(_stopping.Token);
                batch.Clear();
            }
        }
    }

    private async Task WaitUntilFullAsync()
    {
        using var delay = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        Task filled = _filled.WaitAsync(delay.Token);
        await Task.WhenAny(filled, Task.Delay(_maxDelay, _time, delay.Token));
        await delay.CancelAsync();
        await filled.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private bool Take(List<Request> batch)
    {
        lock (_lock)
        {
            while (batch.Count < _maxBatchSize && _turns.TryDequeue(out Lane? lane))
            {
                Request request = lane.Waiting.Dequeue();
                _waitingCount--;
                if (lane.Waiting.Count > 0)
                    _turns.Enqueue(lane);
                if (!request.CancellationToken.IsCancellationRequested)
                    batch.Add(request);
                else
                    request.Completion.TrySetCanceled(request.CancellationToken);
            }

            return batch.Count > 0;
        }
    }

    private void Compute(List<Request> batch)
    {
        var features = new float[batch.Count * _featureSize];
        TimeSpan start = ThreadCpu.Now;
        try
        {
            _extract(batch.ConvertAll(request => request.Frame.Pixels).ToArray(), features);
        }
#pragma warning disable CA1031 // Whatever it is, it is these frames' owners' to handle; the others go on.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            foreach (Request request in batch)
                request.Completion.TrySetException(failure);
            return;
        }

        LiveMetrics.StageCpu.Add((ThreadCpu.Now - start).TotalSeconds, LiveMetrics.Stage("backbone"));
        for (int i = 0; i < batch.Count; i++)
        {
            float[] own = features.AsSpan(i * _featureSize, _featureSize).ToArray();
            int wrong = Array.FindIndex(own, value => !float.IsFinite(value));
            if (wrong < 0)
            {
                batch[i].Completion.TrySetResult(own);
                continue;
            }

            batch[i].Completion.TrySetException(new InferenceException(
                $"The backbone describes frame {batch[i].Frame.Index} by {own[wrong]}",
                "finite numbers",
                "Restore the model package's files, or export them again."));
        }
    }

    private void Enqueue(Lane lane, Request request)
    {
        bool isFull;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
            lane.Waiting.Enqueue(request);
            if (lane.Waiting.Count == 1)
                _turns.Enqueue(lane);
            isFull = ++_waitingCount >= _maxBatchSize;
            Signal(_arrived);
            if (isFull)
                Signal(_filled);
        }
    }

    private static void Signal(SemaphoreSlim signal)
    {
        if (signal.CurrentCount == 0)
            signal.Release();
    }

    private sealed class Lane(FeatureBatcher batcher) : IFeatureSource
    {
        public Queue<Request> Waiting { get; } = new();

        public Task<float[]> ExtractAsync(VideoFrame frame, CancellationToken cancellationToken)
        {
            var request = new Request(
                frame, new TaskCompletionSource<float[]>(TaskCreationOptions.RunContinuationsAsynchronously),
                cancellationToken);
            batcher.Enqueue(this, request);
            return request.Completion.Task;
        }
    }

    /// <param name="CancellationToken">Looked at until the frame is in a batch: then it is read, and must stay.</param>
    private sealed record Request(
        VideoFrame Frame, TaskCompletionSource<float[]> Completion, CancellationToken CancellationToken);
}
