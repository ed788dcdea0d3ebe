using PlayFair.Models;
using PlayFair.Video;

namespace PlayFair.Engine.Tests;

/// <summary>What the models that ship promise, on the samples that ship, which neither has seen.</summary>
public sealed class ShippedModelTests
{
    private const int MegaByte = 1_000_000;

    [Fact]
    public async Task Trn_recognises_the_samples_and_tells_order_apart()
    {
        var samples = await AttributeSamplesAsync("moves-trn");

        Assert.True(
            samples.Count(s => s.Document.Classes[0].Index == s.Class) >= 0.85 * samples.Count,
            "fewer than 85 % of the samples are recognised");
        Assert.True(MeanPairContrast(samples) > 0.5, "a class should score far above its reverse");
    }

    [Fact]
    public async Task Tsn_cannot_tell_a_class_from_its_reverse()
    {
        var samples = await AttributeSamplesAsync("moves-tsn");

        Assert.True(
            samples.Count(s => s.Document.Classes[0].Index == s.Class) >= samples.Count / 2,
            "fewer than half of the samples are recognised");
        Assert.InRange(MeanPairContrast(samples), -0.05, 0.05);
    }

    [Theory]
    [InlineData("moves-trn")]
    [InlineData("moves-tsn")]
    public void A_package_stays_under_eight_megabytes(string name) =>
        Assert.True(FolderSize(ShippedModels.Folder(name), "*") < 8 * MegaByte);

    [Fact]
    public void The_samples_stay_under_six_megabytes_and_show_every_class_once()
    {
        Assert.True(FolderSize(Path.Combine(Footage.Checkout, "samples"), "*.mp4") < 6 * MegaByte);
        Assert.Equal(Enumerable.Range(0, 24), ShippedModels.Samples().Select(s => s.Class).Order());
    }

    private static async Task<List<(int Class, AttributionDocument Document)>> AttributeSamplesAsync(string model)
    {
        Footage.RequireProgram("ffmpeg");
        ModelPackage package = ModelPackage.Load(ShippedModels.Folder(model));
        using var attributor = new ClipAttributor(package);
        var attributed = new List<(int, AttributionDocument)>();
        foreach ((string path, int @class) in ShippedModels.Samples())
        {
            AttributionDocument document = await attributor.AttributeVideoAsync(
                path, FrameSampling.Uniform(8), package.Score, ClassSelection.Default,
                cancellationToken: TestContext.Current.CancellationToken);
            Assert.Empty(document.Warnings);
            Assert.All(document.Classes, c => Assert.Equal(c.Score - c.Prior, c.Esv.Sum(), 1e-9));
            attributed.Add((@class, document));
        }

        return attributed;
    }

    /// <summary>By how much a sample's class scores above its reverse, on average over the reversible ones.</summary>
    private static double MeanPairContrast(IEnumerable<(int Class, AttributionDocument Document)> samples) => samples
        .Where(s => s.Class < ShippedModels.ReversibleClassCount)
        .Average(s => ScoreOf(s.Document, s.Class) - ScoreOf(s.Document, s.Class ^ 1));

    private static double ScoreOf(AttributionDocument document, int @class) =>
        document.Classes.Single(c => c.Index == @class).Score;

    private static long FolderSize(string folder, string pattern) =>
        new DirectoryInfo(folder).EnumerateFiles(pattern).Sum(file => file.Length);
}
