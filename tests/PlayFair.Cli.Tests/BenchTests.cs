using System.Text.Json.Nodes;

namespace PlayFair.Cli.Tests;

public sealed class BenchTests(Playfair playfair)
{
    private static readonly string[] Rows =
    [
        "TRN 8 exact", "TRN 16 exact", "TRN 16 exact mean-of-softmax", "TRN 16 exact logit",
        "TRN 16 m=1024", "TRN 49 m=1024", "TRN 128 m=1024", "TRN 256 m=1024", "TRN 512 m=1024",
        "TSN 8 exact", "TSN 16 exact", "TSN 20 exact", "TSN 20 m=1024",
        .. new[] { "TRN", "TSN" }.SelectMany(head => new[]
        {
            $"{head} 16 step exact", $"{head} 16 step m=256", $"{head} 16 step m=1024", $"{head} 49 step m=256",
            $"{head} 49 step m=1024", $"{head} 128 step m=256", $"{head} 128 step m=1024",
        }),
    ];

    [Fact]
    public async Task Every_row_is_measured_and_agrees_with_the_definitions()
    {
        Outcome run = (await playfair.RunAsync("bench", "esv", "--quick", "--threads", "1", "--json", "-")).Succeeded();

        JsonNode document = JsonNode.Parse(run.Output)!;
        Assert.Equal("playfair.bench-esv/1", document["schema"]!.GetValue<string>());
        Assert.Equal(1, document["settings"]!["threads"]!.GetValue<int>());
        Assert.True(document["settings"]!["isQuick"]!.GetValue<bool>());
        Assert.True(document["peak"]!["gigaflopsPerSecond"]!.GetValue<double>() > 0);
        JsonNode[] rows = [.. document["rows"]!.AsArray().Select(row => row!)];
        Assert.Equal(Rows, rows.Select(row => row["name"]!.GetValue<string>()));
        foreach (JsonNode row in rows)
        {
            string[] positive =
            [
                "runs", "medianSeconds", "fastestSeconds", "evaluations", "evaluationsPerSecond", "subsequences",
                "secondsPerSubsequence", "multiplyAdds", "gigaflopsPerSecond", "shareOfPeak",
            ];
            Assert.All(positive, field => Assert.True(Number(row, field) > 0, $"{row["name"]}: {field}"));
            Assert.True(Number(row, "fastestSeconds") <= Number(row, "medianSeconds"));
        }

        JsonNode[] withBaseline = [.. rows.Where(row => row["baseline"] is not null)];
        Assert.Equal(["TRN 8 exact", "TSN 8 exact"], withBaseline.Select(row => row["name"]!.GetValue<string>()));
        JsonNode[] compared = [.. withBaseline.Select(row => row["baseline"]!)];
        Assert.All(compared, baseline => Assert.True(Number(baseline, "ratio") > 0));
        // A frame's value is about 1/174; float's rounding is 10^-7 of it.
        Assert.All(compared, baseline => Assert.InRange(Number(baseline, "largestDifference"), 0, 1e-6));

        // What the shapes imply: Σ_{s ≤ 8} C(16, s) evaluations, 2^16 − 1 subsequences, half of them in a step.
        JsonNode exact = rows[1];
        Assert.Equal((39202, 65535), (Number(exact, "evaluations"), Number(exact, "subsequences")));
        Assert.Equal(32768, Number(rows[Array.IndexOf(Rows, "TRN 16 step exact")], "subsequences"));
        // 256·174 for each evaluation, and 256·256 for each frame that can have a place in a scale: Σ s(17 − s) = 408.
        Assert.Equal((39202L * 256 * 174) + (408 * 256 * 256), Number(exact, "multiplyAdds"));
    }

    [Fact]
    public async Task The_live_service_is_measured_from_decoding_to_its_subscribers()
    {
        Outcome run = (await playfair.RunAsync("bench", "live", "--quick", "--json", "-")).Succeeded();

        JsonNode document = JsonNode.Parse(run.Output)!;
        Assert.Equal("playfair.bench-live/1", document["schema"]!.GetValue<string>());
        Assert.True(document["isQuick"]!.GetValue<bool>());
        JsonNode overhead = document["overhead"]!, subscribers = document["subscribers"]!;
        JsonNode[] stages = [.. overhead["stages"]!.AsArray().Select(stage => stage!)];
        Assert.Equal(
            ["backbone", "decode", "head", "overhead"],
            stages.Select(stage => stage["name"]!.GetValue<string>()).Order(StringComparer.Ordinal));
        Assert.All(stages, stage => Assert.InRange(Number(stage, "shareOfCore"), -0.1, 2 * Environment.ProcessorCount));
        Assert.Equal(stages[0]["name"]!.GetValue<string>(), overhead["bottleneck"]!.GetValue<string>());
        Assert.True(Number(overhead, "updatesPerSecond") > 0);
        Assert.True(Number(document["latency"]!, "p50Ms") <= Number(document["latency"]!, "p99Ms"));
        Assert.Equal(50, Number(subscribers, "subscribers"));
        Assert.True(Number(subscribers, "fewestReceived") > 0);
        Assert.Equal(0, Number(subscribers, "missed"));
        Assert.Equal(12, document["endurance"]!["samples"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_command_line_that_makes_no_sense_is_refused()
    {
        (await playfair.RunAsync("bench")).Refused(2, "'playfair bench --help'");
        (await playfair.RunAsync("bench", "esv", "--threads", "0")).Refused(2, "--threads is '0'", "expected 1 to");
        (await playfair.RunAsync("bench", "esv", "--json", "")).Refused(2, "--json names an empty file");
    }

    private static double Number(JsonNode node, string field) => node[field]!.GetValue<double>();
}
