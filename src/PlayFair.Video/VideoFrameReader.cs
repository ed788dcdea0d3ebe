using System.Runtime.CompilerServices;

namespace PlayFair.Video;

/// <summary>
/// The sampled frames of one video, in order. Enumerated once; each frame belongs to whoever receives it. Leaving the
/// loop, cancelling or disposing ends ffmpeg and returns when it is gone.
/// </summary>
/// <remarks>
/// Frames are read as they are asked for: ahead of the reader are only the pipe (64 KiB on Linux) and ffmpeg's own few
/// frames, so memory does not depend on the video's length. Uniform sampling needs the number of frames that decode,
/// which only decoding tells: it decodes on the container's word for the number, holds its n frames back, and yields
/// them if the number was right; if not (a damaged or trimmed file) it decodes once more with the right one.
/// </remarks>
public sealed class VideoFrameReader : IAsyncEnumerable<VideoFrame>, IAsyncDisposable
{
    private readonly FfmpegTools _tools;
    private readonly VideoDecoderOptions _options;
    private readonly CancellationToken _cancellationToken;
    private DecodePass? _pass;
    private int _enumerated;

    internal VideoFrameReader(
        FfmpegTools tools,
        VideoInfo video,
        FrameFormat format,
        FrameSampling sampling,
        VideoDecoderOptions options,
        CancellationToken cancellationToken)
    {
        _tools = tools;
        Video = video;
        Format = format;
        Sampling = sampling;
        _options = options;
        _cancellationToken = cancellationToken;
    }

    public VideoInfo Video { get; }

    public FrameFormat Format { get; }

    public FrameSampling Sampling { get; }

    /// <summary>What became of the video; null until the last frame has been read.</summary>
    public DecodeReport? Report { get; private set; }

    /// <summary>Starts ffmpeg and reads.</summary>
    /// <exception cref="InvalidOperationException">Enumerated before.</exception>
    /// <exception cref="VideoException">
    /// Thrown while reading: <see cref="VideoErrorKind.NoDecodableFrames"/>, <see cref="VideoErrorKind.TooFewFrames"/>
    /// or <see cref="VideoErrorKind.FfmpegFailed"/>. Damage that leaves frames is no error: see <see cref="Report"/>.
    /// </exception>
    public IAsyncEnumerator<VideoFrame> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _enumerated, 1) != 0)
            throw new InvalidOperationException("A VideoFrameReader is enumerated once; open the video again.");
        return ReadAsync(_cancellationToken).GetAsyncEnumerator(cancellationToken);
    }

    /// <summary>Ends ffmpeg if a loop over the frames was abandoned; no-op after one that ended.</summary>
    public ValueTask DisposeAsync() => _pass?.DisposeAsync() ?? ValueTask.CompletedTask;

    private IAsyncEnumerable<VideoFrame> ReadAsync(CancellationToken cancellationToken) =>
        Sampling is UniformSampling uniform
            ? ReadUniformAsync(uniform, cancellationToken)
            : ReadStreamingAsync(Sampling.StartPass(frameCount: 0), cancellationToken);

    private async IAsyncEnumerable<VideoFrame> ReadStreamingAsync(
        Func<long, TimeSpan, bool> keeps, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using DecodePass pass = await StartPassAsync(cancellationToken).ConfigureAwait(false);
        while (await pass.NextAsync(keeps, cancellationToken).ConfigureAwait(false) is { } frame)
            yield return frame;
        Report = pass.Report;
    }

    private async IAsyncEnumerable<VideoFrame> ReadUniformAsync(
        UniformSampling uniform, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long claimedCount = Video.ContainerFrameCount ??
            await VideoProbe.CountPacketsAsync(_tools, Video, cancellationToken).ConfigureAwait(false);
        bool holdsBack = claimedCount >= uniform.Count &&
            (long)uniform.Count * Format.ByteCount <= _options.MaxHeldBackBytes;
        var held = new Queue<VideoFrame>();
        long decodedCount;
        try
        {
            Func<long, TimeSpan, bool> keeps = holdsBack ? uniform.StartPass(claimedCount) : static (_, _) => false;
            await using (DecodePass pass = await StartPassAsync(cancellationToken).ConfigureAwait(false))
            {
                while (await pass.NextAsync(keeps, cancellationToken).ConfigureAwait(false) is { } frame)
                    held.Enqueue(frame);
                decodedCount = pass.FrameCount;
                if (decodedCount < uniform.Count)
                    throw TooFewFrames(uniform.Count, pass.Report!);
                if (holdsBack && decodedCount == claimedCount)
                    Report = pass.Report;
            }

            while (Report is not null && held.TryDequeue(out VideoFrame? frame))
                yield return frame;
        }
        finally
        {
            foreach (VideoFrame frame in held)
                frame.Dispose();
        }

        if (Report is not null)
            yield break;

        await foreach (VideoFrame frame in ReadStreamingAsync(uniform.StartPass(decodedCount), cancellationToken)
            .ConfigureAwait(false))
        {
            yield return frame;
        }
    }

    private async Task<DecodePass> StartPassAsync(CancellationToken cancellationToken) =>
        _pass = await DecodePass.StartAsync(_tools, Video, Format, _options, cancellationToken).ConfigureAwait(false);

    private VideoException TooFewFrames(int asked, DecodeReport report) => new(
        VideoErrorKind.TooFewFrames,
        Video.Path,
        $"'{Video.Path}' has " +
        (report.DecodedFrameCount == 1 ? "1 frame that decodes" : $"{report.DecodedFrameCount} frames that decode") +
        (report.IsComplete ? "" : $" ({report})") +
        $", and {asked} were asked for. Ask for at most {report.DecodedFrameCount}, or give a longer video.");
}
