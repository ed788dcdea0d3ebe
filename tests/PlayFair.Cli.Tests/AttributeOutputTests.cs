using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using PlayFair.Engine;
using PlayFair.Engine.Tests;

namespace PlayFair.Cli.Tests;

/// <summary>What <c>playfair attribute</c> writes, and where.</summary>
public sealed class AttributeOutputTests(Playfair playfair, Footage footage)
{
    [Fact]
    public async Task Json_on_standard_output_is_the_whole_document()
    {
        AttributionDocument document = Parse((await playfair.RunAsync(
            "attribute", footage.Moving, "--frames", "6", "--json", "-")).Succeeded());

        Assert.Equal("playfair.attribution/1", document.Schema);
        Assert.Equal(footage.Moving, document.Video!.Path);
        Assert.Equal(Footage.MovingFrameCount, document.Video.FrameCount);
        Assert.Equal(new AttributionSettings(6, "uniform 6", "softmax-of-mean", "exact"), document.Settings);
        Assert.Equal([4, 12, 20, 29, 37, 45], document.Frames.Select(f => f.Index));
        Assert.All(document.Frames, f => Assert.Equal(f.Index / 25.0, f.TimeSeconds!.Value, 1e-6));
        Assert.Equal(TestPackage.Classes.Order(), document.Classes.Select(c => c.Name).Order());
        Assert.Equal(document.Classes.OrderByDescending(c => c.Score), document.Classes);
        Assert.All(document.Classes, c =>
        {
            Assert.Equal(TestPackage.Prior[c.Index], c.Prior, 1e-12);
            Assert.Equal(c.Score - c.Prior, c.Esv.Sum(), 1e-9);
        });
    }

    [Fact]
    public async Task The_schema_has_the_documented_field_names()
    {
        Outcome run = (await playfair.RunAsync("attribute", footage.Moving, "--json", "-")).Succeeded();
        var json = JsonNode.Parse(run.Output)!.AsObject();

        Assert.Equal(
            [
                "schema", "producedBy", "video", "model", "settings", "frames", "classes", "selected", "standardError",
                "evaluationCount", "timings", "warnings",
            ],
            Names(json));
        Assert.Equal(
            [
                "path", "width", "height", "durationSeconds", "frameRateHz", "frameCount", "lostFrameCount", "isTruncated",
                "isCorrupt",
            ],
            Names(json["video"]!));
        Assert.Equal(["position", "index", "timeSeconds"], Names(json["frames"]![0]!));
        Assert.Equal(
            ["index", "name", "score", "prior", "esv", "esvSum", "efficiencyGap"], Names(json["classes"]![0]!));
        Assert.Equal(
            ["decodeSeconds", "featureSeconds", "attributionSeconds", "totalSeconds"], Names(json["timings"]!));

        Outcome sampled = (await playfair.RunAsync(
            "attribute", footage.Moving, "--json", "-", "--samples", "3", "--time", "1h", "--budget", "99",
            "--tolerance", "1%", "--iterations", "2")).Succeeded();
        var other = JsonNode.Parse(sampled.Output)!;
        Assert.Equal(
            [.. Names(json), "iterations", "stopReason", "relativeStandardError"],
            Names(other));
        Assert.Equal([.. Names(json["classes"]![0]!), "standardErrors"], Names(other["classes"]![0]!));
        Assert.Equal(
            [
                .. Names(json["settings"]!), "samples", "seed", "iterationLimit", "tolerance", "evaluationBudget",
                "timeLimitSeconds",
            ],
            Names(other["settings"]!));

        static IEnumerable<string> Names(JsonNode node) => node.AsObject().Select(field => field.Key);
    }

