using System.Net;
using System.Text.Json;
using PlayFair.Contracts;

namespace PlayFair.Server.Tests;

public sealed class AccessTests
{
    private const string Viewer = "viewer-token-0123456789";
    private const string Manager = "manager-token-0123456789";
    private const string Video = """{"id":"b","source":"x"}""";

    [Theory]
    [InlineData("GET", "/api/v1/videos", null, 401)]
    [InlineData("GET", "/api/v1/videos", "wrong-token-0123456789", 401)]
    [InlineData("GET", "/api/v1/videos", Viewer, 200)]
    [InlineData("GET", "/api/v1/videos", Manager, 200)]
    [InlineData("POST", "/api/v1/videos", null, 401)]
    [InlineData("POST", "/api/v1/videos", Viewer, 403)]
    [InlineData("POST", "/api/v1/videos", Manager, 201)]
    [InlineData("DELETE", "/api/v1/videos/a", Viewer, 403)]
    [InlineData("DELETE", "/api/v1/videos/a", Manager, 204)]
    [InlineData("POST", "/api/v1/reload", Viewer, 403)]
    [InlineData("GET", "/api/v1/events", null, 401)]
    [InlineData("GET", "/api/v1/cluster", null, 401)]
    [InlineData("GET", "/api/v1/cluster", Viewer, 200)]
    [InlineData("GET", "/metrics", null, 401)]
    [InlineData("GET", "/metrics", Viewer, 200)]
    [InlineData("GET", "/nothing", null, 401)]
    [InlineData("GET", "/health/live", null, 200)]
    [InlineData("GET", "/health/ready", null, 200)]
    [InlineData("GET", "/openapi/v1.json", null, 200)]
    [InlineData("GET", "/", null, 200)]
    [InlineData("GET", "/assets/nothing.js", null, 404)]
    public async Task With_tokens_each_role_may_do_what_it_says(string method, string path, string? token, int status)
    {
        await using RunningServer server = await StartWithTokensAsync();
        HttpResponseMessage response = await server.SendAsync(
            method, path, method == "POST" ? Video : null,
            token is null ? [] : [("Authorization", $"Bearer {token}")]);
        if (status < 400)
        {
            Assert.Equal(status, (int)response.StatusCode);
            response.Dispose();
            return;
        }

        Assert.Equal(status == 401, response.Headers.WwwAuthenticate.ToString().StartsWith("Bearer", StringComparison.Ordinal));
        await ProblemAssert.IsAsync(response, status, status == 404 ? "dashboard" : "token");
    }

    [Fact]
    public async Task A_token_in_the_address_opens_streams_and_pictures_only_and_is_never_logged()
    {
        await using RunningServer server = await StartWithTokensAsync();
        server.Service.Thumbnails[1] = [1];
        using (EventReader events = await server.OpenEventsAsync($"?video=a&access_token={Viewer}"))
            Assert.Equal("status", (await events.ReadAsync())!.Name);
        using (HttpResponseMessage picture = await server.GetAsync($"/api/v1/videos/a/frames/1/thumbnail?access_token={Viewer}"))
            Assert.Equal(HttpStatusCode.OK, picture.StatusCode);
        await ProblemAssert.IsAsync(await server.GetAsync("/api/v1/videos/none/media?access_token=" + Viewer), 404);
        await ProblemAssert.IsAsync(await server.GetAsync($"/api/v1/videos?access_token={Viewer}"), 401);
        await ProblemAssert.IsAsync(await server.GetAsync($"/api/v1/events?access_token=wrong-{Viewer}"), 401);

        await server.Log.UntilAsync("/api/v1/events 401");
        await server.Log.UntilAsync("/frames/1/thumbnail 200");
        Assert.All(server.Log.Lines, line => Assert.DoesNotContain(Viewer, line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Viewer, "viewer", "view")]
    [InlineData(Manager, "manager", "manage")]
    public async Task The_session_says_who_the_caller_is(string token, string name, string role)
    {
        await using RunningServer server = await StartWithTokensAsync();
        using HttpResponseMessage response = await server.SendAsync(
            "GET", "/api/v1/session", null, ("Authorization", $"Bearer {token}"));
        var session = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
        Assert.Equal(name, session.GetProperty("name").GetString());
        Assert.Equal(role, session.GetProperty("role").GetString());
        Assert.True(session.GetProperty("isProtected").GetBoolean());
        await ProblemAssert.IsAsync(await server.GetAsync($"/api/v1/session?access_token={token}"), 401);
    }

    [Fact]
    public async Task Without_tokens_the_session_may_manage()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        JsonElement session = await server.GetJsonAsync("/api/v1/session");
        Assert.False(session.TryGetProperty("name", out _));
        Assert.Equal("manage", session.GetProperty("role").GetString());
        Assert.False(session.GetProperty("isProtected").GetBoolean());
        Assert.Equal(server.Service.Status.Version, session.GetProperty("version").GetString());
    }

