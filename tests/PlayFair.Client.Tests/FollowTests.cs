using System.Text;

namespace PlayFair.Client.Tests;

/// <summary>The event stream against servers that cut, repeat, stall and go away.</summary>
public sealed class FollowTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_stream_cut_in_the_middle_of_an_event_goes_on_without_loss_or_repetition()
    {
        string third = Samples.Event(Samples.Update(3));
        await using var server = new ScriptedServer(
            async answer => await answer.BeginEventsAsync(Samples.Updates(0, 2), third[..(third.Length / 2)]),
            // Repeats what was had, as a server may that counts otherwise.
            async answer => await answer.BeginEventsAsync(Samples.Updates(1, 5), third[..^1]),
            async answer =>
            {
                await answer.BeginEventsAsync(Samples.Updates(6, 7));
                await answer.StallAsync();
            });

        List<StreamEvent> events = await FollowUntilAsync(server, ["door"], after: null, sequence: 7);

        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], Sequences(events));
        Assert.Equal(
            new[] { null, "2", "5" }, server.Requests.Select(request => request.Header("Last-Event-ID")));
        Assert.All(server.Requests, request => Assert.Equal("/api/v1/events?video=door", request.Target));
        Assert.Equal([true, false, true, false, true], events.OfType<StreamConnection>().Select(c => c.IsConnected));
    }

    [Fact]
    public async Task An_update_is_delivered_with_the_very_bytes_that_the_server_sent()
    {
        string json =
            Samples.Json(Samples.Update(4)).Replace("opening something", "öffnen 猫", StringComparison.Ordinal);
        // One data line for each line of it, carriage returns, a byte order mark, and fields that nobody knows.
        await using var server = new ScriptedServer(async answer =>
        {
            await answer.BeginEventsAsync(
                $"\uFEFF: hello\r\nfuture: 1\r\nevent: update\r\nid: 4\r\ndata: {json}\r\n\r\n");
            await answer.StallAsync();
        });

        List<StreamEvent> events = await FollowUntilAsync(server, ["door"], after: null, sequence: 4);

        StreamUpdate update = Assert.Single(events.OfType<StreamUpdate>());
        Assert.Equal(json, Encoding.UTF8.GetString(update.Json.Span));
        Assert.Equal("öffnen 猫", update.Update.Classes[0].Name);
    }

    [Fact]
    public async Task An_event_that_comes_in_single_bytes_is_one_event()
    {
        await using var server = new ScriptedServer(async answer =>
        {
            await answer.BeginEventsAsync();
            foreach (char c in Samples.Event(Samples.Update(0)))
                await answer.WriteAsync(c.ToString());
            await answer.StallAsync();
        });

        Assert.Equal([0], Sequences(await FollowUntilAsync(server, ["door"], after: null, sequence: 0)));
    }

    [Fact]
    public async Task Several_videos_are_resumed_each_from_its_own_place()
    {
        await using var server = new ScriptedServer(
            async answer => await answer.BeginEventsAsync(Samples.Updates(5, 6, "b"), Samples.Updates(9, 9, "a")),
            async answer =>
            {
                await answer.BeginEventsAsync(Samples.Updates(6, 7, "b"));
                await answer.StallAsync();
            });

        List<StreamEvent> events = await FollowUntilAsync(
            server, ["b", "a"], new Dictionary<string, long> { ["b"] = 4 }, sequence: 7);

        Assert.Equal([5, 6, 9, 7], Sequences(events));
        Assert.Equal(["b:4", "a:9,b:6"], server.Requests.Select(request => request.Header("Last-Event-ID")));
        Assert.All(server.Requests, request => Assert.Equal("/api/v1/events?video=b&video=a", request.Target));
    }

    [Fact]
    public async Task All_videos_are_followed_without_naming_one()
    {
        await using var server = new ScriptedServer(
            async answer => await answer.BeginEventsAsync(Samples.Updates(3, 3, "a")),
            async answer =>
            {
                await answer.BeginEventsAsync(
                    "event: removed\ndata: {\"video\":\"a\"}\n\n", Samples.Updates(0, 1, "a"));
                await answer.StallAsync();
            });

        List<StreamEvent> events = await FollowUntilAsync(server, videos: null, after: null, sequence: 1);

        // A video that is removed and added again counts from 0.
        Assert.Equal([3, 0, 1], Sequences(events));
        Assert.Equal("a", Assert.Single(events.OfType<StreamRemoved>()).Video);
        Assert.Equal([null, "a:3"], server.Requests.Select(request => request.Header("Last-Event-ID")));
        Assert.All(server.Requests, request => Assert.Equal("/api/v1/events", request.Target));
    }

    [Fact]
    public async Task Gaps_are_told_and_what_is_missing_silently_too()
    {
        await using var server = new ScriptedServer(async answer =>
        {
            await answer.BeginEventsAsync(
                Samples.Updates(0, 0),
                "event: gap\ndata: {\"video\":\"door\",\"fromSequence\":1,\"toSequence\":4}\n\n",
                Samples.Updates(5, 5),
                Samples.Updates(8, 8));
            await answer.StallAsync();
        });

        List<StreamEvent> events = await FollowUntilAsync(server, ["door"], after: null, sequence: 8);

        Assert.Equal([new StreamGap("door", 1, 4), new StreamGap("door", 6, 7)], events.OfType<StreamGap>());
        Assert.Equal([0, 5, 8], Sequences(events));
    }

    [Fact]
    public async Task A_gap_is_not_asked_for_again()
    {
        await using var server = new ScriptedServer(
            async answer => await answer.BeginEventsAsync(
                Samples.Updates(0, 0),
                "event: gap\ndata: {\"video\":\"door\",\"fromSequence\":1,\"toSequence\":4}\n\n"),
            async answer =>
            {
                await answer.BeginEventsAsync(Samples.Updates(5, 5));
                await answer.StallAsync();
            });

        Assert.Equal([0, 5], Sequences(await FollowUntilAsync(server, ["door"], after: null, sequence: 5)));
        Assert.Equal([null, "4"], server.Requests.Select(request => request.Header("Last-Event-ID")));
    }

    [Fact]
    public async Task A_video_that_began_anew_while_nobody_was_connected_is_followed_from_its_first_update()
    {
        await using var server = new ScriptedServer(
            async answer =>
                await answer.BeginEventsAsync(Samples.Event(Samples.Status(lastSequence: 40)), Samples.Updates(40, 41)),
            async answer =>
            {
                await answer.BeginEventsAsync(Samples.Event(Samples.Status(lastSequence: 1)));
                await answer.StallAsync();
            },
            async answer =>
            {
                await answer.BeginEventsAsync(Samples.Event(Samples.Status(lastSequence: 1)), Samples.Updates(0, 2));
                await answer.StallAsync();
            });

        Assert.Equal([40, 41, 0, 1, 2], Sequences(await FollowUntilAsync(server, ["door"], after: null, sequence: 2)));
        Assert.Equal([null, "41", "-1"], server.Requests.Select(request => request.Header("Last-Event-ID")));
    }

    [Fact]
    public async Task Attempts_come_later_and_later_and_soon_again_after_a_success()
    {
        await using var server = new ScriptedServer(
            async answer => await answer.BeginEventsAsync(Samples.Updates(0, 0)),
            async answer => await answer.WriteAsync("HTTP/1.1 200 OK\r\nContent-"),
            async answer =>
                await answer.SendAsync(503, "application/problem+json", """{"title":"Full","detail":"No room."}"""),
            async answer => await answer.SendAsync(
                503, "application/problem+json", """{"title":"Full","detail":"No room."}""", "Retry-After: 1"),
            async answer => await answer.BeginEventsAsync("retry: 120\n\n", Samples.Updates(1, 1)),
            async answer =>
            {
                await answer.BeginEventsAsync(Samples.Updates(2, 2));
                await answer.StallAsync();
            });

        List<StreamEvent> events = await FollowUntilAsync(server, ["door"], after: null, sequence: 2);

        // The clock stands still, so the times of the next attempts are the delays: 40 ms doubled to 100 ms at most,
        // the server's one second, and then the 120 ms that its stream asked for (but no more than the longest).
        Assert.Equal(
            [40, 80, 100, 1000, 100],
            events.OfType<StreamConnection>().Where(c => !c.IsConnected)
                .Select(c => (c.NextAttemptAt!.Value - Samples.Start).TotalMilliseconds));
        Assert.Equal([0, 1, 2], Sequences(events));
        Assert.Contains(events, e => e is StreamConnection { Reason: "No room." });
    }

    [Fact]
    public async Task A_stream_that_falls_silent_is_connected_again()
    {
        await using var server = new ScriptedServer(
            async answer =>
            {
                await answer.BeginEventsAsync(Samples.Updates(0, 0));
                await answer.StallAsync();
            },
            async answer =>
            {
                await answer.BeginEventsAsync(Samples.Updates(1, 1));
                await answer.StallAsync();
            });

        List<StreamEvent> events = await FollowUntilAsync(
            server, ["door"], after: null, sequence: 1, silence: TimeSpan.FromMilliseconds(500));

        Assert.Equal([0, 1], Sequences(events));
        Assert.Contains(events, e => e is StreamConnection { Reason: { } reason }
            && reason.Contains("nothing came for 0.5 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_broken_connection_and_a_server_that_is_away_are_told_and_survived()
    {
        int port;
        var events = new List<StreamEvent>();
        var isAway = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = new ScriptedServer(async answer =>
        {
            await answer.BeginEventsAsync(Samples.Updates(0, 0));
            await answer.StallAsync();
        });
        port = first.Port;
        using PlayFairClient client = Client(first);
        using var patience = new CancellationTokenSource(Patience);

        async Task FollowAsync()
        {
            await foreach (StreamEvent arrived in client.FollowAsync(["door"], null, patience.Token))
            {
                events.Add(arrived);
                if (arrived is StreamConnection { Reason: { } reason }
                    && reason.Contains("refuses", StringComparison.Ordinal))
                    isAway.TrySetResult();
                if (arrived is StreamUpdate { Update.Sequence: 0 })
                    await first.DisposeAsync();
                if (arrived is StreamUpdate { Update.Sequence: 1 })
                    return;
            }
        }

        Task following = FollowAsync();
        await isAway.Task.WaitAsync(patience.Token);
        await using var second = new ScriptedServer(port, async answer =>
        {
            await answer.BeginEventsAsync(Samples.Updates(1, 1));
            await answer.StallAsync();
        });
        await following;

        Assert.Equal([0, 1], Sequences(events));
        Assert.Equal("0", second.Requests.First().Header("Last-Event-ID"));
    }

    [Fact]
    public async Task A_refusal_that_lasts_ends_the_stream_even_after_a_while()
    {
        await using var server = new ScriptedServer(
            async answer => await answer.BeginEventsAsync(Samples.Updates(0, 0)),
            async answer => await answer.SendAsync(
                404, "application/problem+json", """{"title":"Not found","detail":"There is no video 'door'."}"""));

        PlayFairServerException refusal = await Assert.ThrowsAsync<PlayFairServerException>(
            () => FollowUntilAsync(server, ["door"], after: null, sequence: 1));

        Assert.Equal("There is no video 'door'.", refusal.Message);
    }

    [Fact]
    public async Task An_event_that_makes_no_sense_ends_the_stream_with_words()
    {
        await using var server = new ScriptedServer(
            async answer =>
                await answer.BeginEventsAsync("event: future\ndata: 1\n\nevent: update\ndata: {\"video\":1}\n\n"));

        PlayFairConnectionException failure = await Assert.ThrowsAsync<PlayFairConnectionException>(
            () => FollowUntilAsync(server, ["door"], after: null, sequence: 1));

        Assert.Contains("one version", failure.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Cancelling_ends_a_silent_stream_and_a_wait_at_once()
    {
        await using var server = new ScriptedServer(async answer =>
        {
            await answer.BeginEventsAsync(Samples.Event(Samples.Status()));
            await answer.StallAsync();
        });
        using PlayFairClient client = Client(server, delay: TimeSpan.FromHours(1));
        using var whileReading = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (StreamEvent arrived in client.FollowAsync(["door"], null, whileReading.Token))
            {
                if (arrived is StreamStatus)
                    whileReading.CancelAfter(TimeSpan.FromMilliseconds(20));
            }
        });

        await using var cutting = new ScriptedServer(async answer => await answer.BeginEventsAsync());
        using PlayFairClient waiting = Client(cutting, delay: TimeSpan.FromHours(1));
        using var whileWaiting = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (StreamEvent arrived in waiting.FollowAsync(["door"], null, whileWaiting.Token))
            {
                if (arrived is StreamConnection { IsConnected: false })
                    whileWaiting.CancelAfter(TimeSpan.FromMilliseconds(20));
            }
        });
    }

    private static PlayFairClient Client(ScriptedServer server, TimeSpan? silence = null, TimeSpan? delay = null) =>
        new(new()
        {
            Address = server.Address,
            ReconnectDelay = delay ?? TimeSpan.FromMilliseconds(40),
            LongestReconnectDelay = delay ?? TimeSpan.FromMilliseconds(100),
            SilenceTimeout = silence ?? Patience,
            Time = new StandingClock(),
        });

    private static async Task<List<StreamEvent>> FollowUntilAsync(
        ScriptedServer server,
        string[]? videos,
        Dictionary<string, long>? after,
        long sequence,
        TimeSpan? silence = null)
    {
        using PlayFairClient client = Client(server, silence);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        var events = new List<StreamEvent>();
        await foreach (StreamEvent arrived in client.FollowAsync(videos, after, patience.Token))
        {
            events.Add(arrived);
            if (arrived is StreamUpdate { Update: var update } && update.Sequence == sequence)
                break;
        }

        return events;
    }

    private static IEnumerable<long> Sequences(IEnumerable<StreamEvent> events) =>
        events.OfType<StreamUpdate>().Select(e => e.Update.Sequence);

    /// <summary>Timers run; the time of day stands still.</summary>
    private sealed class StandingClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Samples.Start;
    }
}