    [Theory]
    [InlineData("top", "top2")]
    [InlineData("1", "top1", "--class", "top")]
    [InlineData("3", "top3", "--class", "top3")]
    [InlineData("index", "2", "--class", "2")]
    [InlineData("name", "2", "--class", "OPENING A DOOR")]
    [InlineData("several", "3 0", "-c", "closing, at last", "-c", "0", "-c", "3")]
    public async Task Classes_are_selected_by_rank_name_and_index(string because, string expected, params string[] options)
    {
        AttributionDocument document = Parse((await playfair.RunAsync(
            ["attribute", "--features", playfair.Features, "--json", "-", .. options])).Succeeded());

        int[] indices = expected.StartsWith("top", StringComparison.Ordinal)
            ? [.. document.Classes.Take(expected[3] - '0').Select(c => c.Index)]
            : [.. expected.Split(' ').Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
        Assert.True(indices.SequenceEqual(document.Selected), because);
    }

    [Theory]
    [InlineData("--sampling every:20 --score logit", "every 20", new long[] { 0, 20, 40 })]
    [InlineData("-s rate:2.5", "rate 2.5 Hz", new long[] { 0, 10, 20, 30, 40 })]
    [InlineData("--frames 1 --score mean-of-softmax --model tiny-tsn", "uniform 1", new long[] { 25 })]
    public async Task Sampling_score_and_model_are_the_ones_asked_for(string options, string sampling, long[] frames)
    {
        string[] arguments = options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        AttributionDocument document = Parse((await playfair.RunAsync(
            ["attribute", footage.Moving, "--json", "-", .. arguments])).Succeeded());

        Assert.Equal(sampling, document.Settings.Sampling);
        Assert.Equal(frames, document.Frames.Select(f => f.Index));
        Assert.Equal(After("--score") ?? "softmax-of-mean", document.Settings.Score);
        Assert.Equal(After("--model") ?? "moves-trn", document.Model.Name == "tiny-trn" ? "moves-trn" : document.Model.Name);
        Assert.All(document.Classes, c => Assert.Equal(c.Score - c.Prior, c.EsvSum, 1e-9));

        string? After(string option) => Array.IndexOf(arguments, option) is >= 0 and { } i ? arguments[i + 1] : null;
    }

    [Fact]
    public async Task All_outputs_of_one_run_have_the_same_values_and_print_their_paths()
    {
        string folder = footage.NewFolder("outputs");
        // A name that CSV must quote and HTML must escape.
        string clip = Path.Combine(folder, "a, \"b\" <i>.mp4");
        File.Copy(footage.Moving, clip);
        string json = Path.Combine(folder, "out.json");
        string csv = Path.Combine(folder, "out.csv");
        string html = Path.Combine(folder, "out.html");

        Outcome run = (await playfair.RunAsync(
            "attribute", clip, "--class", "3", "--class", "top2", "--json", json, "--csv", csv, "--html", html)).Succeeded();

        AttributionDocument document = Parse(File.ReadAllText(json));
        Assert.Equal(3, document.Selected[0]);
        AssertTable(document, File.ReadAllLines(csv));
        string page = File.ReadAllText(html);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(File.ReadAllText(json)), JsonNode.Parse(Block(page, "attribution"))));
        byte[][] pictures = [.. JsonSerializer.Deserialize<string[]>(Block(page, "frames"))!.Select(Convert.FromBase64String)];
        Assert.Equal(document.Frames.Count, pictures.Length);
        Assert.All(pictures, jpeg => Assert.Equal([0xFF, 0xD8], jpeg[..2]));
        Assert.Equal(pictures.Length, pictures.Select(Convert.ToBase64String).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal([json, csv, html], run.Output.TrimEnd('\n').Split('\n')[^3..]);
        Assert.Equal(4, Directory.GetFiles(folder).Length);
    }

