using System.Globalization;

namespace PlayFair.Video.Tests;

public class RealFootageTests
{
    [Theory]
    [InlineData("videos/box.mp4")]
    [InlineData("videos/cup.mp4")]
    [InlineData("ut-interaction/*/0_1_4.avi")]
    public async Task Frames_agree_with_ffprobes_count_and_times_never_go_back(string name)
    {
        Clips.RequireFfmpeg();
        string path = Find(name);
        (List<KeptFrame> frames, DecodeReport report) = await Reading.ReadAllAsync(
            path, FrameSampling.All, new FrameFormat(28, 21));

        string counted = Clips.Run(
            ["-v", "quiet", "-select_streams", "v:0", "-count_frames", "-show_entries", "stream=nb_read_frames",
                "-of", "csv=p=0", path],
            "ffprobe").Trim().TrimEnd(',');
        Assert.Equal(long.Parse(counted, CultureInfo.InvariantCulture), frames.Count);
        Assert.Equal(frames.Count, report.DecodedFrameCount);
        Assert.All(frames, (frame, i) => Assert.Equal(i, frame.Index));
        Assert.Equal(TimeSpan.Zero, frames[0].Time);
        Assert.All(frames.Zip(frames.Skip(1)), pair => Assert.True(pair.First.Time <= pair.Second.Time));
        Assert.False(report.IsTruncated, report.ToString());

        (List<KeptFrame> sampled, _) = await Reading.ReadAllAsync(
            path, FrameSampling.Uniform(8), new FrameFormat(28, 21));
        Assert.Equal(
            Enumerable.Range(0, 8).Select(i => ((2L * i) + 1) * frames.Count / 16),
            sampled.Select(frame => frame.Index));
        Assert.All(sampled, frame => Assert.Equal(frames[(int)frame.Index].Pixels, frame.Pixels));
    }

    private static string Find(string name)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "PlayFair.Orleans.sln")))
            folder = folder.Parent;
        string assets = Path.Combine(folder?.Parent?.FullName ?? "", "shared", "assets");
        string file = Path.GetFileName(name);
        string? path = Directory.Exists(assets)
            ? Directory.EnumerateFiles(Path.Combine(assets, name.Split('/')[0]), file, SearchOption.AllDirectories)
                .FirstOrDefault()
            : null;
        Assert.SkipWhen(path is null, $"the shared footage {name} is not beside this checkout");
        return path!;
    }
}
