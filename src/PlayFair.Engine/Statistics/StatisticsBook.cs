using System.Runtime.InteropServices;
using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>Live statistics of one service: buckets in memory, those that changed ready to be stored.</summary>
/// <remarks>
/// <para>
/// Safe for any number of threads. <see cref="Add"/> only touches memory, so that counting never waits for the store:
/// a bucket may begin in memory while an earlier part of it is stored (a clock went back, the service was started
/// again). The two are joined when the bucket is next taken to be stored; until then a report counts both.
/// </para>
/// <para>
/// A bucket leaves memory once it was stored, stayed as it was from one <see cref="TakeChanged"/> to the next, and
/// its video has a later one. Without a way to read it again it stays.
/// </para>
/// </remarks>
public sealed class StatisticsBook
{
    private readonly Lock _lock = new();
    private readonly TimeSpan _bucketLength;
    private readonly Func<string, string, DateTimeOffset, StatisticsBlob?>? _read;
    private readonly Dictionary<BucketKey, Entry> _entries = [];
    private readonly Dictionary<string, StatisticsMark> _marks = [];

    /// <param name="bucketLength">How much time a bucket covers; buckets begin at whole multiples of it, UTC.</param>
    /// <param name="read">
    /// Finds the stored bucket of a model, a video and a start, null if there is none; asked in
    /// <see cref="TakeChanged"/> only. Null: nothing is stored by others, and buckets stay in memory.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bucketLength"/> is not above 0.</exception>
    public StatisticsBook(TimeSpan bucketLength, Func<string, string, DateTimeOffset, StatisticsBlob?>? read = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(bucketLength, TimeSpan.Zero);
        _bucketLength = bucketLength;
        _read = read;
    }

    /// <summary>
    /// Counts an update, in the bucket of the time at which it arrived. The updates of one video come in the order of
    /// their sequence numbers; one at or below the highest so far was counted, and nothing happens.
    /// </summary>
    /// <exception cref="ArgumentException">As <see cref="StatisticsBucket.Add"/>.</exception>
    public void Add(AttributionUpdate update)
    {
        ArgumentNullException.ThrowIfNull(update);
        lock (_lock)
        {
            if (_marks.TryGetValue(update.Video, out StatisticsMark mark) && update.Sequence <= mark.Sequence)
                return;
            var key = new BucketKey(update.Model, update.Video, StartOf(update.ArrivedAt));
            if (!_entries.TryGetValue(key, out Entry? entry))
            {
                entry = new Entry(new StatisticsBucket(key.Model, key.Video, key.Start));
                _entries.Add(key, entry);
            }

            entry.Bucket.Add(update);
            entry.IsChanged = true;
            _marks[update.Video] = mark with { Sequence = update.Sequence };
        }
    }

    /// <summary>The buckets that changed since they were last taken, to be stored in one transaction.</summary>
    /// <returns>
    /// The buckets, each replacing the stored one of its key, and for each of their videos how far they go. If they
    /// cannot be stored, <see cref="PutBack"/> them before taking again.
    /// </returns>
    /// <remarks>
    /// For one caller at a time, who stores what it takes before it takes again: a later state of a bucket must replace
    /// an earlier one. Throws what reading throws; nothing is taken then.
    /// </remarks>
    public (IReadOnlyList<StatisticsBlob> Changed, IReadOnlyDictionary<string, StatisticsMark> Marks) TakeChanged()
    {
        List<(Entry Entry, StatisticsBucket Stored)> begun = ReadBegun();
        lock (_lock)
        {
            foreach ((Entry entry, StatisticsBucket stored) in begun)
            {
                entry.Bucket.Merge(stored);
                entry.IsWhole = true;
            }

            DropStored();
            // Where a bucket began while others were read, its video waits for the next time: a mark speaks for
            // all of a video's buckets.
            HashSet<string> waiting = [.. _entries.Where(e => !e.Value.IsWhole).Select(e => e.Key.Video)];
            var changed = new List<StatisticsBlob>();
            var marks = new Dictionary<string, StatisticsMark>(StringComparer.Ordinal);
            foreach ((BucketKey key, Entry entry) in _entries)
            {
                if (!entry.IsChanged || waiting.Contains(key.Video))
                    continue;
                entry.IsChanged = false;
                changed.Add(ToBlob(key, entry));
                marks[key.Video] = _marks[key.Video];
            }

            return (changed, marks);
        }
    }

    /// <summary>Says that buckets that were taken could not be stored: they are taken again the next time.</summary>
    public void PutBack(IReadOnlyList<StatisticsBlob> changed)
    {
        ArgumentNullException.ThrowIfNull(changed);
        lock (_lock)
        {
            foreach (StatisticsBlob blob in changed)
            {
                if (_entries.TryGetValue(new BucketKey(blob.Model, blob.Video, blob.BucketStart), out Entry? entry))
                    entry.IsChanged = true;
            }
        }
    }

