using System.Collections.Concurrent;
using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Grains.Tests.Failures;

/// <summary>
/// A subscriber of some videos that wants every update once and in order, from the first one on: it comes back, perhaps to
/// another silo, where its subscription ends.
/// </summary>
internal sealed class SequenceReader : IAsyncDisposable
{
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(100);

    private readonly Func<IVideoService?> _service;
    private readonly ConcurrentDictionary<string, long> _last = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, AttributionUpdate> _first = new(StringComparer.Ordinal);
    private readonly List<(Func<bool> IsReached, TaskCompletionSource Reached)> _goals = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private CancellationTokenSource _connection = new();

    /// <param name="service">The silo's to ask, each time; null: there is none now.</param>
    public SequenceReader(Func<IVideoService?> service, params IEnumerable<string> videos)
    {
        _service = service;
        foreach (string video in videos)
            _last[video] = -1;
        _running = Task.Run(RunAsync);
    }

    /// <summary>What was wrong: a gap, a repetition, a frame that is not the next.</summary>
    public ConcurrentQueue<string> Faults { get; } = new();

    /// <summary>Subscriptions that ended, and why.</summary>
    public ConcurrentQueue<Exception> Ends { get; } = new();

    public long LastOf(string video) => _last[video];

    /// <summary>Loses its connection, as when its silo's process ends.</summary>
    public void Disconnect() => _connection.Cancel();

    /// <summary>Ends when so many more updates of each of some videos have come.</summary>
    public async Task TakeAsync(int count, IEnumerable<string>? videos = null)
    {
        Dictionary<string, long> goal = (videos ?? _last.Keys).ToDictionary(id => id, id => _last[id] + count);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_goals)
        {
            // The last one may have come since it was found missing.
            if (IsReached())
                return;
            _goals.Add((IsReached, reached));
        }

        try
        {
            await reached.Task.WaitAsync(TestContext.Current.CancellationToken);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"Waited for {Describe(goal)}, came to {Describe(_last)}. Ends: {string.Join("; ", Ends.Select(e => e.Message))}");
        }

        bool IsReached() => goal.All(one => _last[one.Key] >= one.Value);
    }

    /// <summary>Checks what has come.</summary>
    public void AssertComplete() => Assert.Empty(Faults);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private static string Describe(IEnumerable<KeyValuePair<string, long>> places) =>
        string.Join(", ", places.Select(place => $"{place.Key} {place.Value}"));

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            if (_service() is not { } service)
            {
                await Task.Delay(s_retry, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            using var connection = _connection = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            try
            {
                var subscription = new Subscription([.. _last.Keys], _last.ToDictionary());
                await foreach (VideoEvent next in service.SubscribeAsync(subscription, connection.Token))
                    Take(next);
            }
            catch (OperationCanceledException) when (connection.IsCancellationRequested)
            {
                // Comes back, unless it is stopping.
            }
            catch (Exception failure) when (failure is VideoServiceException or StoreException or ObjectDisposedException)
            {
                Ends.Enqueue(failure);
                await Task.Delay(s_retry, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception failure)
            {
                Faults.Enqueue($"unexpected {failure}");
                return;
            }
        }
    }

    private void Take(VideoEvent next)
    {
        if (next is GapEvent gap)
            Faults.Enqueue($"{gap.Video}: {gap.FromSequence} to {gap.ToSequence} are missing");
        if (next is RemovedEvent)
            Faults.Enqueue($"{next.Video} was removed");
        if (next is not UpdateEvent { Update: { } update })
            return;
        string id = update.Video;
        if (update.Sequence != _last[id] + 1)
            Faults.Enqueue($"{id}: {update.Sequence} after {_last[id]}");
        AttributionUpdate first = _first.GetOrAdd(id, update);
        // A file's windows follow from their numbers: one frame more with each.
        bool isFile = !id.StartsWith(ClusterFailureTests.Live, StringComparison.Ordinal);
        if (isFile && update.FrameIndices[0] != first.FrameIndices[0] + update.Sequence - first.Sequence)
            Faults.Enqueue($"{id}: update {update.Sequence} begins with frame {update.FrameIndices[0]}");
        _last[id] = update.Sequence;
        lock (_goals)
        {
            foreach (var (_, reached) in _goals.Where(goal => goal.IsReached()))
                reached.TrySetResult();
            _goals.RemoveAll(goal => goal.Reached.Task.IsCompleted);
        }
    }
}
