using System.Text.Json;
using PlayFair.Contracts;

namespace PlayFair.Client.Tests;

/// <summary><c>playfair videos</c> and <c>playfair export</c> as processes.</summary>
public sealed class VideosTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("playfair client ").FullName;

    [Fact]
    public async Task Videos_are_listed_shown_and_removed()
    {
        VideoStatus away = Samples.Status("gate", 12, VideoState.Reconnecting, "The camera refuses it.") with
        {
            NextAttemptAt = Samples.Start.AddSeconds(5),
            FailedAttempts = 3,
            Quality = new(2, 64, 4, "the machine is busy"),
            Latency = null,
        };
        string list = $"[{Samples.Json(Samples.Status())},{Samples.Json(away)}]";
        await using var server = new ScriptedServer(
            answer => answer.SendJsonAsync(list),
            answer => answer.SendJsonAsync(list),
            answer => answer.SendJsonAsync(Samples.Json(away)),
            answer => answer.WriteAsync("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"),
            answer => answer.SendJsonAsync("[]"));
        (string, string)[] environment = [("PLAYFAIR_URL", server.Address), ("PLAYFAIR_TOKEN", "secret\n")];

        Assert.Equal(
            """
            ID    STATE         UPDATES/S      P95  DROPPED  QUALITY  SOURCE
            door  live                8.0    34 ms        2  all      synthetic:1
            gate  reconnecting        8.0        –        2  −2       synthetic:1
                  The camera refuses it.

            """,
            await OutputAsync("videos"));
        Assert.Equal(
            ["door", "gate"],
            (await OutputAsync("videos", "list", "--json")).TrimEnd().Split('\n')
                .Select(line => JsonSerializer.Deserialize(line, ContractJson.Lines.VideoStatus)!.Definition.Id));
        string shown = await OutputAsync("videos", "show", "gate");
        Assert.Contains(
            "state     reconnecting since 2026-01-02 03:04:05Z: The camera refuses it.", shown,
            StringComparison.Ordinal);
        Assert.Contains("attempt   2026-01-02 03:04:10Z, after 3 that failed", shown, StringComparison.Ordinal);
        Assert.Contains("quality   −2 (m = 64, 4 frames/s): the machine is busy", shown, StringComparison.Ordinal);
        Assert.Equal("Removed 'gate'.\n", await OutputAsync("videos", "remove", "gate"));
        Assert.Contains("No videos at", await OutputAsync("videos", "list"), StringComparison.Ordinal);
        Assert.All(server.Requests, request => Assert.Equal("Bearer secret", request.Header("Authorization")));

        async Task<string> OutputAsync(params string[] arguments)
        {
            Outcome run = await Command.RunAsync([Command.Program, .. arguments], environment);
            Assert.Equal((0, ""), (run.Code, run.Error));
            return run.Output;
        }
    }

    [Fact]
    public async Task A_video_is_added_as_its_options_say()
    {
        string file = Path.Combine(_folder, "clip.mp4");
        File.WriteAllText(file, "");
        await using var server = new ScriptedServer(
            answer => answer.SendAsync(
                201, "application/json", Samples.Json(Samples.Status("clip", state: VideoState.Connecting))),
            answer => answer.SendAsync(201, "application/json", Samples.Json(Samples.Status("a"))),
            answer => answer.SendAsync(
                409, "application/problem+json", """{"title":"Exists","detail":"There is a video 'a' already."}"""),
            answer => answer.SendAsync(
                403, "application/problem+json", """{"detail":"It lies in no folder.","field":"source"}"""),
            answer => answer.SendAsync(403, "application/problem+json", """{"detail":"The token may view."}"""));

        Outcome added = await Command.RunAsync(
            "videos", "add", Path.GetRelativePath(Environment.CurrentDirectory, file), "--id", "clip",
            "--title", "A clip", "--group", "Clips",
            "--model", "moves-tsn", "--rate", "4.5", "--window", "24", "--stride", "2", "--samples", "99",
            "--iterations", "3", "--seed", "7", "--score", "logit", "--class", "top2", "--class", "opening something",
            "--fast", "--loop", "--udp",
            "--url", server.Address);
        Assert.Equal((0, ""), (added.Code, added.Error));
        Assert.Equal("Added 'clip': connecting. Follow it: playfair watch clip\n", added.Output);
        VideoDefinition sent =
            JsonSerializer.Deserialize(server.Requests.Single().Body, ContractJson.Lines.VideoDefinition)!;
        Assert.Equal(["top2", "opening something"], sent.Classes);
        Assert.Equal(
            new VideoDefinition
            {
                Id = "clip",
                // A server on this machine may work elsewhere.
                Source = file,
                Title = "A clip",
                Group = "Clips",
                Model = "moves-tsn",
                RateHz = 4.5,
                Window = 24,
                Stride = 2,
                Samples = 99,
                Iterations = 3,
                Seed = 7,
                Score = "logit",
                Classes = sent.Classes,
                Pace = Pace.Fast,
                Loop = true,
                Transport = RtspTransport.Udp,
            },
            sent);

        await Command.RunAsync("videos", "add", "synthetic:1", "--id", "a", "--url", server.Address);
        VideoDefinition plain =
            JsonSerializer.Deserialize(server.Requests.Last().Body, ContractJson.Lines.VideoDefinition)!;
        Assert.Equal(new VideoDefinition { Id = "a", Source = "synthetic:1", Classes = plain.Classes }, plain);
        Assert.Equal(["top3"], plain.Classes);

        (await Command.RunAsync("videos", "add", "synthetic:1", "--id", "a", "--url", server.Address))
            .Refused(73, "There is a video 'a' already.");
        // A token that may do more would not help.
        (await Command.RunAsync("videos", "add", "/x.mp4", "--id", "a", "--url", server.Address))
            .Refused(73, "It lies in no folder.");
        (await Command.RunAsync("videos", "add", "/x.mp4", "--id", "a", "--url", server.Address))
            .Refused(74, "The token may view.");
        (await Command.RunAsync("videos", "add", "synthetic:1")).Refused(2, "--id", "See 'playfair videos add --help'");
        (await Command.RunAsync("videos", "add", "x", "--id", "a", "--rate", "0"))
            .Refused(2, "--rate is '0'; expected");
        (await Command.RunAsync("videos", "add", "x", "--id", "a", "--window", "1"))
            .Refused(2, "--window is '1'; expected 2 to 4096");
    }

    [Theory]
    [InlineData("pause", VideoState.Paused)]
    [InlineData("resume", VideoState.Connecting)]
    public async Task A_video_is_paused_and_goes_on_as_it_was_described(string command, VideoState state)
    {
        VideoStatus video = Samples.Status("gate") with
        {
            Definition = new()
            {
                Id = "gate",
                Source = "rtsp://***@camera/1",
                RateHz = 4.5,
                Classes = ["top2"],
                Group = "Doors",
                Paused = command == "resume",
            },
        };
        await using var server = new ScriptedServer(
            answer => answer.SendJsonAsync(Samples.Json(video)),
            answer => answer.SendJsonAsync(Samples.Json(video with { State = state })));

        Outcome run = await Command.RunAsync("videos", command, "gate", "--url", server.Address);

        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal($"'gate' is {(command == "pause" ? "paused" : "connecting")}.\n", run.Output);
        Received put = server.Requests.Last();
        Assert.Equal(("PUT", "/api/v1/videos/gate"), (put.Method, put.Target));
        VideoDefinition sent = JsonSerializer.Deserialize(put.Body, ContractJson.Lines.VideoDefinition)!;
        Assert.Equal(video.Definition with { Paused = command == "pause", Classes = sent.Classes }, sent);
        Assert.Equal(["top2"], sent.Classes);
    }

    [Fact]
    public async Task An_export_is_a_whole_file_or_none()
    {
        string file = Path.Combine(_folder, "out.csv");
        await using var server = new ScriptedServer(
            answer => answer.SendAsync(200, "text/csv", "a,b\n1,2\n"),
            answer =>
                answer.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 100\r\n\r\na,b\n"),
            answer => answer.SendAsync(200, "application/x-ndjson", "{}\n"));

        Outcome exported = await Command.RunAsync(
            "export", "door", "--from", "10", "--to", "2026-01-02T05:04:05+02:00", "-o", file, "--url", server.Address);
        Assert.Equal((0, "", ""), (exported.Code, exported.Output, exported.Error));
        Assert.Equal("a,b\n1,2\n", File.ReadAllText(file));
        Assert.Equal(
            "/api/v1/videos/door/export?format=csv&fromSequence=10&to=2026-01-02T03%3A04%3A05Z",
            server.Requests.Single().Target);

        string second = Path.Combine(_folder, "cut.csv");
        (await Command.RunAsync("export", "door", "-o", second, "--url", server.Address))
            .Refused(72, "cut its answer off");
        Assert.Equal([file], Directory.GetFiles(_folder));

        Assert.Equal(
            "{}\n", (await Command.RunAsync("export", "door", "--format", "jsonl", "--url", server.Address)).Output);
        (await Command.RunAsync("export", "door", "--from", "yesterday"))
            .Refused(2, "--from is 'yesterday'; expected a sequence number");
        (await Command.RunAsync("export", "door", "--format", "xml")).Refused(2, "xml");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
