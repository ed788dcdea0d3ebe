using Orleans.Streams;
using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Grains;

/// <summary>Publishes a video's updates on its stream, while somebody follows it.</summary>
/// <remarks>
/// Reads the feed at its own pace: where the stream is slow, what the feed holds no more is left out, and followers take it
/// from the store. Nothing here makes the video wait.
/// </remarks>
internal sealed class UpdatePublisher : IAsyncDisposable
{
    private const int MostAtOnce = 64;

    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(500);

    private readonly VideoFeed _feed;
    private readonly IAsyncStream<AttributionUpdate> _stream;
    private readonly TimeSpan _lease;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private long _renewedAt;

    public UpdatePublisher(VideoFeed feed, IAsyncStream<AttributionUpdate> stream, TimeSpan lease, TimeProvider time)
    {
        _feed = feed;
        _stream = stream;
        _lease = lease;
        _time = time;
        Renew();
        long next = feed.NextSequence;
        _running = Task.Run(() => RunAsync(next, _stopping.Token));
    }

    /// <summary>Somebody follows.</summary>
    public void Renew() => Volatile.Write(ref _renewedAt, _time.GetTimestamp());

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync(long next, CancellationToken cancellationToken)
    {
        var news = new Wakeup();
        var events = new List<UpdateEvent>();
        _feed.Join(news, wantsUpdates: true);
        try
        {
            while (true)
            {
                long first = _feed.Read(next, MostAtOnce, events);
                if (events.Count == 0)
                {
                    next = Math.Max(next, first);
                    if (next == _feed.NextSequence)
                        await news.WaitAsync(cancellationToken);
                    continue;
                }

                next += events.Count;
                if (_time.GetElapsedTime(Volatile.Read(ref _renewedAt)) < _lease)
                    await PublishAsync(events.ConvertAll(e => e.Update), cancellationToken);
                events.Clear();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
        finally
        {
            _feed.Leave(news);
        }
    }

    private async Task PublishAsync(List<AttributionUpdate> updates, CancellationToken cancellationToken)
    {
        try
        {
            await (updates.Count == 1 ? _stream.OnNextAsync(updates[0]) : _stream.OnNextBatchAsync(updates))
                .WaitAsync(cancellationToken);
        }
#pragma warning disable CA1031 // Whatever fails, in any provider, followers take these updates from the store.
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            await Task.Delay(s_retry, _time, cancellationToken);
        }
    }
}
