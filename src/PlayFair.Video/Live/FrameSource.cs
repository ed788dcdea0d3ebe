using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace PlayFair.Video;

/// <summary>What all sources share: one task produces, one reader takes, and a short queue is between them.</summary>
/// <remarks>The status is written by the producer, and after its end by the reader: never by two at once.</remarks>
internal abstract class FrameSource : IFrameSource
{
    private readonly Channel<Queued> _queue;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private SourceStatus _status;
    private double _rateHz;
    private long _decodedCount;
    private long _droppedCount;
    private long _segment;
    private Task<(SourceState State, string? Reason)>? _producing;
    private int _enumerated;
    private bool _disposed;

    /// <param name="waits">Whether the producer waits for the reader; else the oldest frame is dropped.</param>
    protected FrameSource(FrameSourceOptions options, bool isLive, bool waits)
    {
        Options = options;
        IsLive = isLive;
        _rateHz = options.RateHz;
        _status = new SourceStatus(SourceState.Connecting, null, options.Time.GetUtcNow());
        _queue = Channel.CreateBounded<Queued>(
            new BoundedChannelOptions(waits ? 1 : options.QueueCapacity)
            {
                FullMode = waits ? BoundedChannelFullMode.Wait : BoundedChannelFullMode.DropOldest,
                // Not a single reader: what it leaves is taken by whoever disposes of the source.
                SingleWriter = true,
            },
            Drop);
    }

    public bool IsLive { get; }

    public SourceStatus Status => Volatile.Read(ref _status);

    public Action<SourceStatus>? StatusChanged { get; set; }

    public virtual string? Identity => null;

    public virtual FileFacts? Facts => null;

    public long DecodedCount => Interlocked.Read(ref _decodedCount);

    public long DroppedCount => Interlocked.Read(ref _droppedCount);

    public double RateHz
    {
        get => Volatile.Read(ref _rateHz);
        set => Volatile.Write(ref _rateHz, CheckedRate(value));
    }

    protected FrameSourceOptions Options { get; }

    protected TimeProvider Time => Options.Time;

    public static double CheckedRate(double hz) => double.IsFinite(hz) && hz > 0
        ? hz
        : throw new ArgumentOutOfRangeException(nameof(hz), hz, "A rate is a finite number of hertz above 0.");

    /// <exception cref="InvalidOperationException">Enumerated before.</exception>
    public IAsyncEnumerable<SourceFrame> ReadAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _enumerated, 1) != 0)
            throw new InvalidOperationException("A source is enumerated once; open it again.");
        return ReadQueueAsync(cancellationToken);
    }

    /// <summary>Ends the source, and returns when nothing of it runs any more; its reader is then cancelled.</summary>
    public async ValueTask DisposeAsync()
    {
        Task? producing;
        lock (_lock)
        {
            _disposed = true;
            producing = _producing;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        // The reader is not waited for: it may be the one who disposes.
        if (producing is not null)
            await EndAsync(producing).ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>Produces frames until the end, and returns the state that the source is in then.</summary>
    protected abstract Task<(SourceState State, string? Reason)> ProduceAsync(CancellationToken cancellationToken);

    /// <summary>Counts a frame that was decoded.</summary>
    protected void CountDecoded() => Interlocked.Increment(ref _decodedCount);

    /// <summary>Frames are missing before the next one.</summary>
    protected void StartSegment() => _segment++;

    protected void SetStatus(
        SourceState state, string? reason = null, DateTimeOffset? nextAttemptAt = null, int failedAttempts = 0)
    {
        SourceStatus old = Status;
        if (old.State == state && old.Reason == reason && old.NextAttemptAt == nextAttemptAt &&
            old.FailedAttempts == failedAttempts)
        {
            return;
        }

        DateTimeOffset since = old.State == state ? old.Since : Time.GetUtcNow();
        var status = new SourceStatus(state, reason, since, nextAttemptAt, failedAttempts);
        Volatile.Write(ref _status, status);
        StatusChanged?.Invoke(status);
    }

    /// <summary>Queues a frame that is here now.</summary>
    protected async ValueTask EmitAsync(VideoFrame frame, TimeSpan decodeTime, CancellationToken cancellationToken)
    {
        var sourceFrame = new SourceFrame(
            frame, Time.GetUtcNow(), Time.GetTimestamp(), decodeTime, StartsSegment: false);
        try
        {
            await _queue.Writer.WriteAsync(new Queued(sourceFrame, _segment), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            frame.Dispose();
            throw;
        }
    }

    private async IAsyncEnumerable<SourceFrame> ReadQueueAsync(
        CancellationToken cancellationToken, [EnumeratorCancellation] CancellationToken enumeratorToken = default)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken, enumeratorToken, _stop.Token);
        Task<(SourceState State, string? Reason)> producing = Start(cancellation.Token);
        try
        {
            long segment = -1;
            while (await WaitToReadAsync(cancellationToken, enumeratorToken).ConfigureAwait(false))
            {
                while (_queue.Reader.TryRead(out Queued queued))
                {
                    bool starts = queued.Segment != segment;
                    segment = queued.Segment;
                    yield return queued.Frame with { StartsSegment = starts };
                }
            }

            // Only now: what the source has ended with was read.
            (SourceState state, string? reason) = await producing.ConfigureAwait(false);
            SetStatus(state, reason);
        }
        finally
        {
            await cancellation.CancelAsync().ConfigureAwait(false);
            await EndAsync(producing).ConfigureAwait(false);
        }
    }

    private Task<(SourceState State, string? Reason)> Start(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _producing = Task.Run(() => RunAsync(cancellationToken), CancellationToken.None);
        }
    }

    /// <summary>Waits for the cancelled producer, and gives back the frames that nobody takes any more.</summary>
    private async Task EndAsync(Task producing)
    {
        await producing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (_queue.Reader.TryRead(out Queued left))
            left.Frame.Frame.Dispose();
    }

    private async ValueTask<bool> WaitToReadAsync(CancellationToken first, CancellationToken second)
    {
        bool hasMore = await _queue.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false);
        if (!hasMore)
        {
            first.ThrowIfCancellationRequested();
            second.ThrowIfCancellationRequested();
            _stop.Token.ThrowIfCancellationRequested();
        }

        return hasMore;
    }

    private async Task<(SourceState State, string? Reason)> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ProduceAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (SourceException e)
        {
            return (SourceState.Failed, e.Message);
        }
        catch (VideoException e)
        {
            return (SourceState.Failed, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (SourceState.Failed, e.Message);
        }
        finally
        {
            _queue.Writer.TryComplete();
        }
    }

    private void Drop(Queued queued)
    {
        queued.Frame.Frame.Dispose();
        Interlocked.Increment(ref _droppedCount);
    }

    /// <param name="Segment">
    /// Counted here, since the first frame of a segment may be dropped, and the next is then the first.
    /// </param>
    private readonly record struct Queued(SourceFrame Frame, long Segment);
}
