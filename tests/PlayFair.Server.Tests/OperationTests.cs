using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Server.Tests;

public sealed partial class OperationTests
{
    [Fact]
    public async Task The_document_describes_every_route()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        JsonElement document = await server.GetJsonAsync("/openapi/v1.json");
        JsonElement paths = document.GetProperty("paths");
        Assert.StartsWith("3.", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);

        var routes = server.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(route => !route.RoutePattern.RawText!.StartsWith("/openapi", StringComparison.Ordinal)
                // The dashboard's files are no part of the API.
                && route.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null).ToList();
        Assert.True(routes.Count >= 20);
        foreach (RouteEndpoint route in routes)
        {
            JsonElement path = paths.GetProperty(route.RoutePattern.RawText!);
            foreach (string method in route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
            {
                JsonElement operation = path.GetProperty(method.ToLowerInvariant());
                Assert.NotEmpty(operation.GetProperty("summary").GetString()!);
                JsonElement responses = operation.GetProperty("responses");
                Assert.Contains(responses.EnumerateObject(), response => response.Name.StartsWith('2'));
                Assert.True(responses.GetProperty("400").GetProperty("content").TryGetProperty("application/problem+json", out _));
                IEnumerable<string> placed = operation.TryGetProperty("parameters", out JsonElement parameters)
                    ? parameters.EnumerateArray().Where(one => one.GetProperty("in").GetString() == "path")
                        .Select(one => one.GetProperty("name").GetString()!)
                    : [];
                Assert.Equal(route.RoutePattern.Parameters.Select(parameter => parameter.Name), placed);
            }
        }
    }

