using System.Net;
using System.Text;
using System.Text.Json;
using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Server.Tests;

public sealed class VideoRouteTests
{
    [Fact]
    public async Task Videos_are_listed_in_pages_that_link_to_the_next()
    {
        string[] ids = ["a", "b", "c", "d", "e"];
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With(ids));

        (List<JsonElement> all, int pages) = await ReadPagesAsync(server, "/api/v1/videos?limit=2");

        Assert.Equal(3, pages);
        Assert.Equal(ids, all.Select(video => video.GetProperty("definition").GetProperty("id").GetString()));
    }

    [Theory]
    [InlineData("/api/v1/videos")]
    [InlineData("/api/v1/videos/a")]
    [InlineData("/api/v1/videos/a/latest")]
    [InlineData("/api/v1/models")]
    public async Task What_a_client_has_already_is_not_sent_again(string path)
    {
        var service = new FakeVideoService().With("a");
        service.Publish(Samples.Update("a", 0));
        await using RunningServer server = await RunningServer.StartAsync(service);
        using HttpResponseMessage first = await server.GetAsync(path);
        string tag = first.Headers.ETag!.ToString();

        using HttpResponseMessage same = await server.SendAsync("GET", path, null, ("If-None-Match", $"\"other\", {tag}"));
        Assert.Equal((HttpStatusCode.NotModified, 0), (same.StatusCode, (await same.Content.ReadAsByteArrayAsync()).Length));
        Assert.Equal(tag, same.Headers.ETag!.ToString());

        service.Put(Samples.Status(Samples.Definition("a"), VideoState.Stalled));
        service.Publish(Samples.Update("a", 1));
        using HttpResponseMessage after = await server.SendAsync("GET", path, null, ("If-None-Match", tag));
        Assert.Equal(path.EndsWith("models", StringComparison.Ordinal), after.StatusCode == HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task A_video_is_added_changed_and_removed()
    {
        await using RunningServer server = await RunningServer.StartAsync();

        using HttpResponseMessage added = await server.SendAsync(
            "POST", "/api/v1/videos", """{"id":"door","source":"rtsp://camera/1","rateHz":4,"transport":"udp"}""");
        Assert.Equal(HttpStatusCode.Created, added.StatusCode);
        Assert.Equal("/api/v1/videos/door", added.Headers.Location!.ToString());
        JsonElement door = await server.GetJsonAsync(added.Headers.Location.ToString());
        Assert.Equal(4, door.GetProperty("definition").GetProperty("rateHz").GetDouble());
        Assert.Equal("udp", door.GetProperty("definition").GetProperty("transport").GetString());

        using HttpResponseMessage changed = await server.SendAsync(
            "PUT", "/api/v1/videos/door", """{"id":"door","source":"rtsp://camera/2"}""");
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        door = await server.GetJsonAsync("/api/v1/videos/door");
        Assert.Equal("rtsp://camera/2", door.GetProperty("definition").GetProperty("source").GetString());
        Assert.Equal(8, door.GetProperty("definition").GetProperty("rateHz").GetDouble());

        using HttpResponseMessage removed = await server.SendAsync("DELETE", "/api/v1/videos/door");
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        await ProblemAssert.IsAsync(await server.GetAsync("/api/v1/videos/door"), 404, "door");
    }

    [Fact]
    public async Task A_plan_is_made_of_a_definition_that_may_lack_id_and_source()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using HttpResponseMessage answer = await server.SendAsync("POST", "/api/v1/plan", """{"window":12}""");
        var plan = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
        Assert.Equal(12, plan.GetProperty("definition").GetProperty("window").GetInt32());
        Assert.Equal("", plan.GetProperty("definition").GetProperty("source").GetString());
        Assert.Equal(8, plan.GetProperty("definition").GetProperty("rateHz").GetDouble());
        Assert.Equal(96, plan.GetProperty("evaluationsPerSecond").GetDouble());
        JsonElement problem = await ProblemAssert.IsAsync(
            await server.SendAsync("POST", "/api/v1/plan", """{"windw":12}"""), 400, "unknown member");
        Assert.Equal("windw", problem.GetProperty("field").GetString());
        await ProblemAssert.IsAsync(
            await server.SendAsync("POST", "/api/v1/plan", """{"source":null}"""), 400, "null");
    }

    [Fact]
    public async Task A_source_is_looked_at()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using HttpResponseMessage answer = await server.SendAsync(
            "POST", "/api/v1/probe", """{"source":"rtsp://camera/1","transport":"udp"}""");
        var probe = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
        Assert.Equal("rtsp over Udp", probe.GetProperty("kind").GetString());
        Assert.Equal([1, 2, 3], probe.GetProperty("picture").GetBytesFromBase64());
        JsonElement problem = await ProblemAssert.IsAsync(
            await server.SendAsync("POST", "/api/v1/probe", """{"transport":"udp"}"""), 400, "nothing");
        Assert.Equal("source", problem.GetProperty("field").GetString());
        await ProblemAssert.IsAsync(
            await server.SendAsync("POST", "/api/v1/probe", """{"source":"x","id":"y"}"""), 400, "unknown member");
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF_8_are_refused_wherever_they_are()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        foreach (string member in (string[])["id", "title", "other"])
        {
            using var body = new ByteArrayContent(
                [.. Encoding.ASCII.GetBytes($"{{\"source\":\"synthetic:1\",\"{member}\":\""), 0xFF, .. "\"}"u8]);
            body.Headers.ContentType = new("application/json");
            await ProblemAssert.IsAsync(
                await server.Client.PostAsync(
                    new Uri("/api/v1/videos", UriKind.Relative), body, TestContext.Current.CancellationToken),
                400, "UTF-8");
        }
    }

    [Theory]
    [InlineData("""{"id":"x"}""", "source", "nothing")]
    [InlineData("""{"id":"x","source":null}""", "source", "null")]
    [InlineData("""{"id":"x","source":"y","windw":8}""", "windw", "unknown member", "window")]
    [InlineData("""{"ID":"x","source":"y"}""", "ID", "unknown member")]
    [InlineData("{\"id\":\"x\",\n\"source\":\"y\",\n\"window\":\"eight\"}", "window", "\"eight\"", "line 3", "whole number")]
    [InlineData("""{"id":"x","source":"y","window":8.5}""", "window", "8.5")]
    [InlineData("""{"id":"x","source":"y","seed":-1}""", "seed", "-1")]
    [InlineData("""{"id":"x","source":"y","loop":1}""", "loop", "true or false")]
    [InlineData("""{"id":"x","source":"y","pace":"slow"}""", "pace", "\"slow\"", "source, fast")]
    [InlineData("""{"id":"x","source":"y","classes":["a",1]}""", "classes[1]", "an array of 2")]
    [InlineData("""{"id":"x","source":"y","rateHz":500}""", "rateHz", "500", "at most 120")]
    [InlineData("""[]""", "body", "an array of 0")]
    [InlineData("""{"id":"x","source":"y"} {}""", null, "not JSON", "line 1")]
    [InlineData("{\"id\":\n tru", null, "not JSON", "line 2")]
    [InlineData("""{"id":"x","id":"z","source":"y"}""", "id", "twice")]
    [InlineData("", null, "not JSON")]
    [InlineData("""{"id":"\ud800","source":"y"}""", "id", @"\ud800")]
    [InlineData("""{"i\ud800":"x","source":"y"}""", null, "Unicode")]
    public async Task A_wrong_definition_is_refused_with_the_member_and_the_place(
        string json, string? field, params string[] words)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        JsonElement problem = await ProblemAssert.IsAsync(await server.SendAsync("POST", "/api/v1/videos", json), 400, words);
        Assert.Equal(field, problem.TryGetProperty("field", out JsonElement named) ? named.GetString() : null);
        Assert.Empty(await server.Service.ListAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_id_in_a_body_must_be_the_one_in_the_address()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("a"));
        JsonElement problem = await ProblemAssert.IsAsync(
            await server.SendAsync("PUT", "/api/v1/videos/a", """{"id":"b","source":"x"}"""), 400, "'b'", "'a'");
        Assert.Equal("id", problem.GetProperty("field").GetString());
        await ProblemAssert.IsAsync(
            await server.SendAsync("PUT", "/api/v1/videos/c", """{"id":"c","source":"x"}"""), 404, "'c'");
    }

    [Fact]
    public async Task A_history_is_read_page_by_page_to_its_end()
    {
        var service = new FakeVideoService().With("a");
        for (int i = 0; i < 25; i++)
            service.Publish(Samples.Update("a", i));
        await using RunningServer server = await RunningServer.StartAsync(service);

        (List<JsonElement> all, int pages) = await ReadPagesAsync(server, "/api/v1/videos/a/history?limit=10&fromSequence=2");
        Assert.Equal(3, pages);
        Assert.Equal(Enumerable.Range(2, 23), all.Select(update => update.GetProperty("sequence").GetInt32()));

        (all, pages) = await ReadPagesAsync(
            server, "/api/v1/videos/a/history?limit=4&toSequence=7&from=2026-01-31T12:00:02Z&to=2026-01-31T14:00:09+02:00");
        Assert.Equal(2, pages);
        Assert.Equal(Enumerable.Range(2, 6), all.Select(update => update.GetProperty("sequence").GetInt32()));
        Assert.Equal(Samples.Start.AddSeconds(9), service.LastHistory!.To);
    }

    [Fact]
    public async Task Frames_that_left_with_one_update_are_paged_without_loss_or_repetition()
    {
        var service = new FakeVideoService().With("a");
        for (int frame = 0; frame < 20; frame++)
            service.Tracks.Add(Samples.Track("a", frame, Math.Min(frame, 4)));
        await using RunningServer server = await RunningServer.StartAsync(service);

        (List<JsonElement> all, _) = await ReadPagesAsync(server, "/api/v1/videos/a/frames?limit=3");

        Assert.Equal(Enumerable.Range(0, 20), all.Select(track => track.GetProperty("frameIndex").GetInt32()));
    }

    [Theory]
    [InlineData("videos?limit=0", "limit", "'0'", "1 to 1000")]
    [InlineData("videos?limit=ten", "limit", "'ten'")]
    [InlineData("videos?limit=1&limit=2", "limit", "2 values")]
    [InlineData("videos?page=2", "page", "unknown parameter", "limit, after")]
    [InlineData("models?limit=2", "limit", "expected none")]
    [InlineData("videos/a/history?from=yesterday", "from", "'yesterday'", "2026-01-31T18:30:00Z")]
    [InlineData("videos/a/history?fromSequence=-1", "fromSequence", "'-1'")]
    [InlineData("videos/a/history?fromSequence=9&toSequence=8", "toSequence", "8", "9")]
    [InlineData("videos/a/history?from=2026-02-01&to=2026-01-31", "to", "2026-01-31T00:00:00", "2026-02-01T00:00:00")]
    [InlineData("videos/a/history?from=2026-02-01&to=2026-01-01", "to", "before the start")]
    [InlineData("videos/a/export?format=parquet", "format", "'parquet'", "csv, jsonl")]
    [InlineData("videos/a/frames/first/thumbnail", "index", "'first'")]
    [InlineData("videos/a/history?access_token=0123456789abcdef", "access_token", "unknown parameter")]
    public async Task A_wrong_parameter_is_refused_by_name(string path, string field, params string[] words)
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("a"));
        JsonElement problem = await ProblemAssert.IsAsync(await server.GetAsync($"/api/v1/{path}"), 400, words);
        Assert.Equal(field, problem.GetProperty("field").GetString());
    }

    [Fact]
    public async Task There_is_no_latest_update_before_the_first()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("a"));
        await ProblemAssert.IsAsync(await server.GetAsync("/api/v1/videos/a/latest"), 404, "no update yet");
        server.Service.Publish(Samples.Update("a", 0));
        Assert.Equal(0, (await server.GetJsonAsync("/api/v1/videos/a/latest")).GetProperty("sequence").GetInt32());
    }

    [Fact]
    public async Task Pictures_are_PNG_and_may_be_cached()
    {
        var service = new FakeVideoService().With("a");
        service.Thumbnails[7] = [0x89, 0x50, 0x4e, 0x47];
        await using RunningServer server = await RunningServer.StartAsync(service);

        using HttpResponseMessage picture = await server.GetAsync("/api/v1/videos/a/frames/7/thumbnail");

        Assert.Equal("image/png", picture.Content.Headers.ContentType!.ToString());
        Assert.Equal(TimeSpan.FromHours(1), picture.Headers.CacheControl!.MaxAge);
        Assert.Equal("nosniff", picture.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal(service.Thumbnails[7], await picture.Content.ReadAsByteArrayAsync());
        await ProblemAssert.IsAsync(await server.GetAsync("/api/v1/videos/a/frames/8/thumbnail"), 404, "frame 8");
    }

    [Fact]
    public async Task A_history_of_several_pages_is_exported_whole()
    {
        const int count = 2100;
        var service = new FakeVideoService().With("a");
        for (int i = 0; i < count; i++)
            service.Publish(Samples.Update("a", i));
        await using RunningServer server = await RunningServer.StartAsync(service);

        using HttpResponseMessage lines = await server.GetAsync("/api/v1/videos/a/export?format=jsonl&fromSequence=1");
        Assert.Equal("application/jsonl", lines.Content.Headers.ContentType!.ToString());
        Assert.Equal("a.jsonl", lines.Content.Headers.ContentDisposition!.FileName!.Trim('"'));
        string[] updates = (await lines.Content.ReadAsStringAsync()).Split('\n');
        Assert.Equal("", updates[^1]);
        Assert.Equal(
            Enumerable.Range(1, count - 1).Select(i =>
                JsonSerializer.Serialize(Samples.Update("a", i), ContractJson.Lines.AttributionUpdate)),
            updates[..^1]);

        string csv = await (await server.GetAsync("/api/v1/videos/a/export?toSequence=1")).Content.ReadAsStringAsync();
        string[] rows = csv.Split("\r\n");
        Assert.Equal(1 + 4 + 1, rows.Length);
        Assert.StartsWith("video,sequence,", rows[0], StringComparison.Ordinal);
        Assert.All(rows[1..^1], row => Assert.Contains(",3,\"opening, \"\"slowly\"\"\",0.75,", row, StringComparison.Ordinal));
        await ProblemAssert.IsAsync(await server.GetAsync("/api/v1/videos/z/export"), 404, "'z'");
    }

    [Fact]
    public async Task Statistics_are_asked_for_as_the_query_says()
    {
        var service = new FakeVideoService().With("a", "b");
        await using RunningServer server = await RunningServer.StartAsync(service);

        JsonElement report = await server.GetJsonAsync(
            "/api/v1/statistics?video=a&video=b&model=m%201.0&class=3&class=opening&from=2026-01-01&to=2026-02-01T00:00Z"
            + "&referenceFrom=2025-01-01&referenceTo=2025-02-01");

        Assert.Equal(7, report.GetProperty("updateCount").GetInt32());
        StatisticsQuery query = service.LastStatistics!;
        Assert.Equal((IEnumerable<string>)["a", "b"], query.Videos);
        Assert.Equal("m 1.0", query.Model);
        Assert.Equal((IEnumerable<string>)["3", "opening"], query.Classes);
        Assert.Equal(new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero), query.To);
        Assert.Equal(new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero), query.ReferenceFrom);

        await server.GetJsonAsync("/api/v1/videos/a/statistics");
        Assert.Equal((IEnumerable<string>)["a"], service.LastStatistics!.Videos);
        await server.GetJsonAsync("/api/v1/statistics");
        Assert.Null(service.LastStatistics!.Videos);
        await ProblemAssert.IsAsync(await server.GetAsync("/api/v1/videos/z/statistics"), 404, "'z'");
    }

    [Fact]
    public async Task The_cluster_is_told_where_there_is_one_and_where_not_how_one_is_made()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await ProblemAssert.IsAsync(await server.GetAsync("/api/v1/cluster"), 404, "playfair serve", "playfair silo");

        server.Service.Cluster = Samples.Cluster(Samples.Start);
        JsonElement cluster = await server.GetJsonAsync("/api/v1/cluster");
        JsonElement[] silos = [.. cluster.GetProperty("silos").EnumerateArray()];
        Assert.Equal(["active", "active", "dead"], silos.Select(silo => silo.GetProperty("state").GetString()!));
        Assert.Equal(4.8, silos[1].GetProperty("loadCores").GetDouble());
        Assert.False(silos[2].TryGetProperty("version", out _));
        Assert.Equal(
            """{"kind":"catalog","silo":"silo-0","count":1}""", cluster.GetProperty("grains")[0].GetRawText());
        Assert.Equal(1, cluster.GetProperty("unplacedVideoCount").GetInt32());
    }

    [Fact]
    public async Task Models_and_the_service_s_status_are_told()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("a"));
        JsonElement model = Assert.Single((await server.GetJsonAsync("/api/v1/models")).EnumerateArray());
        Assert.Equal("moves-trn", model.GetProperty("name").GetString());
        Assert.Equal(1, (await server.GetJsonAsync("/api/v1/status")).GetProperty("videoCount").GetInt32());
    }

    [Theory]
    [InlineData(VideoServiceError.Invalid, 400)]
    [InlineData(VideoServiceError.NotFound, 404)]
    [InlineData(VideoServiceError.Exists, 409)]
    [InlineData(VideoServiceError.Forbidden, 403)]
    [InlineData(VideoServiceError.LimitReached, 429)]
    [InlineData(VideoServiceError.StoreFailed, 500)]
    public async Task What_the_service_refuses_is_a_problem_with_its_words(VideoServiceError error, int status)
    {
        var service = new FakeVideoService { Failure = new VideoServiceException(error, "words for the user", "source") };
        await using RunningServer server = await RunningServer.StartAsync(service);
        HttpResponseMessage response = await server.SendAsync("POST", "/api/v1/videos", """{"id":"a","source":"b"}""");
        Assert.Equal(status == 429, response.Headers.RetryAfter is not null);
        JsonElement problem = await ProblemAssert.IsAsync(response, status, "words for the user");
        Assert.Equal("source", problem.GetProperty("field").GetString());
    }

    [Fact]
    public async Task An_unexpected_failure_shows_nothing_but_a_trace_id_that_is_in_the_log()
    {
        var service = new FakeVideoService { Failure = new InvalidOperationException("secret words") };
        await using RunningServer server = await RunningServer.StartAsync(service);
        HttpResponseMessage response = await server.GetAsync("/api/v1/videos/a");
        Assert.DoesNotContain("secret", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        JsonElement problem = await ProblemAssert.IsAsync(response, 500, "trace id");
        string line = await server.Log.UntilAsync(problem.GetProperty("traceId").GetString()!);
        Assert.Contains("secret words", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_there_or_not_so_is_a_problem()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("a"));
        await ProblemAssert.IsAsync(await server.GetAsync("/api/v2/videos"), 404, "/api/v2/videos", "/openapi/v1.json");
        HttpResponseMessage wrongMethod = await server.SendAsync("PUT", "/api/v1/videos", "{}");
        Assert.Equal(["GET", "POST"], wrongMethod.Content.Headers.Allow.Order());
        await ProblemAssert.IsAsync(wrongMethod, 405, "PUT");
        using var form = new FormUrlEncodedContent([]);
        await ProblemAssert.IsAsync(
            await server.Client.PostAsync(new Uri("/api/v1/videos", UriKind.Relative), form), 415, "x-www-form-urlencoded");
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            configure: configuration => configuration with { Limits = new LimitsConfiguration { RequestBytes = 2048 } });
        string json = $$"""{"id":"a","source":"{{new string('x', 4096)}}"}""";
        await ProblemAssert.IsAsync(await server.SendAsync("POST", "/api/v1/videos", json), 413, "limits.requestBytes");

        using var chunked = new HttpRequestMessage(HttpMethod.Post, "/api/v1/videos")
        {
            Content = new StringContent(json, Encoding.UTF8, "application/json"),
        };
        chunked.Headers.TransferEncodingChunked = true;
        await ProblemAssert.IsAsync(await server.Client.SendAsync(chunked), 413, "limits.requestBytes");
    }

    [Fact]
    public async Task Too_many_requests_of_one_address_are_turned_away_but_not_those_for_health()
    {
        await using RunningServer server = await RunningServer.StartAsync(
            configure: configuration => configuration with { Limits = new LimitsConfiguration { RequestsPerSecond = 1 } });
        HttpResponseMessage[] responses = await Task.WhenAll(
            Enumerable.Range(0, 40).Select(_ => server.GetAsync("/api/v1/models")));
        HttpResponseMessage refused = responses.First(response => !response.IsSuccessStatusCode);
        Assert.True(responses.Count(response => response.IsSuccessStatusCode) >= 5);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter!.Delta);
        await ProblemAssert.IsAsync(refused, 429, "limits.requestsPerSecond");
        Assert.Equal("live", (await server.GetJsonAsync("/health/live")).GetProperty("status").GetString());
    }

    /// <summary>Follows the links to the next page; returns all entries, and the number of pages.</summary>
    private static async Task<(List<JsonElement> Entries, int PageCount)> ReadPagesAsync(RunningServer server, string path)
    {
        var entries = new List<JsonElement>();
        int count = 0;
        for (string? next = path; next is not null; count++)
        {
            Assert.True(count < 100, "the pages do not end");
            using HttpResponseMessage page = await server.GetAsync(next);
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
            entries.AddRange(JsonSerializer.Deserialize<JsonElement[]>(await page.Content.ReadAsStringAsync())!);
            next = page.Headers.TryGetValues("Link", out var links) ? links.Single() : null;
            if (next is not null)
            {
                Assert.EndsWith(">; rel=\"next\"", next, StringComparison.Ordinal);
                next = next[1..next.IndexOf('>', StringComparison.Ordinal)];
            }
        }

        return (entries, count);
    }
}
