using System.Text.Json;
using PlayFair.Engine;
using PlayFair.Engine.Tests;

namespace PlayFair.Cli.Tests;

public sealed class SeveralVideosTests(Playfair playfair, Footage footage)
{
    [Fact]
    public async Task A_bad_video_does_not_keep_the_others_from_their_results()
    {
        string folder = Path.Combine(footage.NewFolder("several"), "made", "for it") + "/";
        string missing = Path.Combine(footage.Folder, "missing.mp4");

        Outcome run = await playfair.RunAsync(
            "attribute", footage.Moving, footage.AudioOnly, missing, footage.Noisy, "-q",
            "--json", folder, "--csv", folder, "--html", folder);

        // The first failure's code, and a line for each.
        Assert.Equal((16, ""), (run.Code, run.Output));
        string[] lines = run.Error.TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Contains("no video stream", lines[0], StringComparison.Ordinal);
        Assert.Contains($"'{missing}' does not exist", lines[1], StringComparison.Ordinal);
        Assert.Equal(
            [
                "moving.mp4.csv", "moving.mp4.html", "moving.mp4.json",
                "noisy.mp4.csv", "noisy.mp4.html", "noisy.mp4.json",
            ],
            Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(footage.Noisy, Parse(File.ReadAllText(Path.Combine(folder, "noisy.mp4.json"))).Video!.Path);
    }

    [Fact]
    public async Task The_code_of_a_damaged_video_is_kept_through_later_ones()
    {
        Outcome run = await playfair.RunAsync("attribute", footage.Truncated, footage.Moving, "--json", "-");

        Assert.Equal(20, run.Code);
        run.AssertOneLine(footage.Truncated, "truncated");
        Assert.Equal([true, false], ParseAll(run.Output).Select(document => document.Video!.IsTruncated));
    }

    [Fact]
    public async Task Standard_output_takes_the_documents_one_after_the_other()
    {
        Outcome run = (await playfair.RunAsync("attribute", footage.Moving, footage.Noisy, "--json", "-")).Succeeded();
        Assert.Equal([footage.Moving, footage.Noisy], ParseAll(run.Output).Select(document => document.Video!.Path));
    }

    [Fact]
    public async Task Standard_output_takes_one_table_with_one_header()
    {
        Outcome run = (await playfair.RunAsync(
            "attribute", footage.Moving, footage.Noisy, "--csv", "-", "--class", "top")).Succeeded();

        string[] lines = run.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(1 + (2 * 4), lines.Length);
        Assert.StartsWith("source,", Assert.Single(lines, line => line.Contains("class_index", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.All(lines[1..5], line => Assert.StartsWith($"{footage.Moving},", line, StringComparison.Ordinal));
        Assert.All(lines[5..], line => Assert.StartsWith($"{footage.Noisy},", line, StringComparison.Ordinal));
    }

    private static AttributionDocument Parse(string json) =>
        JsonSerializer.Deserialize<AttributionDocument>(json, AttributionDocument.JsonOptions)!;

    /// <summary>Documents end with the only brace that starts a line.</summary>
    private static IEnumerable<AttributionDocument> ParseAll(string output) => output
        .Split("\n}\n", StringSplitOptions.RemoveEmptyEntries)
        .Select(text => Parse(text + "}"));
}