    [Theory]
    [InlineData("/api/v1/events")]
    [InlineData("/api/v1/statistics")]
    public async Task The_document_tells_of_the_answer_for_a_video_that_is_not_there(string path)
    {
        await using RunningServer server = await RunningServer.StartAsync();
        JsonElement responses = (await server.GetJsonAsync("/openapi/v1.json"))
            .GetProperty("paths").GetProperty(path).GetProperty("get").GetProperty("responses");
        using HttpResponseMessage answer = await server.GetAsync($"{path}?video=nobody");
        Assert.True(responses.TryGetProperty($"{(int)answer.StatusCode}", out _));
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task The_document_knows_the_contracts()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        JsonElement document = await server.GetJsonAsync("/openapi/v1.json");
        JsonElement schemas = document.GetProperty("components").GetProperty("schemas");
        JsonElement video = schemas.GetProperty("VideoDefinition");
        Assert.Equal(["id", "source"], video.GetProperty("required").EnumerateArray().Select(name => name.GetString()!).Order());
        string states = schemas.GetProperty("VideoState").GetRawText();
        Assert.Contains("\"reconnecting\"", states, StringComparison.Ordinal);
        Assert.True(schemas.GetProperty("AttributionUpdate").GetProperty("properties").TryGetProperty("frameIndices", out _));
        JsonElement body = document.GetProperty("paths").GetProperty("/api/v1/videos").GetProperty("post")
            .GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema");
        Assert.EndsWith("/VideoDefinition", body.GetProperty("$ref").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_says_ready_and_degraded_with_words()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        Assert.Equal("live", (await server.GetJsonAsync("/health/live")).GetProperty("status").GetString());
        Assert.Equal("""{"status":"ready"}""", (await server.GetJsonAsync("/health/ready")).GetRawText());
        server.Service.Store = server.Service.Store with { IsHealthy = false, Problem = "the disk is full" };
        JsonElement degraded = await server.GetJsonAsync("/health/ready");
        Assert.Equal("degraded", degraded.GetProperty("status").GetString());
        Assert.Equal("the disk is full", degraded.GetProperty("problem").GetString());
        using HttpResponseMessage head = await server.SendAsync("HEAD", "/health/live");
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
    }

    [Fact]
    public async Task While_its_process_is_not_ready_health_says_why_to_those_who_may_know()
    {
        const string token = "viewer-token-0123456789";
        string? reason = null;
        await using RunningServer server = await RunningServer.StartAsync(configure: configuration => configuration with
        {
            Tokens = [AccessToken.Create("viewer", token, Role.View)],
            WhyNotReady = () => reason,
        });
        Assert.Equal("ready", (await server.GetJsonAsync("/health/ready")).GetProperty("status").GetString());

        reason = "silo-1 is leaving";
        (string, string) authorization = ("Authorization", $"Bearer {token}");
        await ProblemAssert.IsAsync(
            await server.SendAsync("GET", "/health/ready", null, authorization), 503, "silo-1 is leaving");
        JsonElement stranger = await ProblemAssert.IsAsync(await server.GetAsync("/health/ready"), 503, "not ready");
        Assert.DoesNotContain("silo-1", stranger.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("live", (await server.GetJsonAsync("/health/live")).GetProperty("status").GetString());

        reason = null;
        Assert.Equal("ready", (await server.GetJsonAsync("/health/ready")).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Metrics_are_what_the_instruments_measured()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using var meter = new Meter("PlayFair");
        Counter<long> decoded = meter.CreateCounter<long>("playfair.frames.decoded", null, "Frames decoded.");
        Histogram<double> latency = meter.CreateHistogram<double>("playfair.update.latency", "s", "Arrival to update.");
        Histogram<int> batch = meter.CreateHistogram<int>("playfair.batch.size");
        Histogram<int> advised = meter.CreateHistogram(
            "playfair.advised", null, null, tags: null, new InstrumentAdvice<int> { HistogramBucketBoundaries = [3, 30] });
        int level = 1;
        meter.CreateObservableGauge(
            "playfair.video.quality",
            () => level < 0 ? Enumerable.Empty<Measurement<int>>() : [new(level, new KeyValuePair<string, object?>("video", "a"))]);
        meter.CreateObservableGauge("playfair.store.bytes", () => 12_345L, "By");
        var video = new KeyValuePair<string, object?>("video", "door \"1\"\\");

        decoded.Add(3, video);
        decoded.Add(4, video);
        latency.Record(0.02, video);
        latency.Record(0.03, video);
        latency.Record(99, video);
        batch.Record(8);
        advised.Record(4);
        Dictionary<string, double> metrics = await ReadMetricsAsync(server);

        const string label = """video="door \"1\"\\" """;
        string labels = label.TrimEnd();
        Assert.Equal(7, metrics[$"playfair_frames_decoded_total{{{labels}}}"]);
        Assert.Equal(1, metrics[$"playfair_update_latency_seconds_bucket{{{labels},le=\"0.025\"}}"]);
        Assert.Equal(2, metrics[$"playfair_update_latency_seconds_bucket{{{labels},le=\"10\"}}"]);
        Assert.Equal(3, metrics[$"playfair_update_latency_seconds_bucket{{{labels},le=\"+Inf\"}}"]);
        Assert.Equal(3, metrics[$"playfair_update_latency_seconds_count{{{labels}}}"]);
        Assert.Equal(99.05, metrics[$"playfair_update_latency_seconds_sum{{{labels}}}"], 1e-9);
        Assert.Equal(0, metrics["playfair_batch_size_bucket{le=\"4\"}"]);
        Assert.Equal(1, metrics["playfair_batch_size_bucket{le=\"8\"}"]);
        Assert.Equal(
            ["{le=\"+Inf\"}", "{le=\"3\"}", "{le=\"30\"}"],
            metrics.Keys.Where(name => name.StartsWith("playfair_advised_bucket", StringComparison.Ordinal))
                .Select(name => name["playfair_advised_bucket".Length..]).Order(StringComparer.Ordinal));
        Assert.Equal(1, metrics["playfair_video_quality{video=\"a\"}"]);
        Assert.Equal(12_345, metrics["playfair_store_bytes"]);
        Assert.InRange(metrics["process_cpu_seconds_total"], 0.01, 1e6);
        Assert.InRange(metrics["process_resident_memory_bytes"], 1e6, 1e12);
        Assert.InRange(metrics["process_threads"], 1, 1e4);

        // What is observed is what is there now.
        level = -1;
        decoded.Add(1, video);
        metrics = await ReadMetricsAsync(server);
        Assert.DoesNotContain("playfair_video_quality{video=\"a\"}", metrics.Keys);
        Assert.Equal(8, metrics[$"playfair_frames_decoded_total{{{labels}}}"]);
    }

    [Fact]
    public async Task Instruments_of_other_meters_are_told_as_Prometheus_wants_them_whatever_they_are_called()
    {
        using var library = new Meter("Library.Told");
        using var unnamed = new Meter("Library.Silent");
        Counter<int> early = library.CreateCounter<int>("library-messages.sent");
        await using RunningServer server = await RunningServer.StartAsync(
            configure: configuration => configuration with { Meters = ["Library.Told"] });
        UpDownCounter<int> grains = library.CreateUpDownCounter<int>("library-grains");
        Histogram<double> latency = library.CreateHistogram<double>("library-latency", "ms");
        Histogram<int> size = library.CreateHistogram<int>("library-size", "bytes");
        library.CreateObservableUpDownCounter("library-2nd/queue", () => 17L);
        library.CreateObservableCounter("0-started", () => 3L);
        library.CreateObservableGauge("library-broken", Broken);
        // What Prometheus would take for the same metric with another type.
        library.CreateObservableGauge("library.latency.milliseconds", () => 1.0);
        unnamed.CreateCounter<int>("silent").Add(1);

        early.Add(2, new("Direction", "in"), new("silo.name", "a"), new("silo-name", "b"), new("2", true));
        grains.Add(5, new KeyValuePair<string, object?>("type", "video"));
        grains.Add(-3, new KeyValuePair<string, object?>("type", "video"));
        latency.Record(80);
        size.Record(5000);
        Dictionary<string, double> metrics = await ReadMetricsAsync(server);

        Assert.Equal(2, metrics["library_messages_sent_total{Direction=\"in\",silo_name=\"a\",_2=\"True\"}"]);
        Assert.Equal(2, metrics["library_grains{type=\"video\"}"]);
        Assert.Equal(17, metrics["library_2nd_queue"]);
        Assert.Equal(3, metrics["_0_started_total"]);
        Assert.Equal(0, metrics["library_latency_milliseconds_bucket{le=\"75\"}"]);
        Assert.Equal(1, metrics["library_latency_milliseconds_bucket{le=\"100\"}"]);
        Assert.Equal(0, metrics["library_size_bytes_bucket{le=\"4096\"}"]);
        Assert.Equal(1, metrics["library_size_bytes_bucket{le=\"16384\"}"]);
        Assert.DoesNotContain(metrics.Keys, name => name.StartsWith("silent", StringComparison.Ordinal));
        // One that cannot be read takes none of the others with it, and is not passed over in silence.
        Assert.Contains("its owner", await server.Log.UntilAsync("could not be read"), StringComparison.Ordinal);

        static int Broken() => throw new ObjectDisposedException("its owner");
    }

    [Fact]
    public async Task Of_an_instrument_of_another_meter_so_many_tags_are_told_and_no_more()
    {
        using var library = new Meter("Library.Many");
        Counter<int> sent = library.CreateCounter<int>("library-sent");
        await using RunningServer server = await RunningServer.StartAsync(
            configure: configuration => configuration with { Meters = ["Library.Many"] });
        for (int i = 0; i < 2 * MeterReading.MaxForeignSeriesCount; i++)
            sent.Add(1, new KeyValuePair<string, object?>("silo", i));

        Dictionary<string, double> metrics = await ReadMetricsAsync(server);
        Assert.Equal(
            MeterReading.MaxForeignSeriesCount,
            metrics.Keys.Count(name => name.StartsWith("library_sent_total{", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Metrics_and_traces_are_sent_to_a_collector()
    {
        var paths = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        await using WebApplication collector = builder.Build();
        collector.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            string text = System.Text.Encoding.Latin1.GetString(body.ToArray());
            if (context.Request.Path == "/v1/metrics" && text.Contains("playfair.updates.sent", StringComparison.Ordinal))
                paths.TrySetResult(text);
        });
        await collector.StartAsync(TestContext.Current.CancellationToken);
        using var meter = new Meter("PlayFair");
        Counter<long> counter = meter.CreateCounter<long>("playfair.updates.sent");
        using var library = new Meter("Library.Sent");
        Counter<long> other = library.CreateCounter<long>("library-messages");

        RunningServer server = await RunningServer.StartAsync(configure: configuration => configuration with
        {
            Otlp = new OtlpConfiguration { Endpoint = new Uri(collector.Urls.Single()), Protocol = OtlpProtocol.Http },
            Meters = ["Library.Sent"],
        });
        other.Add(1);
        counter.Add(1);
        // A stopping server sends what it has.
        await server.DisposeAsync();

        string sent = await paths.Task.WaitAsync(RunningServer.Timeout, TestContext.Current.CancellationToken);
        Assert.Contains("service.name", sent, StringComparison.Ordinal);
        Assert.Contains("library-messages", sent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_change_of_a_video_s_state_is_logged_once()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("a"));
        await server.Log.UntilAsync("Video a is live");
        server.Service.Put(Samples.Status(Samples.Definition("a"), VideoState.Reconnecting, "connection\nrefused\u001b[0m"));
        server.Service.Put(Samples.Status(Samples.Definition("a"), VideoState.Reconnecting, "connection\nrefused\u001b[0m"));
        server.Service.Publish(new GapEvent("a", 1, 2));
        await server.Service.RemoveAsync("a", TestContext.Current.CancellationToken);
        await server.Log.UntilAsync("Video a runs here no more");

        string line = Assert.Single(server.Log.Lines, line => line.Contains("reconnecting", StringComparison.Ordinal));
        Assert.StartsWith("Warning: Video a is reconnecting: connection refused\uFFFD[0m", line, StringComparison.Ordinal);
        Assert.Contains(server.Log.Lines, line => line.Contains("updates 1 to 2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_store_that_fails_is_logged_and_that_it_is_well_again()
    {
        var time = new ManualTime();
        await using RunningServer server = await RunningServer.StartAsync(
            new FakeVideoService(), configuration => configuration with { Time = time });
        await time.UntilActiveTimersAsync(1);
        StoreStatus well = server.Service.Store;
        server.Service.Store = well with { IsHealthy = false, Problem = "the disk is full" };
        time.Advance(TimeSpan.FromSeconds(1));
        await server.Log.UntilAsync("The store takes no updates: the disk is full");
        server.Service.Store = well with { UnstoredUpdateCount = 3 };
        time.Advance(TimeSpan.FromSeconds(1));
        await server.Log.UntilAsync("The store takes updates again; 3 are lost");
    }

    [Fact]
    public async Task The_file_s_videos_are_read_again_and_the_others_left_alone()
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("playfair ").FullName, "playfair.json");
        await File.WriteAllTextAsync(file, "{}", TestContext.Current.CancellationToken);
        await using RunningServer server = await RunningServer.StartAsync(
            new FakeVideoService().With("other"), configuration => configuration with { File = file });

        JsonElement report = await ReloadAsync("""
            {"listen":"http://127.0.0.1:9", "videos":[{"id":"a","source":"1"},{"id":"b","source":"1"}]}
            """);
        Assert.Equal("""{"added":["a","b"],"changed":[],"removed":[],"failed":[]}""", report.GetRawText());
        report = await ReloadAsync("""{"videos":[{"id":"b","source":"2"},{"id":"c","source":"1","rateHz":999}]}""");
        Assert.Equal("""["b"]""", report.GetProperty("changed").GetRawText());
        Assert.Equal("""["a"]""", report.GetProperty("removed").GetRawText());
        Assert.Contains("999", Assert.Single(report.GetProperty("failed").EnumerateArray()).GetProperty("detail").GetString());
        report = await ReloadAsync("""{"videos":[{"id":"b","source":"2"}]}""");
        Assert.Equal("""{"added":[],"changed":[],"removed":[],"failed":[]}""", report.GetRawText());

        await File.WriteAllTextAsync(file, """{"videos":[{"id":"b"},{"id":"d","source":7}]}""");
        JsonElement problem = await ProblemAssert.IsAsync(await server.SendAsync("POST", "/api/v1/reload", "{}"), 400, "as they were");
        Assert.Equal(2, problem.GetProperty("errors").GetArrayLength());
        Assert.Equal(
            ["b", "other"],
            (await server.Service.ListAsync(TestContext.Current.CancellationToken)).Select(status => status.Definition.Id));
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);

        async Task<JsonElement> ReloadAsync(string json)
        {
            await File.WriteAllTextAsync(file, json);
            using HttpResponseMessage response = await server.SendAsync("POST", "/api/v1/reload", "{}");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            return JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task A_video_that_its_user_paused_stays_so_when_the_file_is_read()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        var service = new FakeVideoService();
        service.Put(Samples.Status(Samples.Definition("a") with { Paused = true }));
        using var videos = new ConfiguredVideos(
            new ServerConfiguration(), service, NullLogger<ConfiguredVideos>.Instance);

        Assert.True(await PausedAsync(file => file));
        Assert.True(await PausedAsync(file => file with { Title = "A" }));
        Assert.True(await PausedAsync(file => file with { Paused = true }));
        Assert.False(await PausedAsync(file => file));

        async Task<bool> PausedAsync(Func<VideoDefinition, VideoDefinition> describe)
        {
            await videos.ApplyAsync([describe(Samples.Definition("a"))], cancellation);
            return (await service.GetAsync("a", cancellation)).Definition.Paused;
        }
    }

    [Fact]
    public async Task Without_a_file_there_is_nothing_to_reload()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        JsonElement problem = await ProblemAssert.IsAsync(await server.SendAsync("POST", "/api/v1/reload", "{}"), 400);
        Assert.Contains("--config", problem.GetProperty("errors")[0].GetString(), StringComparison.Ordinal);
    }

    /// <summary>Reads the metrics, and asserts that every line has the form that Prometheus wants.</summary>
    private static async Task<Dictionary<string, double>> ReadMetricsAsync(RunningServer server)
    {
        using HttpResponseMessage response = await server.GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        var values = new Dictionary<string, double>();
        var types = new HashSet<string>();
        foreach (string line in (await response.Content.ReadAsStringAsync()).TrimEnd('\n').Split('\n'))
        {
            if (TypeLine().Match(line) is { Success: true } type)
            {
                Assert.True(types.Add(type.Groups["name"].Value), line);
                continue;
            }

            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
                continue;
            Match sample = SampleLine().Match(line);
            Assert.True(sample.Success, line);
            values.Add(sample.Groups["name"].Value, double.Parse(sample.Groups["value"].Value, CultureInfo.InvariantCulture));
        }

        return values;
    }

    [GeneratedRegex("""^# TYPE (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex TypeLine();

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\.)*",?)+\})?) (?<value>[-+0-9.eE]+|\+Inf|NaN)$""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex SampleLine();
}
