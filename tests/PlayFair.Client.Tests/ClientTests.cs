using System.Net;
using System.Net.Sockets;
using System.Text;
using PlayFair.Contracts;

namespace PlayFair.Client.Tests;

/// <summary>What is asked for and answered once: paths, paging, problems, addresses.</summary>
public sealed class ClientTests
{
    private static readonly string Video = Samples.Json(Samples.Status());

    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lists_are_read_page_by_page_to_their_end()
    {
        await using var server = new ScriptedServer(
            answer => answer.SendJsonAsync(
                $"[{Video}]", "Link: <https://elsewhere.example/api/v1/videos?limit=1&after=door>; rel=\"next\""),
            answer => answer.SendJsonAsync($"[{Samples.Json(Samples.Status("gate"))}]"));
        using PlayFairClient client = Client(server);

        Assert.Equal(["door", "gate"], (await client.ListVideosAsync(Token)).Select(video => video.Definition.Id));
        // A link's query is followed, and its host is not: the token goes to one server only.
        Assert.Equal(["/api/v1/videos", "/api/v1/videos?limit=1&after=door"], server.Requests.Select(r => r.Target));
        Assert.All(server.Requests, request => Assert.Equal("Bearer secret", request.Header("Authorization")));
    }

    [Fact]
    public async Task History_asks_for_its_range_and_fetches_pages_only_as_they_are_read()
    {
        string page = $"[{Samples.Json(Samples.Update(5))},{Samples.Json(Samples.Update(6))}]";
        await using var server = new ScriptedServer(
            answer => answer.SendJsonAsync(page, "Link: </x>; rel=prev, <?fromSequence=7&limit=1000>; rel=\"next\""),
            answer => answer.SendJsonAsync("[]"));
        using PlayFairClient client = Client(server);
        var range = new UpdateRange
        {
            FromSequence = 5,
            ToSequence = 9,
            From = new DateTimeOffset(2026, 1, 2, 5, 4, 5, 250, TimeSpan.FromHours(2)),
        };

        var sequences = new List<long>();
        await foreach (AttributionUpdate update in client.HistoryAsync("door", range, Token))
        {
            Assert.Single(server.Requests);
            sequences.Add(update.Sequence);
        }

        Assert.Equal([5, 6], sequences);
        Assert.Equal(
            [
                "/api/v1/videos/door/history?limit=1000&fromSequence=5&toSequence=9&from=2026-01-02T03%3A04%3A05.25Z",
                "/api/v1/videos/door/history?fromSequence=7&limit=1000",
            ],
            server.Requests.Select(r => r.Target));
    }

