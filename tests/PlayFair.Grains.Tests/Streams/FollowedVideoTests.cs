using System.Reflection;
using Orleans.Streams;
using PlayFair.Contracts;
using PlayFair.Engine;
using PlayFair.Engine.Tests;
using PlayFair.Engine.Tests.Storage;
using PlayFair.Models;

namespace PlayFair.Grains.Tests.Streams;

/// <summary>A video that runs elsewhere, whose grain and stream answer as a test wants.</summary>
public sealed class FollowedVideoTests : IAsyncDisposable
{
    private const string Video = "camera";
    private static readonly ModelPackage s_model = ModelPackage.Load(ShippedModels.Folder("moves-trn"));

    private readonly string _folder = Directory.CreateTempSubdirectory("playfair followed ").FullName;
    private readonly IAsyncStream<AttributionUpdate> _stream = DispatchProxy.Create<IAsyncStream<AttributionUpdate>, StreamDouble>();
    private readonly VideoDouble _grain = new();
    private readonly SiloRuntime _silo;
    private readonly FollowedVideo _video;

    public FollowedVideoTests()
    {
        var options = new VideoServiceOptions
        {
            Models = [s_model],
            StorePath = Path.Combine(_folder, "playfair.db"),
            Time = new ImpatientTime(),
        };
        IGrainFactory grains = GrainDoubles.Factory((_, _) => _grain);
        _silo = new SiloRuntime(
            options, new ClusterOptions(), committed => VideoStore.Open(options.StorePath, options.Store, committed),
            new SiloDetails(0), grains, new FrameTable(),
            new ServiceCollection().AddKeyedSingleton<IStreamProvider>(SiloRuntime.Updates, new ProviderDouble(_stream))
                .BuildServiceProvider());
        _video = new FollowedVideo(Video, recentUpdates: 8, _silo, grains);
    }

    private StreamDouble Stream => (StreamDouble)_stream;

    [Fact]
    public async Task What_comes_on_the_stream_is_the_feeds_and_nothing_is_subscribed_to_anew()
    {
        _grain.Answer(4);
        await _video.FollowAsync();
        await Stream.SendAsync(5, 6, 7);
        Assert.Equal(8, _video.Feed.NextSequence);
        await RenewAsync(7, 7);
        Assert.Equal((8, 1, 0), (_video.Feed.NextSequence, Stream.SubscribedCount, Stream.LeftCount));
    }

    [Fact]
    public async Task What_the_stream_lost_is_left_to_the_store_and_it_is_subscribed_to_anew()
    {
        _grain.Answer(4);
        await _video.FollowAsync();
        await RenewAsync(9);
        // What was published just now may be on its way.
        Assert.Equal((5, 1), (_video.Feed.NextSequence, Stream.SubscribedCount));
        await RenewAsync(12);
        Assert.Equal((10, 2, 1), (_video.Feed.NextSequence, Stream.SubscribedCount, Stream.LeftCount));
    }

    [Fact]
    public async Task A_video_that_does_not_answer_is_asked_anew()
    {
        _grain.Answer(4);
        await _video.FollowAsync();
        _grain.Fail(new TimeoutException("Nothing came."));
        await Assert.ThrowsAsync<TimeoutException>(_video.RenewAsync);
        await RenewAsync(9, 9);
        Assert.Equal(10, _video.Feed.NextSequence);
    }

    [Fact]
    public async Task Readers_do_not_wait_with_a_subscription_that_hangs_and_there_is_no_second_one_beside_it()
    {
        Stream.Hangs = true;
        _grain.Answer(4);
        await _video.FollowAsync();
        await RenewAsync(9, 12);
        Assert.Equal((10, 1), (_video.Feed.NextSequence, Stream.SubscribedCount));
    }

