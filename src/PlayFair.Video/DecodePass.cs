using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Threading.Channels;

namespace PlayFair.Video;

/// <summary>
/// One ffmpeg that decodes one video from its start: pixels come over standard output, times over the log, where the
/// showinfo filter writes a line for each frame before the frame itself.
/// </summary>
/// <remarks>
/// ffmpeg sends every frame and this side chooses: its own select filter starts to count anew whenever the stream's
/// size changes on the way. Scaling all frames costs next to nothing beside decoding them.
/// </remarks>
internal sealed class DecodePass : IAsyncDisposable
{
    /// <summary>
    /// A frame that is further back in time than this starts a new clock (spliced recordings), which goes on from the
    /// last frame. Nearer ones are out of order in a broken stream; a clock for each would add up.
    /// </summary>
    private static readonly TimeSpan s_maxJitter = TimeSpan.FromSeconds(1);

    private readonly VideoInfo _video;
    private readonly FrameFormat _format;
    private readonly FfmpegProcess _process;
    private readonly string _showInfoContext;

    /// <summary>
    /// Times in 100 ns, null where the stream gives none. Unbounded in name only: ffmpeg gets ahead of the pixels by
    /// no more frames than its own queues hold. A bound here could stop its log, and so ffmpeg, for ever.
    /// </summary>
    private readonly Channel<long?> _times = Channel.CreateUnbounded<long?>();

    private readonly IProgress<TimeSpan>? _progress;
    private readonly DamageLog _damage;
    private (long Numerator, long Denominator) _timeBase = (1, 1);
    private long? _firstTicks;
    private TimeSpan _lastInterval;

    private DecodePass(
        FfmpegTools tools,
        string[] passthroughArguments,
        VideoInfo video,
        FrameFormat format,
        VideoDecoderOptions options)
    {
        _video = video;
        _format = format;
        _progress = options.Progress;
        _damage = new DamageLog(video, options.MaxWarningLines);
        // A name that no file can know, or a file's name and metadata, which ffmpeg logs too, could forge times.
        string tag = "showinfo@" + RandomNumberGenerator.GetHexString(12, lowercase: true);
        _showInfoContext = "[" + tag;
        string[] threads = options.ThreadCount > 0
            ? ["-threads", options.ThreadCount.ToString(CultureInfo.InvariantCulture)]
            : [];
        string[] arguments =
        [
            "-nostdin", "-hide_banner", "-nostats", "-loglevel", "repeat+level+info",
            "-protocol_whitelist", "file,pipe", .. threads, .. VideoProbe.InputArguments(video),
            "-i", VideoProbe.FileUrl(video.Path),
            "-map", string.Create(CultureInfo.InvariantCulture, $"0:{video.StreamIndex}"), "-an", "-sn", "-dn",
            "-vf", $"{tag}=checksum=0,{format.FfmpegFilters}", .. passthroughArguments,
            // Times in microseconds on the way out, or close frames of a variable rate fall onto one tick.
            "-enc_time_base", "1:1000000",
            "-f", "rawvideo", "-pix_fmt", format.FfmpegPixelFormat, "pipe:1",
        ];
        _process = FfmpegProcess.Start(
            tools.Ffmpeg, arguments, options.StopTimeout, TakeLogLine, () => _times.Writer.TryComplete());
    }

    /// <summary>Frames decoded so far; L at the end.</summary>
    public long FrameCount { get; private set; }

    /// <summary>Set at the end.</summary>
    public DecodeReport? Report { get; private set; }

    private TimeSpan LastTime { get; set; }

    public static async Task<DecodePass> StartAsync(
        FfmpegTools tools,
        VideoInfo video,
        FrameFormat format,
        VideoDecoderOptions options,
        CancellationToken cancellationToken)
    {
        string[] passthrough = await tools.PassthroughArgumentsAsync(cancellationToken).ConfigureAwait(false);
        return new DecodePass(tools, passthrough, video, format, options);
    }