    [Fact]
    public async Task Features_are_attributed_without_a_video_and_without_ffmpeg()
    {
        string folder = footage.NewFolder("features");
        string csv = Path.Combine(folder, "out.csv");

        Outcome run = await playfair.RunAsync(
            ["attribute", "--features", playfair.Features, "--json", "-", "--csv", csv, "--html", folder],
            [("PLAYFAIR_FFMPEG", "/nowhere")]);

        AttributionDocument document = Parse(run.Succeeded());
        Assert.Equal(new FeatureSummary(playfair.Features, Playfair.FeatureFrameCount, 5), document.Features);
        Assert.Null(document.Video);
        Assert.Equal("given", document.Settings.Sampling);
        Assert.Equal(Enumerable.Range(0, Playfair.FeatureFrameCount).Select(i => (long)i), document.Frames.Select(f => f.Index));
        AssertTable(document, File.ReadAllLines(csv));
        Assert.Equal("[]", Block(File.ReadAllText(Path.Combine(folder, "clip.safetensors.html")), "frames"));
    }

    [Fact]
    public async Task The_view_in_a_pipe_is_plain_text_with_the_values_and_their_sum()
    {
        string json = Path.Combine(footage.NewFolder("view"), "out.json");
        Outcome run = (await playfair.RunAsync("attribute", footage.Moving, "--frames", "5", "--json", json)).Succeeded();

        AttributionDocument document = Parse(File.ReadAllText(json));
        AttributedClass a = document.Classes[0], b = document.Classes[1];
        string[] lines = run.Output.Split('\n');
        Assert.DoesNotContain('\u001B', run.Output);
        Assert.StartsWith(footage.Moving, lines[0], StringComparison.Ordinal);
        Assert.Contains($"recognised: {a.Name}", lines);
        foreach (AttributedFrame frame in document.Frames)
        {
            double phiA = a.Esv[frame.Position], phiB = b.Esv[frame.Position];
            string line = Assert.Single(
                lines, text => text.TrimStart().StartsWith($"{frame.Index} ", StringComparison.Ordinal));
            Assert.Contains($"{frame.TimeSeconds:0.00}s", line, StringComparison.Ordinal);
            string[] numbers = line.Split([' ', '│', '█', '▐', '▏', '▎', '▍', '▌', '▋', '▊', '▉'], StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal([Signed(phiA), Signed(phiB), Signed(phiA - phiB)], numbers[2..]);
            // The first bar hangs on the side of the zero line that its sign says.
            string bar = line[..line.IndexOf(Signed(phiB), 18, StringComparison.Ordinal)];
            int zero = bar.IndexOf('│', StringComparison.Ordinal);
            if (Math.Abs(phiA) > 0.2 * a.Esv.Concat(b.Esv).Max(Math.Abs))
                Assert.NotEqual(phiA > 0, bar[zero - 1] is '█' or '▐');
        }

        string sum = Assert.Single(lines, text => text.StartsWith("Σφ of a", StringComparison.Ordinal));
        string value = a.EsvSum.ToString("+0.000000;-0.000000", CultureInfo.InvariantCulture);
        Assert.StartsWith($"Σφ of a = {value} = f(X) − f(∅) = {value} ", sum, StringComparison.Ordinal);

        static string Signed(double number) => number.ToString("+0.0000;-0.0000; 0.0000", CultureInfo.InvariantCulture).Trim();
    }

    [Fact]
    public async Task Sampled_values_come_with_their_errors_in_every_output()
    {
        string folder = footage.NewFolder("sampled");
        string json = Path.Combine(folder, "out.json");
        string csv = Path.Combine(folder, "out.csv");
        string html = Path.Combine(folder, "out.html");

        Outcome run = (await playfair.RunAsync(
            "attribute", footage.Moving, "--sampling", "all", "--samples", "16", "--iterations", "4", "--seed", "3",
            "--tolerance", "0.01%", "--json", json, "--csv", csv, "--html", html)).Succeeded();

        AttributionDocument document = Parse(File.ReadAllText(json));
        Assert.Equal(
            new AttributionSettings(
                50, "all", "softmax-of-mean", "subsequence-sampling", 16, 3, IterationLimit: 4, Tolerance: 0.0001),
            document.Settings);
        AttributedClass a = document.Classes[0], b = document.Classes[1];
        Assert.Equal(50, a.StandardErrors!.Count);
        AssertTable(document, File.ReadAllLines(csv));
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse(File.ReadAllText(json)), JsonNode.Parse(Block(File.ReadAllText(html), "attribution"))));