    public async ValueTask DisposeAsync()
    {
        await _video.DisposeAsync();
        await _silo.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Asks the video again and again, which says each time how far it is.</summary>
    private async Task RenewAsync(params long[] answers)
    {
        foreach (long last in answers)
        {
            _grain.Answer(last);
            await _video.RenewAsync();
        }
    }

    /// <summary>Its timers go off at once: whoever waits for what never comes is soon done.</summary>
    private sealed class ImpatientTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : TimeSpan.FromMilliseconds(1), period);
    }

    private sealed class VideoDouble : IVideoGrain
    {
        private Task<long> _answer = Task.FromResult(-1L);

        public void Answer(long last) => _answer = Task.FromResult(last);

        public void Fail(Exception failure) => _answer = Task.FromException<long>(failure);

        public Task<long> FollowAsync() => _answer;

        public Task<VideoAnswer> AddAsync(VideoDefinition definition) => throw new NotSupportedException();

        public Task<VideoAnswer> ChangeAsync(VideoDefinition definition) => throw new NotSupportedException();

        public Task<VideoAnswer> RemoveAsync() => throw new NotSupportedException();

        public Task<VideoAnswer> StatusAsync() => throw new NotSupportedException();

        public Task<byte[]?> RecentPictureAsync(long frameIndex) => throw new NotSupportedException();

        public Task MoveAsync(SiloAddress from, SiloAddress target) => throw new NotSupportedException();
    }

    private sealed class ProviderDouble(object stream) : IStreamProvider
    {
        public string Name => SiloRuntime.Updates;

        public bool IsRewindable => false;

        public IAsyncStream<T> GetStream<T>(StreamId streamId) => (IAsyncStream<T>)stream;
    }

    /// <summary>A stream with one subscriber at a time, whose subscribing may hang.</summary>
#pragma warning disable CA1852 // The proxy's class is derived from it.
    private class StreamDouble : DispatchProxy
#pragma warning restore CA1852
    {
        private IAsyncBatchObserver<AttributionUpdate>? _subscriber;

        public int SubscribedCount { get; private set; }

        public int LeftCount { get; private set; }

        public bool Hangs { get; set; }

        public Task SendAsync(params long[] sequences) => _subscriber!.OnNextAsync(
            [.. sequences.Select(sequence => new SequentialItem<AttributionUpdate>(Samples.Update(Video, sequence).Update, null!))]);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.Name == nameof(IAsyncStream<>.SubscribeAsync) && args is [IAsyncBatchObserver<AttributionUpdate> subscriber]
                ? SubscribeAsync(subscriber)
                : throw new NotSupportedException(targetMethod.Name);

        private Task<StreamSubscriptionHandle<AttributionUpdate>> SubscribeAsync(IAsyncBatchObserver<AttributionUpdate> subscriber)
        {
            SubscribedCount++;
            if (Hangs)
                return new TaskCompletionSource<StreamSubscriptionHandle<AttributionUpdate>>().Task;
            _subscriber = subscriber;
            return Task.FromResult<StreamSubscriptionHandle<AttributionUpdate>>(new Handle(() => LeftCount++));
        }
    }

    private sealed class Handle(Action left) : StreamSubscriptionHandle<AttributionUpdate>
    {
        public override StreamId StreamId => default;

        public override string ProviderName => SiloRuntime.Updates;

        public override Guid HandleId { get; } = Guid.NewGuid();

        public override Task UnsubscribeAsync()
        {
            left();
            return Task.CompletedTask;
        }

        public override Task<StreamSubscriptionHandle<AttributionUpdate>> ResumeAsync(
            IAsyncObserver<AttributionUpdate> observer, StreamSequenceToken? token = null) => throw new NotSupportedException();

        public override Task<StreamSubscriptionHandle<AttributionUpdate>> ResumeAsync(
            IAsyncBatchObserver<AttributionUpdate> observer, StreamSequenceToken? token = null) => throw new NotSupportedException();

        public override bool Equals(StreamSubscriptionHandle<AttributionUpdate>? other) => ReferenceEquals(this, other);

        public override bool Equals(object? obj) => ReferenceEquals(this, obj);

        public override int GetHashCode() => HandleId.GetHashCode();
    }
}
