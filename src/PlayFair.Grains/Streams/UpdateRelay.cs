using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Grains;

/// <summary>Passes a feed's updates on as they come, from where it is now.</summary>
/// <remarks>
/// Reads at the pace of whoever takes them: where that is slow, what the feed holds no more is left out, and followers find
/// it in the store. Nothing here makes the video wait.
/// </remarks>
internal sealed class UpdateRelay : IAsyncDisposable
{
    private const int MostAtOnce = 64;

    private readonly Func<IReadOnlyList<AttributionUpdate>, CancellationToken, Task> _take;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    /// <param name="take">Takes updates, one call at a time; it throws only when cancelled.</param>
    public UpdateRelay(VideoFeed feed, Func<IReadOnlyList<AttributionUpdate>, CancellationToken, Task> take)
    {
        Feed = feed;
        _take = take;
        long next = feed.NextSequence;
        _running = Task.Run(() => RunAsync(next, _stopping.Token));
    }

    public VideoFeed Feed { get; }

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
        Feed.Join(news, wantsUpdates: true);
        try
        {
            while (true)
            {
                long first = Feed.Read(next, MostAtOnce, events);
                if (events.Count == 0)
                {
                    next = Math.Max(next, first);
                    if (next == Feed.NextSequence)
                        await news.WaitAsync(cancellationToken);
                    continue;
                }

                next += events.Count;
                await _take(events.ConvertAll(e => e.Update), cancellationToken);
                events.Clear();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
        finally
        {
            Feed.Leave(news);
        }
    }
}
