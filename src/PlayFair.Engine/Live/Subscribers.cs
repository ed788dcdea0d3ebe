using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace PlayFair.Engine;

/// <summary>A video whose events are followed, wherever it runs.</summary>
internal interface IFollowedVideo
{
    VideoFeed Feed { get; }

    /// <summary>The status as subscribers are told it: made once for each version.</summary>
    StatusEvent TellStatus(long version);
}

/// <summary>The subscribers of a service, each at its own place in the feeds that it follows.</summary>
/// <param name="most">So many there may be.</param>
/// <param name="store">Where what feeds hold no more is read.</param>
internal sealed class Subscribers(int most, IVideoStore? store, TimeProvider time)
{
    private const int ReadAtOnce = 64;

    /// <summary>Those that follow all videos.</summary>
    private readonly ConcurrentDictionary<Wakeup, bool> _ofAll = new();
    private int _count;

    public int Count => _count;

    /// <summary>Videos were added.</summary>
    public void TellAdded()
    {
        foreach (Wakeup reader in _ofAll.Keys)
            reader.Signal();
    }

    /// <summary>What <see cref="IVideoService.SubscribeAsync"/> gives.</summary>
    /// <param name="follow">
    /// The videos that the subscription is about and that there are now; asked again whenever something has happened.
    /// </param>
    /// <exception cref="VideoServiceException">There are as many as there may be, or the rate is out of its range.</exception>
    public async IAsyncEnumerable<VideoEvent> ReadAsync(
        Subscription subscription, Func<IEnumerable<IFollowedVideo>> follow,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (subscription.MaxRateHz is < Subscription.MinRate or > Subscription.MaxRate or double.NaN)
        {
            throw DefinitionRules.Wrong(
                "rate", $"{subscription.MaxRateHz}", $"{Subscription.MinRate} to {Subscription.MaxRate}");
        }

        int one = subscription.StatusOnly ? 0 : 1;
        if (Interlocked.Add(ref _count, one) > most && one > 0)
        {
            Interlocked.Decrement(ref _count);
            throw new VideoServiceException(
                VideoServiceError.LimitReached,
                $"There are {most} subscribers, as many as there may be. Come back later, or raise the limit.");
        }

        var wakeup = new Wakeup();
        using var reader = new SubscriptionReader(subscription, wakeup, store, ReadAtOnce, time);
        if (subscription.Videos is null)
            _ofAll.TryAdd(wakeup, true);
        try
        {
            var events = new List<VideoEvent>();
            while (true)
            {
                foreach (IFollowedVideo video in follow())
                    reader.Follow(video);
                reader.Read(events);
                foreach (VideoEvent next in events)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return next;
                }

                if (events.Count == 0)
                    await wakeup.WaitAsync(cancellationToken);
                events.Clear();
            }
        }
        finally
        {
            _ofAll.TryRemove(wakeup, out _);
            Interlocked.Add(ref _count, -one);
        }
    }
}
