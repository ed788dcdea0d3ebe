using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using PlayFair.Client;
using PlayFair.Contracts;

namespace PlayFair.Server.Tests;

/// <summary><c>playfair serve</c>, run as a process with the models that ship.</summary>
public sealed class ServeTests : IDisposable
{
    private static readonly string SampleFolder = Path.Combine(AppContext.BaseDirectory, "samples");

    private readonly Commands _commands = new();

    public void Dispose() => _commands.Dispose();

    [Fact]
    public async Task A_server_says_where_it_is_reloads_its_videos_and_stops_with_nothing_lost()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "signals are sent by kill");
        string config = Path.Combine(_commands.Folder, "config.json");
        await File.WriteAllTextAsync(config, "{}", TestContext.Current.CancellationToken);
        string[] arguments = ["serve", "--config", config, "--store", "playfair.db", "--listen", "http://127.0.0.1:0"];

        long last;
        Process server = _commands.Start([.. arguments, "synthetic:3"]);
        Uri address = await Commands.AddressAsync(server);
        using (var client = new HttpClient { BaseAddress = address, Timeout = RunningServer.Timeout })
        {
            using EventReader events = await OpenAsync(client);
            ServerEvent update = await events.ReadUpdateAsync();
            Assert.StartsWith("synthetic-3:", update.Id, StringComparison.Ordinal);
            // So many frames have left the window then.
            for (int i = 0; i < 8; i++)
                update = await events.ReadUpdateAsync();

            await File.WriteAllTextAsync(
                config, """{"videos":[{"id":"extra","source":"synthetic:4"}]}""", TestContext.Current.CancellationToken);
            Commands.Signal(server, "HUP");
            while (!update.Id!.StartsWith("extra:", StringComparison.Ordinal))
                update = await events.ReadUpdateAsync();

            Commands.Signal(server, "TERM");
            while (await events.ReadAsync() is { } read)
                update = read.Name == "update" ? read : update;
            last = long.Parse(update.Id!.Split("synthetic-3:")[1], System.Globalization.CultureInfo.InvariantCulture);
            await Commands.ExitedAsync(server);
            Assert.Equal(0, server.ExitCode);
            string error = await server.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            Assert.DoesNotContain("Exception", error, StringComparison.Ordinal);
        }

        server = _commands.Start(arguments);
        address = await Commands.AddressAsync(server);
        using (var client = new HttpClient { BaseAddress = address, Timeout = RunningServer.Timeout })
        {
            string history = await client.GetStringAsync(
                new Uri($"/api/v1/videos/synthetic-3/history?fromSequence={last}&limit=1", UriKind.Relative),
                TestContext.Current.CancellationToken);
            Assert.Equal(last, JsonSerializer.Deserialize<JsonElement>(history)[0].GetProperty("sequence").GetInt64());
            List<long> frames = await FirstFramesAsync(client, count: 6);
            Assert.Equal(frames.Distinct().Order(), frames);
            Commands.Signal(server, "INT");
            await Commands.ExitedAsync(server);
            Assert.Equal(0, server.ExitCode);
        }
    }

    [Fact]
    public async Task The_client_has_the_same_bytes_as_the_bare_stream_update_by_update()
    {
        Process server = _commands.Start(
            "serve", "--store", "playfair.db", "--listen", "http://127.0.0.1:0", "--folder", SampleFolder);
        Uri address = await Commands.AddressAsync(server);
        using var bare = new HttpClient { BaseAddress = address, Timeout = RunningServer.Timeout };
        using var client = new PlayFairClient(new() { Address = address.ToString() });
        await client.AddVideoAsync(
            new VideoDefinition
            {
                Id = "clip",
                Source = Directory.GetFiles(SampleFolder, "*-opening.mp4").Single(),
                Window = 8,
                RateHz = 12,
                Pace = Pace.Fast,
            },
            TestContext.Current.CancellationToken);

        // Of a new connection after each update, the next one; a few, as they are made.
        var following = new List<string>();
        var events = new List<string>();
        var after = new Dictionary<string, long> { ["clip"] = -1 };
        using var patience = new CancellationTokenSource(RunningServer.Timeout);
        await foreach (StreamEvent news in client.FollowAsync(["clip"], after, patience.Token))
        {
            if (news is StreamUpdate { Update: var update } told)
            {
                Assert.Equal(following.Count, update.Sequence);
                following.Add(Encoding.UTF8.GetString(told.Json.Span));
            }

            bool isEnd = news is StreamStatus { Status: { State: VideoState.Ended } } or StreamUpdate;
            VideoStatus now = await client.GetVideoAsync("clip", patience.Token);
            if (isEnd && now.State == VideoState.Ended && now.LastSequence == following.Count - 1)
                break;
        }

        Assert.True(following.Count > 20);
        for (int first = 0; first < following.Count; first = events.Count)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/events?video=clip");
            request.Headers.Add("Last-Event-ID", $"{first - 1}");
            using var stream = new EventReader(await bare.SendAsync(
                request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken));
            for (int i = first; i < Math.Min(first + 9, following.Count); i++)
            {
                ServerEvent update = await stream.ReadUpdateAsync();
                Assert.Equal($"{i}", update.Id);
                events.Add(update.Data);
            }
        }

        Assert.Equal(following, events);
        string history = await bare.GetStringAsync(
            new Uri("/api/v1/videos/clip/history?limit=1000", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal($"[{string.Join(',', following)}]", history);
        string export = await bare.GetStringAsync(
            new Uri("/api/v1/videos/clip/export?format=jsonl", UriKind.Relative),
            TestContext.Current.CancellationToken);
        Assert.Equal(following, export.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task A_mistyped_option_is_told_as_one()
    {
        (int code, _, string error) = await _commands.RunAsync("serve", "--lisetn", "http://127.0.0.1:0");
        Assert.Equal((2, "playfair: There is no option '--lisetn'. See 'playfair serve --help'.\n"), (code, error));
        (code, _, error) = await _commands.RunAsync("watch", "door", "--jsno");
        Assert.Equal((2, "playfair: There is no option '--jsno'. See 'playfair watch --help'.\n"), (code, error));
    }

    [Fact]
    public async Task A_port_in_use_and_a_store_that_is_none_have_exit_codes_of_their_own()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        string address = $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}";
        (int code, _, string error) = await _commands.RunAsync("serve", "--store", "none", "--listen", address);
        Assert.Equal(70, code);
        Assert.StartsWith($"playfair: Cannot listen on {address}: ", error, StringComparison.Ordinal);

        await File.WriteAllTextAsync(
            Path.Combine(_commands.Folder, "text"), new string('x', 5000), TestContext.Current.CancellationToken);
        (code, _, error) = await _commands.RunAsync("serve", "--store", "text", "--listen", "http://127.0.0.1:0");
        Assert.Equal(71, code);
        Assert.Contains("text", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_configuration_is_refused_line_by_line_and_a_right_one_is_shown_without_secrets()
    {
        string config = Path.Combine(_commands.Folder, "playfair.json");
        await File.WriteAllTextAsync(
            config, """{"lissten":1,"limits":{"videos":0}}""", TestContext.Current.CancellationToken);
        (int code, _, string error) = await _commands.RunAsync("serve");
        Assert.Equal(2, code);
        Assert.Equal(2, error.TrimEnd('\n').Split('\n').Length);
        Assert.Contains("lissten", error, StringComparison.Ordinal);
        Assert.Contains("limits.videos", error, StringComparison.Ordinal);

        await File.WriteAllTextAsync(config, """
            {
              "tokens": [{ "name": "a", "token": "0123456789abcdef", "role": "view" }],
              "videos": [{ "id": "door", "source": "rtsp://ada:lovelace@camera/1?token=secret" }]
            }
            """, TestContext.Current.CancellationToken);
        (code, string output, error) = await _commands.RunAsync("serve", "--print-config", "--store", "none");
        Assert.Equal((0, ""), (code, error));
        Assert.Equal("none", JsonSerializer.Deserialize<JsonElement>(output).GetProperty("store").GetProperty("path").GetString());
        Assert.All(
            (string[])["0123456789abcdef", "lovelace", "secret"],
            secret => Assert.DoesNotContain(secret, output, StringComparison.Ordinal));
    }

    private static async Task<EventReader> OpenAsync(HttpClient client) => new(await client.GetAsync(
        new Uri("/api/v1/events", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead));

    /// <summary>Frames in the order in which pages of two have them.</summary>
    private static async Task<List<long>> FirstFramesAsync(HttpClient client, int count)
    {
        var frames = new List<long>();
        string next = "/api/v1/videos/synthetic-3/frames?limit=2";
        while (frames.Count < count)
        {
            using HttpResponseMessage page = await client.GetAsync(new Uri(next, UriKind.Relative));
            var tracks = JsonSerializer.Deserialize<JsonElement[]>(await page.Content.ReadAsStringAsync())!;
            frames.AddRange(tracks.Select(track => track.GetProperty("frameIndex").GetInt64()));
            string link = page.Headers.GetValues("Link").Single();
            next = link[1..link.IndexOf('>', StringComparison.Ordinal)];
        }

        return frames;
    }
}
