using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Grains.Bench;

/// <summary>One file store that silos of one process share, as processes share a database.</summary>
internal sealed class SharedStore(VideoStore store, List<Action<IReadOnlyList<StoredUpdate>>> listeners)
{
    /// <summary>What the store tells of goes to every silo.</summary>
    public static Action<IReadOnlyList<StoredUpdate>> Forward(out List<Action<IReadOnlyList<StoredUpdate>>> listeners)
    {
        List<Action<IReadOnlyList<StoredUpdate>>> all = listeners = [];
        return updates =>
        {
            Action<IReadOnlyList<StoredUpdate>>[] now;
            lock (all)
                now = [.. all];
            foreach (Action<IReadOnlyList<StoredUpdate>> listener in now)
                listener(updates);
        };
    }

    public VideoStore Store => store;

    /// <summary>A silo's own view.</summary>
    public IVideoStore Open(Action<IReadOnlyList<StoredUpdate>> committed)
    {
        lock (listeners)
            listeners.Add(committed);
        return new View(store);
    }

    public ValueTask CloseAsync() => store.DisposeAsync();

    /// <summary>All but closing.</summary>
    private sealed class View(VideoStore store) : IVideoStore
    {
        public StoreStatus Status => store.Status;

        public IReadOnlyList<StoredVideo> Videos() => store.Videos();

        public StoredVideo? FindVideo(string id) => store.FindVideo(id);

        public VideoClaim? Claim(string id) => store.Claim(id);

        public void SaveVideo(StoredVideo video, long claim = 0) => store.SaveVideo(video, claim);

        public void DeleteVideo(string id) => store.DeleteVideo(id);

        public ValueTask AppendAsync(StoredUpdate update, CancellationToken cancellationToken) =>
            store.AppendAsync(update, cancellationToken);

        public void SaveLastTracks(string id, IReadOnlyList<FrameTrack> tracks, long claim = 0) =>
            store.SaveLastTracks(id, tracks, claim);

        public ValueTask FlushAsync(CancellationToken cancellationToken) => store.FlushAsync(cancellationToken);

        public long? LastSequence(string id) => store.LastSequence(id);

        public AttributionUpdate? ReadUpdate(string id, long sequence) => store.ReadUpdate(id, sequence);

        public IReadOnlyList<AttributionUpdate> ReadUpdates(string id, HistoryQuery query) => store.ReadUpdates(id, query);

        public IReadOnlyList<AttributionUpdate> ReadBackwards(string id, BackwardQuery query) =>
            store.ReadBackwards(id, query);

        public IReadOnlyList<FrameTrack> ReadFrameTracks(string id, HistoryQuery query) => store.ReadFrameTracks(id, query);

        public Timeline? ReadTimeline(string id, TimelineQuery query) => store.ReadTimeline(id, query);

        public byte[]? ReadThumbnail(string id, long frameIndex) => store.ReadThumbnail(id, frameIndex);

        public IReadOnlyList<StatisticsBlob> ReadStatistics(StatisticsRange range) => store.ReadStatistics(range);

        public void SaveStatistics(
            IReadOnlyList<StatisticsBlob> blobs, IReadOnlyDictionary<string, StatisticsMark> marks) =>
            store.SaveStatistics(blobs, marks);

        public IReadOnlyDictionary<string, long> StatisticsWatermarks() => store.StatisticsWatermarks();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
