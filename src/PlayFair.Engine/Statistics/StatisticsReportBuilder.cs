using System.Globalization;
using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>Merges buckets into the report that a query asks for.</summary>
internal sealed class StatisticsReportBuilder
{
    private readonly StatisticsQuery _query;
    private readonly TimeSpan _bucketLength;
    private readonly HashSet<string>? _videos;
    private readonly SortedDictionary<string, Totals> _models = new(StringComparer.Ordinal);
    private long _updateCount;

    /// <exception cref="VideoServiceException">
    /// <see cref="VideoServiceError.Invalid"/>: a period ends before it begins.
    /// </exception>
    public StatisticsReportBuilder(StatisticsQuery query, TimeSpan bucketLength)
    {
        CheckPeriod(query.From, query.To, "to");
        CheckPeriod(query.ReferenceFrom, query.ReferenceTo, "referenceTo");
        _query = query;
        _bucketLength = bucketLength;
        _videos = query.Videos is { } videos ? [.. videos] : null;
    }

    /// <summary>Whether the bucket with this key counts in the report.</summary>
    public bool Wants(string model, string video, DateTimeOffset start) =>
        (_query.Model is null || _query.Model == model)
        && (_videos is null || _videos.Contains(video))
        && (IsInPeriod(start) || IsInReference(start));

    /// <summary>Counts a bucket if the query wants it; each may come once.</summary>
    /// <exception cref="VideoServiceException">
    /// <see cref="VideoServiceError.StoreFailed"/>: it cannot be read.
    /// </exception>
    public void Add(StatisticsBlob blob)
    {
        if (!Wants(blob.Model, blob.Video, blob.BucketStart))
            return;
        if (!_models.TryGetValue(blob.Model, out Totals? totals))
        {
            totals = new Totals(blob.Model);
            _models.Add(blob.Model, totals);
        }

        try
        {
            if (IsInPeriod(blob.BucketStart))
            {
                totals.Period.Merge(blob.Bytes);
                _updateCount += totals.AddToSeries(blob);
            }

            if (IsInReference(blob.BucketStart))
                totals.Reference.Merge(blob.Bytes);
        }
        catch (InvalidDataException e)
        {
            throw new VideoServiceException(
                VideoServiceError.StoreFailed,
                $"The stored statistics of {blob.Video} from {blob.BucketStart:yyyy-MM-dd HH:mm:ss}Z on cannot be " +
                $"read. {e.Message} Ask for a period without them.",
                innerException: e);
        }
    }

    public StatisticsReport Build() => new()
    {
        BucketSeconds = _bucketLength.TotalSeconds,
        UpdateCount = _updateCount,
        Models = [.. _models.SelectMany(entry => entry.Value.Report(_query.Classes))],
    };

    private static void CheckPeriod(DateTimeOffset? from, DateTimeOffset? to, string field)
    {
        if (from >= to)
        {
            throw new VideoServiceException(
                VideoServiceError.Invalid,
                $"The period ends at {to:O} and begins at {from:O}; expected an end after the beginning.",
                field);
        }
    }

    private bool IsInPeriod(DateTimeOffset start) => !(start < _query.From) && !(start >= _query.To);

    private bool IsInReference(DateTimeOffset start) =>
        (_query.ReferenceFrom ?? _query.ReferenceTo) is not null
        && !(start < _query.ReferenceFrom) && !(start >= _query.ReferenceTo);

    /// <summary>Of one model.</summary>
    private sealed class Totals(string model)
    {
        private readonly Dictionary<string, SortedDictionary<DateTimeOffset, Frequency>> _series = [];

        public StatisticsBucket Period { get; } = new(model, video: "", default);

        public StatisticsBucket Reference { get; } = new(model, video: "", default);

        /// <returns>Updates in the bucket.</returns>
        public long AddToSeries(StatisticsBlob blob)
        {
            var bucket = StatisticsBucket.FromBytes(blob.Model, blob.Video, blob.BucketStart, blob.Bytes);
            foreach ((string score, ScoreCounts counts) in bucket.Scores)
            {
                if (!_series.TryGetValue(score, out SortedDictionary<DateTimeOffset, Frequency>? series))
                    _series.Add(score, series = []);
                if (!series.TryGetValue(bucket.Start, out Frequency? frequency))
                    series.Add(bucket.Start, frequency = new Frequency());
                frequency.Add(counts);
            }

            return bucket.UpdateCount;
        }

        public IEnumerable<ModelStatistics> Report(IReadOnlyList<string>? classes) =>
            Period.Scores.Select(entry => Report(entry.Key, entry.Value, classes));

        private ModelStatistics Report(string score, ScoreCounts counts, IReadOnlyList<string>? classes)
        {
            HashSet<int>? wanted = classes is null ? null : Find(classes, counts);
            KeyValuePair<int, ClassCounts>[] reported = [.. counts.Classes.Where(entry => Wants(entry.Key))];
            ScoreCounts? reference = Reference.Scores.GetValueOrDefault(score);
            return new ModelStatistics(
                model,
                score,
                [
                    .. reported.Select(entry =>
                        entry.Value.Report(entry.Key, reference?.Classes.GetValueOrDefault(entry.Key))),
                ],
                [.. reported.SelectMany(entry => entry.Value.ReportPredictions(entry.Key))],
                [.. counts.Transitions.Where(transition => Wants(transition.From) || Wants(transition.To))],
                [.. _series[score].Select(entry => entry.Value.Report(entry.Key, Wants))]);

            bool Wants(int index) => wanted?.Contains(index) ?? true;
        }

        /// <summary>Indices of the classes asked for; names come before indices, as elsewhere.</summary>
        private static HashSet<int> Find(IReadOnlyList<string> requests, ScoreCounts counts)
        {
            HashSet<int> found = [];
            foreach (string request in requests)
            {
                int[] named =
                [
                    .. counts.Classes
                        .Where(entry => string.Equals(entry.Value.Name, request, StringComparison.OrdinalIgnoreCase))
                        .Select(entry => entry.Key),
                ];
                found.UnionWith(named);
                if (named.Length == 0
                    && int.TryParse(request, NumberStyles.None, CultureInfo.InvariantCulture, out int index))
                {
                    found.Add(index);
                }
            }

            return found;
        }
    }

    /// <summary>Of one time bucket.</summary>
    private sealed class Frequency
    {
        private readonly SortedDictionary<int, long> _topCounts = [];
        private long _windowCount;

        public void Add(ScoreCounts counts)
        {
            _windowCount += counts.WindowCount;
            foreach ((int index, ClassCounts ofClass) in counts.Classes)
            {
                if (ofClass.TopCount > 0)
                    _topCounts[index] = _topCounts.GetValueOrDefault(index) + ofClass.TopCount;
            }
        }

        public BucketFrequency Report(DateTimeOffset start, Func<int, bool> wants) => new(
            start,
            _windowCount,
            new SortedDictionary<int, long>(
                _topCounts.Where(entry => wants(entry.Key)).ToDictionary(entry => entry.Key, entry => entry.Value)));
    }
}