        string[] lines = run.Output.Split('\n');
        Assert.EndsWith("50 frames (all), softmax-of-mean, subsequence-sampling", lines[1], StringComparison.Ordinal);
        Assert.Matches(
            @"^too many frames for exact values: 4 iterations of 16, 192 evaluations, stopped by: iterations; "
            + @"largest standard error \d+ % of the mean \|φ\|$",
            lines[2]);
        for (int i = 0; i < 50; i++)
        {
            string line = Assert.Single(lines, text => text.StartsWith($"{i,6}  ", StringComparison.Ordinal));
            Assert.Equal([Error(a, i), Error(b, i)], line.Split(' ').Where(word => word.StartsWith('±')));
        }

        string sum = Assert.Single(lines, text => text.StartsWith("Σφ of a", StringComparison.Ordinal));
        Assert.Contains(" ≠ f(X) − f(∅) = ", sum, StringComparison.Ordinal);
        string gap = a.EfficiencyGap.ToString("+0.0e+0;-0.0e+0", CultureInfo.InvariantCulture);
        Assert.EndsWith($"(gap {gap}: samples do not keep the sum)", sum, StringComparison.Ordinal);

        static string Error(AttributedClass c, int frame) => c.StandardErrors![frame] is var error and > 0 and < 0.00005
            ? error.ToString("±0e+0", CultureInfo.InvariantCulture)
            : c.StandardErrors![frame].ToString("±0.0000", CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData("exact", null, "")]
    [InlineData("exact", null, "--estimator exact")]
    [InlineData("subsequence-sampling", "iterations", "--estimator subsequence-sampling")]
    [InlineData("subsequence-sampling", "iterations", "--iterations 3")]
    [InlineData("subsequence-sampling", "iterations", "--seed 1")]
    [InlineData("subsequence-sampling", "tolerance", "--samples 50 --tolerance 20%")]
    [InlineData("subsequence-sampling", "tolerance", "--samples 50 --tolerance 0.2 --time 1h")]
    [InlineData("closed-form-sampling", "tolerance", "--samples 50 --tolerance 20% --score logit")]
    [InlineData("closed-form-sampling", "iterations", "--samples 50 --iterations 3 --score mean-of-softmax")]
    [InlineData("subsequence-sampling", "budget", "--samples 50 --budget 1000")]
    [InlineData("subsequence-sampling", "time", "--samples 50 --time 1ms")]
    public async Task Values_are_exact_where_that_is_feasible_unless_an_option_is_about_sampling(
        string estimator, string? stopReason, string options)
    {
        string[] arguments = options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        AttributionDocument document = Parse((await playfair.RunAsync(
            ["attribute", "--features", playfair.Features, "--json", "-", .. arguments])).Succeeded());

        Assert.Equal((estimator, stopReason), (document.Settings.Estimator, document.StopReason));
        Assert.Equal(stopReason is null ? "exact" : "sampled", document.StandardError);
        if (options.Contains("--iterations", StringComparison.Ordinal))
            Assert.Equal(3, document.Iterations);
        else if (stopReason == "iterations")
            Assert.Equal(10, document.Iterations);
    }

    [Fact]
    public async Task A_seed_gives_the_same_values_again_and_another_gives_others()
    {
        string[] first = await ValuesAsync("5");
        Assert.Equal(first, await ValuesAsync("5"));
        Assert.NotEqual(first, await ValuesAsync("6"));

        async Task<string[]> ValuesAsync(string seed) => (await playfair.RunAsync(
            "attribute", "--features", playfair.Features, "--csv", "-", "--samples", "8", "--seed", seed))
            .Succeeded().Output.Split('\n');
    }

