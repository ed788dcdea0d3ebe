using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Server;

/// <summary>
/// One subscriber's server-sent events. Its own connection is all that a slow reader holds up: events are taken from
/// the service only as fast as the connection takes bytes.
/// </summary>
internal sealed class EventStream : IDisposable
{
    /// <summary>So often something is sent, so that proxies and clients see that the connection lives.</summary>
    public static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(15);

    /// <summary>A client that takes no bytes for so long is dropped.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>What waits for being sent is sent at the latest when it is so much.</summary>
    private const int FlushByteCount = 64 * 1024;

    /// <summary>How long a subscription that is refused may take to say so, before the answer is begun.</summary>
    private static readonly TimeSpan RefusalTime = TimeSpan.FromSeconds(2);

    // A status goes to every subscriber as the same object: its JSON is made once.
    private static readonly ConditionalWeakTable<VideoStatus, byte[]> StatusJson = [];

    private readonly HttpContext _context;
    private readonly PipeWriter _writer;
    private readonly EventCursor _cursor;
    private readonly TimeProvider _time;
    private readonly ITimer _stuck;
    private int _unflushed;

    public EventStream(HttpContext context, EventCursor cursor, TimeProvider time)
    {
        _context = context;
        _writer = context.Response.BodyWriter;
        _cursor = cursor;
        _time = time;
        _stuck = time.CreateTimer(
            state => ((HttpContext)state!).Abort(), context, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Sends what happens until the client goes or the server stops.</summary>
    /// <exception cref="VideoServiceException">The service refuses the subscription; nothing has been sent.</exception>
    public async Task RunAsync(IVideoService service, Subscription subscription, CancellationToken stopping)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_context.RequestAborted, stopping);
        IAsyncEnumerator<VideoEvent> events =
            service.SubscribeAsync(subscription, ended.Token).GetAsyncEnumerator(ended.Token);
        // The outstanding step: an enumerator may only be disposed of when there is none.
        Task<bool> next = events.MoveNextAsync().AsTask();
        try
        {
            await Task.WhenAny(next, Task.Delay(RefusalTime, ended.Token));
            if (next.IsFaulted)
                await next;
            await BeginAsync(ended.Token);

            using var heartbeat = new PeriodicTimer(HeartbeatInterval, _time);
            Task<bool> beat = heartbeat.WaitForNextTickAsync(ended.Token).AsTask();
            while (true)
            {
                while (!next.IsCompleted)
                {
                    await FlushAsync(ended.Token);
                    await Task.WhenAny(next, beat);
                    if (!beat.IsCompleted)
                        continue;
                    await beat;
                    WriteRaw(":\n\n"u8);
                    beat = heartbeat.WaitForNextTickAsync(ended.Token).AsTask();
                }

                bool isThere = await next;
                while (isThere)
                {
                    Write(events.Current);
                    if (_unflushed >= FlushByteCount)
                        await FlushAsync(ended.Token);
                    ValueTask<bool> step = events.MoveNextAsync();
                    if (!step.IsCompletedSuccessfully)
                    {
                        next = step.AsTask();
                        break;
                    }

                    isThere = step.Result;
                }

                if (!isThere)
                    return;
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // A client that takes nothing would hold up the stop.
            if (_unflushed > 0)
                _context.Abort();
        }
        finally
        {
            await ended.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await events.DisposeAsync();
        }
    }

    public void Dispose() => _stuck.Dispose();

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        HttpResponse response = _context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache, no-transform";
        response.Headers["X-Accel-Buffering"] = "no";
        _context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        // Patience takes its place.
        if (_context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        WriteRaw("retry: 1000\n\n"u8);
        await FlushAsync(cancellationToken);
    }

    private void Write(VideoEvent videoEvent)
    {
        switch (videoEvent)
        {
            case UpdateEvent { Update: { } update } happened:
                _cursor.Advance(update.Video, update.Sequence);
                WriteUpdate(happened.Json.Span);
                break;
            case StatusEvent { Status: { } status }:
                WriteNamed("event: status\ndata: "u8, StatusJson.GetValue(
                    status,
                    static status => JsonSerializer.SerializeToUtf8Bytes(status, ContractJson.Lines.VideoStatus)));
                break;
            case RemovedEvent:
                _cursor.Remove(videoEvent.Video);
                WriteNamed("event: removed\ndata: "u8, JsonSerializer.SerializeToUtf8Bytes(
                    new RemovedData(videoEvent.Video), ServerJson.Lines.RemovedData));
                break;
            case GapEvent gap:
                WriteNamed("event: gap\ndata: "u8, JsonSerializer.SerializeToUtf8Bytes(
                    new GapData(gap.Video, gap.FromSequence, gap.ToSequence), ServerJson.Lines.GapData));
                break;
        }
    }

    private void WriteUpdate(ReadOnlySpan<byte> json)
    {
        ReadOnlySpan<byte> before = "event: update\nid: "u8;
        ReadOnlySpan<byte> between = "\ndata: "u8;
        Span<byte> head = _writer.GetSpan(before.Length + _cursor.MaxByteCount + between.Length);
        before.CopyTo(head);
        int length = before.Length;
        length += _cursor.Write(head[length..]);
        between.CopyTo(head[length..]);
        length += between.Length;
        _writer.Advance(length);
        _unflushed += length;
        WriteRaw(json);
        WriteRaw("\n\n"u8);
    }

    private void WriteNamed(ReadOnlySpan<byte> head, ReadOnlySpan<byte> json)
    {
        WriteRaw(head);
        WriteRaw(json);
        WriteRaw("\n\n"u8);
    }

    private void WriteRaw(ReadOnlySpan<byte> bytes)
    {
        _writer.Write(bytes);
        _unflushed += bytes.Length;
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_unflushed == 0)
            return;
        ValueTask<FlushResult> flush = _writer.FlushAsync(cancellationToken);
        if (!flush.IsCompleted)
        {
            _stuck.Change(Patience, Timeout.InfiniteTimeSpan);
            try
            {
                await flush;
            }
            finally
            {
                _stuck.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
        else
        {
            await flush;
        }

        _unflushed = 0;
        cancellationToken.ThrowIfCancellationRequested();
    }
}
