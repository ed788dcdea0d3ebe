using System.Buffers;
using System.Globalization;

namespace PlayFair.Video;

/// <summary>One ffmpeg that decodes one video file from its start, and what became of it.</summary>
internal sealed class DecodePass : IAsyncDisposable
{
    private readonly VideoInfo _video;
    private readonly int _byteCount;
    private readonly FramePipe _pipe;
    private readonly IProgress<TimeSpan>? _progress;
    private readonly DamageLog _damage;

    private DecodePass(
        VideoInfo video, FrameFormat format, IProgress<TimeSpan>? progress, DamageLog damage, FramePipe pipe)
    {
        _video = video;
        _byteCount = format.ByteCount;
        _progress = progress;
        _damage = damage;
        _pipe = pipe;
    }

    /// <summary>Frames decoded so far; L at the end.</summary>
    public long FrameCount => _pipe.FrameCount;

    /// <summary>Set at the end.</summary>
    public DecodeReport? Report { get; private set; }

    public static async Task<DecodePass> StartAsync(
        FfmpegTools tools,
        VideoInfo video,
        FrameFormat format,
        VideoDecoderOptions options,
        CancellationToken cancellationToken)
    {
        var damage = new DamageLog(video, options.MaxWarningLines);
        string[] threads = options.ThreadCount > 0
            ? ["-threads", options.ThreadCount.ToString(CultureInfo.InvariantCulture)]
            : [];
        FramePipe pipe = await FramePipe.StartAsync(
            tools,
            [
                "-protocol_whitelist", "file,pipe", .. threads, .. VideoProbe.InputArguments(video),
                "-i", VideoProbe.FileUrl(video.Path),
            ],
            string.Create(CultureInfo.InvariantCulture, $"0:{video.StreamIndex}"),
            format,
            new FramePipeSettings { FrameRateHz = video.FrameRateHz, StopTimeout = options.StopTimeout },
            damage.Take,
            cancellationToken).ConfigureAwait(false);
        return new DecodePass(video, format, options.Progress, damage, pipe);
    }

    /// <summary>The next frame that <paramref name="keeps"/> accepts, or null at the end of the video.</summary>
    /// <exception cref="VideoException">No frame decodes at all, or ffmpeg itself failed.</exception>
    public async ValueTask<VideoFrame?> NextAsync(
        Func<long, TimeSpan, bool> keeps, CancellationToken cancellationToken)
    {
        byte[]? buffer = ArrayPool<byte>.Shared.Rent(_byteCount);
        try
        {
            while (true)
            {
                int read = await ReadAsync(buffer.AsMemory(0, _byteCount), cancellationToken).ConfigureAwait(false);
                if (read < _byteCount)
                {
                    await FinishAsync(read, cancellationToken).ConfigureAwait(false);
                    return null;
                }

                long index = FrameCount - 1;
                _progress?.Report(_pipe.LastTime);
                if (!keeps(index, _pipe.LastTime))
                    continue;
                var frame = new VideoFrame(index, _pipe.LastTime, buffer, _byteCount);
                buffer = null;
                return frame;
            }
        }
        finally
        {
            if (buffer is not null)
                ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public ValueTask DisposeAsync() => _pipe.DisposeAsync();

    private async ValueTask<int> ReadAsync(Memory<byte> frame, CancellationToken cancellationToken)
    {
        try
        {
            return await _pipe.ReadAsync(frame, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataException e)
        {
            throw Failure(e.Message, exitCode: null, e);
        }
    }

    private async Task FinishAsync(int leftOverBytes, CancellationToken cancellationToken)
    {
        int exitCode = await _pipe.Process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        if (ProcessSignal.Of(exitCode) is { } signal)
            throw Failure($"it was ended by signal {signal}", exitCode);
        if (_damage.StoppedBySignal)
            throw Failure("it was told to stop by a signal", exitCode);
        if (_damage.RefusedArguments)
            throw Failure("it does not know an option that decoding needs; use ffmpeg 4.4 or later", exitCode);
        if (FrameCount == 0)
        {
            throw new VideoException(
                VideoErrorKind.NoDecodableFrames,
                _video.Path,
                $"'{_video.Path}' has a {_video.CodecName} video stream, but not one frame of it decodes" +
                // The oldest: the last is about what an output without frames lacks.
                (_pipe.Process.LastLines is [var complaint, ..] ? $": {complaint.TrimEnd('.')}. " : ". ") +
                "Expected at least one; the file is damaged, or this ffmpeg lacks the decoder.")
            {
                ExitCode = exitCode,
                LastErrorLines = _pipe.Process.LastLines,
            };
        }

        if (exitCode == 0 && (leftOverBytes > 0 || _pipe.AnnouncedCount > 0))
        {
            throw Failure(
                $"{_pipe.AnnouncedCount} frames were announced and not sent, and {leftOverBytes} bytes were left over",
                exitCode);
        }

        Report = _damage.Report(FrameCount, _pipe.LastTime + _pipe.NominalInterval, exitCode);
    }

    private VideoException Failure(string what, int? exitCode, Exception? inner = null) => new(
        VideoErrorKind.FfmpegFailed,
        _video.Path,
        $"ffmpeg failed while decoding '{_video.Path}' after {FrameCount} frames: {what}." +
        (_pipe.Process.LastLines.Count > 0 ? $" Its last words: {_pipe.Process.LastLines[^1]}" : ""),
        inner)
    {
        ExitCode = exitCode,
        LastErrorLines = _pipe.Process.LastLines,
    };
}
