using System.Net;
using System.Text.Json;
using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Server.Tests;

public sealed class HistoryRouteTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("playfair history ");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_file_is_sent_whole_or_in_ranges_and_not_again_to_who_has_it()
    {
        byte[] bytes = [0, 0, 0, 24, .. "ftypisom"u8, .. Enumerable.Range(0, 500).Select(i => (byte)i)];
        await using RunningServer server = await StartAsync("clip.mp4", bytes);
        const string path = "/api/v1/videos/clip/media";

        using HttpResponseMessage whole = await server.GetAsync(path);
        Assert.Equal((HttpStatusCode.OK, "video/mp4"), (whole.StatusCode, whole.Content.Headers.ContentType!.ToString()));
        Assert.Equal(bytes, await whole.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal("bytes", Assert.Single(whole.Headers.AcceptRanges));
        string tag = whole.Headers.ETag!.ToString();

        using HttpResponseMessage part = await server.SendAsync("GET", path, null, ("Range", "bytes=100-199"));
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal($"bytes 100-199/{bytes.Length}", part.Content.Headers.ContentRange!.ToString());
        Assert.Equal(bytes[100..200], await part.Content.ReadAsByteArrayAsync(Token));

        using HttpResponseMessage known = await server.SendAsync("GET", path, null, ("If-None-Match", tag));
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);

        // What was replaced meanwhile is not glued to what a player has of the old one.
        File.SetLastWriteTimeUtc(Path.Combine(_folder.FullName, "clip.mp4"), DateTime.UnixEpoch);
        using HttpResponseMessage other = await server.SendAsync(
            "GET", path, null, ("Range", "bytes=100-199"), ("If-Range", tag));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        Assert.NotEqual(tag, other.Headers.ETag!.ToString());
    }

    [Fact]
    public async Task Moments_are_asked_for_by_the_cell_that_counts_them()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("a", "b"));
        JsonElement moments = await server.GetJsonAsync(
            "/api/v1/moments?kind=greater&class=opening%20something&i=3&j=0&window=8&video=a&video=b&model=m%201&score=logit"
            + "&from=2026-01-31&to=2026-02-01&limit=5&before=a:9,b:7");
        Assert.Equal("playfair.moments/1", moments.GetProperty("schema").GetString());
        Assert.Equal("a:17", moments.GetProperty("next").GetString());
        MomentsQuery asked = server.Service.LastMoments!;
        Assert.Equal(["a", "b"], asked.Videos!);
        Assert.Equal(
            new MomentsQuery
            {
                Kind = MomentKind.Greater,
                Class = "opening something",
                I = 3,
                J = 0,
                Window = 8,
                Model = "m 1",
                Score = "logit",
                From = new DateTimeOffset(2026, 1, 31, 0, 0, 0, TimeSpan.Zero),
                To = new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero),
                Limit = 5,
                Before = "a:9,b:7",
            },
            asked with { Videos = null });
        await server.GetJsonAsync("/api/v1/moments?kind=top&class=3&scoreFrom=-2.5&scoreTo=1");
        Assert.Equal((-2.5, 1.0), (server.Service.LastMoments!.ScoreFrom, server.Service.LastMoments.ScoreTo));
        await server.GetJsonAsync("/api/v1/moments?kind=most-supporting&class=3&i=0&window=2");
        Assert.Equal(MomentKind.MostSupporting, server.Service.LastMoments!.Kind);
        foreach (string query in (string[])["", "kind=top", "kind=best&class=1", "kind=top&class=1&limit=101"])
            await ProblemAssert.IsAsync(await server.GetAsync($"/api/v1/moments?{query}"), 400);
    }

    [Fact]
    public async Task A_clip_is_asked_for_by_frames_and_seconds_and_refused_where_there_is_none()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("a"));
        JsonElement clip = await server.GetJsonAsync("/api/v1/videos/a/clip?frames=16&from=0.5&to=2");
        Assert.Equal("playfair.attribution/1", clip.GetProperty("schema").GetString());
        Assert.Equal(new ClipQuery { Frames = 16, From = 0.5, To = 2 }, server.Service.LastClip);
        foreach (string query in (string[])["frames=0", "frames=65", "from=-1", "to=soon", "points=3"])
            await ProblemAssert.IsAsync(await server.GetAsync($"/api/v1/videos/a/clip?{query}"), 400);

        server.Service.Failure = new VideoServiceException(VideoServiceError.Unsuitable, "It is live.");
        await ProblemAssert.IsAsync(await server.GetAsync("/api/v1/videos/a/clip"), 409, "live");
        server.Service.Failure = new VideoServiceException(VideoServiceError.Busy, "Another one.");
        using HttpResponseMessage busy = await server.GetAsync("/api/v1/videos/a/clip");
        Assert.Equal((HttpStatusCode.TooManyRequests, true), (busy.StatusCode, busy.Headers.RetryAfter is not null));
    }

    [Fact]
    public async Task A_wider_picture_is_told_by_its_bytes()
    {
        var service = new FakeVideoService().With("a");
        service.Thumbnails[3] = [0x89, 0x50];
        await using RunningServer server = await RunningServer.StartAsync(service);
        const string path = "/api/v1/videos/a/frames/3/thumbnail";
        using HttpResponseMessage small = await server.GetAsync(path);
        using HttpResponseMessage wide = await server.GetAsync($"{path}?width=64");
        Assert.Equal("image/png", small.Content.Headers.ContentType!.ToString());
        Assert.Equal("image/jpeg", wide.Content.Headers.ContentType!.ToString());
        Assert.Equal([0xFF, 0xD8, 64], await wide.Content.ReadAsByteArrayAsync(Token));
        await ProblemAssert.IsAsync(await server.GetAsync($"{path}?width=641"), 400, "640");
    }

    [Fact]
    public async Task A_timeline_is_asked_for_by_bounds_and_points()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("a"));
        JsonElement timeline = await server.GetJsonAsync(
            "/api/v1/videos/a/timeline?fromSequence=3&toSequence=9&from=2026-01-31T00:00:00Z&to=2026-02-01&points=50");
        Assert.Equal("playfair.timeline/1", timeline.GetProperty("schema").GetString());
        Assert.Equal(
            new TimelineQuery
            {
                FromSequence = 3,
                ToSequence = 9,
                From = new DateTimeOffset(2026, 1, 31, 0, 0, 0, TimeSpan.Zero),
                To = new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero),
                Points = 50,
            },
            server.Service.LastTimeline);
        foreach (string query in (string[])["points=0", "points=2001", "fromSequence=2&toSequence=1", "limit=2"])
            await ProblemAssert.IsAsync(await server.GetAsync($"/api/v1/videos/a/timeline?{query}"), 400);
        await ProblemAssert.IsAsync(await server.GetAsync("/api/v1/videos/none/timeline"), 404);
    }

    [Theory]
    [InlineData("1A45DFA3A342868101428282847765626D00", "video/webm")]
    [InlineData("1A45DFA3A34286810142828288 6D6174726F736B61", "video/x-matroska")]
    [InlineData("52494646000000004156492000000000", "video/x-msvideo")]
    [InlineData("0000001466747970717420200000000000", "video/quicktime")]
    public async Task Containers_are_told_by_their_first_bytes(string head, string type)
    {
        byte[] bytes = Convert.FromHexString(head.Replace(" ", "", StringComparison.Ordinal));
        await using RunningServer server = await StartAsync("clip", bytes);
        using HttpResponseMessage answer = await server.GetAsync("/api/v1/videos/clip/media");
        Assert.Equal(type, answer.Content.Headers.ContentType!.ToString());
    }

    private async Task<RunningServer> StartAsync(string file, byte[] content)
    {
        string path = Path.Combine(_folder.FullName, file);
        await File.WriteAllBytesAsync(path, content, Token);
        var service = new FakeVideoService();
        service.Put(Samples.Status(new VideoDefinition { Id = "clip", Source = path }));
        return await RunningServer.StartAsync(service);
    }
}
