using PlayFair.Contracts;

namespace PlayFair.Grains;

/// <summary>What one shard knows: its videos, where they run, and in which order that changed.</summary>
/// <remarks>For one thread at a time.</remarks>
internal sealed class CatalogShard(TimeProvider time)
{
    /// <summary>Removed videos that are remembered for watchers; one that is further behind is told everything.</summary>
    private const int MostRemoved = 1024;

    private readonly Dictionary<string, Entry> _videos = new(StringComparer.Ordinal);
    private readonly Dictionary<SiloAddress, SiloLoad> _silos = [];
    private readonly Queue<(long Version, string Id)> _removed = new();
    private TaskCompletionSource _changed = NewSignal();
    private long _version;
    private long _forgottenVersion = -1;

    public Guid Incarnation { get; } = Guid.NewGuid();

    public IReadOnlyCollection<SiloLoad> Silos => _silos.Values;

    public CatalogCount Count => new(_videos.Count, _videos.Values.Count(video => video.Host is null));

    public IEnumerable<VideoStatus> Statuses => _videos.Values.Select(video => video.Status);

    public VideoStatus? Find(string id) => _videos.GetValueOrDefault(id)?.Status;

    /// <summary>A stored video of which nothing else is known yet.</summary>
    public void Know(VideoStatus status) => _videos.TryAdd(
        status.Definition.Id, new Entry(status) { Born = ++_version, Version = _version, LostAt = time.GetTimestamp() });

    /// <summary>A silo says what it runs; what it ran before and does not name runs there no more.</summary>
    public void Report(SiloReport report)
    {
        SiloAddress silo = report.Load.Address;
        _silos[silo] = report.Load;
        HashSet<string> named = new(StringComparer.Ordinal);
        foreach (VideoReport video in report.Videos)
        {
            named.Add(video.Id);
            // One that was just removed may still be named; one without a status is not new.
            if (_videos.ContainsKey(video.Id) || (video.Status is not null && !_removed.Any(removed => removed.Id == video.Id)))
                Started(silo, video);
        }

        foreach ((string id, Entry entry) in _videos)
        {
            if (silo.Equals(entry.Host) && !named.Contains(id))
                Lose(entry, isOrphan: false);
        }
    }

    /// <summary>A video runs at a silo, perhaps a new one.</summary>
    /// <param name="video">With its status, if it may be new.</param>
    public void Started(SiloAddress silo, VideoReport video)
    {
        if (!_videos.TryGetValue(video.Id, out Entry? entry))
        {
            entry = new Entry(video.Status!) { Born = _version + 1 };
            _videos.Add(video.Id, entry);
        }

        if (video.Claim < entry.Claim)
            return;
        // Reports overtake one another: a status may be older than the one that is known.
        bool isNewOwner = video.Claim > entry.Claim;
        VideoStatus? status = isNewOwner || video.StatusVersion >= entry.StatusVersion ? video.Status : null;
        bool isSame = silo.Equals(entry.Host) && status is null;
        (entry.Claim, entry.Host) = (video.Claim, silo);
        if (isSame)
            return;
        if (status is not null)
            (entry.Status, entry.StatusVersion) = (status, video.StatusVersion);
        Change(entry);
    }

    public void Remove(string id)
    {
        if (!_videos.Remove(id))
            return;
        _removed.Enqueue((++_version, id));
        if (_removed.Count > MostRemoved)
            _forgottenVersion = _removed.Dequeue().Version;
        Signal();
    }

    /// <summary>Removes a video that is not stored any more, unless some silo has said by now that it runs it.</summary>
    public void RemoveLost(string id)
    {
        if (_videos.GetValueOrDefault(id) is { Host: null })
            Remove(id);
    }

    /// <summary>Videos that no silo runs: those of silos that are gone, and those that nobody has named for so long.</summary>
    /// <param name="isAlive">Whether a silo takes part in the cluster.</param>
    public List<string> Lost(Func<SiloAddress, bool> isAlive, TimeSpan patience)
    {
        foreach (SiloAddress silo in _silos.Keys.Where(silo => !isAlive(silo)).ToArray())
            _silos.Remove(silo);
        foreach (Entry entry in _videos.Values)
        {
            if (entry.Host is { } host && !isAlive(host))
                Lose(entry, isOrphan: true);
        }

        return
        [
            .. _videos.Where(video => video.Value is { Host: null } entry
                    && (entry.IsOrphan || time.GetElapsedTime(entry.LostAt) >= patience))
                .Select(video => video.Key),
        ];
    }

    /// <summary>What has changed since a version; null: nothing, and the task ends when something does.</summary>
    public (CatalogChanges? Changes, Task Changed) Since(Guid incarnation, long version, string[]? videos)
    {
        bool isAll = incarnation != Incarnation || version < 0 || version <= _forgottenVersion;
        if (!isAll && version == _version)
            return (null, _changed.Task);
        HashSet<string>? wanted = videos?.ToHashSet(StringComparer.Ordinal);
        KnownVideo[] changed =
        [
            .. (wanted is null
                    ? _videos.Values
                    : wanted.Select(id => _videos.GetValueOrDefault(id)).OfType<Entry>())
                .Where(entry => isAll || entry.Version > version)
                .Select(entry => new KnownVideo(entry.Born, entry.Status)),
        ];
        string[] removed =
        [
            .. _removed.Where(one => one.Version > version && wanted?.Contains(one.Id) != false).Select(one => one.Id)
                .Where(id => !_videos.ContainsKey(id)),
        ];
        // What changed may be of no interest; the version goes on all the same.
        return changed.Length == 0 && removed.Length == 0 && !isAll
            ? (null, _changed.Task)
            : (new CatalogChanges(Incarnation, _version, isAll, changed, removed), _changed.Task);
    }

    public long Version => _version;

    private void Lose(Entry entry, bool isOrphan)
    {
        entry.Host = null;
        entry.IsOrphan = isOrphan;
        entry.LostAt = time.GetTimestamp();
        entry.Status = entry.Status with { Silo = null };
        Change(entry);
    }

    private void Change(Entry entry)
    {
        entry.Version = ++_version;
        Signal();
    }

    private void Signal()
    {
        TaskCompletionSource changed = _changed;
        _changed = NewSignal();
        changed.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Entry(VideoStatus status)
    {
        public VideoStatus Status { get; set; } = status;

        /// <summary>Null: no silo says that it runs it.</summary>
        public SiloAddress? Host { get; set; }

        public long Claim { get; set; }

        /// <summary>The owner's count of the status.</summary>
        public long StatusVersion { get; set; }

        /// <summary>The shard's when it came to know the video.</summary>
        public long Born { get; init; }

        public long Version { get; set; }

        /// <summary>When it was last known to run nowhere.</summary>
        public long LostAt { get; set; }

        /// <summary>Whether the silo that ran it last is gone: nobody is about to say that it runs there.</summary>
        public bool IsOrphan { get; set; }
    }
}
