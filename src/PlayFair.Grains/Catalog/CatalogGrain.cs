using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Grains;

/// <inheritdoc/>
/// <remarks>
/// What it knows is in memory: what videos there are is in the store, where they run the silos say every second. A shard
/// whose silo is gone is active elsewhere with the next report. A reminder brings it up where nobody reports.
/// </remarks>
[CollectionAgeLimit(AlwaysActive = true)]
internal sealed class CatalogGrain(
    SiloRuntime runtime, CatalogShards shards, ISiloStatusOracle silos, ILogger<CatalogGrain> log)
    : Grain, ICatalogGrain, IRemindable
{
    private const string Reminder = "supervise";

    /// <summary>So many videos are started at once: each asks the store, and opens its source.</summary>
    private const int MostStarting = 32;

    private static readonly TimeSpan s_supervision = TimeSpan.FromSeconds(1);

    /// <summary>A silo that runs a video has said so by then.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan s_watch = TimeSpan.FromSeconds(1);

    private readonly CatalogShard _shard = new(runtime.Time);
    private readonly HashSet<string> _starting = new(StringComparer.Ordinal);
    private long _balancedAt;
    private bool _isReminded;

    private int Number => (int)this.GetPrimaryKeyLong();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        foreach (VideoStatus status in await Task.Run(ReadStatuses, cancellationToken))
            _shard.Know(status);
        _balancedAt = runtime.Time.GetTimestamp();
        this.RegisterGrainTimer(
            SuperviseAsync, new GrainTimerCreationOptions { DueTime = s_supervision, Period = s_supervision });
        _ = RemindAsync();
    }

    public Task<SiloReply> ReportAsync(SiloReport report)
    {
        _shard.Report(report);
        return Task.FromResult(new SiloReply(_shard.Incarnation, Number == 0 ? [.. _shard.Silos] : []));
    }

    public Task StartedAsync(SiloAddress silo, VideoReport video)
    {
        _shard.Started(silo, video);
        return Task.CompletedTask;
    }

    public Task RemovedAsync(string id)
    {
        _shard.Remove(id);
        return Task.CompletedTask;
    }

    public Task<VideoStatus?> GetAsync(string id) => Task.FromResult(_shard.Find(id));

    public Task<VideoStatus[]> ListAsync() => Task.FromResult(_shard.Statuses.ToArray());

    public Task<CatalogCount> CountAsync() => Task.FromResult(_shard.Count);

    public async Task<CatalogChanges> WatchAsync(Guid incarnation, long version, string[]? videos)
    {
        // Interleaves with everything: before and after the wait it reads the shard as it then is, and changes nothing.
        Task deadline = Task.Delay(s_watch, runtime.Time);
        while (true)
        {
            (CatalogChanges? changes, Task changed) = _shard.Since(incarnation, version, videos);
            if (changes is not null)
                return changes;
            if (deadline.IsCompleted)
                return new CatalogChanges(_shard.Incarnation, _shard.Version, IsAll: false, [], []);
            await Task.WhenAny(changed, deadline);
        }
    }

    /// <summary>Being called is enough: it is active now.</summary>
    public Task ReceiveReminder(string reminderName, TickStatus status) => Task.CompletedTask;

    private Task SuperviseAsync(CancellationToken cancellationToken)
    {
        _ = RemindAsync();
        List<string> lost = _shard.Lost(silo => !silos.GetApproximateSiloStatus(silo).IsTerminating(), s_patience);
        foreach (string id in lost.Where(id => !_starting.Contains(id)).Take(MostStarting - _starting.Count).ToArray())
            _ = StartAsync(id);
        if (Number == 0 && runtime.Time.GetElapsedTime(_balancedAt) >= runtime.Cluster.BalanceInterval)
        {
            _balancedAt = runtime.Time.GetTimestamp();
            _ = BalanceAsync();
        }

        return Task.CompletedTask;
    }

    /// <summary>Has the shard come up again where nobody reports; until then it works without.</summary>
    private async Task RemindAsync()
    {
        if (_isReminded)
            return;
        _isReminded = true;
        try
        {
            await this.RegisterOrUpdateReminder(Reminder, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        }
#pragma warning disable CA1031 // Whatever keeps the reminders, and fails: the next round tries again.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _isReminded = false;
            log.LogWarning("Shard {Shard} of the catalog has no reminder yet: {Reason}", Number, ClusterFailure.ReasonOf(failure));
        }
    }

    /// <summary>Outside the turn that begins it: starting takes as long as the store does.</summary>
    private async Task StartAsync(string id)
    {
        _starting.Add(id);
        try
        {
            VideoAnswer answer = await GrainFactory.GetGrain<IVideoGrain>(id).StatusAsync();
            // Its removal was not heard of here.
            if (answer.Refusal?.Error == (int)VideoServiceError.NotFound)
                _shard.RemoveLost(id);
        }
        catch (Exception failure) when (ClusterFailure.Is(failure))
        {
            // The next round tries again.
            log.LogWarning("Video {Video} cannot be started yet: {Reason}", id, ClusterFailure.ReasonOf(failure));
        }
        finally
        {
            _starting.Remove(id);
        }
    }

    private async Task BalanceAsync()
    {
        if (SiloBalance.Plan([.. _shard.Silos.Where(silo => !silo.IsLeaving)]) is not { } move)
            return;
        try
        {
            await GrainFactory.GetGrain<ISiloGrain>(move.From.ToParsableString()).GiveAsync(move.To, move.Keep);
        }
        catch (Exception failure) when (ClusterFailure.Is(failure))
        {
            log.LogWarning(
                "Videos cannot be moved from the silo at {From} to the one at {To}: {Reason}", move.From.Endpoint, move.To.Endpoint,
                ClusterFailure.ReasonOf(failure));
        }
    }

    /// <summary>The shard's videos as they are stored: so they are until silos say more.</summary>
    private VideoStatus[] ReadStatuses() =>
    [
        .. runtime.Store.Videos().Where(video => shards.NumberOf(video.Definition.Id) == Number).Select(video =>
            runtime.Host.Restore(video, (runtime.Store.LastSequence(video.Definition.Id) ?? -1) + 1).Status),
    ];
}