    [Theory]
    [InlineData("localhost:5080", 200)]
    [InlineData("127.0.0.1", 200)]
    [InlineData("[::1]:80", 200)]
    [InlineData("evil.example", 403)]
    [InlineData("127.0.0.1.evil.example", 403)]
    [InlineData("192.168.1.5:5080", 403)]
    public async Task Without_tokens_only_names_of_this_machine_are_answered(string host, int status)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        HttpResponseMessage response = await server.SendAsync("GET", "/api/v1/videos", null, ("Host", host));
        if (status == 200)
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        else
            await ProblemAssert.IsAsync(response, status, host, "tokens");
    }

    [Fact]
    public async Task Without_tokens_pages_of_other_sites_are_turned_away()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await ProblemAssert.IsAsync(
            await server.SendAsync("POST", "/api/v1/videos", Video, ("Origin", "https://evil.example")), 403, "evil.example");
        await ProblemAssert.IsAsync(
            await server.SendAsync("GET", "/api/v1/events", null, ("Origin", "null")), 403, "corsOrigins");
        string own = server.Address.GetLeftPart(UriPartial.Authority);
        using HttpResponseMessage same = await server.SendAsync("POST", "/api/v1/videos", Video, ("Origin", own));
        Assert.Equal(HttpStatusCode.Created, same.StatusCode);
        Assert.False(same.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Pages_of_configured_sites_may_use_the_API()
    {
        const string site = "https://dashboard.example";
        await using RunningServer server = await StartWithTokensAsync(configuration => configuration with { CorsOrigins = [site] });
        using HttpResponseMessage asked = await server.SendAsync(
            "OPTIONS", "/api/v1/videos", null, ("Origin", site), ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "authorization,content-type"));
        Assert.Equal(HttpStatusCode.NoContent, asked.StatusCode);
        Assert.Equal(site, asked.Headers.GetValues("Access-Control-Allow-Origin").Single());
        using HttpResponseMessage read = await server.SendAsync(
            "GET", "/api/v1/videos", null, ("Origin", site), ("Authorization", $"Bearer {Viewer}"));
        Assert.Equal(site, read.Headers.GetValues("Access-Control-Allow-Origin").Single());
        using HttpResponseMessage other = await server.SendAsync(
            "GET", "/api/v1/videos", null, ("Origin", "https://evil.example"), ("Authorization", $"Bearer {Viewer}"));
        Assert.False(other.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task What_is_wrong_with_the_store_is_told_only_to_those_who_may_know()
    {
        await using RunningServer server = await StartWithTokensAsync();
        server.Service.Store = server.Service.Store with { IsHealthy = false, Problem = "/secret/path is full" };
        JsonElement stranger = await server.GetJsonAsync("/health/ready");
        Assert.Equal("degraded", stranger.GetProperty("status").GetString());
        Assert.False(stranger.TryGetProperty("problem", out _));
        using HttpResponseMessage known = await server.SendAsync(
            "GET", "/health/ready", null, ("Authorization", $"Bearer {Viewer}"));
        Assert.Contains("/secret/path is full", await known.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static Task<RunningServer> StartWithTokensAsync(Func<ServerConfiguration, ServerConfiguration>? configure = null) =>
        RunningServer.StartAsync(new FakeVideoService { Cluster = Samples.Cluster(Samples.Start) }.With("a"), configuration =>
        {
            configuration = configuration with
            {
                Tokens =
                [
                    AccessToken.Create("viewer", Viewer, Role.View),
                    AccessToken.Create("manager", Manager, Role.Manage),
                ],
                File = null,
            };
            return configure?.Invoke(configuration) ?? configuration;
        });
}