    [Fact]
    public async Task Quiet_prints_nothing_and_still_writes()
    {
        string html = Path.Combine(footage.NewFolder("quiet"), "out.html");
        Outcome run = await playfair.RunAsync("attribute", footage.Moving, "-q", "--html", html);
        Assert.Equal(new Outcome(0, "", ""), run);
        Assert.True(File.Exists(html));
    }

    [Fact]
    public async Task Videos_of_any_name_are_attributed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such names");
        string[] names = ["@clip.mp4", "two\nlines.mp4", "http:clip.mp4", "Ünïcode 影片.mp4", "[red].mp4", "-clip.mp4"];
        string folder = footage.NewFolder("names");
        foreach (string name in names)
            File.Copy(footage.Moving, Path.Combine(folder, name));

        // Five without, the last one after '--', where an option would not be one.
        Outcome run = (await playfair.RunAsync(
            ["attribute", "--json", "results/", .. names[..^1], "--", names[^1]], [], workingDirectory: folder)).Succeeded();

        Assert.Equal(
            names,
            names.Select(name => Parse(File.ReadAllText(Path.Combine(folder, "results", $"{name}.json"))).Video!.Path));
        Assert.Contains("\n[red].mp4  64×48", run.Output, StringComparison.Ordinal);
        Assert.Contains("\ntwo lines.mp4  64×48", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Relative_outputs_lie_in_the_working_folder_and_replace_what_was_there()
    {
        string folder = footage.NewFolder("working");
        File.WriteAllText(Path.Combine(folder, "out.json"), new string('x', 100_000));

        Outcome run = await playfair.RunAsync(
            ["attribute", "--features", playfair.Features, "--json", "out.json", "--csv", "tables/"], [],
            workingDirectory: folder);

        run.Succeeded();
        Assert.NotNull(Parse(File.ReadAllText(Path.Combine(folder, "out.json"))).Features);
        Assert.True(File.Exists(Path.Combine(folder, "tables", "clip.safetensors.csv")));
        Assert.Equal(2, Directory.GetFileSystemEntries(folder).Length);
    }

    [Fact]
    public async Task A_link_is_written_through_and_stays_a_link()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        string folder = footage.NewFolder("links");
        string target = Path.Combine(folder, "target.json");
        string link = Path.Combine(folder, "link.json");
        File.WriteAllText(target, "old");
        File.CreateSymbolicLink(link, target);

        (await playfair.RunAsync("attribute", "--features", playfair.Features, "-q", "--json", link)).Succeeded();

        Assert.Equal(target, new FileInfo(link).LinkTarget);
        Assert.NotNull(Parse(File.ReadAllText(target)).Features);
    }

    [Theory]
    [InlineData("target.json")]
    [InlineData("yet to be made.json")]
    public async Task A_relative_link_is_written_through_too(string target)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        string folder = footage.NewFolder("relative links");
        File.WriteAllText(Path.Combine(folder, "target.json"), "old");
        string link = Path.Combine(folder, "link.json");
        File.CreateSymbolicLink(link, target);

        // Named by a relative path: the runtime by itself would look for the link's target in the root folder.
        (await playfair.RunAsync(
            ["attribute", "--features", playfair.Features, "-q", "--json", "link.json"], [], workingDirectory: folder))
            .Succeeded();

