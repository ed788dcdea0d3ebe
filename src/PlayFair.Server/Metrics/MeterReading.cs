using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace PlayFair.Server;

/// <summary>Listens to the instruments of one meter, and tells what they have counted and measured since.</summary>
internal sealed class MeterReading : IDisposable
{
    /// <summary>
    /// An instrument's tags may take so many values, all videos that ever were included; more are not counted.
    /// </summary>
    public const int MaxSeriesCount = 10_000;

    private static readonly double[] SecondBounds =
        [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10];

    private static readonly double[] CountBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, Metric> _metrics = new();

    public MeterReading(string meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == meter)
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
        _listener.RecordObservableInstruments();
        // Instruments of one name, of several meters of one name, are one metric.
        foreach (var group in _metrics.Values.GroupBy(metric => metric.Name)
            .OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            Metric first = group.First();
            text.Begin(first.Name, first.Type, first.Help);
            first.MergedWith(group.Skip(1)).WriteTo(text);
        }
    }

    public void Dispose() => _listener.Dispose();

    private static void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) =>
        ((Metric)state!).Record(PrometheusText.Labels(tags), value);

    private static Metric Create(Instrument instrument)
    {
        Type type = instrument.GetType().GetGenericTypeDefinition();
        bool isCounter = type == typeof(Counter<>) || type == typeof(ObservableCounter<>);
        if (type != typeof(Histogram<>))
            return new Metric(instrument, isCounter, isSum: isCounter || type == typeof(UpDownCounter<>), bounds: null);
        double[] bounds = instrument switch
        {
            Histogram<double> { Advice.HistogramBucketBoundaries: { } advised } => [.. advised],
            Histogram<long> { Advice.HistogramBucketBoundaries: { } advised } =>
                [.. advised.Select(bound => (double)bound)],
            Histogram<int> { Advice.HistogramBucketBoundaries: { } advised } =>
                [.. advised.Select(bound => (double)bound)],
            _ => instrument.Unit == "s" ? SecondBounds : CountBounds,
        };
        return new Metric(instrument, isCounter: false, isSum: true, bounds);
    }

    /// <summary>One instrument's values, by its tags.</summary>
    private sealed class Metric
    {
        private readonly Dictionary<string, Series> _series = new(StringComparer.Ordinal);
        private readonly Lock _gate = new();
        private readonly bool _isObservable;
        private readonly bool _isSum;
        private readonly double[]? _bounds;

        public Metric(Instrument instrument, bool isCounter, bool isSum, double[]? bounds)
            : this(PrometheusText.NameOf(instrument.Name, instrument.Unit, isCounter),
                isCounter ? "counter" : bounds is null ? "gauge" : "histogram", instrument.Description,
                instrument.IsObservable, isSum && !instrument.IsObservable, bounds)
        {
        }

        private Metric(string name, string type, string? help, bool isObservable, bool isSum, double[]? bounds)
        {
            Name = name;
            Type = type;
            Help = help;
            _isObservable = isObservable;
            _isSum = isSum;
            _bounds = bounds;
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

        public Metric MergedWith(IEnumerable<Metric> others)
        {
            var sum = new Metric(Name, Type, Help, _isObservable, _isSum, _bounds);
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
            if (_series.TryGetValue(labels, out Series? series) || _series.Count >= MaxSeriesCount)
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