    /// <summary>After a restart, before the first <see cref="Add"/>: what is stored, and how far it goes.</summary>
    /// <param name="open">
    /// Stored buckets that will go on; they may all be left out where the book can read them itself.
    /// </param>
    /// <param name="marks">For each video how far stored buckets go, and under whose claim it is counted on.</param>
    /// <exception cref="InvalidDataException">As <see cref="StatisticsBucket.FromBytes"/>.</exception>
    public void Restore(IEnumerable<StatisticsBlob> open, IReadOnlyDictionary<string, StatisticsMark> marks)
    {
        ArgumentNullException.ThrowIfNull(open);
        ArgumentNullException.ThrowIfNull(marks);
        lock (_lock)
        {
            foreach (StatisticsBlob blob in open)
            {
                _entries[new BucketKey(blob.Model, blob.Video, blob.BucketStart)] =
                    new Entry(ToBucket(blob)) { IsWhole = true };
            }

            foreach ((string video, StatisticsMark mark) in marks)
                _marks[video] = mark;
        }
    }

    /// <summary>Drops a video that was removed; one with its id begins anew.</summary>
    public void Forget(string video)
    {
        lock (_lock)
        {
            _marks.Remove(video);
            foreach (BucketKey key in _entries.Keys.Where(key => key.Video == video).ToArray())
                _entries.Remove(key);
        }
    }

    /// <summary>Statistics of a period, from what is stored and what is in memory.</summary>
    /// <param name="stored">
    /// Stored buckets of the period and of the reference period, read before this call; more do no harm, nor does one
    /// that comes twice. A bucket in memory stands for the stored one of its key.
    /// </param>
    /// <exception cref="VideoServiceException">
    /// <see cref="VideoServiceError.Invalid"/>: a period ends before it begins.
    /// <see cref="VideoServiceError.StoreFailed"/>: a stored bucket cannot be read.
    /// </exception>
    public StatisticsReport Query(StatisticsQuery query, IEnumerable<StatisticsBlob> stored)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(stored);
        var report = new StatisticsReportBuilder(query, _bucketLength);
        var standsForStored = new HashSet<BucketKey>();
        var live = new List<StatisticsBlob>();
        lock (_lock)
        {
            foreach ((BucketKey key, Entry entry) in _entries)
            {
                if (entry.IsWhole)
                    standsForStored.Add(key);
                if (report.Wants(key.Model, key.Video, key.Start))
                    live.Add(ToBlob(key, entry));
            }
        }

        foreach (StatisticsBlob blob in live)
            report.Add(blob);
        foreach (StatisticsBlob blob in stored)
        {
            if (standsForStored.Add(new BucketKey(blob.Model, blob.Video, blob.BucketStart)))
                report.Add(blob);
        }

        return report.Build();
    }

    private static StatisticsBlob ToBlob(BucketKey key, Entry entry) =>
        new(key.Model, key.Video, key.Start, entry.Bucket.ToBytes());

    private static StatisticsBucket ToBucket(StatisticsBlob blob) =>
        StatisticsBucket.FromBytes(blob.Model, blob.Video, blob.BucketStart, blob.Bytes);

    /// <summary>The stored part, maybe empty, of each bucket that began in memory.</summary>
    private List<(Entry Entry, StatisticsBucket Stored)> ReadBegun()
    {
        Entry[] begun;
        lock (_lock)
            begun = [.. _entries.Values.Where(entry => !entry.IsWhole)];
        // Reading takes time in which others may count.
        return [.. begun.Select(entry => (entry, Stored(entry.Bucket)))];
    }

    private StatisticsBucket Stored(StatisticsBucket bucket)
    {
        if (_read?.Invoke(bucket.Model, bucket.Video, bucket.Start) is { } blob)
        {
            try
            {
                return ToBucket(blob);
            }
            catch (InvalidDataException)
            {
                // Damaged for good: were it kept, nothing could be stored in its place.
            }
        }

        return new StatisticsBucket(bucket.Model, bucket.Video, bucket.Start);
    }

    private void DropStored()
    {
        if (_read is null)
            return;
        Dictionary<string, DateTimeOffset> newest = [];
        foreach (BucketKey key in _entries.Keys)
        {
            ref DateTimeOffset start = ref CollectionsMarshal.GetValueRefOrAddDefault(newest, key.Video, out _);
            start = key.Start > start ? key.Start : start;
        }

        foreach ((BucketKey key, Entry entry) in _entries)
        {
            // Removing what a dictionary's enumerator stands on is allowed.
            if (entry.IsWhole && !entry.IsChanged && key.Start < newest[key.Video])
                _entries.Remove(key);
        }
    }

    private DateTimeOffset StartOf(DateTimeOffset time) =>
        new(time.UtcTicks - (time.UtcTicks % _bucketLength.Ticks), TimeSpan.Zero);

    private readonly record struct BucketKey(string Model, string Video, DateTimeOffset Start);

    private sealed class Entry(StatisticsBucket bucket)
    {
        public StatisticsBucket Bucket { get; } = bucket;

        /// <summary>Whether it differs from what was last taken.</summary>
        public bool IsChanged { get; set; }

        /// <summary>Whether it includes what is stored of its key.</summary>
        public bool IsWhole { get; set; }
    }
}
