using System.Buffers;
using PlayFair.Moves;

namespace PlayFair.Video;

/// <summary>A camera that films scenes of the Moves data set, of random classes, one after another for ever.</summary>
internal sealed class SyntheticFrameSource(VideoSource source, SourcePolicy policy, FrameSourceOptions options)
    : FrameSource(options, isLive: true, waits: source.Synthetic!.IsFast)
{
    private readonly SyntheticSettings _settings = source.Synthetic!;

    protected override async Task<(SourceState State, string? Reason)> ProduceAsync(CancellationToken cancellationToken)
    {
        await policy.CheckAsync(source, cancellationToken).ConfigureAwait(false);
        StartSegment();
        SetStatus(SourceState.Live);
        // Which scenes come is drawn once more, or the cameras of neighbouring seeds would show the same ones.
        var random = new Random(_settings.Seed);
        var sampler = new RateSampler();
        Pacer? pacer = _settings.IsFast ? null : new Pacer(Time, TimeSpan.MaxValue);
        var fitting = new PictureFitting(_settings.Height, Options.Format);
        while (true)
        {
            var scene = Scene.Create(
                MoveClasses.All[random.Next(MoveClasses.All.Count)], Split.HeldOut, random.Next());
            var renderer = new Renderer(scene, _settings.Height);
            for (int i = 0; i < scene.FrameCount; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var time = TimeSpan.FromSeconds(DecodedCount / _settings.FramesPerSecond);
                long index = Options.FirstIndex + DecodedCount;
                CountDecoded();
                if (!sampler.Keeps(time, RateHz))
                {
                    renderer.Skip();
                    continue;
                }

                if (pacer is not null)
                    await pacer.WaitAsync(time, cancellationToken).ConfigureAwait(false);
                long start = Time.GetTimestamp();
                byte[] pixels = ArrayPool<byte>.Shared.Rent(Options.Format.ByteCount);
                fitting.Draw(renderer, i, pixels.AsSpan(0, Options.Format.ByteCount));
                var frame = new VideoFrame(index, time, pixels, Options.Format.ByteCount);
                await EmitAsync(frame, Time.GetElapsedTime(start), cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
