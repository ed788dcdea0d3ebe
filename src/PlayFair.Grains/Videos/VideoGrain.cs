using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Grains;

/// <inheritdoc/>
/// <remarks>
/// The address, the turn and the life of a <see cref="HostedVideo"/>, which does everything else, outside the turn. What
/// interleaves only reads fields that a turn writes once it is done: the video that runs, or the one that is stopping.
/// The store's claim decides who may write: where an older activation still lives, behind a partition, its writes are
/// refused, and it ends.
/// </remarks>
[VideoPlacement]
[AcceleratorFilter]
[CollectionAgeLimit(AlwaysActive = true)]
internal sealed class VideoGrain(
    SiloRuntime runtime, VideoPlaces places, CatalogShards shards, ILogger<VideoGrain> log) : Grain, IVideoGrain
{
    /// <summary>For so long after somebody last asked updates are published.</summary>
    public static readonly TimeSpan FollowLease = TimeSpan.FromSeconds(20);

    private HostedVideo? _video;
    private UpdatePublisher? _publisher;
    private Task? _ending;

    private string Id => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken);
        // Its first questions are not to wait for a catalog that has to find its new place first.
        if (_video is { } video)
            _ = TellCatalogAsync(video);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => EndAsync();

    public async Task<VideoAnswer> AddAsync(VideoDefinition definition)
    {
        if (_video is not null)
            return VideoAnswer.Of(DefinitionRules.Exists(Id));
        try
        {
            await Task.Run(() => runtime.Host.Save(definition, resume: null));
        }
        catch (VideoServiceException refusal)
        {
            DeactivateOnIdle();
            return VideoAnswer.Of(refusal);
        }

        try
        {
            await BeginAsync(CancellationToken.None);
            if (_video is not { } video)
                return NotFound();
            await TellCatalogAsync(video);
            return new VideoAnswer(runtime.StatusOf(video), null);
        }
        catch (StoreException)
        {
            // It is stored, and does not run: another activation is to begin with it.
            DeactivateOnIdle();
            throw;
        }
    }

    public async Task<VideoAnswer> ChangeAsync(VideoDefinition definition)
    {
        if (_video is not { } old)
            return NotFound();
        try
        {
            CheckedDefinition complete = runtime.Host.Accept(definition);
            HostedVideo changed = await Task.Run(() => runtime.Host.ChangeAsync(old, complete));
            if (changed != old)
                Watch(changed);
            _video = changed;
            await TellCatalogAsync(changed);
            return new VideoAnswer(runtime.StatusOf(changed), null);
        }
        catch (VideoServiceException refusal)
        {
            _video = runtime.Host.Videos.GetValueOrDefault(Id) ?? old;
            return VideoAnswer.Of(refusal);
        }
    }

    public async Task<VideoAnswer> RemoveAsync()
    {
        if (_video is not { } video)
            return NotFound();
        try
        {
            await Task.Run(() => runtime.Host.RemoveAsync(video));
        }
        catch (VideoServiceException refusal)
        {
            _video = runtime.Host.Videos.GetValueOrDefault(Id) ?? video;
            return VideoAnswer.Of(refusal);
        }

        _video = null;
        await runtime.Accumulator.ForgetAsync(Id);
        places.Leave(Id);
        await StopPublishingAsync();
        video.Feed.Leave(runtime.News);
        foreach (ModelInfo model in runtime.Host.Models)
            await TellAsync(GrainFactory.GetGrain<IAnalyticsGrain>($"{model.Name} {model.Version}").ForgetAsync(Id));
        await TellAsync(shards.Of(Id).RemovedAsync(Id));
        DeactivateOnIdle();
        return new VideoAnswer(null, null);
    }

    public Task<VideoAnswer> StatusAsync() => Task.FromResult(
        _video is { } video ? new VideoAnswer(runtime.StatusOf(video), null) : NotFound());

    public Task<long> FollowAsync()
    {
        if (_video is not { } video)
            return Task.FromResult(-1L);
        _publisher ??= new UpdatePublisher(video.Feed, runtime.StreamOf(Id), FollowLease, runtime.Time);
        _publisher.Renew();
        return Task.FromResult(video.Feed.NextSequence - 1);
    }

    public Task<byte[]?> RecentPictureAsync(long frameIndex) => Task.FromResult(_video?.Thumbnail(frameIndex));

    public Task MoveAsync(SiloAddress from, SiloAddress target)
    {
        if (_video is not null && from.Equals(runtime.Address) && !target.Equals(from))
        {
            RequestContext.Set(Orleans.Runtime.Placement.IPlacementDirector.PlacementHintKey, target);
            this.MigrateOnIdle();
        }

        return Task.CompletedTask;
    }

    /// <summary>Claims the video and has it run, if it is stored.</summary>
    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        await places.EnterAsync(Id, cancellationToken);
        try
        {
            if (await Task.Run(() => runtime.Store.Claim(Id), cancellationToken) is { } claim)
                await RunAsync(claim);
        }
        finally
        {
            if (_video is null)
                places.Leave(Id);
        }
    }

    /// <summary>Ends what runs here, once.</summary>
    private Task EndAsync()
    {
        return _video is { } video ? _ending ??= EndAsync(video) : Task.CompletedTask;

        async Task EndAsync(HostedVideo video)
        {
            try
            {
                await StopPublishingAsync();
                await LeaveAsync(video);
            }
            finally
            {
                _video = null;
                places.Leave(Id);
            }
        }
    }

    /// <summary>
    /// An activation that ends while it begins, as where the silo that held its entry in the directory goes, is not told to
    /// deactivate: its video would run on without it, and the catalog would take it for well.
    /// </summary>
    private async Task EndWithActivationAsync()
    {
        await GrainContext.Deactivated;
        try
        {
            await EndAsync();
        }
        catch (Exception failure) when (ClusterFailure.Is(failure))
        {
            log.LogWarning("What video {Video} has computed last is not all stored: {Reason}", Id, ClusterFailure.ReasonOf(failure));
        }
    }

    private VideoAnswer NotFound()
    {
        DeactivateOnIdle();
        return VideoAnswer.Of(DefinitionRules.NotFound(Id));
    }

    private async Task RunAsync(VideoClaim claim)
    {
        // Who began with it before may have failed half-way.
        await runtime.Accumulator.ForgetAsync(Id);
        HostedVideo video = await Task.Run(() =>
        {
            runtime.Host.RestoreStatistics(Id, new StatisticsMark(claim.StatisticsSequence ?? -1, claim.Number));
            return runtime.Host.Restore(claim.Video, (claim.LastSequence ?? -1) + 1, claim.Number);
        });
        _video = video;
        // Outside the turns: there are none when it goes on.
        _ = Task.Run(EndWithActivationAsync);
        Watch(video);
        runtime.Host.Run(video);
    }

    private void Watch(HostedVideo video)
    {
        video.Feed.Join(runtime.News, wantsUpdates: false);
        video.Superseded = () => GrainContext.Deactivate(
            new DeactivationReason(DeactivationReasonCode.RuntimeRequested, "Another silo has claimed the video."));
    }

    private Task TellCatalogAsync(HostedVideo video) =>
        TellAsync(shards.Of(Id).StartedAsync(runtime.Address, runtime.ReportOf(video)));

    /// <summary>Tells of something that has happened; who does not hear of it now finds out in a second or two.</summary>
    private async Task TellAsync(Task call)
    {
        try
        {
            await call;
        }
        catch (Exception failure) when (ClusterFailure.Is(failure))
        {
            log.LogWarning("What has become of video {Video} is not told to all: {Reason}", Id, ClusterFailure.ReasonOf(failure));
        }
    }

    /// <summary>Ends the run with everything stored and counted, unless another silo has claimed the video.</summary>
    private async Task LeaveAsync(HostedVideo video)
    {
        await Task.Run(async () =>
        {
            await runtime.Host.StopAsync(video);
            await runtime.Accumulator.SaveAsync();
            await video.DisposeAsync();
        });
        video.Feed.Leave(runtime.News);
        runtime.Host.Forget(video);
        video.Feed.Remove();
        // What could not be stored the next owner counts again.
        await runtime.Accumulator.ForgetAsync(Id);
    }

    private async Task StopPublishingAsync()
    {
        if (_publisher is not { } publisher)
            return;
        _publisher = null;
        await publisher.DisposeAsync();
    }
}
