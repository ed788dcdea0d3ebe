using System.Diagnostics.Metrics;
using PlayFair.Engine;

namespace PlayFair.Grains;

/// <summary>Tells the catalog every second, and when a state changes, what runs at this silo; and hears how the others are.</summary>
internal sealed class SiloReporter : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    /// <summary>States that change together are told together.</summary>
    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(25);

    private static readonly TimeSpan s_newsInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_saveInterval = TimeSpan.FromSeconds(10);

    private readonly SiloRuntime _runtime;
    private readonly SiloLoads _loads;
    private readonly CatalogShards _shards;
    private readonly ILogger<SiloReporter> _log;
    private readonly ProcessLoad _process;
    private readonly DateTimeOffset _startedAt;
    private readonly Meter _meter = new(LiveMetrics.Name);
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>For each shard whom it was, and of each video which status it was told last.</summary>
    private readonly (Guid Incarnation, Dictionary<string, (HostedVideo Video, long Version)> Told)[] _told;
    private Task _running = Task.CompletedTask;
    private double _usedCores;

    public SiloReporter(
        SiloRuntime runtime, SiloLoads loads, CatalogShards shards, ILogger<SiloReporter> log)
    {
        _runtime = runtime;
        _loads = loads;
        _shards = shards;
        _log = log;
        _process = new ProcessLoad(runtime.Time);
        _startedAt = runtime.Time.GetUtcNow();
        _told = [.. Enumerable.Range(0, shards.Count).Select(_ => (Guid.Empty, NewTold()))];
        _meter.CreateObservableGauge("playfair.silo.capacity", () => runtime.Cluster.CapacityCores, "{core}");
        _meter.CreateObservableGauge("playfair.silo.load", LoadCores, "{core}");
        _meter.CreateObservableGauge("playfair.silo.used", () => _usedCores, "{core}");
        _meter.CreateObservableGauge("playfair.silo.videos", () => runtime.Host.Videos.Count, "{video}");
    }

    /// <summary>Whether the silo gives its videos away, and takes none.</summary>
    public bool IsLeaving { get; set; }

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(SiloReporter), ServiceLifecycleStage.Active,
        async _ =>
        {
            // Once, before the silo counts as started: placement knows it from then on.
            await ReportAsync();
            _running = Task.Run(() => RunAsync(_stopping.Token), CancellationToken.None);
        },
        async _ =>
        {
            await _stopping.CancelAsync();
            await _running;
        });

    /// <summary>Tells everything that is not told yet, now.</summary>
    public async Task ReportAsync()
    {
        SiloLoad load = Load();
        ILookup<int, HostedVideo> videos = _runtime.Host.Videos.Values.ToLookup(video => _shards.NumberOf(video.Definition.Id));
        await Task.WhenAll(Enumerable.Range(0, _shards.Count).Select(shard => ReportAsync(shard, load, videos[shard])));
    }

    public void Dispose()
    {
        _meter.Dispose();
        _stopping.Dispose();
    }

    private static Dictionary<string, (HostedVideo Video, long Version)> NewTold() => new(StringComparer.Ordinal);

    private double LoadCores() => _runtime.Host.Videos.Values.Sum(video => VideoCost.Of(video.Definition));

    private SiloLoad Load() => new(
        _runtime.Address, _runtime.Cluster.SiloName, AttributionDocument.Producer, _startedAt, _runtime.Cluster.Accelerator,
        _runtime.Cluster.CapacityCores, LoadCores(), Math.Round(_usedCores, 3), Environment.WorkingSet,
        _runtime.Host.Videos.Count,
        Math.Round(_runtime.Host.Videos.Values.Sum(video => video.UpdatesPerSecond), 2), IsLeaving,
        _runtime.Time.GetUtcNow());

    private async Task ReportAsync(int shard, SiloLoad load, IEnumerable<HostedVideo> videos)
    {
        (Guid incarnation, var told) = _told[shard];
        var next = NewTold();
        var reports = new List<VideoReport>();
        foreach (HostedVideo video in videos)
        {
            string id = video.Definition.Id;
            long version = video.Feed.StatusVersion;
            bool isKnown = told.TryGetValue(id, out var last) && last == (video, version);
            reports.Add(new VideoReport(id, video.Claim, isKnown ? null : _runtime.StatusOf(video)));
            next[id] = (video, version);
        }

        try
        {
            SiloReply reply = await _shards.All[shard].ReportAsync(new SiloReport(load, [.. reports]));
            // Another shard's life knows nothing of what the one before was told.
            _told[shard] = (reply.Incarnation, reply.Incarnation == incarnation ? next : NewTold());
            if (reply.Loads.Length > 0)
                _loads.Replace(reply.Loads);
        }
        catch (Exception failure) when (failure is OrleansException or TimeoutException)
        {
            _told[shard] = (Guid.Empty, NewTold());
            _log.LogWarning("Shard {Shard} of the catalog does not answer: {Reason}", shard, failure.Message);
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        TimeProvider time = _runtime.Time;
        long told = time.GetTimestamp(), saved = told, reported = told;
        while (true)
        {
            try
            {
                using (var due = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
                {
                    due.CancelAfter(_runtime.Cluster.ReportInterval);
                    await ((Task)_runtime.News.WaitAsync(due.Token).AsTask())
                        .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }

                await Task.Delay(s_least, time, cancellationToken);
                if (time.GetElapsedTime(told) >= s_newsInterval)
                {
                    told = time.GetTimestamp();
                    _usedCores = _process.Take();
                    _runtime.Host.TellNews();
                    await _runtime.Accumulator.SendAsync();
                }

                if (time.GetElapsedTime(saved) >= s_saveInterval)
                {
                    saved = time.GetTimestamp();
                    await _runtime.Accumulator.SaveAsync();
                }

                await ReportAsync();
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Whatever it is, a silo that reports no more would lose its videos to others.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                _log.LogError(failure, "This silo's report failed");
            }
        }
    }
}
