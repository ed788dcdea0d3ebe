using System.Diagnostics;
using System.Diagnostics.Metrics;
using PlayFair.Contracts;
using PlayFair.Engine;
using PlayFair.Inference;
using PlayFair.Models;

namespace PlayFair.Cli.Bench;

/// <summary>Measures the service as a whole: what it costs beside the model, how late updates are, whether it leaks.</summary>
/// <param name="samples">Sample videos, to be looped.</param>
/// <param name="simulated">How long the endurance row's camera runs, by its own time.</param>
internal sealed class LiveBenchmark(
    ModelPackage model, IReadOnlyList<string> samples, TimeSpan simulated, bool isQuick)
{
    private const int VideoCount = 8;
    private const int CameraCount = 4;
    private const int SampleCount = 12;

    private readonly TimeSpan _warmUp = TimeSpan.FromSeconds(isQuick ? 3 : 20);
    private readonly TimeSpan _duration = TimeSpan.FromSeconds(isQuick ? 3 : 30);

    public async Task<LiveBenchDocument> RunAsync(
        BenchMachine machine, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        progress?.Report($"overhead, {VideoCount} videos");
        OverheadResult overhead = await MeasureOverheadAsync(cancellationToken);
        progress?.Report($"latency, {CameraCount} cameras");
        LatencyResult latency = await MeasureLatencyAsync(cancellationToken);
        progress?.Report("subscribers");
        SubscriberResult subscribers = await new SubscriberBenchmark(isQuick ? 50 : 1000, _duration)
            .RunAsync(cancellationToken);
        progress?.Report($"endurance, {simulated.TotalHours:0.##} h");
        EnduranceResult endurance = await MeasureEnduranceAsync(progress, cancellationToken);
        return new LiveBenchDocument(
            LiveBenchDocument.CurrentSchema, AttributionDocument.Producer, machine, $"{model.Name} {model.Version}", isQuick,
            overhead, latency, subscribers, endurance);
    }

    private async Task<OverheadResult> MeasureOverheadAsync(CancellationToken cancellationToken)
    {
        using var meters = new MeterWatch();
        await using var running = await RunningService.StartAsync(model, cancellationToken);
        string[] videos = await Task.WhenAll(
            Enumerable.Range(0, VideoCount).Select(i => running.LengthenAsync(samples[i % samples.Count], cancellationToken)));
        for (int i = 0; i < VideoCount; i++)
        {
            await running.Service.AddAsync(
                new VideoDefinition
                {
                    Id = $"video{i}",
                    Source = videos[i],
                    Loop = true,
                    RateHz = 10,
                    Window = 16,
                },
                cancellationToken);
        }

        await running.WarmUpAsync(VideoCount, _warmUp, cancellationToken);
        (double Own, double Decode, double Backbone, double Head) before = Read();
        long start = Stopwatch.GetTimestamp();
        int updates = await running.FollowAsync(_duration, cancellationToken);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        (double Own, double Decode, double Backbone, double Head) after = Read();

        double backbone = after.Backbone - before.Backbone, head = after.Head - before.Head;
        StageShare[] stages =
        [
            new("decode", (after.Decode - before.Decode) / seconds),
            new("backbone", backbone / seconds),
            new("head", head / seconds),
            new("overhead", (after.Own - before.Own - backbone - head) / seconds),
        ];
        Array.Sort(stages, (a, b) => b.ShareOfCore.CompareTo(a.ShareOfCore));
        return new OverheadResult(VideoCount, seconds, updates / seconds, stages, stages[0].Name);

        (double, double, double, double) Read() => (
            ProcessReading.CpuSeconds(Environment.ProcessId), ProcessReading.ChildrenCpuSeconds(),
            meters.Sum("playfair.stage.cpu", "backbone"), meters.Sum("playfair.stage.cpu", "head"));
    }

    private async Task<LatencyResult> MeasureLatencyAsync(CancellationToken cancellationToken)
    {
        const double rateHz = 8;
        const int window = 16;
        using var meters = new MeterWatch();
        await using var running = await RunningService.StartAsync(model, cancellationToken);
        for (int i = 0; i < CameraCount; i++)
        {
            await running.Service.AddAsync(
                new VideoDefinition
                {
                    Id = $"camera{i}",
                    Source = $"synthetic:{i}?fps={rateHz}",
                    RateHz = rateHz,
                    Window = window,
                },
                cancellationToken);
        }

        await running.WarmUpAsync(CameraCount, _warmUp, cancellationToken);
        meters.Clear();
        long start = Stopwatch.GetTimestamp();
        await running.FollowAsync(_duration, cancellationToken);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double[] latencies = meters.Values("playfair.update.latency");
        Array.Sort(latencies);
        IReadOnlyList<VideoStatus> statuses = await running.Service.ListAsync(cancellationToken);
        return new LatencyResult(
            CameraCount, rateHz, window, seconds, latencies.Length, At(0.5), At(0.95), At(0.99),
            statuses.Sum(status => status.DroppedFrames), statuses.All(status => status.Quality.Level == 0));

        double At(double share) => latencies.Length == 0
            ? double.NaN
            : latencies[(int)Math.Ceiling(share * latencies.Length) - 1] * 1000;
    }

    private async Task<EnduranceResult> MeasureEnduranceAsync(
        IProgress<string>? progress, CancellationToken cancellationToken)
    {
        const double rateHz = 8;
        await using var running = await RunningService.StartAsync(model, cancellationToken);
        await running.Service.AddAsync(
            new VideoDefinition { Id = "camera", Source = "synthetic:1?pace=fast&fps=8", RateHz = rateHz, Window = 8 },
            cancellationToken);
        var taken = new List<ProcessSample>();
        long updates = 0;
        // Everything is loaded and compiled after a twentieth; the rest must stay level.
        TimeSpan next = simulated / 20;
        long start = Stopwatch.GetTimestamp();
        await foreach (VideoEvent happened in running.Service.SubscribeAsync(new Subscription(["camera"]), cancellationToken))
        {
            if (happened is StatusEvent { Status.State: VideoState.Failed } failed)
                throw new UsageException($"The endurance row's camera failed: {failed.Status.Reason}.");
            if (happened is not UpdateEvent { Update: { } update })
                continue;
            updates++;
            var time = TimeSpan.FromSeconds(update.FrameTimes[^1]);
            if (time < next)
                continue;
            progress?.Report($"endurance, {time.TotalHours:0.00} of {simulated.TotalHours:0.##} h");
            taken.Add(new ProcessSample(
                time.TotalHours, GC.GetTotalMemory(forceFullCollection: true) / 1e6,
                ProcessReading.ResidentMegabytes(Environment.ProcessId), ProcessReading.Descriptors(),
                ProcessReading.Threads()));
            next += (simulated - (simulated / 20)) / (SampleCount - 1);
            if (time >= simulated)
                break;
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new EnduranceResult(
            simulated.TotalHours, seconds, updates, simulated.TotalSeconds / seconds, taken);
    }

    /// <summary>A service with a store of its own, in a folder that goes with it.</summary>
    private sealed class RunningService(EmbeddedVideoService service, DirectoryInfo folder) : IAsyncDisposable
    {
        public EmbeddedVideoService Service => service;

        public static async Task<RunningService> StartAsync(ModelPackage model, CancellationToken cancellationToken)
        {
            DirectoryInfo folder = Directory.CreateTempSubdirectory("playfair-bench-");
            var options = new VideoServiceOptions
            {
                Models = [model],
                StorePath = Path.Combine(folder.FullName, "playfair.db"),
                // Retention works too while this is measured.
                Store = new StoreOptions { MaxBytes = 64 << 20 },
                // With one thread all of the backbone's work is on the thread whose time is counted.
                Inference = new InferenceOptions { ThreadCount = 1 },
            };
            return new RunningService(await EmbeddedVideoService.StartAsync(options, cancellationToken), folder);
        }

        /// <summary>Writes a video that shows another one forty times: starting ffmpeg is not what is measured.</summary>
        public async Task<string> LengthenAsync(string video, CancellationToken cancellationToken)
        {
            string path = Path.Combine(folder.FullName, Path.GetFileName(video));
            using Process ffmpeg = Process.Start(
                "ffmpeg", ["-nostdin", "-v", "error", "-stream_loop", "39", "-i", "file:" + video, "-c", "copy", "file:" + path]);
            await ffmpeg.WaitForExitAsync(cancellationToken);
            return ffmpeg.ExitCode == 0
                ? path
                : throw new UsageException($"ffmpeg cannot lengthen '{video}'; its words are above.");
        }

        /// <summary>Reads updates until every video has sent one, and for at least a while.</summary>
        public async Task WarmUpAsync(int videoCount, TimeSpan atLeast, CancellationToken cancellationToken)
        {
            long start = Stopwatch.GetTimestamp();
            var begun = new HashSet<string>(StringComparer.Ordinal);
            await foreach (VideoEvent next in service.SubscribeAsync(new Subscription(), cancellationToken))
            {
                if (next is StatusEvent { Status.State: VideoState.Failed } failed)
                    throw new UsageException($"The video '{failed.Video}' failed: {failed.Status.Reason}.");
                if (next is UpdateEvent)
                    begun.Add(next.Video);
                if (begun.Count == videoCount && Stopwatch.GetElapsedTime(start) >= atLeast)
                    return;
            }
        }

        /// <summary>Reads all videos' updates for a while, as a dashboard would, JSON and all.</summary>
        /// <returns>How many there were.</returns>
        public async Task<int> FollowAsync(TimeSpan duration, CancellationToken cancellationToken)
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            ending.CancelAfter(duration);
            int count = 0;
            try
            {
                await foreach (VideoEvent next in service.SubscribeAsync(new Subscription(), ending.Token))
                {
                    if (next is UpdateEvent update && update.Json.Length > 0)
                        count++;
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The time is over.
            }

            return count;
        }

        public async ValueTask DisposeAsync()
        {
            await service.DisposeAsync();
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Keeps what the engine's meter says.</summary>
    private sealed class MeterWatch : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly Lock _lock = new();
        private readonly Dictionary<(string Instrument, string? Stage), double> _sums = [];
        private readonly Dictionary<string, List<double>> _values = new(StringComparer.Ordinal);

        public MeterWatch()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == LiveMetrics.Name && instrument.Name is "playfair.stage.cpu" or "playfair.update.latency")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
            {
                string? stage = null;
                foreach ((string name, object? tag) in tags)
                    stage = name == "stage" ? tag as string : stage;
                lock (_lock)
                {
                    if (instrument.Name == "playfair.stage.cpu")
                        _sums[(instrument.Name, stage)] = _sums.GetValueOrDefault((instrument.Name, stage)) + value;
                    else if (_values.TryGetValue(instrument.Name, out List<double>? values))
                        values.Add(value);
                    else
                        _values[instrument.Name] = [value];
                }
            });
            _listener.Start();
        }

        public double Sum(string instrument, string stage)
        {
            lock (_lock)
                return _sums.GetValueOrDefault((instrument, stage));
        }

        public double[] Values(string instrument)
        {
            lock (_lock)
                return _values.TryGetValue(instrument, out List<double>? values) ? [.. values] : [];
        }

        public void Clear()
        {
            lock (_lock)
                _values.Clear();
        }

        public void Dispose() => _listener.Dispose();
    }
}
