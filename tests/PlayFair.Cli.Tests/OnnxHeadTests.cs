using System.Text.Json;
using System.Text.Json.Nodes;
using PlayFair.Engine;
using PlayFair.Engine.Tests;
using PlayFair.Inference.Tests;

namespace PlayFair.Cli.Tests;

/// <summary>A package whose head is an ONNX file, on the command line.</summary>
public sealed class OnnxHeadTests(Playfair playfair, Footage footage)
{
    [Theory]
    [InlineData("exact", null, "")]
    [InlineData("exact", null, "--score logit --estimator exact")]
    [InlineData("leverage-regression", 256, "--seed 1")]
    [InlineData("leverage-regression", 100, "--samples 100 --score logit")]
    [InlineData("permutation", 8, "--estimator permutation")]
    [InlineData("permutation", 3, "--estimator permutation --samples 3 --score logit")]
    [InlineData("subsequence-sampling", 1024, "--estimator subsequence-sampling --iterations 2")]
    public async Task A_package_with_an_onnx_head_is_attributed_by_every_estimator_that_takes_it(
        string estimator, int? samples, string options)
    {
        string[] arguments = options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Outcome run = (await AttributeAsync(
            ["--features", playfair.Features, "--json", "-", .. arguments])).Succeeded();

        var document = JsonSerializer.Deserialize<AttributionDocument>(run.Output, AttributionDocument.JsonOptions)!;
        Assert.Equal((estimator, samples), (document.Settings.Estimator, document.Settings.Samples));
        Assert.Equal(samples is null ? "exact" : "sampled", document.StandardError);
        var model = JsonNode.Parse(run.Output)!["model"]!.AsObject();
        Assert.Equal("onnx", (string?)model["head"]);
        Assert.False(model.ContainsKey("maxScale"), "there are no scales");
        if (estimator != "subsequence-sampling")
            Assert.All(document.Classes, c => Assert.Equal(0, c.EfficiencyGap, 1e-6));
    }

    [Fact]
    public async Task A_video_and_its_samples_are_shown()
    {
        Outcome run = (await AttributeAsync([footage.Moving, "--sampling", "all", "--iterations", "2"])).Succeeded();

        string[] lines = run.Output.Split('\n');
        Assert.Equal(
            "tiny-onnx 1.0.0 (ONNX), 50 frames (all), softmax-of-mean, leverage-regression", lines[1]);
        Assert.StartsWith(
            "too many frames for exact values: 2 iterations of 800, 1601 evaluations", lines[2],
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_go_together_is_refused_with_what_does()
    {
        (await AttributeAsync([footage.Moving, "--score", "mean-of-softmax"])).Refused(
            2, "Attribute 'softmax-of-mean'");
        (await AttributeAsync([footage.Moving, "--score", "logit", "--estimator", "closed-form-sampling"])).Refused(
            2, "Use 'leverage-regression'");
        (await playfair.RunAsync("attribute", footage.Moving, "--estimator", "permutation")).Refused(
            2, "'permutation' needs a model that takes subsequences of any length",
            "Use 'exact', 'subsequence-sampling'");
        (await AttributeAsync([footage.Moving, "--sampling", "all", "--estimator", "exact"])).Refused(
            19, "at most 20 frames", "--estimator leverage-regression");
        string package = TestPackage.Onnx.WriteTo(footage.NewFolder("evaluated"));
        (await playfair.RunAsync("evaluate", "approximation", footage.Moving, "--model", package)).Refused(
            2, "tiny-onnx", "Name a package with a trn or tsn head");
    }

    [Fact]
    public async Task A_head_that_does_not_fit_the_package_is_refused()
    {
        string folder = footage.NewFolder("heads");
        string wrong = (TestPackage.Onnx with { OnnxHead = new RecurrentHead(7, 4).ToOnnx() }).WriteTo(folder);

        Outcome run = await playfair.RunAsync("attribute", "--features", playfair.Features, "--model", wrong);

        run.Refused(41, "head.onnx", "[n, length, 5]");
    }

    [Fact]
    public async Task It_is_listed_and_shown_among_the_models()
    {
        string folder = footage.NewFolder("onnx models");
        TestPackage.Onnx.WriteTo(folder);
        (string, string?)[] environment = [("PLAYFAIR_MODELS", folder)];

        Outcome list = (await playfair.RunAsync(["models"], environment)).Succeeded();
        Outcome shown = (await playfair.RunAsync(["models", "tiny-onnx"], environment)).Succeeded();

        Assert.Matches(@"^tiny-onnx +1\.0\.0 +ONNX +4 classes +4 frames", list.Output);
        Assert.Contains("head      ONNX, sequences of any length\n", shown.Output, StringComparison.Ordinal);
    }

    private Task<Outcome> AttributeAsync(string[] arguments) => playfair.RunAsync(
        ["attribute", "--model", TestPackage.Onnx.WriteTo(footage.NewFolder("onnx package")), .. arguments]);
}
