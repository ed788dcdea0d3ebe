using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using PlayFair.Engine.Tests;

namespace PlayFair.Cli.Tests;

public sealed class EvaluateTests(Playfair playfair, Footage footage)
{
    private static readonly string[] Small = ["--max-samples", "32", "64", "--iterations", "2", "--least-score", "0.2"];

    [Fact]
    public async Task Every_budget_is_compared_next_to_the_paper_in_every_form()
    {
        string folder = footage.NewFolder("evaluation");
        string In(string name) => Path.Combine(folder, name);
        await EvaluateAsync(
            "--features", playfair.Features, "--json", In("a.json"), "--csv", In("a.csv"), "--html", In("a.html"),
            "--svg", In("a.svg"));

        JsonNode document = JsonNode.Parse(File.ReadAllText(In("a.json")))!;
        Assert.Equal("playfair.approximation/1", document["schema"]!.GetValue<string>());
        Assert.Equal((1, 16), (Number(document, "videos"), Number(document, "frames")));
        Assert.Equal(65535, Number(document, "subsequences"));
        // n_max = 3 of 16 frames.
        Assert.Equal(16 + 120 + 560, Number(document, "exactEvaluations"));
        JsonNode[] lines = [.. document["lines"]!.AsArray().Select(line => line!)];
        // The grid of 2 sizes × 2 iterations, and 3 budgets of the 2 + 4 other pairs of estimator and score.
        Assert.Equal(4 + (3 * 6), lines.Length);
        Assert.Equal(
            [(32, 1), (32, 2), (64, 1), (64, 2)],
            lines[..4].Select(line => ((int)Number(line, "maxCount"), (int)Number(line, "iterations"))));
        Assert.Equal(
            [0.933, 0.647, 0.622, 0.446], lines[..4].Select(line => Math.Round(Number(line, "paperRelativeError"), 4)));
        Assert.All(lines[4..], line => Assert.Null(line["paperRelativeError"]));
        Assert.All(lines, line => Assert.True(Number(line, "relativeError") > 0 && Number(line, "evaluations") > 0));
        Assert.Equal(449 / 65535.0, Number(lines[0], "shareOfSubsequences"), 1e-12);

        string[] rows = File.ReadAllLines(In("a.csv"));
        Assert.Equal(lines.Length + 1, rows.Length);
        Assert.StartsWith("score,estimator,max_count,", rows[0], StringComparison.Ordinal);
        Assert.StartsWith("softmax-of-mean,subsequence-sampling,32,1,80,449,0.0068", rows[1], StringComparison.Ordinal);
        Assert.All(rows, row => Assert.Equal(13, row.Split(',').Length));

        // One mark for each compared line, besides the legend's one for each estimator.
        XElement picture = XDocument.Load(In("a.svg")).Root!;
        XName path = XName.Get("path", "http://www.w3.org/2000/svg");
        int marks = picture.Descendants(path).Count(p => p.Attribute("class")!.Value.StartsWith('m'));
        Assert.Equal((3 * 7) + 4, marks);

        string page = File.ReadAllText(In("a.html"));
        Assert.Contains("<svg class=\"chart\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        MatchCollection styles = Regex.Matches(
            page, "<style>(?<style>.*?)</style>", RegexOptions.Singleline, TimeSpan.FromSeconds(1));
        Assert.Equal(2, styles.Count);
        foreach (Match style in styles)
        {
            string hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style.Groups["style"].Value)));
            Assert.Contains($"'sha256-{hash}'", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_tables_are_plain_text_in_a_pipe()
    {
        Outcome run = await EvaluateAsync("--features", playfair.Features);

        Assert.Contains("Relative error, % (0 is best)", run.Output, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^ *32 +0\.69% +\d+\.\d +\d+\.\d *$", run.Output);
        Assert.Matches(@"(?m)^paper +0\.68% +93\.3 +64\.7 *$", run.Output);
        Assert.Contains("mean-of-softmax closed-form-sampling", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Output);
    }

    [Fact]
    public async Task Videos_are_evaluated_and_a_seed_fixes_the_result()
    {
        string[] arguments =
        [
            footage.Moving, footage.Noisy, "--model", "tiny-tsn", "--frames", "6", "--score", "softmax-of-mean",
            "--csv", "-",
        ];
        string first = (await EvaluateAsync(arguments)).Output;
        string again = (await EvaluateAsync(arguments)).Output;
        string other = (await EvaluateAsync([.. arguments, "--seed", "7"])).Output;

        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
        // TSN has no scales to take apart, and the paper has 16 frames.
        Assert.DoesNotContain("closed-form", first, StringComparison.Ordinal);
        Assert.EndsWith(",,,", first.Split('\n')[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_line_that_makes_no_sense_is_refused()
    {
        await RefusedAsync("there is no samples/*.mp4 here");
        await RefusedAsync("Both --features and a video", footage.Moving, "--features", playfair.Features);
        await RefusedAsync("--frames is '17'; expected 2 to 16", footage.Moving, "--frames", "17");
        await RefusedAsync("--max-samples is '0'", footage.Moving, "--max-samples", "0");
        await RefusedAsync("--score is 'f1'", footage.Moving, "--score", "f1");
        await RefusedAsync("is named for two outputs", "--features", playfair.Features, "--csv", "-", "--json", "-");
        await RefusedAsync("lower --least-score", "--features", playfair.Features, "--least-score", "1");
    }

    private async Task RefusedAsync(string words, params string[] arguments) =>
        (await playfair.RunAsync(["evaluate", "approximation", .. arguments])).Refused(2, words);

    private async Task<Outcome> EvaluateAsync(params string[] arguments) =>
        (await playfair.RunAsync(["evaluate", "approximation", .. arguments, .. Small])).Succeeded();

    private static double Number(JsonNode node, string field) => node[field]!.GetValue<double>();
}
