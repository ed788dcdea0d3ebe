using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using PlayFair.Engine;

namespace PlayFair.Server;

/// <summary>
/// Listens to the instruments of the program's meter and of those that its configuration names, and tells what they
/// have counted and measured since.
/// </summary>
internal sealed class MeterReading : IDisposable
{
    /// <summary>
    /// An instrument's tags may take so many values, all videos that ever were included; more are not counted.
    /// </summary>
    public const int MaxSeriesCount = 10_000;

    /// <summary>Such values of an instrument of a library, whose tags nobody here has chosen.</summary>
    public const int MaxForeignSeriesCount = 1000;

    private static readonly double[] SecondBounds =
        [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10];

    private static readonly double[] MillisecondBounds = [.. SecondBounds.Select(bound => 1000 * bound)];

    private static readonly double[] ByteBounds =
        [64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216];

    private static readonly double[] CountBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, Metric> _metrics = new();
    private readonly ILogger<MeterReading> _log;

    public MeterReading(ServerConfiguration configuration, ILogger<MeterReading> log)
    {
        _log = log;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            string meter = instrument.Meter.Name;
            if (meter == LiveMetrics.Name || configuration.Meters.Contains(meter, StringComparer.Ordinal))
                listener.EnableMeasurementEvents(instrument, _metrics.GetOrAdd(instrument, Create));
        };
        // What a meter that is gone had counted is no more.
        _listener.MeasurementsCompleted = (instrument, _) => _metrics.TryRemove(instrument, out Metric? _);
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, state) => Record(value, tags, state));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, state) => Record(value, tags, state));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => Record(value, tags, state));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => Record(value, tags, state));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, state) => Record(value, tags, state));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => Record(value, tags, state));
        _listener.Start();
    }

    public void WriteTo(PrometheusText text)
    {
        foreach (Metric metric in _metrics.Values)
            metric.BeginReading();
        try
        {
            _listener.RecordObservableInstruments();
        }
        catch (AggregateException failures)
        {
            // Thrown when all have been asked: what others observe is told all the same.
            _log.LogWarning(failures, "Instruments that could not be read: {Count}", failures.InnerExceptions.Count);
        }

        // Instruments of one name, of several meters, are one metric, which has one type: the one that tells most.
        foreach (var group in _metrics.Values.OrderByDescending(metric => metric.Type, StringComparer.Ordinal)
            .GroupBy(metric => metric.Name).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            Metric first = group.First();
            text.Begin(first.Name, first.Type, first.Help);
            first.MergedWith(group.Skip(1).Where(first.IsLike)).WriteTo(text);
        }
    }

    public void Dispose() => _listener.Dispose();

    private static void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) =>
        ((Metric)state!).Record(PrometheusText.Labels(tags), value);

    private static Metric Create(Instrument instrument)
    {
        Type type = instrument.GetType().GetGenericTypeDefinition();
        bool isCounter = type == typeof(Counter<>) || type == typeof(ObservableCounter<>);
        int most = instrument.Meter.Name == LiveMetrics.Name ? MaxSeriesCount : MaxForeignSeriesCount;
        if (type != typeof(Histogram<>))
        {
            bool isSum = isCounter || type == typeof(UpDownCounter<>);
            return new Metric(instrument, isCounter, isSum, bounds: null, most);
        }

        double[] bounds = instrument switch
        {
            Histogram<double> { Advice.HistogramBucketBoundaries: { } advised } => [.. advised],
            Histogram<long> { Advice.HistogramBucketBoundaries: { } advised } =>
                [.. advised.Select(bound => (double)bound)],
            Histogram<int> { Advice.HistogramBucketBoundaries: { } advised } =>
                [.. advised.Select(bound => (double)bound)],
            { Unit: "s" } => SecondBounds,
            { Unit: "ms" } => MillisecondBounds,
            { Unit: "By" or "bytes" } => ByteBounds,
            _ => CountBounds,
        };
        return new Metric(instrument, isCounter: false, isSum: true, bounds, most);
    }

    /// <summary>One instrument's values, by its tags.</summary>
    private sealed class Metric
    {
        private readonly Dictionary<string, Series> _series = new(StringComparer.Ordinal);
        private readonly Lock _gate = new();
        private readonly bool _isObservable;
        private readonly bool _isSum;
        private readonly double[]? _bounds;
        private readonly int _maxSeriesCount;

        public Metric(Instrument instrument, bool isCounter, bool isSum, double[]? bounds, int maxSeriesCount)
            : this(PrometheusText.NameOf(instrument.Name, instrument.Unit, isCounter),
                isCounter ? "counter" : bounds is null ? "gauge" : "histogram", instrument.Description,
                instrument.IsObservable, isSum && !instrument.IsObservable, bounds, maxSeriesCount)
        {
        }

        private Metric(
            string name, string type, string? help, bool isObservable, bool isSum, double[]? bounds, int maxSeriesCount)
        {
            Name = name;
            Type = type;
            Help = help;
            _isObservable = isObservable;
            _isSum = isSum;
            _bounds = bounds;
            _maxSeriesCount = maxSeriesCount;
        }

        public string Name { get; }

        public string Type { get; }

        public string? Help { get; }

        /// <summary>What is observed counts as it is now: a video that is gone has no value.</summary>
        public void BeginReading()
        {
            if (!_isObservable)
                return;
            lock (_gate)
                _series.Clear();
        }

        public void Record(string labels, double value)
        {
            lock (_gate)
            {
                if (Of(labels) is { } series)
                    series.Add(value, _isSum, _bounds);
            }
        }

        /// <summary>Whether the values of two instruments of one name can be added.</summary>
        public bool IsLike(Metric other) =>
            Type == other.Type && (_bounds ?? []).AsSpan().SequenceEqual(other._bounds ?? []);

        public Metric MergedWith(IEnumerable<Metric> others)
        {
            var sum = new Metric(Name, Type, Help, _isObservable, _isSum, _bounds, _maxSeriesCount);
            foreach (Metric metric in others.Prepend(this))
            {
                lock (metric._gate)
                {
                    foreach ((string labels, Series series) in metric._series)
                        sum.Of(labels)?.Add(series);
                }
            }

            return sum;
        }

        public void WriteTo(PrometheusText text)
        {
            foreach ((string labels, Series series) in _series.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                series.WriteTo(text, Name, labels, _bounds);
        }

        private Series? Of(string labels)
        {
            if (_series.TryGetValue(labels, out Series? series) || _series.Count >= _maxSeriesCount)
                return series;
            series = new Series(_bounds is null ? [] : new long[_bounds.Length + 1]);
            _series.Add(labels, series);
            return series;
        }
    }

    /// <summary>The values of one set of tags.</summary>
    /// <param name="counts">Of a histogram: how many values lie in each bucket; the last has no upper bound.</param>
    private sealed class Series(long[] counts)
    {
        private double _value;

        public void Add(double value, bool isSum, double[]? bounds)
        {
            _value = isSum ? _value + value : value;
            if (bounds is null)
                return;
            int bucket = 0;
            while (bucket < bounds.Length && value > bounds[bucket])
                bucket++;
            counts[bucket]++;
        }

        public void Add(Series other)
        {
            _value += other._value;
            long[] more = other.Counts;
            for (int i = 0; i < counts.Length; i++)
                counts[i] += more[i];
        }

        public void WriteTo(PrometheusText text, string name, string labels, double[]? bounds)
        {
            if (bounds is null)
            {
                text.Sample(name, labels, _value);
                return;
            }

            string before = labels.Length == 0 ? "" : $"{labels},";
            long count = 0;
            for (int i = 0; i < counts.Length; i++)
            {
                count += counts[i];
                double bound = i < bounds.Length ? bounds[i] : double.PositiveInfinity;
                text.Sample($"{name}_bucket", $"{before}le=\"{PrometheusText.Number(bound)}\"", count);
            }

            text.Sample($"{name}_sum", labels, _value);
            text.Sample($"{name}_count", labels, count);
        }

        private long[] Counts => counts;
    }
}
