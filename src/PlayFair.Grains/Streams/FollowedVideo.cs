using Orleans.Streams;
using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Grains;

/// <summary>
/// A video that runs at some silo, as subscribers of this one see it: a feed of its own, fed by the video's stream. What the
/// stream loses, when a silo dies or is slow, the feed's readers take from the store.
/// </summary>
internal sealed class FollowedVideo(string id, int recentUpdates, SiloRuntime runtime, IGrainFactory grains)
    : IFollowedVideo, IAsyncDisposable
{
    /// <summary>How long a change of the subscription is waited for; then it goes on by itself.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private KnownVideo? _known;
    private (Guid Incarnation, long Version) _knownAt;
    private (long Version, StatusEvent Event)? _told;

    /// <summary>Held while it is decided from where updates come.</summary>
    private readonly SemaphoreSlim _turn = new(1, 1);
    private UpdateRelay? _relay;

    /// <summary>The last change of the subscription: one follows on another, and only they touch it.</summary>
    private Task _subscribing = Task.CompletedTask;
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

    /// <summary>Ends once the video was asked how far it is.</summary>
    public Task Renewed { get; set; } = Task.CompletedTask;

    public StatusEvent TellStatus(long version)
    {
        lock (_lock)
        {
            if (_told is not { } told || told.Version != version)
                _told = told = (version, new StatusEvent(_known!.Status));
            return told.Event;
        }
    }

    /// <summary>Hears of the video from its shard of the catalog. Answers overtake one another: an older one is left out.</summary>
    /// <param name="incarnation">The shard's, as of <see cref="CatalogChanges"/>.</param>
    /// <param name="version">The shard's.</param>
    /// <returns>Whether another silo runs the video than before.</returns>
    public bool Tell(Guid incarnation, long version, KnownVideo known)
    {
        string? before;
        lock (_lock)
        {
            if (_knownAt.Incarnation == incarnation && _knownAt.Version >= version)
                return false;
            before = _known?.Status.Silo;
            _known = known;
            _knownAt = (incarnation, version);
        }

        Feed.StatusChanged();
        return known.Status.Silo is { } silo && silo != before;
    }

    /// <summary>Whether what a shard says now is of a video that was added later, with this one's id.</summary>
    /// <param name="incarnation">The shard's; another than this one's was told does not know what was before.</param>
    public bool IsReplacedBy(Guid incarnation, KnownVideo known)
    {
        lock (_lock)
            return _knownAt.Incarnation == incarnation && known.Born > _known!.Born;
    }

    /// <summary>Whether what a shard says is of a time before this video was added.</summary>
    public bool IsYoungerThan(Guid incarnation, long version)
    {
        lock (_lock)
            return _knownAt.Incarnation == incarnation && _known!.Born > version;
    }

    /// <summary>
    /// Has updates come, from the video's last one on: from its own feed where it runs at this silo, by its stream where it
    /// does not.
    /// </summary>
    public async Task FollowAsync()
    {
        await _turn.WaitAsync();
        try
        {
            await FollowNowAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Begins after the last update that is stored.</summary>
    /// <exception cref="StoreException">It cannot be read.</exception>
    public void CatchUp() => Feed.Advance((runtime.Store.LastSequence(id) ?? -1) + 1);

    /// <summary>
    /// Has the video go on publishing. What it had published the last time, and is not here yet, got lost on its way: it is
    /// read from the store, and the stream is subscribed to anew.
    /// </summary>
    public async Task RenewAsync()
    {
        await _turn.WaitAsync();
        try
        {
            VideoFeed? here = FeedHere;
            if (here is not null && here == _relay?.Feed)
                return;
            // It has come here, or gone.
            if (here != _relay?.Feed)
            {
                await LeaveAsync();
                await FollowNowAsync();
                return;
            }

            long last = await grains.GetGrain<IVideoGrain>(id).FollowAsync();
            (long before, _lastKnown) = (_lastKnown, last);
            bool isBehind = before >= Feed.NextSequence;
            Feed.Advance(before + 1);
            if (_subscribing.IsCompleted && (isBehind || _subscription is null))
                await ResubscribeAsync(isWanted: true);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Lets go of the stream.</summary>
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        try
        {
            await LeaveAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>That of the video that runs at this silo; null: it runs elsewhere.</summary>
    private VideoFeed? FeedHere => runtime.Host.Videos.GetValueOrDefault(id)?.Feed;

    private async Task FollowNowAsync()
    {
        if (FeedHere is { } here)
        {
            _relay = new UpdateRelay(here, TakeAsync);
            Feed.Advance(here.NextSequence);
            return;
        }

        await ResubscribeAsync(isWanted: true);
        _lastKnown = await grains.GetGrain<IVideoGrain>(id).FollowAsync();
        Feed.Advance(_lastKnown + 1);
    }

    private async Task LeaveAsync()
    {
        if (_relay is { } relay)
        {
            _relay = null;
            await relay.DisposeAsync();
        }

        await ResubscribeAsync(isWanted: false);
    }

    /// <summary>
    /// Lets go of the stream, and subscribes to it anew if that is wanted. Who keeps the subscriptions may be waiting for a
    /// silo that hangs; this video's readers are not to wait with it, as what they miss is in the store.
    /// </summary>
    private async Task ResubscribeAsync(bool isWanted)
    {
        Task change = _subscribing = ChangeAsync(_subscribing);
        if (await Task.WhenAny(change, Task.Delay(s_patience, runtime.Time)) == change)
            await change;

        async Task ChangeAsync(Task before)
        {
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_subscription is { } old)
            {
                _subscription = null;
                await old.UnsubscribeAsync();
            }

            if (isWanted)
                _subscription = await runtime.StreamOf(id).SubscribeAsync(OnUpdatesAsync);
        }
    }

    private Task OnUpdatesAsync(IList<SequentialItem<AttributionUpdate>> updates)
    {
        foreach (SequentialItem<AttributionUpdate> update in updates)
            Feed.Receive(update.Item);
        return Task.CompletedTask;
    }

    private Task TakeAsync(IReadOnlyList<AttributionUpdate> updates, CancellationToken cancellationToken)
    {
        foreach (AttributionUpdate update in updates)
            Feed.Receive(update);
        return Task.CompletedTask;
    }
}
