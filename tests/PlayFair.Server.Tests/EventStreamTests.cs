using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Server.Tests;

public sealed class EventStreamTests
{
    [Fact]
    public async Task An_update_is_written_with_its_sequence_number_and_its_JSON_as_it_is()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("a"));
        AttributionUpdate update = Samples.Update("a", 0);
        server.Service.Publish(update);

        using EventReader events = await server.OpenEventsAsync("?video=a");

        Assert.Equal("text/event-stream", events.Response.Content.Headers.ContentType!.ToString());
        Assert.True(events.Response.Headers.CacheControl is { NoCache: true, NoTransform: true });
        Assert.Equal("no", events.Response.Headers.GetValues("X-Accel-Buffering").Single());
        Assert.Equal("retry: 1000", await events.ReadLineAsync());
        Assert.Equal("", await events.ReadLineAsync());
        Assert.Equal("event: status", await events.ReadLineAsync());
        Assert.StartsWith("data: {\"definition\":{\"id\":\"a\"", await events.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Equal("", await events.ReadLineAsync());
        Assert.Equal("event: update", await events.ReadLineAsync());
        Assert.Equal("id: 0", await events.ReadLineAsync());
        Assert.Equal(
            $"data: {JsonSerializer.Serialize(update, ContractJson.Lines.AttributionUpdate)}", await events.ReadLineAsync());
        Assert.Equal("", await events.ReadLineAsync());
    }

    [Fact]
    public async Task A_stream_may_have_a_rate()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("a"));
        using (EventReader events = await server.OpenEventsAsync("?video=a&rate=2.5"))
            Assert.Equal("status", (await events.ReadAsync())!.Name);
        Assert.Equal(2.5, server.Service.LastSubscription!.MaxRateHz);
        foreach (string wrong in (string[])["0.05", "121", "NaN", "fast"])
        {
            JsonElement problem = await ProblemAssert.IsAsync(
                await server.GetAsync($"/api/v1/events?rate={wrong}"), 400, wrong, "0.1 to 120");
            Assert.Equal("rate", problem.GetProperty("field").GetString());
        }

        using (EventReader events = await server.OpenEventsAsync("?video=a"))
            Assert.Equal("status", (await events.ReadAsync())!.Name);
        Assert.Null(server.Service.LastSubscription.MaxRateHz);
    }

    [Fact]
    public async Task Several_videos_have_the_places_of_all_of_them_as_id_ordered()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("a", "b-2", "c"));
        using EventReader named = await server.OpenEventsAsync("?video=b-2&video=a");
        using EventReader all = await server.OpenEventsAsync();
        await server.Service.UntilSubscribersAsync(count => count == 3);

        server.Service.Publish(Samples.Update("b-2", 9));
        server.Service.Publish(Samples.Update("c", 1));
        server.Service.Publish(Samples.Update("a", 17));
        server.Service.Publish(Samples.Update("b-2", 10));

        Assert.Equal(["b-2:9", "a:17,b-2:9", "a:17,b-2:10"], await IdsAsync(named, 3));
        Assert.Equal(["b-2:9", "b-2:9,c:1", "a:17,b-2:9,c:1", "a:17,b-2:10,c:1"], await IdsAsync(all, 4));
    }

    [Fact]
    public async Task A_removed_video_is_told_of_and_leaves_the_id()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("a", "b"));
        using EventReader events = await server.OpenEventsAsync();
        await server.Service.UntilSubscribersAsync(count => count == 2);

        server.Service.Publish(Samples.Update("a", 0));
        server.Service.Publish(Samples.Update("b", 0));
        await server.Service.RemoveAsync("a", TestContext.Current.CancellationToken);
        server.Service.Publish(Samples.Update("b", 1));

        Assert.Equal(["a:0", "a:0,b:0"], await IdsAsync(events, 2));
        Assert.Equal(new ServerEvent("removed", null, """{"video":"a"}"""), await events.ReadAsync());
        Assert.Equal("b:1", (await events.ReadUpdateAsync()).Id);
    }

    [Fact]
    public async Task Gaps_and_statuses_have_no_id()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("a"));
        using EventReader events = await server.OpenEventsAsync("?video=a");
        Assert.Equal(("status", null), await NameAndIdAsync(events));

        server.Service.Publish(new GapEvent("a", 3, 7));
        server.Service.Put(Samples.Status(Samples.Definition("a"), VideoState.Stalled, "no frame for 3 s"));

        Assert.Equal(
            new ServerEvent("gap", null, """{"video":"a","fromSequence":3,"toSequence":7}"""), await events.ReadAsync());
        ServerEvent status = (await events.ReadAsync())!;
        Assert.Equal(("status", null), (status.Name, status.Id));
        Assert.Contains("\"state\":\"stalled\",\"reason\":\"no frame for 3 s\"", status.Data, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?video=a", "Last-Event-ID", "2", "3 4")]
    [InlineData("?video=a&after=0", "Last-Event-ID", "2", "3 4")]
    [InlineData("?video=a", "Last-Event-ID", "a:2,z:9", "3 4")]
    [InlineData("?video=a&lastEventId=2&after=0", null, null, "3 4")]
    [InlineData("?video=a&after=2", null, null, "3 4")]
    [InlineData("?video=a&after=-1", null, null, "0 1 2 3 4")]
    [InlineData("?video=a", null, null, "4")]
    [InlineData("?after=a:2", null, null, "a:3 a:4")]
    [InlineData("?video=a&video=b", "Last-Event-ID", "a:2,b:5", "a:3,b:5 a:4,b:5")]
    public async Task A_stream_goes_on_after_the_last_event_that_a_client_has(
        string query, string? header, string? id, string expected)
    {
        var service = new FakeVideoService().With("a", "b");
        for (int i = 0; i < 5; i++)
            service.Publish(Samples.Update("a", i));
        await using RunningServer server = await RunningServer.StartAsync(service);

        using EventReader events = await server.OpenEventsAsync(query, header is null ? [] : [(header, id!)]);

        string[] ids = expected.Split(' ');
        Assert.Equal(ids, await IdsAsync(events, ids.Length));
    }

    [Fact]
    public async Task Videos_that_are_gone_leave_the_id_of_who_comes_back()
    {
        var service = new FakeVideoService().With("a", "b");
        service.Publish(Samples.Update("a", 0));
        service.Publish(Samples.Update("a", 1));
        await using RunningServer server = await RunningServer.StartAsync(service);

        using EventReader events = await server.OpenEventsAsync("", ("Last-Event-ID", "a:0,b:7,gone:3,never:4"));

        Assert.Equal("a:1,b:7", (await events.ReadUpdateAsync()).Id);
    }

    [Fact]
    public async Task The_longest_id_that_the_server_gives_is_one_that_it_takes()
    {
        string[] ids = [.. Enumerable.Range(0, 1000).Select(i => $"{i}-{new string('x', 59)}")];
        await using RunningServer server = await RunningServer.StartAsync(
            new FakeVideoService().With(ids),
            configuration => configuration with { Limits = configuration.Limits with { Videos = 1000 } });
        string last = string.Join(',', ids.Order(StringComparer.Ordinal).Select(id => $"{id}:{long.MaxValue}"));

        using EventReader events = await server.OpenEventsAsync("", ("Last-Event-ID", last));

        Assert.Equal("status", (await events.ReadAsync())!.Name);
    }

    [Theory]
    [InlineData("?video=a", "seven")]
    [InlineData("?video=a", "-2")]
    [InlineData("?video=a", "99999999999999999999")]
    [InlineData("", "17")]
    [InlineData("", "a:1,,b:2")]
    [InlineData("?video=a&video=b", "a:1,b:x")]
    public async Task An_id_that_is_none_is_refused(string query, string id)
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("a", "b"));
        JsonElement problem = await ProblemAssert.IsAsync(
            await server.SendAsync("GET", $"/api/v1/events{query}", null, ("Last-Event-ID", id)), 400, $"'{id}'");
        Assert.Equal("Last-Event-ID", problem.GetProperty("field").GetString());
    }

    [Fact]
    public async Task What_cannot_be_subscribed_is_refused_before_a_stream_begins()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("a"));
        await server.Service.UntilSubscribersAsync(count => count == 1);
        await ProblemAssert.IsAsync(await server.GetAsync("/api/v1/events?video=a&video=nobody"), 404, "nobody");
        server.Service.MaxSubscribers = 1;
        HttpResponseMessage full = await server.GetAsync("/api/v1/events?video=a");
        Assert.Equal("5", full.Headers.GetValues("Retry-After").Single());
        // It would take the place of another connection.
        Assert.True(full.Headers.ConnectionClose);
        await ProblemAssert.IsAsync(full, 503, "as many as there may be");
    }

    [Fact]
    public async Task A_stream_without_videos_begins_and_shows_those_that_are_added()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using EventReader events = await server.OpenEventsAsync();
        Assert.Equal("retry: 1000", await events.ReadLineAsync());

        server.Service.With("late");

        Assert.Contains("\"id\":\"late\"", (await events.ReadAsync())!.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_quiet_stream_has_a_heartbeat_every_15_seconds()
    {
        var time = new ManualTime();
        await using RunningServer server = await RunningServer.StartAsync(
            new FakeVideoService().With("a"), configuration => configuration with { Time = time });
        using EventReader events = await server.OpenEventsAsync("?video=a");
        await events.ReadAsync();
        for (int i = 0; i < 3; i++)
        {
            time.Advance(TimeSpan.FromSeconds(15));
            Assert.Equal(":", await events.ReadLineAsync());
            Assert.Equal("", await events.ReadLineAsync());
        }

        server.Service.Publish(Samples.Update("a", 0));
        Assert.Equal("0", (await events.ReadUpdateAsync()).Id);
    }

    [Fact]
    public async Task A_client_that_takes_nothing_holds_up_nobody_is_fed_no_further_and_dropped_after_a_minute()
    {
        const int count = 400;
        var time = new ManualTime();
        await using RunningServer server = await RunningServer.StartAsync(
            new FakeVideoService().With("a"), configuration => configuration with { Time = time });
        await server.Service.UntilSubscribersAsync(subscribers => subscribers == 1);
        using var stuck = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await stuck.ConnectAsync("127.0.0.1", server.Address.Port, TestContext.Current.CancellationToken);
        await stuck.SendAsync(
            Encoding.ASCII.GetBytes("GET /api/v1/events?video=a HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            TestContext.Current.CancellationToken);
        using EventReader reading = await server.OpenEventsAsync("?video=a");
        await server.Service.UntilSubscribersAsync(subscribers => subscribers == 3);

        // 100 kB each: far more than all buffers between the two take.
        string name = new('x', 100_000);
        for (int i = 0; i < count; i++)
        {
            server.Service.Publish(Samples.Update("a", i, name));
            Assert.Equal($"{i}", (await reading.ReadUpdateAsync()).Id);
        }

        // The log takes all, the reader takes all; the stuck one a few that fit into buffers.
        Assert.True(server.Service.PulledCount < (2 * count) + (count / 2), $"{server.Service.PulledCount} were taken");
        Assert.Equal(3, server.Service.SubscriberCount);
        // The look at the store, two heartbeats and the stuck one's patience: the reader's last bytes are away.
        await time.UntilActiveTimersAsync(4);
        time.Advance(TimeSpan.FromSeconds(61));
        await server.Service.UntilSubscribersAsync(subscribers => subscribers == 2);
        server.Service.Publish(Samples.Update("a", count));
        Assert.Equal($"{count}", (await reading.ReadUpdateAsync()).Id);
    }

    [Fact]
    public async Task A_client_that_goes_leaves_no_subscription()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("a"));
        EventReader events = await server.OpenEventsAsync("?video=a");
        await server.Service.UntilSubscribersAsync(count => count == 2);
        events.Dispose();
        await server.Service.UntilSubscribersAsync(count => count == 1);
    }

    [Fact]
    public async Task A_stream_that_cannot_go_on_is_cut_off_and_the_log_says_why_in_a_line()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("a"));
        using EventReader events = await server.OpenEventsAsync("?video=a");
        await events.ReadAsync();
        await server.Service.UntilSubscribersAsync(count => count == 2);
        server.Service.BreakOff(new VideoServiceException(VideoServiceError.StoreFailed, "The database is away."));
        // Not an end, which would be one of all there is: the client comes back.
        await Assert.ThrowsAnyAsync<IOException>(events.ReadAsync);
        await server.Log.UntilAsync("is cut off: GET /api/v1/events: The database is away.");
        Assert.DoesNotContain(server.Log.Lines, line => line.Contains("   at ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Streams_end_when_the_server_stops()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("a"));
        using EventReader events = await server.OpenEventsAsync("?video=a");
        await events.ReadAsync();
        Task stopped = server.App.StopAsync(TestContext.Current.CancellationToken);
        Assert.Null(await events.ReadAsync());
        await stopped.WaitAsync(RunningServer.Timeout, TestContext.Current.CancellationToken);
        Assert.Equal(0, server.Service.SubscriberCount);
    }

    [Fact]
    public async Task Two_hundred_subscribers_get_every_update_once_and_in_order()
    {
        const int readers = 200;
        const int updates = 50;
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("a"));
        EventReader[] streams = await Task.WhenAll(Enumerable.Range(0, readers).Select(_ => server.OpenEventsAsync("?video=a")));
        await server.Service.UntilSubscribersAsync(count => count == readers + 1);
        for (int i = 0; i < updates; i++)
            server.Service.Publish(Samples.Update("a", i));

        string[] expected = [.. Enumerable.Range(0, updates).Select(i => $"{i}")];
        await Task.WhenAll(streams.Select(async stream => Assert.Equal(expected, await IdsAsync(stream, updates))));
        Array.ForEach(streams, stream => stream.Dispose());
    }

    private static async Task<string[]> IdsAsync(EventReader events, int count)
    {
        var ids = new string[count];
        for (int i = 0; i < count; i++)
            ids[i] = (await events.ReadUpdateAsync()).Id ?? "";
        return ids;
    }

    private static async Task<(string Name, string? Id)> NameAndIdAsync(EventReader events)
    {
        ServerEvent read = (await events.ReadAsync())!;
        return (read.Name, read.Id);
    }
}