    [Fact]
    public async Task Every_other_question_has_its_path()
    {
        const string Report = """{"bucketSeconds":60,"updateCount":0,"models":[]}""";
        await using var server = new ScriptedServer(
            answer => answer.SendJsonAsync(Video),
            answer => answer.SendAsync(201, "application/json", Video),
            answer => answer.SendJsonAsync(Video),
            answer => answer.WriteAsync("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"),
            answer => answer.SendJsonAsync(Samples.Json(Samples.Update(3))),
            answer => answer.SendJsonAsync("[]"),
            answer => answer.SendJsonAsync(Report),
            answer => answer.SendJsonAsync("[]"),
            answer => answer.SendJsonAsync(Samples.ServiceStatus),
            answer => answer.SendAsync(200, "image/png", "png"),
            answer => answer.SendAsync(200, "text/csv", "a,b\n1,2\n"));
        using PlayFairClient client = Client(server);
        var definition = new VideoDefinition { Id = "door", Source = "rtsp://10.0.0.1/s", Pace = Pace.Fast };

        Assert.Equal("door", (await client.GetVideoAsync("door", Token)).Definition.Id);
        await client.AddVideoAsync(definition, Token);
        await client.ChangeVideoAsync(definition, Token);
        await client.RemoveVideoAsync("door", Token);
        Assert.Equal(3, (await client.LatestAsync("door", Token))!.Sequence);
        Assert.Empty(await client.FrameTracksAsync("door", cancellationToken: Token).ToListAsync(Token));
        Assert.Equal(60, (await client.StatisticsAsync(
            new() { Videos = ["a", "b"], Classes = ["opening & closing"], To = Samples.Start }, Token)).BucketSeconds);
        Assert.Empty(await client.ModelsAsync(Token));
        Assert.Equal(5.5, (await client.StatusAsync(Token)).Store.BytesPerUpdate);
        Assert.Equal("png"u8.ToArray(), await client.ThumbnailAsync("door", 17, 320, Token));
        using var export = new MemoryStream();
        await client.ExportAsync("door", "csv", new() { FromSequence = 2 }, export, Token);
        Assert.Equal("a,b\n1,2\n", Encoding.UTF8.GetString(export.ToArray()));

        Assert.Equal(
            [
                "GET /api/v1/videos/door",
                "POST /api/v1/videos",
                "PUT /api/v1/videos/door",
                "DELETE /api/v1/videos/door",
                "GET /api/v1/videos/door/latest",
                "GET /api/v1/videos/door/frames?limit=1000",
                "GET /api/v1/statistics?video=a&video=b&class=opening%20%26%20closing&to=2026-01-02T03%3A04%3A05Z",
                "GET /api/v1/models", "GET /api/v1/status", "GET /api/v1/videos/door/frames/17/thumbnail?width=320",
                "GET /api/v1/videos/door/export?format=csv&fromSequence=2",
            ],
            server.Requests.Select(r => $"{r.Method} {r.Target}"));
        // What changes something says so in a way that other pages in a browser cannot.
        Assert.All(
            server.Requests.Where(r => r.Method != "GET"),
            request => Assert.StartsWith("application/json", request.Header("Content-Type"), StringComparison.Ordinal));
        Assert.Contains("\"pace\":\"fast\"", server.Requests.ElementAt(1).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_video_does_not_have_is_null_and_a_video_that_is_not_there_is_an_error()
    {
        const string NotFound = """{"title":"Not found","detail":"There is none."}""";
        Task NoneAsync(Answer answer) => answer.SendAsync(404, "application/problem+json", NotFound);
        await using var server = new ScriptedServer(
            NoneAsync, answer => answer.SendJsonAsync(Video), NoneAsync, answer => answer.SendJsonAsync(Video),
            NoneAsync, NoneAsync, NoneAsync, NoneAsync);
        using PlayFairClient client = Client(server);

        Assert.Null(await client.LatestAsync("door", Token));
        Assert.Null(await client.ThumbnailAsync("door", 18, cancellationToken: Token));
        await Assert.ThrowsAsync<PlayFairServerException>(() => client.LatestAsync("door", Token));
        await Assert.ThrowsAsync<PlayFairServerException>(() => client.ThumbnailAsync("door", 18, cancellationToken: Token));
        Assert.Equal(
            [
                "/api/v1/videos/door/latest", "/api/v1/videos/door",
                "/api/v1/videos/door/frames/18/thumbnail", "/api/v1/videos/door",
            ],
            server.Requests.Take(4).Select(r => r.Target));
    }

    [Fact]
    public async Task Of_a_server_without_a_cluster_the_cluster_is_null_and_of_what_is_no_such_server_an_error()
    {
        const string NotFound = """{"title":"Not found","detail":"There is none."}""";
        Task NoneAsync(Answer answer) => answer.SendAsync(404, "application/problem+json", NotFound);
        await using var server = new ScriptedServer(
            answer => answer.SendJsonAsync(Samples.Json(Samples.Cluster())),
            NoneAsync, answer => answer.SendJsonAsync(Samples.ServiceStatus),
            NoneAsync, NoneAsync);
        using PlayFairClient client = Client(server);

        ClusterStatus cluster = (await client.ClusterAsync(Token))!;
        Assert.Equal([SiloState.Active, SiloState.Leaving, SiloState.Dead], cluster.Silos.Select(silo => silo.State));
        Assert.Null(await client.ClusterAsync(Token));
        await Assert.ThrowsAsync<PlayFairServerException>(() => client.ClusterAsync(Token));
        Assert.Equal(
            ["cluster", "cluster", "status", "cluster", "status"],
            server.Requests.Select(request => request.Target["/api/v1/".Length..]));
    }

    [Fact]
    public async Task A_problem_brings_its_details()
    {
        await using var server = new ScriptedServer(
            answer => answer.SendAsync(
                400, "application/problem+json",
                """
                {"title":"Invalid","status":400,"detail":"window is 1; expected 2 to 4096.","field":"window","new":"x"}
                """),
            answer => answer.SendAsync(
                401, "application/problem+json", """{"title":"No token","detail":"A token is required."}"""),
            answer => answer.SendAsync(502, "text/html", "<h1>Bad gateway</h1>", "Retry-After: 7"),
            answer => answer.SendAsync(500, "application/problem+json", "{ this is not JSON"));
        using PlayFairClient client = Client(server);

        PlayFairServerException invalid = await RefusalAsync();
        Assert.Equal(
            (HttpStatusCode.BadRequest, "Invalid", "window is 1; expected 2 to 4096.", "window", false),
            (invalid.Status, invalid.Title, invalid.Message, invalid.Field, invalid.IsTransient));
        Assert.Contains("PLAYFAIR_TOKEN", (await RefusalAsync()).Message, StringComparison.Ordinal);
        PlayFairServerException gateway = await RefusalAsync();
        Assert.Equal((TimeSpan.FromSeconds(7), true), (gateway.RetryAfter, gateway.IsTransient));
        Assert.Equal($"{client.Address} answers 502 (Scripted).", gateway.Message);
        Assert.Equal(HttpStatusCode.InternalServerError, (await RefusalAsync()).Status);

        Task<PlayFairServerException> RefusalAsync() =>
            Assert.ThrowsAsync<PlayFairServerException>(() => client.GetVideoAsync("door", Token));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told_in_words_without_the_token()
    {
        using var unused = new TcpListener(IPAddress.Loopback, 0);
        unused.Start();
        string address = $"http://127.0.0.1:{((IPEndPoint)unused.LocalEndpoint).Port}";
        unused.Stop();
        using var client = new PlayFairClient(new() { Address = address, Token = "secret" });

        PlayFairConnectionException failure = await Assert.ThrowsAsync<PlayFairConnectionException>(
            () => client.StatusAsync(Token));

        Assert.StartsWith(
            $"{address}/ refuses the connection: is 'playfair serve' running there?", failure.Message,
            StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
        await Assert.ThrowsAsync<PlayFairConnectionException>(
            async () => await client.FollowAsync(cancellationToken: Token).FirstAsync(Token));
    }

    [Fact]
    public async Task What_is_no_PlayFair_server_is_told_so()
    {
        await using var server = new ScriptedServer(
            answer => answer.SendAsync(200, "text/html", "<h1>It works!</h1>"),
            answer =>
                answer.WriteAsync("HTTP/1.1 301 Moved\r\nLocation: https://door.example/\r\nContent-Length: 0\r\n\r\n"),
            answer => answer.SendJsonAsync("""{"version":1}"""),
            answer => answer.WriteAsync("SSH-2.0-OpenSSH_9.2\r\n"),
            answer => answer.SendAsync(200, "text/html", "<h1>It works!</h1>"));
        using PlayFairClient client = Client(server);

        Assert.Contains("'text/html', expected 'application/json'", await FailureAsync(), StringComparison.Ordinal);
        Assert.Contains("redirects to 'https://door.example/'", await FailureAsync(), StringComparison.Ordinal);
        Assert.Contains("one version", await FailureAsync(), StringComparison.Ordinal);
        Assert.Contains("cannot be reached", await FailureAsync(), StringComparison.Ordinal);
        PlayFairConnectionException stream = await Assert.ThrowsAsync<PlayFairConnectionException>(
            async () => await client.FollowAsync(cancellationToken: Token).FirstAsync(Token));
        Assert.Contains("expected 'text/event-stream'", stream.Message, StringComparison.Ordinal);

        async Task<string> FailureAsync() =>
            (await Assert.ThrowsAsync<PlayFairConnectionException>(() => client.StatusAsync(Token))).Message;
    }

    [Fact]
    public async Task An_answer_that_does_not_come_or_stops_is_given_up()
    {
        await using var server = new ScriptedServer(
            answer => answer.StallAsync(),
            async answer =>
            {
                await answer.WriteAsync(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n[");
                await answer.StallAsync();
            },
            answer => answer.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 100\r\n\r\na,b"));
        using var client = new PlayFairClient(new()
        {
            Address = server.Address,
            AnswerTimeout = TimeSpan.FromMilliseconds(700),
            SilenceTimeout = TimeSpan.FromMilliseconds(700),
        });

        Assert.Contains(
            "does not answer", await FailureAsync(() => client.ModelsAsync(Token)), StringComparison.Ordinal);
        Assert.Contains(
            "nothing came for 0.7 s", await FailureAsync(() => client.ModelsAsync(Token)), StringComparison.Ordinal);
        // An export that was cut off is no export.
        using var export = new MemoryStream();
        Assert.Contains(
            "cut its answer off", await FailureAsync(() => client.ExportAsync("door", "csv", null, export, Token)),
            StringComparison.Ordinal);

        static async Task<string> FailureAsync(Func<Task> question) =>
            (await Assert.ThrowsAsync<PlayFairConnectionException>(question)).Message;
    }

    [Fact]
    public async Task Ids_are_escaped_and_a_path_before_the_API_is_kept()
    {
        await using var server = new ScriptedServer(answer => answer.SendJsonAsync(Video));
        using var client = new PlayFairClient(new() { Address = server.Address + "/behind/proxy" });

        await client.GetVideoAsync("../a b?", Token);

        Assert.Equal("/behind/proxy/api/v1/videos/..%2Fa%20b%3F", server.Requests.Single().Target);
    }

    [Theory]
    [InlineData("5080", "'5080'")]
    [InlineData("ftp://127.0.0.1", "'ftp://127.0.0.1'")]
    [InlineData("127.0.0.1:5080", "'127.0.0.1:5080'")]
    [InlineData("http://me:secret@127.0.0.1", "holds a user")]
    [InlineData("me:secret@127.0.0.1", "'***@127.0.0.1'")]
    [InlineData("http://127.0.0.1/?access_token=secret", "holds a user, a query")]
    public void An_address_that_makes_no_sense_is_refused_without_its_secrets(string address, string words)
    {
        ArgumentException refusal =
            Assert.Throws<ArgumentException>(() => new PlayFairClient(new() { Address = address }));
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:5080", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_that_no_header_can_carry_is_refused_without_showing_it()
    {
        ArgumentException refusal =
            Assert.Throws<ArgumentException>(() => new PlayFairClient(new() { Token = "sec\nret" }));
        Assert.DoesNotContain("sec\n", refusal.Message, StringComparison.Ordinal);
        // The line break at a file's end is no part of it.
        new PlayFairClient(new() { Token = "secret\n" }).Dispose();
    }

    private static PlayFairClient Client(ScriptedServer server) =>
        new(new() { Address = server.Address, Token = "secret" });
}
