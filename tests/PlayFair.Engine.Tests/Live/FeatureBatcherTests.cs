using System.Collections.Concurrent;
using PlayFair.Inference;
using PlayFair.Video;

namespace PlayFair.Engine.Tests;

public sealed class FeatureBatcherTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<byte[]> _batches = new();
    private readonly SemaphoreSlim _gate = new(0);
    private readonly SemaphoreSlim _begun = new(0);

    public void Dispose()
    {
        _gate.Dispose();
        _begun.Dispose();
    }

    [Fact]
    public async Task Each_frame_gets_its_own_features()
    {
        await using var batcher = new FeatureBatcher(Echo, 1, maxBatchSize: 4, TimeSpan.Zero);
        IFeatureSource lane = batcher.OpenLane();
        float[][] features = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(i => lane.ExtractAsync(Frame((byte)i), CancellationToken.None)));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (float)i), features.Select(own => Assert.Single(own)));
        Assert.All(_batches, batch => Assert.InRange(batch.Length, 1, 4));
    }

    [Fact]
    public async Task Frames_that_come_while_a_batch_is_computed_share_the_next()
    {
        await using var batcher = new FeatureBatcher(Gated, 1, maxBatchSize: 8, TimeSpan.Zero);
        IFeatureSource lane = batcher.OpenLane();
        Task<float[]> first = lane.ExtractAsync(Frame(0), CancellationToken.None);
        Assert.True(await _begun.WaitAsync(s_patience));
        Task<float[]>[] others =
            [.. Enumerable.Range(1, 5).Select(i => lane.ExtractAsync(Frame((byte)i), CancellationToken.None))];

        _gate.Release(2);
        await Task.WhenAll([first, .. others]).WaitAsync(s_patience);
        Assert.Equal([[0], [1, 2, 3, 4, 5]], _batches);
    }

    [Fact]
    public async Task A_video_with_many_waiting_frames_does_not_hold_up_another()
    {
        await using var batcher = new FeatureBatcher(Gated, 1, maxBatchSize: 2, TimeSpan.Zero);
        IFeatureSource busy = batcher.OpenLane(), calm = batcher.OpenLane();
        Task<float[]> first = busy.ExtractAsync(Frame(0), CancellationToken.None);
        Assert.True(await _begun.WaitAsync(s_patience));
        Task<float[]>[] many =
            [.. Enumerable.Range(1, 20).Select(i => busy.ExtractAsync(Frame((byte)i), CancellationToken.None))];
        Task<float[]> single = calm.ExtractAsync(Frame(100), CancellationToken.None);

        _gate.Release(100);
        await Task.WhenAll([first, single, .. many]).WaitAsync(s_patience);
        Assert.Equal([1, 100], _batches.ElementAt(1));
    }

    [Fact]
    public async Task A_frame_waits_no_longer_than_the_delay_for_a_batch_to_fill()
    {
        await using var batcher = new FeatureBatcher(Echo, 1, maxBatchSize: 8, TimeSpan.FromMilliseconds(1));
        IFeatureSource lane = batcher.OpenLane();
        await lane.ExtractAsync(Frame(1), CancellationToken.None).WaitAsync(s_patience);
        Assert.Equal([[1]], _batches);
    }

    [Fact]
    public async Task A_full_batch_does_not_wait_for_the_delay()
    {
        await using var batcher = new FeatureBatcher(Echo, 1, maxBatchSize: 3, TimeSpan.FromHours(1));
        IFeatureSource lane = batcher.OpenLane();
        Task<float[]>[] all =
            [.. Enumerable.Range(0, 3).Select(i => lane.ExtractAsync(Frame((byte)i), CancellationToken.None))];
        await Task.WhenAll(all).WaitAsync(s_patience);
        Assert.Equal([[0, 1, 2]], _batches);
    }

    [Fact]
    public async Task A_frame_without_a_number_for_a_feature_fails_alone()
    {
        await using var batcher = new FeatureBatcher(Gated, 1, maxBatchSize: 8, TimeSpan.Zero);
        IFeatureSource lane = batcher.OpenLane();
        Task<float[]> first = lane.ExtractAsync(Frame(0), CancellationToken.None);
        Assert.True(await _begun.WaitAsync(s_patience));
        // 255 is no number to this backbone.
        Task<float[]> bad = lane.ExtractAsync(Frame(255), CancellationToken.None);
        Task<float[]> good = lane.ExtractAsync(Frame(7), CancellationToken.None);
        _gate.Release(100);

        var failure = await Assert.ThrowsAsync<InferenceException>(() => bad.WaitAsync(s_patience));
        Assert.Contains("frame 255 by NaN", failure.Message, StringComparison.Ordinal);
        Assert.Equal(7, Assert.Single(await good.WaitAsync(s_patience)));
        Assert.Equal(0, Assert.Single(await first));
    }

    [Fact]
    public async Task A_backbone_that_fails_fails_the_batch_and_is_asked_again_for_the_next()
    {
        int calls = 0;
        await using var batcher = new FeatureBatcher(
            (frames, features) =>
            {
                if (Interlocked.Increment(ref calls) == 1)
                    throw new InferenceException("out of memory", "memory", "Buy some.");
                Echo(frames, features);
            },
            1, maxBatchSize: 1, TimeSpan.Zero);
        IFeatureSource lane = batcher.OpenLane();
        await Assert.ThrowsAsync<InferenceException>(
            () => lane.ExtractAsync(Frame(1), CancellationToken.None).WaitAsync(s_patience));
        float[] features = await lane.ExtractAsync(Frame(2), CancellationToken.None).WaitAsync(s_patience);
        Assert.Equal(2, Assert.Single(features));
    }

    [Fact]
    public async Task A_cancelled_frame_is_left_out_and_ending_cancels_those_that_wait()
    {
        var batcher = new FeatureBatcher(Gated, 1, maxBatchSize: 1, TimeSpan.Zero);
        IFeatureSource lane = batcher.OpenLane();
        using var cancelling = new CancellationTokenSource();
        Task<float[]> first = lane.ExtractAsync(Frame(0), CancellationToken.None);
        Assert.True(await _begun.WaitAsync(s_patience));
        Task<float[]> cancelled = lane.ExtractAsync(Frame(1), cancelling.Token);
        Task<float[]> second = lane.ExtractAsync(Frame(2), CancellationToken.None);
        await cancelling.CancelAsync();
        _gate.Release(2);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(s_patience));
        await Task.WhenAll(first, second).WaitAsync(s_patience);
        Assert.Equal([[0], [2]], _batches);

        _gate.Release(1);
        await batcher.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => { _ = lane.ExtractAsync(Frame(3), CancellationToken.None); });
    }

    private void Echo(ReadOnlySpan<ReadOnlyMemory<byte>> frames, Memory<float> features)
    {
        var batch = new byte[frames.Length];
        for (int i = 0; i < frames.Length; i++)
        {
            batch[i] = frames[i].Span[0];
            features.Span[i] = batch[i] == 255 ? float.NaN : batch[i];
        }

        _batches.Enqueue(batch);
    }

    private void Gated(ReadOnlySpan<ReadOnlyMemory<byte>> frames, Memory<float> features)
    {
        _begun.Release();
        Assert.True(_gate.Wait(s_patience));
        Echo(frames, features);
    }

    private static VideoFrame Frame(byte value) => VideoFrame.Copy(value, TimeSpan.Zero, [value]);
}
