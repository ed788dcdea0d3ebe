using Orleans.Streams;
using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Grains;

/// <summary>
/// A video that runs at some silo, as subscribers of this one see it: a feed of its own, fed by the video's stream. What the
/// stream loses, when a silo dies or is slow, the feed's readers take from the store.
/// </summary>
internal sealed class FollowedVideo(string id, int recentUpdates, SiloRuntime runtime, IGrainFactory grains) : IFollowedVideo
{
    private readonly Lock _lock = new();
    private VideoStatus? _status;
    private (long Version, StatusEvent Event)? _told;
    private StreamSubscriptionHandle<AttributionUpdate>? _subscription;

    /// <summary>What the video had published when it was last asked.</summary>
    private long _lastKnown = -1;

    public VideoFeed Feed { get; } = new(id, recentUpdates, nextSequence: 0);

    /// <summary>How many subscribers there are.</summary>
    public int ReaderCount { get; set; }

    /// <summary>How many of them want updates.</summary>
    public int UpdateReaderCount { get; set; }

    /// <summary>When the last of them left.</summary>
    public long IdleAt { get; set; }

    /// <summary>Ends once subscribers may begin to read.</summary>
    public Task? Ready { get; set; }

    public StatusEvent TellStatus(long version)
    {
        lock (_lock)
        {
            if (_told is not { } told || told.Version != version)
                _told = told = (version, new StatusEvent(_status!));
            return told.Event;
        }
    }

    public void Tell(VideoStatus status)
    {
        lock (_lock)
            _status = status;
        Feed.StatusChanged();
    }

    /// <summary>Subscribes to the stream, has the video publish there, and begins after its last update.</summary>
    public async Task FollowAsync()
    {
        _subscription ??= await runtime.StreamOf(id).SubscribeAsync(OnUpdatesAsync);
        Feed.Advance(await grains.GetGrain<IVideoGrain>(id).FollowAsync() + 1);
    }

    /// <summary>
    /// Has the video go on publishing. What it had published the last time, and is not here yet, got lost on its way: it is
    /// read from the store, and the stream is subscribed to anew.
    /// </summary>
    public async Task RenewAsync()
    {
        long last = await grains.GetGrain<IVideoGrain>(id).FollowAsync();
        long before = Interlocked.Exchange(ref _lastKnown, last);
        if (before < Feed.NextSequence)
            return;
        Feed.Advance(before + 1);
        await UnfollowAsync();
        _subscription = await runtime.StreamOf(id).SubscribeAsync(OnUpdatesAsync);
    }

    public async Task UnfollowAsync()
    {
        if (_subscription is not { } subscription)
            return;
        _subscription = null;
        await subscription.UnsubscribeAsync();
    }

    private Task OnUpdatesAsync(IList<SequentialItem<AttributionUpdate>> updates)
    {
        foreach (SequentialItem<AttributionUpdate> update in updates)
            Feed.Receive(update.Item);
        return Task.CompletedTask;
    }
}
