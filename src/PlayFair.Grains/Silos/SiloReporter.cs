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

    /// <summary>For each shard whether it did not answer the last time.</summary>
    private readonly bool[] _isSilent;

    /// <summary>For each shard: one report after the other.</summary>
    private readonly SemaphoreSlim[] _turns;
    private Task _running = Task.CompletedTask;
    private double _usedCores;
    private long _savedAt;

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
        _isSilent = new bool[shards.Count];
        _turns = [.. Enumerable.Range(0, shards.Count).Select(_ => new SemaphoreSlim(1, 1))];
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
            _running = Task.WhenAll(
                Task.Run(() => RunAsync(ReportNewsAsync, _stopping.Token), CancellationToken.None),
                Task.Run(() => RunAsync(CountAsync, _stopping.Token), CancellationToken.None));
        },
        async _ =>
        {
            await _stopping.CancelAsync();
            await _running;
        });

    /// <summary>Tells everything that is not told yet, now.</summary>
    public Task ReportAsync() => ReportAsync(Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _meter.Dispose();
        _stopping.Dispose();
        Array.ForEach(_turns, turn => turn.Dispose());
    }

    private static Dictionary<string, (HostedVideo Video, long Version)> NewTold() => new(StringComparer.Ordinal);

    private double LoadCores() => _runtime.Host.Videos.Values.Sum(video => VideoCost.Of(video.Definition));

    private SiloLoad Load() => new(
        _runtime.Address, _runtime.Cluster.SiloName, AttributionDocument.Producer, _startedAt, _runtime.Cluster.Accelerator,
        _runtime.Cluster.CapacityCores, LoadCores(), Math.Round(_usedCores, 3), Environment.WorkingSet,
        _runtime.Host.Videos.Count,
        Math.Round(_runtime.Host.Videos.Values.Sum(video => video.UpdatesPerSecond), 2), IsLeaving,
        _runtime.Time.GetUtcNow());

    /// <param name="patience">How long a shard's last report may still be on its way; then it is left out.</param>
    private async Task ReportAsync(TimeSpan patience) =>
        await Task.WhenAll(Enumerable.Range(0, _shards.Count).Select(shard => ReportAsync(shard, patience)));

    private async Task ReportAsync(int shard, TimeSpan patience)
    {
        if (!await _turns[shard].WaitAsync(patience))
            return;
        try
        {
            await TellAsync(shard);
            if (_isSilent[shard])
                _log.LogInformation("Shard {Shard} of the catalog answers again", shard);
            _isSilent[shard] = false;
        }
        catch (Exception failure) when (ClusterFailure.Is(failure))
        {
            _told[shard] = (Guid.Empty, NewTold());
            if (_isSilent[shard])
                return;
            _isSilent[shard] = true;
            _log.LogWarning("Shard {Shard} of the catalog does not answer: {Reason}", shard, ClusterFailure.ReasonOf(failure));
        }
        finally
        {
            _turns[shard].Release();
        }
    }

    private async Task TellAsync(int shard)
    {
        (Guid incarnation, var told) = _told[shard];
        var next = NewTold();
        var reports = new List<VideoReport>();
        foreach (HostedVideo video in _runtime.Host.Videos.Values)
        {
            string id = video.Definition.Id;
            if (_shards.NumberOf(id) != shard)
                continue;
            long version = video.Feed.StatusVersion;
            bool isKnown = told.TryGetValue(id, out var last) && last == (video, version);
            VideoReport report = isKnown ? new VideoReport(id, video.Claim, null, version) : _runtime.ReportOf(video);
            reports.Add(report);
            next[id] = (video, report.StatusVersion);
        }

        SiloReply reply = await _shards.All[shard].ReportAsync(new SiloReport(Load(), [.. reports]));
        // Another shard's life knows nothing of what the one before was told.
        _told[shard] = (reply.Incarnation, reply.Incarnation == incarnation ? next : NewTold());
        if (reply.Loads.Length > 0)
            _loads.Replace(reply.Loads);
    }

    /// <summary>Tells what is new, at once; and all of it every second.</summary>
    private async Task ReportNewsAsync(CancellationToken cancellationToken)
    {
        using (var due = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        {
            due.CancelAfter(_runtime.Cluster.ReportInterval);
            await ((Task)_runtime.News.WaitAsync(due.Token).AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.Delay(s_least, _runtime.Time, cancellationToken);
        // A shard whose silo does not answer keeps the others' from nothing.
        await Task.WhenAny(ReportAsync(TimeSpan.Zero), Task.Delay(_runtime.Cluster.ReportInterval, _runtime.Time, cancellationToken));
    }

    private async Task CountAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(s_newsInterval, _runtime.Time, cancellationToken);
        _usedCores = _process.Take();
        _runtime.Host.TellNews();
        await _runtime.Accumulator.SendAsync();
        if (_runtime.Time.GetElapsedTime(_savedAt) >= s_saveInterval)
        {
            _savedAt = _runtime.Time.GetTimestamp();
            await _runtime.Accumulator.SaveAsync();
        }
    }

    /// <summary>Does something again and again.</summary>
    private async Task RunAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await work(cancellationToken);
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
