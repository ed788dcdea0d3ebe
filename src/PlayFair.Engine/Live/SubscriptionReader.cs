using System.Collections.ObjectModel;
using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>One subscriber's places in the feeds that it follows.</summary>
internal sealed class SubscriptionReader(Subscription subscription, Wakeup wakeup, VideoStore? store, int readAtOnce)
{
    private readonly Dictionary<string, Place> _places = new(StringComparer.Ordinal);

    /// <summary>Where the subscriber was, of the videos that it has not followed yet.</summary>
    private readonly Dictionary<string, long> _after =
        new(subscription.After ?? ReadOnlyDictionary<string, long>.Empty, StringComparer.Ordinal);
    private readonly List<UpdateEvent> _updates = [];

    /// <summary>Follows a video from now on, unless it does already.</summary>
    public void Follow(EmbeddedVideo video)
    {
        VideoFeed feed = video.Feed;
        if (_places.TryGetValue(feed.Video, out Place? place) && place.Feed == feed)
        {
            place.Video = video;
            return;
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
        foreach ((string id, Place place) in _places)
        {
            VideoFeed feed = place.Feed;
            if (feed.StatusVersion != place.StatusVersion)
            {
                place.StatusVersion = feed.StatusVersion;
                events.Add(place.Video.TellStatus(place.StatusVersion));
            }

            if (!subscription.StatusOnly)
                ReadUpdates(place, events);
            if (feed.IsRemoved)
            {
                events.Add(new RemovedEvent(id));
                _places.Remove(id);
            }
        }
    }

    public void Leave()
    {
        foreach (Place place in _places.Values)
            place.Feed.Leave(wakeup);
    }

    private void ReadUpdates(Place place, List<VideoEvent> events)
    {
        long first = place.Feed.Read(place.Next, readAtOnce, _updates);
        foreach (UpdateEvent update in _updates)
            events.Add(update);
        place.Next += _updates.Count;
        _updates.Clear();
        if (place.Next >= first)
            return;

        IReadOnlyList<AttributionUpdate> stored = store?.ReadUpdates(
            place.Feed.Video,
            new HistoryQuery { FromSequence = place.Next, ToSequence = first - 1, Limit = readAtOnce }) ?? [];
        foreach (AttributionUpdate update in stored)
        {
            if (update.Sequence > place.Next)
                events.Add(new GapEvent(update.Video, place.Next, update.Sequence - 1));
            events.Add(new UpdateEvent(update));
            place.Next = update.Sequence + 1;
        }

        if (stored.Count < readAtOnce && place.Next < first)
        {
            events.Add(new GapEvent(place.Feed.Video, place.Next, first - 1));
            place.Next = first;
        }
    }

    private sealed class Place(EmbeddedVideo video)
    {
        public EmbeddedVideo Video { get; set; } = video;

        public VideoFeed Feed { get; } = video.Feed;

        /// <summary>Sequence number of the update to be read next.</summary>
        public long Next { get; set; }

        /// <summary>Of the status last told; none yet.</summary>
        public long StatusVersion { get; set; } = -1;
    }
}
