using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using PlayFair.Contracts;

namespace PlayFair.Server.Tests;

/// <summary><c>playfair serve</c>, killed again and again while it works.</summary>
public sealed class KillTests : IDisposable
{
    private const int KillCount = 5;

    private static readonly VideoDefinition[] s_files =
    [
        new() { Id = "exact", Source = "long.mp4", Window = 6, Pace = Pace.Fast },
        new() { Id = "sampled", Source = "long.mp4", Window = 16, Stride = 3, Samples = 8, Pace = Pace.Fast },
        new() { Id = "looped", Source = "short.mp4", Stride = 3, RateHz = 5, Pace = Pace.Fast, Loop = true },
        new() { Id = "paced", Source = "short.mp4", Window = 7, Samples = 8, RateHz = 12, Loop = true },
    ];

    private readonly Commands _commands = new();

    /// <summary>The data of every update that the follower has seen, in order, for each video.</summary>
    private readonly Dictionary<string, List<JsonElement>> _seen = new(StringComparer.Ordinal);

    public void Dispose() => _commands.Dispose();

    [Fact]
    public async Task After_every_kill_no_update_is_lost_repeated_or_another_and_no_ffmpeg_is_left()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "processes are looked up in /proc");
        await MakeClipsAsync();
        VideoDefinition[] definitions = [.. s_files, new() { Id = "camera", Source = "synthetic:5" }];
        // When it strikes depends on the machine too; how much has been seen by then does not.
        var random = new Random(1);
        string? lastId = string.Join(',', definitions.Select(d => $"{d.Id}:-1"));
        for (int kill = 0; kill < KillCount; kill++)
        {
            using Running run = await StartAsync("killed.db");
            if (kill == 0)
                await AddAsync(run, definitions);
            using EventReader events = await FollowAsync(run, lastId);
            for (int left = random.Next(10, 80); left > 0; left--)
                lastId = See(await events.ReadUpdateAsync());
        }

        using (Running run = await StartAsync("killed.db"))
        {
            using EventReader events = await FollowAsync(run, lastId);
            var running = new HashSet<string> { "exact", "sampled" };
            // A camera's window may never have been full between the kills; now nobody kills it.
            while (running.Count > 0 || !_seen.ContainsKey("camera"))
            {
                ServerEvent next = (await events.ReadAsync())!;
                if (next.Name == "update")
                    _ = See(next);
                else if (Parse(next).GetProperty("state").GetString() == "ended")
                    running.Remove(Parse(next).GetProperty("definition").GetProperty("id").GetString()!);
            }

            Commands.Signal(run.Process, "TERM");
            while (await events.ReadAsync() is { } next)
            {
                if (next.Name == "update")
                    _ = See(next);
            }

            await Commands.ExitedAsync(run.Process);
            Assert.Equal(0, run.Process.ExitCode);
        }

        await AssertStoredAsync();
        await AssertAsUninterruptedAsync();
        List<double> indices = [.. _seen["camera"].SelectMany(update => Numbers(update, "frameIndices").TakeLast(1))];
        Assert.Equal(indices.Distinct().Order(), indices);
        while (Decoders().FirstOrDefault() is { } decoder)
        {
            // It ends by itself: nobody reads its pictures.
            using (decoder)
                await Commands.ExitedAsync(decoder);
        }
    }

    /// <summary>Everything that the follower has seen is in the history, from the first update on.</summary>
    private async Task AssertStoredAsync()
    {
        using Running run = await StartAsync("killed.db");
        foreach ((string id, List<JsonElement> seen) in _seen)
        {
            Assert.Equal(Enumerable.Range(0, seen.Count), seen.Select(u => u.GetProperty("sequence").GetInt32()));
            List<JsonElement> stored = await HistoryAsync(run, id, seen.Count);
            Assert.All(seen.Zip(stored), pair => Assert.True(JsonElement.DeepEquals(pair.First, pair.Second), id));
        }
    }

    /// <summary>Another server attributes the files without a break.</summary>
    private async Task AssertAsUninterruptedAsync()
    {
        using Running run = await StartAsync("uninterrupted.db");
        // Faster than they play.
        await AddAsync(run, [.. s_files.Select(file => file with { Pace = Pace.Fast })]);
        foreach (VideoDefinition file in s_files)
        {
            List<JsonElement> seen = _seen[file.Id];
            using EventReader events = await FollowAsync(run, "-1", file.Id);
            foreach (JsonElement update in seen)
                AssertSame(Parse(await events.ReadUpdateAsync()), update);
            if (!file.Loop)
            {
                JsonElement video = await run.Client.GetFromJsonAsync<JsonElement>($"/api/v1/videos/{file.Id}");
                Assert.Equal(seen.Count - 1, video.GetProperty("lastSequence").GetInt32());
            }
        }
    }

    private static void AssertSame(JsonElement expected, JsonElement actual)
    {
        foreach (string name in (string[])["sequence", "frameIndices", "frameTimes", "topClass", "previousTopClass",
            "model", "score", "standardError", "samples", "iterations", "rateHz", "droppedFrames"])
        {
            bool isThere = expected.TryGetProperty(name, out JsonElement value);
            Assert.Equal(isThere, actual.TryGetProperty(name, out JsonElement other));
            Assert.True(!isThere || JsonElement.DeepEquals(value, other), $"{name}: {value} and {other}");
        }

        foreach ((JsonElement a, JsonElement b) in
            expected.GetProperty("classes").EnumerateArray().Zip(actual.GetProperty("classes").EnumerateArray()))
        {
            Assert.Equal(a.GetProperty("index").GetInt32(), b.GetProperty("index").GetInt32());
            Assert.Equal(a.GetProperty("score").GetDouble(), b.GetProperty("score").GetDouble(), 1e-5);
            Assert.All(
                Numbers(a, "esv").Zip(Numbers(b, "esv")), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        }
    }

    private static double[] Numbers(JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];

    private static JsonElement Parse(ServerEvent read) => JsonSerializer.Deserialize<JsonElement>(read.Data);

    private static async Task AddAsync(Running run, VideoDefinition[] definitions)
    {
        foreach (VideoDefinition definition in definitions)
        {
            using HttpResponseMessage answer = await run.Client.PostAsJsonAsync(
                "/api/v1/videos", definition, ContractJson.Lines.VideoDefinition);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        }
    }

    private static async Task<EventReader> FollowAsync(Running run, string? lastId, string? video = null)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, video is null ? "/api/v1/events" : $"/api/v1/events?video={video}");
        request.Headers.Add("Last-Event-ID", lastId);
        return new EventReader(await run.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
    }

    private static async Task<List<JsonElement>> HistoryAsync(Running run, string id, int count)
    {
        var updates = new List<JsonElement>();
        while (updates.Count < count)
        {
            updates.AddRange((await run.Client.GetFromJsonAsync<JsonElement[]>(
                $"/api/v1/videos/{id}/history?fromSequence={updates.Count}&toSequence={count - 1}&limit=1000"))!);
        }

        return updates;
    }

    /// <summary>Every ffmpeg that reads a file of this test's folder.</summary>
    private List<Process> Decoders()
    {
        var decoders = new List<Process>();
        foreach (Process process in Process.GetProcessesByName("ffmpeg"))
        {
            string command = "";
            try
            {
                command = File.ReadAllText($"/proc/{process.Id}/cmdline");
            }
            catch (IOException)
            {
                // It has ended.
            }

            if (command.Contains(_commands.Folder, StringComparison.Ordinal))
                decoders.Add(process);
            else
                process.Dispose();
        }

        return decoders;
    }

    /// <returns>Its id: what the follower asks to go on after.</returns>
    private string See(ServerEvent update)
    {
        JsonElement data = Parse(update);
        string video = data.GetProperty("video").GetString()!;
        if (!_seen.TryGetValue(video, out List<JsonElement>? seen))
            _seen.Add(video, seen = []);
        seen.Add(data);
        return update.Id!;
    }

    /// <summary>A clip of ten samples, one after the other, and one of them.</summary>
    private async Task MakeClipsAsync()
    {
        string[] samples = [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "samples"), "*.mp4")
            .Order(StringComparer.Ordinal).Take(10)];
        File.Copy(samples[0], Path.Combine(_commands.Folder, "short.mp4"));
        string list = Path.Combine(_commands.Folder, "list.txt");
        await File.WriteAllLinesAsync(list, samples.Select(sample => $"file '{sample}'"));
        using var ffmpeg = Process.Start(
            "ffmpeg",
            ["-v", "error", "-f", "concat", "-safe", "0", "-i", list, "-c", "copy",
                Path.Combine(_commands.Folder, "long.mp4")]);
        await Commands.ExitedAsync(ffmpeg);
        Assert.Equal(0, ffmpeg.ExitCode);
    }

    private async Task<Running> StartAsync(string store)
    {
        Process process = _commands.Start(
            "serve", "--folder", ".", "--store", store, "--listen", "http://127.0.0.1:0");
        return new Running(process, new HttpClient
        {
            BaseAddress = await Commands.AddressAsync(process),
            Timeout = RunningServer.Timeout,
        });
    }

    /// <summary>A server; disposing of it kills it.</summary>
    private sealed record Running(Process Process, HttpClient Client) : IDisposable
    {
        public void Dispose()
        {
            Client.Dispose();
            Process.Kill();
            Process.WaitForExit();
        }
    }
}
