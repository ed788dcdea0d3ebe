using Orleans.Streams;
using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Grains;

/// <summary>Publishes a video's updates on its stream, while somebody at another silo follows it.</summary>
internal sealed class UpdatePublisher : IAsyncDisposable
{
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(500);

    private readonly IAsyncStream<AttributionUpdate> _stream;
    private readonly TimeSpan _lease;
    private readonly TimeProvider _time;
    private readonly UpdateRelay _relay;
    private long _renewedAt;

    public UpdatePublisher(VideoFeed feed, IAsyncStream<AttributionUpdate> stream, TimeSpan lease, TimeProvider time)
    {
        _stream = stream;
        _lease = lease;
        _time = time;
        Renew();
        _relay = new UpdateRelay(feed, PublishAsync);
    }

    /// <summary>Somebody follows.</summary>
    public void Renew() => Volatile.Write(ref _renewedAt, _time.GetTimestamp());

    public ValueTask DisposeAsync() => _relay.DisposeAsync();

    private async Task PublishAsync(IReadOnlyList<AttributionUpdate> updates, CancellationToken cancellationToken)
    {
        if (_time.GetElapsedTime(Volatile.Read(ref _renewedAt)) > _lease)
            return;
        try
        {
            await (updates.Count == 1 ? _stream.OnNextAsync(updates[0]) : _stream.OnNextBatchAsync(updates))
                .WaitAsync(cancellationToken);
        }
#pragma warning disable CA1031 // Whatever fails, in any provider, followers take these updates from the store.
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            await Task.Delay(s_retry, _time, cancellationToken);
        }
    }
}
