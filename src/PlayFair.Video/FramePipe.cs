using System.Globalization;
using System.Security.Cryptography;
using System.Threading.Channels;

namespace PlayFair.Video;

/// <summary>
/// One ffmpeg that decodes one input: pixels come over standard output, times over the log, where the showinfo filter
/// writes a line for each frame before the frame itself.
/// </summary>
/// <remarks>
/// ffmpeg sends every frame and this side chooses: its own select filter starts to count anew whenever the stream's
/// size changes on the way. Scaling all frames costs next to nothing beside decoding them.
/// </remarks>
internal sealed class FramePipe : IAsyncDisposable
{
    /// <summary>
    /// A frame that is further back in time than this starts a new clock (spliced recordings), which goes on from the
    /// last frame. Nearer ones are out of order in a broken stream; a clock for each would add up.
    /// </summary>
    private static readonly TimeSpan s_maxJitter = TimeSpan.FromSeconds(1);

    private readonly double? _frameRateHz;
    private readonly TimeProvider _clock;
    private readonly Action<FfmpegLogLine> _onLine;
    private readonly string _showInfoContext;

    /// <summary>
    /// Times in 100 ns, null where the stream gives none. Unbounded in name only: ffmpeg gets ahead of the pixels by
    /// no more frames than its own queues hold. A bound here could stop its log, and so ffmpeg, for ever.
    /// </summary>
    private readonly Channel<long?> _times = Channel.CreateUnbounded<long?>();

    private (long Numerator, long Denominator) _timeBase = (1, 1);
    private long? _firstTicks;
    private TimeSpan _lastInterval;

    private FramePipe(
        FfmpegTools tools, IReadOnlyList<string> arguments, string tag, FramePipeSettings settings,
        Action<FfmpegLogLine> onLine)
    {
        _frameRateHz = settings.FrameRateHz;
        _clock = settings.Time;
        _onLine = onLine;
        _showInfoContext = "[" + tag;
        Process = FfmpegProcess.Start(
            tools.Ffmpeg,
            arguments,
            settings.StopTimeout,
            TakeLogLine,
            () => _times.Writer.TryComplete(),
            withoutProxyExceptions: settings.WithoutProxyExceptions);
    }

    public FfmpegProcess Process { get; }

    /// <summary>Frames read so far.</summary>
    public long FrameCount { get; private set; }

    /// <summary>Time of the last frame read, since the first.</summary>
    public TimeSpan LastTime { get; private set; }

    /// <summary>How far apart frames are where the stream does not say.</summary>
    public TimeSpan NominalInterval => _frameRateHz is { } rate ? TimeSpan.FromSeconds(1 / rate) : _lastInterval;

    /// <summary>When the last frame's first byte was here, by <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long FirstByteTimestamp { get; private set; }

    /// <summary>Frames that were announced and not read.</summary>
    public int AnnouncedCount => _times.Reader.Count;

    /// <summary>Starts ffmpeg.</summary>
    /// <param name="inputArguments">Up to and with -i and the address.</param>
    /// <param name="map">The stream, as for -map.</param>
    /// <param name="onLine">Called with each log line that announces no frame, in order.</param>
    public static async Task<FramePipe> StartAsync(
        FfmpegTools tools,
        IEnumerable<string> inputArguments,
        string map,
        FrameFormat format,
        FramePipeSettings settings,
        Action<FfmpegLogLine> onLine,
        CancellationToken cancellationToken)
    {
        string[] passthrough = await tools.PassthroughArgumentsAsync(cancellationToken).ConfigureAwait(false);
        // A name that no file can know, or a file's name and metadata, which ffmpeg logs too, could forge times.
        string tag = "showinfo@" + RandomNumberGenerator.GetHexString(12, lowercase: true);
        string[] arguments =
        [
            "-nostdin", "-hide_banner", "-nostats", "-loglevel", "repeat+level+info",
            .. inputArguments,
            "-map", map, "-an", "-sn", "-dn",
            "-vf", $"{tag}=checksum=0,{format.FfmpegFilters}", .. passthrough,
            // Times in microseconds on the way out, or close frames of a variable rate fall onto one tick.
            "-enc_time_base", "1:1000000",
            "-f", "rawvideo", "-pix_fmt", format.FfmpegPixelFormat, "-flush_packets", "1", "pipe:1",
        ];
        return new FramePipe(tools, arguments, tag, settings, onLine);
    }

    /// <summary>Reads the next frame.</summary>
    /// <param name="frame">Of the format's size.</param>
    /// <returns>Bytes read: fewer than the frame has at the end, which may come in the middle of one.</returns>
    /// <exception cref="InvalidDataException">A frame came without a time.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> frame, CancellationToken cancellationToken)
    {
        int read = await Process.Output.ReadAsync(frame, cancellationToken).ConfigureAwait(false);
        FirstByteTimestamp = _clock.GetTimestamp();
        if (read > 0 && read < frame.Length)
        {
            read += await Process.Output.ReadAtLeastAsync(
                frame[read..], frame.Length - read, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        }

        if (read == frame.Length)
        {
            LastTime = await NextTimeAsync(cancellationToken).ConfigureAwait(false);
            FrameCount++;
        }

        return read;
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    private async ValueTask<TimeSpan> NextTimeAsync(CancellationToken cancellationToken)
    {
        long? ticks;
        try
        {
            ticks = await _times.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException e)
        {
            throw new InvalidDataException("it sent a frame without a time", e);
        }

        if (FrameCount == 0)
            _firstTicks = ticks;
        TimeSpan time = ticks is { } known && _firstTicks is { } first
            ? new TimeSpan(known - first)
            : LastTime + (FrameCount == 0 ? TimeSpan.Zero : NominalInterval);
        // Time must not run backwards here: sampling and plots rely on order.
        if (LastTime - time > s_maxJitter)
        {
            TimeSpan next = LastTime + NominalInterval;
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

    private void TakeLogLine(FfmpegLogLine line)
    {
        if (!line.Context.StartsWith(_showInfoContext, StringComparison.Ordinal))
        {
            _onLine(line);
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

/// <summary>What a <see cref="FramePipe"/> needs to know besides its input.</summary>
internal sealed record FramePipeSettings
{
    /// <summary>What the container names; null where it is not known.</summary>
    public double? FrameRateHz { get; init; }

    /// <summary>How long ffmpeg may take to end after it is asked to, before it is killed.</summary>
    public required TimeSpan StopTimeout { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Whether the environment's exceptions from proxies (no_proxy) are kept from ffmpeg.</summary>
    public bool WithoutProxyExceptions { get; init; }
}
