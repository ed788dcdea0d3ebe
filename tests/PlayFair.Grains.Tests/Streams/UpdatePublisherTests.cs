using System.Reflection;
using System.Threading.Channels;
using Orleans.Streams;
using PlayFair.Contracts;
using PlayFair.Engine;
using PlayFair.Engine.Tests.Storage;

namespace PlayFair.Grains.Tests.Streams;

public sealed class UpdatePublisherTests : IAsyncDisposable
{
    private const int RecentUpdates = 8;
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly AskedTime _time = new();
    private readonly VideoFeed _feed = new("camera", RecentUpdates, nextSequence: 0);
    private readonly IAsyncStream<AttributionUpdate> _stream = DispatchProxy.Create<IAsyncStream<AttributionUpdate>, StreamDouble>();
    private UpdatePublisher? _publisher;
    private long _next;

    private StreamDouble Stream => (StreamDouble)_stream;

    [Fact]
    public async Task Updates_go_on_the_stream_once_and_in_order()
    {
        Publish(3);
        Start();
        // What came before somebody followed is in the store.
        Publish(1);
        Assert.Equal([3], await TakeAsync(1));
        Publish(5);
        Assert.Equal([4, 5, 6, 7, 8], await TakeAsync(5));
    }

    [Fact]
    public async Task Nothing_is_published_for_nobody()
    {
        Start();
        Publish(1);
        Assert.Equal([0], await TakeAsync(1));
        _time.Elapsed += s_lease + TimeSpan.FromTicks(1);
        Task asked = _time.AskAsync();
        Publish(1);
        await asked.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        _publisher!.Renew();
        Publish(1);
        Assert.Equal([2], await TakeAsync(1));
    }

    [Fact]
    public async Task A_slow_stream_leaves_out_what_is_not_held_any_more_and_goes_on()
    {
        Start();
        Stream.Block();
        Publish(1);
        await Stream.Waiting;
        Publish(20);
        Stream.Release();
        Assert.Equal([0, 13, 14, 15, 16, 17, 18, 19, 20], await TakeAsync(1 + RecentUpdates));
    }

    [Fact]
    public async Task A_stream_that_fails_loses_what_it_was_given_and_nothing_else()
    {
        Start(TimeProvider.System);
        Stream.Fails = true;
        Publish(1);
        await Stream.Failed;
        Stream.Fails = false;
        Publish(1);
        Assert.Equal([1], await TakeAsync(1));
    }

    [Fact]
    public async Task It_ends_although_the_stream_does_not_answer()
    {
        Start();
        Stream.Block();
        Publish(1);
        await Stream.Waiting;
        await _publisher!.DisposeAsync().AsTask().WaitAsync(s_patience, TestContext.Current.CancellationToken);
        _publisher = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_publisher is not null)
            await _publisher.DisposeAsync();
    }

    private void Start(TimeProvider? time = null) => _publisher = new UpdatePublisher(_feed, _stream, s_lease, time ?? _time);

    private void Publish(int count)
    {
        for (int i = 0; i < count; i++)
            _feed.Publish(Samples.Update("camera", _next++).Update);
    }

    private async Task<List<long>> TakeAsync(int count)
    {
        using var timeout = new CancellationTokenSource(s_patience);
        var taken = new List<long>();
        while (taken.Count < count)
            taken.Add(await Stream.Received.Reader.ReadAsync(timeout.Token));
        return taken;
    }

    /// <summary>Stands still, and tells when it is asked.</summary>
    private sealed class AskedTime : TimeProvider
    {
        private TaskCompletionSource _asked = new();

        public TimeSpan Elapsed { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp()
        {
            _asked.TrySetResult();
            return Elapsed.Ticks;
        }

        /// <summary>Ends when it is asked the next time.</summary>
        public Task AskAsync() => (_asked = new TaskCompletionSource()).Task;
    }

    /// <summary>A stream that keeps what is published, may keep its publisher waiting, and may fail.</summary>
#pragma warning disable CA1852 // The proxy's class is derived from it.
    private class StreamDouble : DispatchProxy
#pragma warning restore CA1852
    {
        private readonly TaskCompletionSource _waiting = new();
        private readonly TaskCompletionSource _failed = new();
        private TaskCompletionSource? _blocked;

        public Channel<long> Received { get; } = Channel.CreateUnbounded<long>();

        public bool Fails { get; set; }

        public Task Waiting => _waiting.Task;

        public Task Failed => _failed.Task;

        public void Block() => _blocked = new TaskCompletionSource();

        public void Release() => _blocked!.SetResult();

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
        {
            nameof(IAsyncStream<>.OnNextAsync) => TakeAsync([(AttributionUpdate)args![0]!]),
            nameof(IAsyncStream<>.OnNextBatchAsync) => TakeAsync((IEnumerable<AttributionUpdate>)args![0]!),
            _ => throw new NotSupportedException(targetMethod.Name),
        };

        private async Task TakeAsync(IEnumerable<AttributionUpdate> updates)
        {
            if (Fails)
            {
                _failed.SetResult();
                throw new OrleansException("The queue is gone.");
            }

            if (_blocked is { Task.IsCompleted: false } blocked)
            {
                _waiting.TrySetResult();
                await blocked.Task;
            }

            foreach (AttributionUpdate update in updates)
                Received.Writer.TryWrite(update.Sequence);
        }
    }
}
