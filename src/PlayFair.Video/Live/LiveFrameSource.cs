using System.Buffers;
using System.Globalization;
using System.Net.Sockets;

namespace PlayFair.Video;

/// <summary>A source that plays whether it is read or not: connected anew for as long as it takes.</summary>
internal sealed class LiveFrameSource : FrameSource
{
    /// <summary>So long must frames have come before a loss starts the ladder over.</summary>
    private static readonly TimeSpan s_provenAfter = TimeSpan.FromSeconds(10);

    /// <summary>ffmpeg that waits for the network hears no request to end, and there is nothing to save.</summary>
    private static readonly TimeSpan s_stopTimeout = TimeSpan.FromMilliseconds(500);

    private readonly VideoSource _source;
    private readonly SourcePolicy _policy;
    private readonly ReconnectLadder _ladder = new();
    private readonly LiveClock _clock;
    private readonly RateSampler _sampler = new();
    private int _failedAttempts;
    private string? _lastReason;

    public LiveFrameSource(VideoSource source, SourcePolicy policy, FrameSourceOptions options)
        : base(options, isLive: true, waits: false)
    {
        _source = source;
        _policy = policy;
        _clock = new LiveClock(options.Time);
    }

    protected override async Task<(SourceState State, string? Reason)> ProduceAsync(CancellationToken cancellationToken)
    {
        if (_source.Kind == SourceKind.Webcam && !OperatingSystem.IsLinux())
            return (SourceState.Failed, $"'{_source}' is a Video4Linux camera, and this is no Linux.");
        var tools = FfmpegTools.Find(Options.FfmpegLocation);
        while (true)
        {
            SetStatus(SourceState.Connecting, _lastReason, failedAttempts: _failedAttempts);
            (SourceState? final, string? reason) = await PlayConnectionAsync(tools, cancellationToken)
                .ConfigureAwait(false);
            if (final is { } state)
                return (state, reason);

            _failedAttempts++;
            _lastReason = reason;
            TimeSpan wait = _ladder.Next();
            SetStatus(SourceState.Reconnecting, reason, Time.GetUtcNow() + wait, _failedAttempts);
            await Task.Delay(wait, Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>One connection, from its start to its end.</summary>
    /// <returns>The state if there shall be no other, and why it ended.</returns>
    private async Task<(SourceState? Final, string? Reason)> PlayConnectionAsync(
        FfmpegTools tools, CancellationToken cancellationToken)
    {
        await _policy.CheckAsync(_source, cancellationToken).ConfigureAwait(false);
        if (_source.Kind == SourceKind.Webcam && !File.Exists(_source.Address))
        {
            return (null, $"there is no camera '{_source.Address}'; expected a Video4Linux device: connect it, or " +
                "name another");
        }

        CheckingProxy? proxy = null;
        if (_source.IsHttp && _policy.PrivateAddresses != PrivateAddresses.Allow)
        {
            try
            {
                proxy = new CheckingProxy(_policy, _source.Host);
            }
            catch (SocketException e)
            {
                return (null, $"no port on loopback can be had: {e.Message}");
            }
        }

        await using var _ = proxy;
        var log = new LiveLog(_source);
        Version version = await tools.VersionAsync(cancellationToken).ConfigureAwait(false);
        await using FramePipe pipe = await FramePipe.StartAsync(
            tools,
            LiveInput.Arguments(_source, Options, proxy?.Url, version),
            // The first video stream that is no cover art; no second connection is there to ask which.
            "0:V:0",
            Options.Format,
            new FramePipeSettings
            {
                StopTimeout = s_stopTimeout,
                Time = Time,
                WithoutProxyExceptions = proxy is not null,
            },
            log.Take,
            cancellationToken).ConfigureAwait(false);
        if (!await ReadFramesAsync(pipe, log, cancellationToken).ConfigureAwait(false))
        {
            return (null, log.Format is null
                ? $"no answer in {Seconds(Options.WatchdogTimeout)}"
                : $"no frame for {Seconds(Options.WatchdogTimeout)}");
        }

        int exitCode;
        try
        {
            exitCode = await pipe.Process.WaitForExitAsync(cancellationToken)
                .WaitAsync(Options.WatchdogTimeout, Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return (null, "ffmpeg stopped sending and did not end");
        }

        string? refusal = log.Refusal ?? (pipe.FrameCount == 0 ? proxy?.Refusal : null);
        if (refusal is not null)
            return (SourceState.Failed, $"'{_source}' cannot be read: {refusal}");
        if (log.IsCleanEnd(exitCode, pipe.LastTime + pipe.NominalInterval))
            return (SourceState.Ended, null);
        if (ProcessSignal.Of(exitCode) is { } signal)
            return (null, $"ffmpeg was ended by signal {signal}");
        string? words = proxy?.Refusal ?? proxy?.Trouble ?? log.LastError;
        // ffmpeg's own words are about a file that it could not make sense of.
        if (_source.Kind == SourceKind.Udp && log.Format is null && pipe.FrameCount == 0)
            words = "no video came there; expected MPEG-TS that somebody sends to this address";
        return (null, pipe.FrameCount == 0
            ? words ?? "it has no video"
            : "the stream ended" + (words is null ? "" : $": {words}"));
    }

    /// <returns>Whether the stream ended by itself, not by the watchdog.</returns>
    private async Task<bool> ReadFramesAsync(FramePipe pipe, LiveLog log, CancellationToken cancellationToken)
    {
        using var connection = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        int size = Options.Format.ByteCount;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            Pacer? pacer = null;
            long firstTimestamp = 0;
            while (true)
            {
                int? read = await ReadInTimeAsync(pipe, buffer.AsMemory(0, size), connection, cancellationToken)
                    .ConfigureAwait(false);
                if (read is null)
                    return false;
                if (read < size)
                    return true;

                long now = Time.GetTimestamp();
                if (pipe.FrameCount == 1)
                {
                    firstTimestamp = now;
                    _clock.StartConnection();
                    StartSegment();
                    _failedAttempts = 0;
                    _lastReason = null;
                    // These come in bursts, which the queue would have to drop.
                    if (_source.IsHttp && (log.Format == "hls" || log.Duration is not null))
                        pacer = new Pacer(Time, TimeSpan.FromSeconds(10));
                }

                if (Time.GetElapsedTime(firstTimestamp, now) >= s_provenAfter)
                    _ladder.Reset();
                SetStatus(SourceState.Live);
                TimeSpan time = _clock.Next(
                    log.HasTimes ? pipe.LastTime : null, now, isTrusted: log.Duration is not null);
                long index = Options.FirstIndex + DecodedCount;
                CountDecoded();
                if (!_sampler.Keeps(time, RateHz))
                    continue;
                TimeSpan transferTime = Time.GetElapsedTime(pipe.FirstByteTimestamp, now);
                if (pacer is not null)
                    await pacer.WaitAsync(time, cancellationToken).ConfigureAwait(false);
                var frame = new VideoFrame(index, time, buffer, size);
                buffer = ArrayPool<byte>.Shared.Rent(size);
                await EmitAsync(frame, transferTime, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads a frame; null when the watchdog lost patience. Nothing reads on after the return.</summary>
    private async Task<int?> ReadInTimeAsync(
        FramePipe pipe, Memory<byte> frame, CancellationTokenSource connection, CancellationToken cancellationToken)
    {
        Task<int> reading = pipe.ReadAsync(frame, connection.Token).AsTask();
        try
        {
            try
            {
                return await reading.WaitAsync(Options.StallTimeout, Time, CancellationToken.None)
                    .ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                SetStatus(
                    SourceState.Stalled,
                    $"no frame for {Seconds(Options.StallTimeout)}; connected anew after " +
                    Seconds(Options.WatchdogTimeout),
                    failedAttempts: _failedAttempts);
            }

            return await reading.WaitAsync(
                Options.WatchdogTimeout - Options.StallTimeout, Time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await connection.CancelAsync().ConfigureAwait(false);
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
        catch (InvalidDataException)
        {
            // A frame without a time: ffmpeg's log ended before its pictures.
            return 0;
        }
    }

    private static string Seconds(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");
}
