using System.Globalization;
using System.Text.Json.Nodes;
using PlayFair.Engine.Tests;

namespace PlayFair.Cli.Tests;

public sealed class VerifyAndModelsTests(Playfair playfair, Footage footage)
{
    private static readonly string Cases = Path.Combine(AppContext.BaseDirectory, "cases");

    [Fact]
    public async Task Golden_cases_of_the_authors_code_agree()
    {
        string folder = Footage.Shared("golden");
        Outcome run = (await playfair.RunAsync("verify", folder)).Succeeded();

        string[] lines = run.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(Directory.GetFiles(folder, "*.json").Length + 1, lines.Length);
        foreach (string line in lines[..^1])
            Assert.StartsWith("ok      ", line, StringComparison.Ordinal);
        Assert.Contains(lines, line => line.Contains("_sampled_", StringComparison.Ordinal));
        Assert.Equal($"{lines.Length - 1} agree to 1e-6, 0 differ, 0 unreadable", lines[^1]);
    }

    [Fact]
    public async Task Each_case_is_printed_with_its_largest_error()
    {
        Outcome run = (await playfair.RunAsync("verify", Cases)).Succeeded();

        string[] files = [.. Directory.GetFiles(Cases, "*.json").Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];
        string[] lines = run.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(files, lines[..^1].Select(line => line.Split(' ')[^1]));
        Assert.All(lines[..^1], line => Assert.InRange(ErrorIn(line), 0, 1e-6));
        Assert.Equal($"{files.Length} agree to 1e-6, 0 differ, 0 unreadable", lines[^1]);
    }

    [Theory]
    [InlineData("esv")]
    [InlineData("scores")]
    public async Task A_changed_value_is_found_and_its_error_printed(string field)
    {
        string folder = CopyCases();
        string changed = Path.Combine(folder, "trn_n6_max3_logit.json");
        Change(changed, json =>
        {
            JsonNode row = field == "esv" ? json["esv"]![2]! : json["scores"]!;
            row[1] = row[1]!.GetValue<double>() + 3e-6;
        });

        Outcome run = await playfair.RunAsync("verify", folder);

        Assert.Equal((60, ""), (run.Code, run.Error));
        string line = Assert.Single(run.Output.Split('\n'), text => text.StartsWith("DIFFERS", StringComparison.Ordinal));
        Assert.EndsWith("trn_n6_max3_logit.json", line, StringComparison.Ordinal);
        Assert.Equal(3e-6, ErrorIn(line), 1e-6);
        Assert.Contains(", 1 differ, ", run.Output, StringComparison.Ordinal);
        Assert.Equal(60, (await playfair.RunAsync("verify", changed)).Code);
    }

    [Fact]
    public async Task Unreadable_cases_are_named_and_the_others_still_compared()
    {
        string folder = CopyCases();
        File.WriteAllText(Path.Combine(folder, "a.json"), "no json");
        Change(Path.Combine(folder, "tsn_n6_logit.json"), json => json["prior"]!.AsArray().RemoveAt(0));
        Change(Path.Combine(folder, "trn_n6_max3_logit.json"), json => json["heads"]![0]!["b2"]![0] = 1e60);
        Change(Path.Combine(folder, "tsn_n6_mean-of-softmax.json"), json => json["subsequences"] = new JsonArray());

        Outcome run = await playfair.RunAsync("verify", folder);

        Assert.Equal((61, ""), (run.Code, run.Error));
        string[] lines = run.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(
            ["a.json", "trn_n6_max3_logit.json", "tsn_n6_logit.json", "tsn_n6_mean-of-softmax.json"],
            lines.Where(line => line.StartsWith("UNREAD", StringComparison.Ordinal))
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1].TrimEnd(':')));
        int others = Directory.GetFiles(folder).Length - 4;
        Assert.Equal($"{others} agree to 1e-6, 0 differ, 4 unreadable", lines[^1]);
    }

    [Fact]
    public async Task A_folder_without_cases_is_refused()
    {
        string empty = footage.NewFolder("no cases");
        (await playfair.RunAsync("verify", empty)).Refused(2, $"'{empty}' has no *.json file");
        (await playfair.RunAsync("verify", "/nowhere")).Refused(2, "'/nowhere' does not exist");
        (await playfair.RunAsync("verify")).Refused(2, "'verify'", "See 'playfair verify --help'");
    }

    [Fact]
    public async Task Models_are_listed_with_head_classes_and_accuracy()
    {
        string[] lines = (await playfair.RunAsync("models")).Succeeded().Output.TrimEnd('\n').Split('\n');

        Assert.Equal(4, lines.Length);
        Assert.Matches(@"^moves-trn +1\.0\.0 +TRN +4 classes +4 frames +top-1 25\.0% at 4 frames on 1 videos$", lines[0]);
        Assert.Matches(@"^tiny-tsn +1\.0\.0 +TSN +4 classes", lines[2]);
        Assert.Equal("Random weights, for tests", lines[1].Trim());
    }

    [Fact]
    public async Task A_broken_package_does_not_hide_the_others()
    {
        string folder = footage.NewFolder("models");
        new TestPackage { Name = "a-broken", Fit = "squeeze" }.WriteTo(folder);
        new TestPackage { Name = "b-sound" }.WriteTo(folder);

        Outcome run = await playfair.RunAsync(["models"], [("PLAYFAIR_MODELS", folder)]);

        Assert.Equal(40, run.Code);
        run.AssertOneLine("a-broken", "backbone.fit");
        Assert.StartsWith("b-sound", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_of_models_without_permission_is_refused()
    {
        string folder = footage.NewFolder("forbidden models");
        AttributeErrorTests.Forbid(folder);

        foreach (string[] arguments in new string[][] { ["models"], ["attribute", "--features", playfair.Features] })
        {
            Outcome run = await playfair.RunAsync(
                arguments, [("PLAYFAIR_MODELS", folder)], AttributeErrorTests.WithoutPrivileges());
            run.Refused(40, $"Model package {folder}", "no permission to list it", "PLAYFAIR_MODELS");
        }
    }

    [Fact]
    public async Task One_model_is_shown_with_all_its_classes_and_priors()
    {
        Outcome run = (await playfair.RunAsync("models", "moves-trn")).Succeeded();

        Assert.Contains("16×12, stretch, 5 features", run.Output, StringComparison.Ordinal);
        Assert.Contains("TRN, scales 1 to 3, 6 hidden units", run.Output, StringComparison.Ordinal);
        for (int c = 0; c < TestPackage.Classes.Length; c++)
            Assert.Contains($"{c,8}  {TestPackage.Prior[c]:0.0000}  {TestPackage.Classes[c]}\n", run.Output, StringComparison.Ordinal);
        (await playfair.RunAsync("models", "nothing")).Refused(40, "moves-trn, tiny-tsn");
    }

    private static double ErrorIn(string line) => double.Parse(
        line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    private static void Change(string file, Action<JsonNode> change)
    {
        JsonNode json = JsonNode.Parse(File.ReadAllText(file))!;
        change(json);
        File.WriteAllText(file, json.ToJsonString());
    }

    private string CopyCases()
    {
        string folder = footage.NewFolder("cases");
        foreach (string file in Directory.GetFiles(Cases, "*.json"))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        return folder;
    }
}
