using System.Globalization;
using PlayFair.Attribution;
using PlayFair.Inference;
using PlayFair.Models;
using PlayFair.Models.Tests;
using PlayFair.Video;

namespace PlayFair.Engine.Tests;

/// <summary>Real footage under models that do not know its classes: frames, times and sums must be right all the same.</summary>
public sealed class RealFootageTests(Footage footage)
{
    [Theory]
    [InlineData("videos/box.mp4")]
    [InlineData("videos/cup.mp4")]
    [InlineData("ut-interaction/set1/0_1_4.avi")]
    public async Task Frames_times_and_sums_are_right_with_a_model_that_ships(string name) =>
        await AssertRightAsync(name, ShippedModels.Folder("moves-trn"));

    [Theory]
    [InlineData("videos/box.mp4", 128)]
    [InlineData("videos/cup.mp4", 224)]
    [InlineData("ut-interaction/set1/0_1_4.avi", 128)]
    [InlineData("ut-interaction/set1/27_5_1.avi", 128)]
    [InlineData("ut-interaction/set1/59_10_2.avi", 224)]
    public async Task Frames_times_and_sums_are_right_with_another_backbone(string name, int side) =>
        await AssertRightAsync(name, MobileNet(side).WriteTo(footage.NewFolder("mobilenet")));

    private static async Task AssertRightAsync(string name, string model)
    {
        string video = Footage.Shared($"assets/{name}");
        using var attributor = new ClipAttributor(ModelPackage.Load(model));

        AttributionDocument document = await attributor.AttributeVideoAsync(
            video, FrameSampling.Uniform(8), ScoreKind.SoftmaxOfMean, ClassSelection.Default,
            cancellationToken: TestContext.Current.CancellationToken);

        double[] times = FrameTimes(video);
        Assert.Equal(times.Length, document.Video!.FrameCount);
        Assert.False(document.Video.IsTruncated);
        Assert.Equal(
            Enumerable.Range(0, 8).Select(i => ((2L * i) + 1) * times.Length / 16), document.Frames.Select(f => f.Index));
        // ffprobe prints microseconds.
        Assert.All(document.Frames, f => Assert.Equal(times[f.Index] - times[0], f.TimeSeconds!.Value, 2e-6));
        Assert.Equal(1, document.Classes.Sum(c => c.Score), 1e-5);
        Assert.All(document.Classes, c => Assert.Equal(c.Score - c.Prior, c.Esv.Sum(), 1e-9));
        Assert.True(document.Classes.SelectMany(c => c.Esv).Max(Math.Abs) > 1e-3, "the frames should matter");
    }

    private static TestPackage MobileNet(int side) => new()
    {
        Name = "mobilenet",
        Backbone = File.ReadAllBytes(Footage.Shared("assets/backbone/mobilenet_v1_025.onnx")),
        Input = new BackboneInput(side, side, 256, [127.5f, 127.5f, 127.5f], [127.5f, 127.5f, 127.5f]),
        Fit = "crop",
        Head = RandomHeads.Trn(new Random(8), 256, hiddenSize: 32, TestPackage.Classes.Length, maxScale: 4),
    };

    /// <summary>Every decoded frame's time in seconds, as ffprobe has it: not a number for the last one of an AVI.</summary>
    private static double[] FrameTimes(string video) =>
    [
        .. Footage.Run(
                "ffprobe", "-v", "quiet", "-select_streams", "v:0", "-show_entries", "frame=best_effort_timestamp_time",
                "-of", "csv=p=0", video)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => double.TryParse(line.TrimEnd(','), CultureInfo.InvariantCulture, out double time) ? time : double.NaN),
    ];
}
