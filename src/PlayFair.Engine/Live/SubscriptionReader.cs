using System.Collections.ObjectModel;
using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>One subscriber's places in the feeds that it follows.</summary>
internal sealed class SubscriptionReader(
    Subscription subscription, Wakeup wakeup, IVideoStore? store, int readAtOnce, TimeProvider time) : IDisposable
{
    /// <summary>Wakes the subscriber when the next update that it is to have is due; null: it is to have all.</summary>
    private readonly ITimer? _due = subscription.MaxRateHz is null
        ? null
        : time.CreateTimer(_ => wakeup.Signal(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    private readonly Dictionary<string, Place> _places = new(StringComparer.Ordinal);

    /// <summary>Where the subscriber was, of the videos that it has not followed yet.</summary>
    private readonly Dictionary<string, long> _after =
        new(subscription.After ?? ReadOnlyDictionary<string, long>.Empty, StringComparer.Ordinal);
    private readonly List<UpdateEvent> _updates = [];

    /// <summary>Videos that were removed, and added anew before the subscriber was told.</summary>
    private readonly List<string> _replaced = [];

    /// <summary>Until an update that is there is due.</summary>
    private TimeSpan _wait;

    /// <summary>Follows a video from now on, unless it does already.</summary>
    public void Follow(IFollowedVideo video)
    {
        VideoFeed feed = video.Feed;
        if (_places.TryGetValue(feed.Video, out Place? place) && place.Feed == feed)
        {
            place.Video = video;
            return;
        }

        if (place is not null)
        {
            place.Feed.Leave(wakeup);
            _replaced.Add(feed.Video);
        }

        long next = feed.NextSequence;
        // A place beyond what there is belongs to a store that is gone.
        bool isKnown = _after.Remove(feed.Video, out long last) && last < next;
        _places[feed.Video] = new Place(video) { Next = isKnown ? last + 1 : Math.Max(0, next - 1) };
        feed.Join(wakeup, !subscription.StatusOnly);
    }

    /// <summary>Adds what is new, a little of each video, so that none waits for another's past.</summary>
    public void Read(List<VideoEvent> events)
    {
        _wait = Timeout.InfiniteTimeSpan;
        events.AddRange(_replaced.Select(id => new RemovedEvent(id)));
        _replaced.Clear();
        foreach ((string id, Place place) in _places)
        {
            VideoFeed feed = place.Feed;
            if (feed.StatusVersion != place.StatusVersion)
            {
                place.StatusVersion = feed.StatusVersion;
                events.Add(place.Video.TellStatus(place.StatusVersion));
            }

            if (subscription.MaxRateHz is { } rate && !subscription.StatusOnly)
                ReadNewest(place, TimeSpan.FromSeconds(1 / rate), events);
            else if (!subscription.StatusOnly)
                ReadUpdates(place, events, readAtOnce);
            if (feed.IsRemoved)
            {
                events.Add(new RemovedEvent(id));
                _places.Remove(id);
            }
        }

        _due?.Change(_wait, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Leaves the feeds.</summary>
    public void Dispose()
    {
        _due?.Dispose();
        foreach (Place place in _places.Values)
            place.Feed.Leave(wakeup);
    }

    /// <summary>Adds the newest update, if there is a new one and it is due.</summary>
    private void ReadNewest(Place place, TimeSpan interval, List<VideoEvent> events)
    {
        long newest = place.Feed.NextSequence - 1;
        if (newest < place.Next)
            return;
        TimeSpan now = time.GetElapsedTime(0);
        if (now < place.DueAt)
        {
            // Timers know whole milliseconds.
            var wait = TimeSpan.FromMilliseconds(Math.Ceiling((place.DueAt - now).TotalMilliseconds));
            if (_wait == Timeout.InfiniteTimeSpan || wait < _wait)
                _wait = wait;
            return;
        }

        place.Next = newest;
        ReadUpdates(place, events, maxCount: 1);
        // One that could not be stored is one of those that are left out.
        events.RemoveAll(e => e is GapEvent gap && gap.Video == place.Feed.Video);
        // One that came a little late does not put off those after it.
        place.DueAt = now - place.DueAt < interval / 2 ? place.DueAt + interval : now + interval;
    }

    private void ReadUpdates(Place place, List<VideoEvent> events, int maxCount)
    {
        long first = place.Feed.Read(place.Next, maxCount, _updates);
        foreach (UpdateEvent update in _updates)
            events.Add(update);
        place.Next += _updates.Count;
        _updates.Clear();
        if (place.Next >= first)
            return;

        IReadOnlyList<AttributionUpdate> stored = ReadStored(
            place.Feed.Video, new HistoryQuery { FromSequence = place.Next, ToSequence = first - 1, Limit = maxCount });
        foreach (AttributionUpdate update in stored)
        {
            if (update.Sequence > place.Next)
                events.Add(new GapEvent(update.Video, place.Next, update.Sequence - 1));
            events.Add(new UpdateEvent(update));
            place.Next = update.Sequence + 1;
        }

        if (stored.Count < maxCount && place.Next < first)
        {
            events.Add(new GapEvent(place.Feed.Video, place.Next, first - 1));
            place.Next = first;
        }
    }

    private IReadOnlyList<AttributionUpdate> ReadStored(string video, HistoryQuery query)
    {
        try
        {
            return store?.ReadUpdates(video, query) ?? [];
        }
        catch (StoreException failure)
        {
            throw new VideoServiceException(VideoServiceError.StoreFailed, failure.Message, field: null, failure);
        }
    }

    private sealed class Place(IFollowedVideo video)
    {
        public IFollowedVideo Video { get; set; } = video;

        public VideoFeed Feed { get; } = video.Feed;

        /// <summary>Sequence number of the update to be read next.</summary>
        public long Next { get; set; }

        /// <summary>When the next update is due, on the clock of time stamps.</summary>
        public TimeSpan DueAt { get; set; }

        /// <summary>Of the status last told; none yet.</summary>
        public long StatusVersion { get; set; } = -1;
    }
}
