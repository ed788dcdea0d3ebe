using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Client.Tests;

/// <summary>What <c>deploy/</c> holds against what the program has.</summary>
public sealed partial class DeployTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "deploy");

    /// <summary>
    /// The metrics that docs/server.md documents, by their Prometheus names, histograms without their suffixes.
    /// </summary>
    private static readonly string[] Metrics =
    [
        "playfair_frames_decoded_total", "playfair_frames_sampled_total", "playfair_frames_dropped_total",
        "playfair_updates_total", "playfair_update_latency_seconds", "playfair_stage_duration_seconds",
        "playfair_stage_cpu_seconds_total",
        "playfair_batch_size",
        "playfair_silo_capacity", "playfair_silo_load", "playfair_silo_used", "playfair_silo_videos",
        "playfair_subscribers", "playfair_store_bytes", "playfair_store_unstored", "playfair_video_quality",
        "process_cpu_seconds_total", "process_resident_memory_bytes", "process_threads", "process_open_fds",
    ];

    private static readonly string[] Histograms =
        ["playfair_update_latency_seconds", "playfair_stage_duration_seconds", "playfair_batch_size"];

    /// <summary>What queries call them.</summary>
    private static IEnumerable<string> Samples => Metrics.Except(Histograms)
        .Concat(Histograms.SelectMany(h => new[] { $"{h}_bucket", $"{h}_sum", $"{h}_count" }));

    [Fact]
    public void The_alerts_are_about_metrics_that_exist()
    {
        string alerts = File.ReadAllText(Path.Combine(Folder, "alerts.yml"));
        string[] named = [.. Name().Matches(alerts).Select(match => match.Value).Distinct()];
        Assert.Contains("playfair_store_unstored", named);
        Assert.Empty(named.Except(Samples));
    }

    [Fact]
    public void The_dashboard_shows_every_metric_and_none_that_does_not_exist()
    {
        JsonNode dashboard =
            JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "grafana/dashboards/playfair.json")))!;
        // A row that is folded holds its panels.
        JsonNode[] panels =
        [
            .. dashboard["panels"]!.AsArray()
                .SelectMany(panel => panel!["panels"]?.AsArray().Prepend(panel) ?? [panel]).Select(panel => panel!),
        ];
        string[] queries =
        [
            .. panels.SelectMany(panel => panel["targets"]?.AsArray() ?? []).Select(target => (string)target!["expr"]!),
        ];

        string[] shown =
            [.. queries.SelectMany(query => Name().Matches(query)).Select(match => match.Value).Distinct()];
        Assert.NotEmpty(shown);
        Assert.Empty(shown.Except(Samples));
        Assert.Empty(Metrics.Except(shown.Select(name =>
            Histograms.FirstOrDefault(h => name.StartsWith(h, StringComparison.Ordinal)) ?? name)));
        Assert.Equal(panels.Length, panels.Select(panel => (int)panel["id"]!).Distinct().Count());
        // Panels side by side, none on another.
        Assert.Distinct(panels.SelectMany(panel => Cells(panel["gridPos"]!)));
    }

    [Fact]
    public void The_metrics_of_the_pipeline_are_those_that_the_dashboard_knows()
    {
        var names = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name != "PlayFair")
                    return;
                string name = instrument.Name.Replace('.', '_');
                bool isCounter = instrument.GetType().GetGenericTypeDefinition() == typeof(Counter<>);
                lock (names)
                    names.Add(name + (instrument.Unit == "s" ? "_seconds" : "") + (isCounter ? "_total" : ""));
            },
        };
        listener.Start();
        Type pipeline = typeof(IVideoService).Assembly.GetType("PlayFair.Engine.LiveMetrics", throwOnError: true)!;
        RuntimeHelpers.RunClassConstructor(pipeline.TypeHandle);

        Assert.Contains("playfair_update_latency_seconds", names);
        Assert.Empty(names.Except(Metrics));
    }

    [Theory]
    [InlineData("playfair.json", true)]
    [InlineData("kubernetes/playfair.json", true)]
    [InlineData("systemd/playfair.json", false)]
    public void A_sample_configuration_has_right_videos_and_no_secrets(string file, bool isForAll)
    {
        JsonNode configuration = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, file)))!;
        var strict = new JsonSerializerOptions(ContractJson.Lines.Options)
        {
            TypeInfoResolver = ContractJson.Default,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        };
        Assert.All(
            configuration["videos"]!.AsArray(),
            video => Assert.NotEmpty(video.Deserialize<VideoDefinition>(strict)!.Source));

        // A server that others can reach has tokens, and they are in files of their own.
        bool listensToAll = ((string)configuration["listen"]!).Contains("0.0.0.0", StringComparison.Ordinal);
        Assert.Equal(isForAll, listensToAll);
        JsonArray? tokens = configuration["tokens"]?.AsArray();
        Assert.Equal(isForAll, tokens is { Count: > 0 });
        Assert.All(tokens ?? [], token => Assert.True(token!["token"] is null && token["tokenFile"] is not null));
    }

    [Fact]
    public async Task The_systemd_unit_is_one()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "there is no systemd-analyze");
        string folder = Directory.CreateTempSubdirectory("playfair unit ").FullName;
        try
        {
            string path = Path.Combine(folder, "playfair.service");
            Place("systemd/playfair.service", path);
            Outcome run = await Command.RunAsync(["systemd-analyze", "verify", path], []);
            Assert.Equal((0, "", ""), (run.Code, run.Output, run.Error));

            Directory.CreateDirectory($"{path}.d");
            Place("systemd/silo.conf", Path.Combine($"{path}.d", "silo.conf"));
            run = await Command.RunAsync(["systemd-analyze", "verify", path], []);
            Assert.Equal((0, "", ""), (run.Code, run.Output, run.Error));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Copies a unit's file; what verifies it looks for the program, too.</summary>
    private static void Place(string file, string path) => File.WriteAllText(
        path,
        File.ReadAllText(Path.Combine(Folder, file))
            .Replace("/usr/local/bin/playfair", "/bin/true", StringComparison.Ordinal));

    private static IEnumerable<(int X, int Y)> Cells(JsonNode place)
    {
        for (int x = 0; x < (int)place["w"]!; x++)
        {
            for (int y = 0; y < (int)place["h"]!; y++)
                yield return ((int)place["x"]! + x, (int)place["y"]! + y);
        }
    }

    [GeneratedRegex(@"\b(playfair|process|dotnet)_[a-z_]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();
}
