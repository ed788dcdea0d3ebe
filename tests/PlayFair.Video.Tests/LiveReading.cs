using System.Diagnostics;

namespace PlayFair.Video.Tests;

/// <summary>A source read in the background: its frames and its states, and a way to wait for either.</summary>
internal sealed class LiveReading : IAsyncDisposable
{
    /// <summary>Never waited for on a good day; long enough for a bad one on a busy machine.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<ReceivedFrame> _frames = [];
    private readonly List<SourceStatus> _statuses = [];
    private readonly Task _reading;
    private readonly Func<Task>? _beforeEach;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LiveReading(IFrameSource source, Func<Task>? beforeEach)
    {
        Source = source;
        _beforeEach = beforeEach;
        source.StatusChanged = status => Change(() => _statuses.Add(status));
        _reading = Task.Run(ReadAsync);
    }

    public IFrameSource Source { get; }

    public IReadOnlyList<ReceivedFrame> Frames
    {
        get
        {
            lock (_lock)
                return [.. _frames];
        }
    }

    public IReadOnlyList<SourceStatus> Statuses
    {
        get
        {
            lock (_lock)
                return [.. _statuses];
        }
    }

    /// <param name="beforeEach">Awaited before each frame is taken; null: read as fast as they come.</param>
    public static LiveReading Start(
        string source,
        FrameSourceOptions? options = null,
        SourcePolicy? policy = null,
        Func<Task>? beforeEach = null) =>
        new(FrameSources.Open(
            VideoSource.Parse(source), policy ?? SourcePolicy.Anything, options ?? Options), beforeEach);

    public static FrameSourceOptions Options { get; } = new() { Format = Reading.Small, IsFast = true, RateHz = 25 };

    public async Task UntilAsync(Func<LiveReading, bool> condition)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            Task changed;
            lock (_lock)
                changed = _changed.Task;
            if (condition(this))
                return;
            // Counters change without a signal.
            bool hasEnded = await Task.WhenAny(changed, _reading, Task.Delay(20)) == _reading;
            if (hasEnded || Stopwatch.GetElapsedTime(start) > s_patience)
            {
                if (_reading.IsFaulted)
                    await _reading;
                Assert.True(condition(this), Describe());
                return;
            }
        }
    }

    public Task UntilStateAsync(SourceState state) => UntilAsync(reading => reading.Source.Status.State == state);

    /// <summary>Waits for as many frames more than there are now.</summary>
    public Task UntilMoreFramesAsync(int count)
    {
        int target = Frames.Count + count;
        return UntilAsync(reading => reading.Frames.Count >= target);
    }

    /// <summary>Reads to the end.</summary>
    public async Task<IReadOnlyList<ReceivedFrame>> ToEndAsync(SourceState state = SourceState.Ended)
    {
        await UntilAsync(reading => reading.Source.Status.State is SourceState.Ended or SourceState.Failed);
        await _reading.WaitAsync(s_patience);
        Assert.True(state == Source.Status.State, Describe());
        return Frames;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await ((Task)_reading.WaitAsync(s_patience)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Source.DisposeAsync().AsTask().WaitAsync(s_patience);
        _stop.Dispose();
    }

    private string Describe() =>
        $"{Frames.Count} frames, then {Source.Status}; before: " +
        string.Join(", ", Statuses.Select(status => $"{status.State} ({status.Reason})"));

    private async Task ReadAsync()
    {
        await foreach (SourceFrame frame in Source.ReadAsync(_stop.Token))
        {
            using (frame.Frame)
            {
                var received = new ReceivedFrame(
                    new KeptFrame(
                        frame.Frame.Index, frame.Frame.PresentationTime, frame.Frame.Pixels.ToArray(), Reading.Small),
                    frame.ArrivedAt,
                    frame.ArrivalTimestamp,
                    frame.StartsSegment);
                Change(() => _frames.Add(received));
            }

            if (_beforeEach is not null)
                await _beforeEach().WaitAsync(_stop.Token);
        }
    }

    private void Change(Action change)
    {
        TaskCompletionSource old;
        lock (_lock)
        {
            change();
            old = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        old.TrySetResult();
    }
}

internal sealed record ReceivedFrame(
    KeptFrame Picture, DateTimeOffset ArrivedAt, long ArrivalTimestamp, bool StartsSegment)
{
    public long Index => Picture.Index;

    public TimeSpan Time => Picture.Time;
}