    /// <summary>The next frame that <paramref name="keeps"/> accepts, or null at the end of the video.</summary>
    /// <exception cref="VideoException">No frame decodes at all, or ffmpeg itself failed.</exception>
    public async ValueTask<VideoFrame?> NextAsync(
        Func<long, TimeSpan, bool> keeps, CancellationToken cancellationToken)
    {
        int size = _format.ByteCount;
        byte[]? buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            while (true)
            {
                int read = await _process.Output.ReadAtLeastAsync(
                    buffer.AsMemory(0, size), size, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
                if (read < size)
                {
                    await FinishAsync(read, cancellationToken).ConfigureAwait(false);
                    return null;
                }

                LastTime = await NextTimeAsync(cancellationToken).ConfigureAwait(false);
                long index = FrameCount++;
                _progress?.Report(LastTime);
                if (!keeps(index, LastTime))
                    continue;
                var frame = new VideoFrame(index, LastTime, buffer, size);
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

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private async ValueTask<TimeSpan> NextTimeAsync(CancellationToken cancellationToken)
    {
        long? ticks;
        try
        {
            ticks = await _times.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException e)
        {
            throw Failure("it sent a frame without a time", exitCode: null, e);
        }

        if (FrameCount == 0)
            _firstTicks = ticks;
        TimeSpan time = ticks is { } known && _firstTicks is { } first
            ? new TimeSpan(known - first)
            : LastTime + (FrameCount == 0 ? TimeSpan.Zero : NominalInterval());
        // Time must not run backwards here: sampling and plots rely on order.
        if (LastTime - time > s_maxJitter)
        {
            TimeSpan next = LastTime + NominalInterval();
            _firstTicks -= (next - time).Ticks;
            time = next;
        }
        else if (time < LastTime)
        {
            time = LastTime;
        }

        if (FrameCount > 0)
            _lastInterval = time - LastTime;
        return time;
    }

    private TimeSpan NominalInterval() =>
        _video.FrameRateHz is { } rate ? TimeSpan.FromSeconds(1 / rate) : _lastInterval;

    private async Task FinishAsync(int leftOverBytes, CancellationToken cancellationToken)
    {
        int exitCode = await _process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
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
                (_process.LastLines is [var complaint, ..] ? $": {complaint.TrimEnd('.')}. " : ". ") +
                "Expected at least one; the file is damaged, or this ffmpeg lacks the decoder.")
            {
                ExitCode = exitCode,
                LastErrorLines = _process.LastLines,
            };
        }

        if (exitCode == 0 && (leftOverBytes > 0 || _times.Reader.Count > 0))
        {
            throw Failure(
                $"{_times.Reader.Count} frames were announced and not sent, and {leftOverBytes} bytes were left over",
                exitCode);
        }

        TimeSpan end = LastTime + NominalInterval();
        Report = _damage.Report(FrameCount, end, exitCode);
    }

    private VideoException Failure(string what, int? exitCode, Exception? inner = null) => new(
        VideoErrorKind.FfmpegFailed,
        _video.Path,
        $"ffmpeg failed while decoding '{_video.Path}' after {FrameCount} frames: {what}." +
        (_process.LastLines.Count > 0 ? $" Its last words: {_process.LastLines[^1]}" : ""),
        inner)
    {
        ExitCode = exitCode,
        LastErrorLines = _process.LastLines,
    };

    private void TakeLogLine(FfmpegLogLine line)
    {
        if (!line.Context.StartsWith(_showInfoContext, StringComparison.Ordinal))
        {
            _damage.Take(line);
            return;
        }

        // "config in time_base: 1/12800, frame_rate: 30/1", before the first frame and at each change of size.
        if (Field(line.Message, "config in time_base:") is { Length: > 0 } timeBase)
        {
            int slash = timeBase.IndexOf('/');
            _timeBase = (Number(timeBase[..slash]), Number(timeBase[(slash + 1)..].TrimEnd(',')));
        }
        else if (line.Message.StartsWith("n:", StringComparison.Ordinal))
        {
            // "n:   3 pts:   1536 pts_time:0.12 ...": pts_time has six digits only, so the exact pts is read.
            ReadOnlySpan<char> pts = Field(line.Message, " pts:");
            bool hasTime = long.TryParse(pts, CultureInfo.InvariantCulture, out long units);
            _times.Writer.TryWrite(hasTime ? Ticks(units) : null);
        }
    }

    private long Ticks(long units)
    {
        Int128 denominator = _timeBase.Denominator;
        Int128 scaled = (Int128)units * _timeBase.Numerator * TimeSpan.TicksPerSecond;
        return (long)((scaled + (scaled < 0 ? -denominator : denominator) / 2) / denominator);
    }

    private static ReadOnlySpan<char> Field(string message, string name)
    {
        int start = message.IndexOf(name, StringComparison.Ordinal);
        if (start < 0)
            return default;
        ReadOnlySpan<char> rest = message.AsSpan(start + name.Length).TrimStart(' ');
        int end = rest.IndexOf(' ');
        return end < 0 ? rest : rest[..end];
    }

    private static long Number(ReadOnlySpan<char> text) => long.Parse(text, CultureInfo.InvariantCulture);
}