        Assert.Equal(target, new FileInfo(link).LinkTarget);
        Assert.StartsWith("{", File.ReadAllText(Path.Combine(folder, target)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_video_is_not_written_over_through_a_link()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        string folder = footage.NewFolder("links to the video");
        File.Copy(footage.Moving, Path.Combine(folder, "clip.mp4"));
        File.CreateSymbolicLink(Path.Combine(folder, "out.json"), "clip.mp4");

        (await playfair.RunAsync(["attribute", "clip.mp4", "--json", "out.json"], [], workingDirectory: folder))
            .Refused(2, "is read and would be written over");
    }

    [Fact]
    public async Task A_named_pipe_gives_its_reader_the_whole_result()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "named pipes are made with mkfifo");
        string pipe = Path.Combine(footage.NewFolder("pipe"), "pipe");
        Run("mkfifo", pipe);
        Task<string>? reading = null;

        Outcome run = await playfair.RunAsync(
            ["attribute", "--features", playfair.Features, "-q", "--json", pipe], [],
            whileRunning: (_, token) =>
            {
                reading = Task.Run(() => Run("cat", pipe), token);
                return Task.CompletedTask;
            });

        run.Succeeded();
        Assert.NotNull(Parse(await reading!).Features);
        Assert.False(new FileInfo(pipe).Length > 0, "the pipe should still be one");
    }

    [Fact]
    public async Task Dev_stdout_is_standard_output()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no /dev/stdout");
        Outcome run = await playfair.RunAsync("attribute", "--features", playfair.Features, "--json", "/dev/stdout");
        Assert.NotNull(Parse(run.Succeeded()).Features);
    }

    private static AttributionDocument Parse(Outcome run) => Parse(run.Output);

    private static AttributionDocument Parse(string json) =>
        JsonSerializer.Deserialize<AttributionDocument>(json, AttributionDocument.JsonOptions)!;

    private static void AssertTable(AttributionDocument document, string[] lines)
    {
        Assert.Equal("source,class_index,class,score,prior,position,frame,time_seconds,esv,standard_error", lines[0]);
        var expected =
            from index in document.Selected
            let c = document.Classes.Single(candidate => candidate.Index == index)
            from frame in document.Frames
            select (document.Video?.Path ?? document.Features!.Path, c.Index, c.Name, c.Score, c.Prior, frame.Position,
                frame.Index, frame.TimeSeconds, c.Esv[frame.Position], c.StandardErrors?[frame.Position]);
        var found = lines[1..].Select(line =>
        {
            string[] cells = Cells(line);
            return (cells[0], Whole(cells[1]), cells[2], Number(cells[3]), Number(cells[4]), Whole(cells[5]),
                (long)Whole(cells[6]), Optional(cells[7]), Number(cells[8]), Optional(cells[9]));
        });
        // Exactly: numbers are written so that they are read back as they were.
        Assert.Equal(expected, found);

        static int Whole(string cell) => int.Parse(cell, CultureInfo.InvariantCulture);
        static double? Optional(string cell) => cell.Length > 0 ? Number(cell) : null;
        static double Number(string cell) => double.Parse(cell, CultureInfo.InvariantCulture);
    }

    /// <summary>A line's cells by RFC 4180; no cell here spans lines.</summary>
    private static string[] Cells(string line)
    {
        var cells = new List<string> { "" };
        bool isQuoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            bool isDoubled = isQuoted && line[i] == '"' && i + 1 < line.Length && line[i + 1] == '"';
            if (isDoubled)
                cells[^1] += line[i++];
            else if (line[i] == '"')
                isQuoted = !isQuoted;
            else if (line[i] == ',' && !isQuoted)
                cells.Add("");
            else
                cells[^1] += line[i];
        }

        return [.. cells];
    }

    /// <summary>The content of the page's JSON block with this id.</summary>
    private static string Block(string page, string id)
    {
        int start = page.IndexOf('>', page.IndexOf($"id=\"{id}\"", StringComparison.Ordinal)) + 1;
        return page[start..page.IndexOf("</script>", start, StringComparison.Ordinal)].Trim();
    }

    private static string Run(string program, string argument)
    {
        var start = new System.Diagnostics.ProcessStartInfo(program, [argument])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var process = System.Diagnostics.Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
