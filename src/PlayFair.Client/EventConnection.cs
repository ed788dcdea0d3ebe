using System.Net.ServerSentEvents;
using System.Text.Json;
using PlayFair.Contracts;

namespace PlayFair.Client;

/// <summary>One connected event stream.</summary>
internal sealed class EventConnection : IAsyncDisposable
{
    private readonly HttpResponseMessage _answer;
    private readonly Stream _body;
    private readonly Uri _address;
    private readonly SseParser<StreamEvent?> _parser;
    private IAsyncEnumerator<SseItem<StreamEvent?>>? _items;

    public EventConnection(HttpResponseMessage answer, Stream body, Uri address)
    {
        _answer = answer;
        _body = body;
        _address = address;
        _parser = SseParser.Create(body, Parse);
    }

    /// <summary>Why the stream ended; null while it goes on, or where its end was no failure.</summary>
    public PlayFairConnectionException? Loss { get; private set; }

    /// <summary>
    /// How long to wait before connecting again, as the server's <c>retry:</c> asked; null: it did not.
    /// </summary>
    public TimeSpan? RetryDelay =>
        _parser.ReconnectionInterval is var interval && interval > TimeSpan.Zero ? interval : null;

    /// <summary>Whether this is how a connection breaks.</summary>
    public static bool IsLoss(Exception failure) => failure is IOException or TimeoutException or HttpRequestException;

    /// <summary>The next event; null where the stream has ended.</summary>
    /// <exception cref="PlayFairConnectionException">An event makes no sense.</exception>
    public async Task<StreamEvent?> NextAsync(CancellationToken cancellationToken)
    {
        _items ??= _parser.EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            while (await _items.MoveNextAsync())
            {
                // Events of other names are for later clients.
                if (_items.Current.Data is { } arrived)
                    return arrived;
            }
        }
        catch (Exception failure) when (IsLoss(failure))
        {
            Loss = new PlayFairConnectionException(
                $"the connection to {_address} was lost: {failure.Message.TrimEnd('.')}", failure);
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_items is not null)
            await _items.DisposeAsync();
        await _body.DisposeAsync();
        _answer.Dispose();
    }

    private StreamEvent? Parse(string name, ReadOnlySpan<byte> data)
    {
        try
        {
            return name switch
            {
                "update" => new StreamUpdate(
                    Read(JsonSerializer.Deserialize(data, ContractJson.Lines.AttributionUpdate)), data.ToArray()),
                "status" => new StreamStatus(Read(JsonSerializer.Deserialize(data, ContractJson.Lines.VideoStatus))),
                "removed" =>
                    new StreamRemoved(Read(JsonSerializer.Deserialize(data, StreamJson.Default.RemovedData)).Video),
                "gap" => Read(JsonSerializer.Deserialize(data, StreamJson.Default.GapData)) is var gap
                    ? new StreamGap(gap.Video, gap.FromSequence, gap.ToSequence)
                    : null,
                _ => null,
            };
        }
        catch (JsonException failure)
        {
            throw new PlayFairConnectionException(
                $"{_address} sent an event '{name}' that this client does not understand: "
                + $"{failure.Message.TrimEnd('.')}. Are client and server of one version?", failure)
            {
                IsTransient = false,
            };
        }
    }

    private static T Read<T>(T? value)
        where T : class => value ?? throw new JsonException("it is null");
}
