using System.Runtime.CompilerServices;
using PlayFair.Engine;
using PlayFair.Video;

namespace PlayFair.Grains.Bench;

/// <summary>A source that costs nothing to decode: one picture again and again, at a steady rate.</summary>
internal sealed class NullSource(VideoSource address, FrameSourceOptions options) : IFrameSource
{
    private readonly byte[] _pixels = new byte[options.Format.Width * options.Format.Height * 3];

    public bool IsLive => true;

    public SourceStatus Status { get; private set; } =
        new(SourceState.Connecting, Reason: null, options.Time.GetUtcNow());

    public Action<SourceStatus>? StatusChanged { get; set; }

    public string? Identity => null;

    public FileFacts? Facts => null;

    public long DecodedCount { get; private set; }

    public long DroppedCount => 0;

    public double RateHz { get; set; } = options.RateHz;

    public async IAsyncEnumerable<SourceFrame> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var period = TimeSpan.FromSeconds(1 / RateHz);
        // Cameras do not tick together.
        var phase = new Random(StringComparer.Ordinal.GetHashCode(address.Redacted));
        await Task.Delay(period * phase.NextDouble(), options.Time, cancellationToken);
        Status = new SourceStatus(SourceState.Live, Reason: null, options.Time.GetUtcNow());
        StatusChanged?.Invoke(Status);
        using var timer = new PeriodicTimer(period, options.Time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            long index = DecodedCount++;
            yield return new SourceFrame(
                VideoFrame.Copy(options.FirstIndex + index, period * index, _pixels), options.Time.GetUtcNow(),
                options.Time.GetTimestamp(), TimeSpan.Zero, StartsSegment: index == 0);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>Features that cost nothing: the same small numbers for every frame.</summary>
internal sealed class NullFeatures(int featureSize) : IFeatureSource
{
    public Task<float[]> ExtractAsync(VideoFrame frame, CancellationToken cancellationToken)
    {
        float[] features = new float[featureSize];
        features.AsSpan().Fill(0.01f);
        return Task.FromResult(features);
    }
}
