using System.Text.Json;
using PlayFair.Engine;
using PlayFair.Engine.Tests;
using PlayFair.Inference.Tests;
using PlayFair.Models;

namespace PlayFair.Cli.Tests;

/// <summary>Each failure has its own exit code and says in one line what is wrong.</summary>
public sealed class AttributeErrorTests(Playfair playfair, Footage footage)
{
    [Fact]
    public async Task Videos_that_cannot_be_read_are_told_apart()
    {
        string folder = footage.NewFolder("broken");
        string empty = Write("empty.mp4", []);
        string text = Write("text.mp4", "This is no video.\n"u8);
        string zeros = Write("zeros.mp4", new byte[5000]);
        string unindexed = footage.Make("unindexed.mp4", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=1", "-c:v", "mpeg4");
        byte[] bytes = File.ReadAllBytes(unindexed);
        string cut = Write("cut.mp4", bytes.AsSpan(0, bytes.Length / 2));
        string missing = Path.Combine(folder, "missing.mp4");
        string undecodable = Write("undecodable.mp4", WithoutPictures(File.ReadAllBytes(footage.Noisy)));

        (await AttributeAsync(missing)).Refused(10, $"'{missing}' does not exist");
        (await AttributeAsync(folder)).Refused(11, "is a folder");
        (await AttributeAsync(empty)).Refused(13, "is empty (0 bytes)");
        (await AttributeAsync(text)).Refused(14, $"'{text}'", "not a video");
        (await AttributeAsync(zeros)).Refused(14, $"'{zeros}'", "not a video");
        (await AttributeAsync(cut)).Refused(15, "without its index");
        (await AttributeAsync(footage.AudioOnly)).Refused(16, "has no video stream", "audio (aac)");
        (await AttributeAsync(undecodable)).Refused(17, "not one frame of it decodes");

        string Write(string name, ReadOnlySpan<byte> content)
        {
            string path = Path.Combine(folder, name);
            File.WriteAllBytes(path, content);
            return path;
        }

        static byte[] WithoutPictures(byte[] mp4)
        {
            mp4.AsSpan(mp4.AsSpan().IndexOf("mdat"u8) + 4).Clear();
            return mp4;
        }
    }

    [Fact]
    public async Task A_file_without_permission_is_refused()
    {
        string folder = footage.NewFolder("forbidden");
        string clip = Path.Combine(folder, "clip.mp4");
        File.Copy(footage.Moving, clip);
        Forbid(clip);

        Outcome reading = await playfair.RunAsync(["attribute", clip], [], WithoutPrivileges());
        Outcome writing = await playfair.RunAsync(
            ["attribute", footage.Moving, "-q", "--json", clip], [], WithoutPrivileges());

        reading.Refused(12, $"'{clip}' may not be read");
        writing.Refused(50, $"Cannot write '{clip}': no permission");
    }

    [Fact]
    public async Task A_truncated_video_is_attributed_and_the_loss_told()
    {
        string json = Path.Combine(footage.NewFolder("truncated"), "out.json");

        Outcome quiet = await playfair.RunAsync("attribute", footage.Truncated, "-q", "--json", json);
        Outcome view = await playfair.RunAsync("attribute", footage.Truncated);

        AttributionDocument document = Parse(File.ReadAllText(json));
        string loss = $": {document.Video!.FrameCount} of 100 frames decoded, {document.Video.LostFrameCount} lost";
        Assert.Equal((20, ""), (quiet.Code, quiet.Output));
        quiet.AssertOneLine($"{footage.Truncated}: The video is truncated", loss);
        Assert.True(document.Video.IsTruncated);
        Assert.Equal(4, document.Frames.Count);
        Assert.Equal((20, ""), (view.Code, view.Error));
        Assert.Contains("warning: The video is truncated", view.Output, StringComparison.Ordinal);
        Assert.Contains(loss, view.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_corrupt_video_is_attributed_and_the_damage_told()
    {
        Outcome run = await playfair.RunAsync("attribute", footage.Corrupt, "--json", "-");

        Assert.Equal(21, run.Code);
        run.AssertOneLine(footage.Corrupt, "corrupt:");
        AttributionDocument document = Parse(run.Output);
        Assert.True(document.Video!.IsCorrupt);
        Assert.InRange(document.Video.FrameCount, 50, Footage.NoisyFrameCount);
        Assert.Single(document.Warnings);
    }

    [Fact]
    public async Task Too_few_and_too_many_frames_are_refused_with_both_numbers()
    {
        string three = footage.Make(
            "three.mkv", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25,trim=end_frame=3", "-c:v", "ffv1");

        (await AttributeAsync(three)).Refused(18, "has 3 frames that decode, and 4 were asked for");
        (await AttributeAsync(three, "--frames", "5")).Refused(18, "has 3 frames", "5 were asked for");
        (await AttributeAsync(footage.Moving, "--sampling", "every:2", "--estimator", "exact")).Refused(
            19, "gives 21 frames or more", "at most 20 frames", "--estimator subsequence-sampling");
    }

    [Fact]
    public async Task A_missing_ffmpeg_is_named_with_how_to_get_it()
    {
        string elsewhere = footage.NewFolder("no ffmpeg here");
        (await playfair.RunAsync(["attribute", footage.Moving], [("PLAYFAIR_FFMPEG", elsewhere)]))
            .Refused(30, $"PLAYFAIR_FFMPEG is '{elsewhere}'");
        (await playfair.RunAsync(["attribute", footage.Moving], [("PLAYFAIR_FFMPEG", "/nowhere/ffmpeg")]))
            .Refused(30, "PLAYFAIR_FFMPEG is '/nowhere/ffmpeg'");
        // The program still finds its runtime, which it does not look for on PATH alone.
        (await playfair.RunAsync(["attribute", footage.Moving], [("PATH", elsewhere)]))
            .Refused(30, "not on PATH", "apt-get install ffmpeg");
    }

    [Fact]
    public async Task An_ffmpeg_that_somebody_ends_is_not_taken_for_an_interruption()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the stand-in for ffmpeg is a shell script");
        // Not INT, which a shell that starts the tests in the background may have had ignored.
        using var tools = SlowTools.Create(footage, "kill -TERM $$");
        (await playfair.RunAsync(["attribute", footage.Moving], [tools.Variable])).Refused(31, "signal");
    }

    [Fact]
    public async Task Models_that_are_unknown_or_broken_are_refused()
    {
        string folder = footage.NewFolder("models");
        string noJson = Directory.CreateDirectory(Path.Combine(folder, "no json")).FullName;
        string wrongField = new TestPackage { Name = "wrong-field", Fit = "squeeze" }.WriteTo(folder);
        string noOnnx = new TestPackage { Name = "no-onnx", Backbone = [1, 2, 3] }.WriteTo(folder);
        string otherSize = new TestPackage { Name = "other-size", Backbone = new LinearBackbone(8, 8).ToOnnx() }.WriteTo(folder);
        string noHead = new TestPackage { Name = "no-head" }.WriteTo(folder);
        File.Delete(Path.Combine(noHead, "head.safetensors"));

        (await AttributeAsync(footage.Moving, "-m", "moves-tnr")).Refused(40, "moves-tnr", "moves-trn, tiny-tsn", playfair.Models);
        (await AttributeAsync(footage.Moving, "-m", noJson)).Refused(40, noJson, "model.json");
        (await AttributeAsync(footage.Moving, "-m", footage.Moving)).Refused(40, "a file");
        (await AttributeAsync(footage.Moving, "-m", wrongField)).Refused(40, "backbone.fit", "squeeze", "letterbox, crop, stretch");
        (await AttributeAsync(footage.Moving, "-m", noHead)).Refused(40, "head.file", "head.safetensors");
        (await AttributeAsync(footage.Moving, "-m", noOnnx)).Refused(41, "backbone.onnx", "cannot be loaded");
        (await AttributeAsync(footage.Moving, "-m", otherSize)).Refused(41, "frames", "[free, 3, 8, 8]");
    }

    [Fact]
    public async Task Cuda_that_is_asked_for_and_missing_is_an_error()
    {
        Assert.SkipWhen(Directory.Exists("/proc/driver/nvidia"), "this machine has an NVIDIA driver");
        (await AttributeAsync(footage.Moving, "--device", "cuda")).Refused(41, "cuda:0");
    }

    [Fact]
    public async Task Feature_files_that_do_not_fit_are_refused()
    {
        string folder = footage.NewFolder("features");
        string Features(string name, params int[] shape)
        {
            string path = Path.Combine(folder, name);
            SafetensorsFile.Write(path, [new("features", shape, new float[shape.Aggregate(1, (a, b) => a * b)])]);
            return path;
        }

        (await AttributeAsync("--features", Features("other", 3, 7))).Refused(42, "7 features a frame", "takes 5");
        (await AttributeAsync("--features", Features("cube", 3, 5, 2))).Refused(42, "shape [3, 5, 2]");
        (await AttributeAsync("--features", Features("none", 0, 5))).Refused(42, "shape [0, 5]");
        (await AttributeAsync("--features", Features("many", 4097, 5))).Refused(19, "4097 frames", "at most 4096");
        (await AttributeAsync("--features", Features("few", 3, 5), "--estimator", "closed-form-sampling")).Refused(
            2, "The score is 'softmax-of-mean'");
        string large = Path.Combine(folder, "large");
        SafetensorsFile.Write(large, [new("features", [3, 5], [.. Enumerable.Repeat(3e38f, 15)])]);
        (await AttributeAsync("--features", large)).Refused(42, $"'{large}'", "3e+38", "not finite");
        (await AttributeAsync("--features", footage.Moving)).Refused(42, "safetensors");
        (await AttributeAsync("--features", Path.Combine(folder, "missing"))).Refused(42, "no such file");
        (await AttributeAsync("--features", folder)).Refused(42, "a folder");
    }

    [Theory]
    [InlineData("opening", "Did you mean: opening a door?")]
    [InlineData("mooving left", "Did you mean: moving left?")]
    [InlineData("4", "an index 0 to 3")]
    public async Task An_unknown_class_is_refused_with_a_suggestion(string name, string suggestion) =>
        (await AttributeAsync(footage.Moving, "--class", name)).Refused(43, $"no class '{name}'", suggestion);

    private static AttributionDocument Parse(string json) =>
        JsonSerializer.Deserialize<AttributionDocument>(json, AttributionDocument.JsonOptions)!;

    private Task<Outcome> AttributeAsync(params string[] arguments) => playfair.RunAsync(["attribute", .. arguments]);

    /// <summary>Takes all permissions from a file or folder.</summary>
    internal static void Forbid(string file)
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("permissions are Unix ones");
        else
            File.SetUnixFileMode(file, UnixFileMode.None);
    }

    /// <summary>A launcher under which permissions count, for root too.</summary>
    internal static string[] WithoutPrivileges()
    {
        if (!Environment.IsPrivilegedProcess)
            return [];
        Assert.SkipUnless(
            Footage.FindProgram("setpriv") is not null, "root may read everything, and there is no setpriv to drop that");
        return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];
    }
}
