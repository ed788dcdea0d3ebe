namespace PlayFair.Video.Tests;

public class DamageTests(Clips clips)
{
    private const int FrameCount = 100;

    [Theory]
    [InlineData("mp4")]
    [InlineData("mkv")]
    [InlineData("avi")]
    public async Task A_truncated_file_gives_what_decodes_and_says_what_is_lost(string container)
    {
        string path = Cut(MakeNoisy(container), 0.6);
        (List<KeptFrame> frames, DecodeReport report) = await Reading.ReadAllAsync(path, FrameSampling.All);

        Assert.InRange(frames.Count, 20, 90);
        Assert.True(report.IsTruncated, report.ToString());
        Assert.Equal(frames.Count, report.DecodedFrameCount);
        Assert.Equal(4.0, report.ExpectedDuration!.Value.TotalSeconds, 0.1);
        Assert.Equal(frames.Count / 25.0, report.DecodedDuration.TotalSeconds, 0.05);
        if (container == "mkv")
            Assert.Null(report.LostFrameCount);
        else
            Assert.Equal(FrameCount - frames.Count, report.LostFrameCount);
    }

    [Theory]
    [InlineData("mp4")]
    [InlineData("mkv")]
    [InlineData("avi")]
    public async Task Uniform_sampling_of_a_truncated_file_spans_the_frames_that_decode(string container)
    {
        string path = Cut(MakeNoisy(container), 0.6);
        (List<KeptFrame> frames, DecodeReport report) = await Reading.ReadAllAsync(path, FrameSampling.Uniform(8));
        long decoded = report.DecodedFrameCount;
        Assert.InRange(decoded, 20, 90);
        Assert.Equal(
            Enumerable.Range(0, 8).Select(i => ((2 * i) + 1) * decoded / 16), frames.Select(frame => frame.Index));
        Assert.True(report.IsTruncated, report.ToString());
    }

    [Fact]
    public async Task A_truncated_file_with_too_few_frames_left_names_both_numbers()
    {
        string path = Cut(MakeNoisy("mp4"), 0.6);
        VideoException error = await Reading.FailsAsync(
            path, VideoErrorKind.TooFewFrames, FrameSampling.Uniform(FrameCount));
        Assert.Contains($"{FrameCount} were asked for", error.Message, StringComparison.Ordinal);
        Assert.Contains("truncated", error.Message, StringComparison.Ordinal);
        Assert.Matches(@"has \d+ frames that decode", error.Message);
    }

    [Fact]
    public async Task An_mp4_cut_before_its_index_is_named_as_such()
    {
        string whole = clips.Make(
            "indexlast.mp4", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=1", "-c:v", "mpeg4");
        VideoException error = await Reading.FailsAsync(Cut(whole, 0.6), VideoErrorKind.IndexMissing);
        Assert.Contains("moov", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mp4")]
    [InlineData("mkv")]
    [InlineData("avi")]
    public async Task Corruption_in_the_middle_is_reported_and_read_past(string container)
    {
        byte[] bytes = File.ReadAllBytes(MakeNoisy(container));
        new Random(7).NextBytes(bytes.AsSpan((int)(bytes.Length * 0.45), bytes.Length / 20));
        string path = clips.Write($"corrupt.{container}", bytes);

        (List<KeptFrame> frames, DecodeReport report) = await Reading.ReadAllAsync(path, FrameSampling.All);
        Assert.InRange(frames.Count, 50, FrameCount);
        Assert.True(report.IsCorrupt, report.ToString());
        // AVI has no times but counts frames, so lost ones bring its end forward, as if it had been cut.
        Assert.Equal(container == "avi" && report.LostFrameCount > 3, report.IsTruncated);
        Assert.NotEmpty(report.Warnings);
        Assert.InRange(frames[^1].Time.TotalSeconds, 3.0, 4.0);
        Assert.True(frames.Zip(frames.Skip(1)).All(pair => pair.First.Time <= pair.Second.Time));
    }

    [Fact]
    public async Task Warnings_are_bounded_and_counted()
    {
        byte[] bytes = File.ReadAllBytes(MakeNoisy("avi"));
        var random = new Random(3);
        for (int at = bytes.Length / 4; at < bytes.Length / 4 * 3; at += 700)
            random.NextBytes(bytes.AsSpan(at, 60));
        string path = clips.Write("noisy-damage.avi", bytes);
        (_, DecodeReport report) = await Reading.ReadAllAsync(
            path, FrameSampling.All, options: new VideoDecoderOptions { MaxWarningLines = 3 });
        Assert.Equal(3, report.Warnings.Count);
        Assert.True(report.WarningCount > 3);
        Assert.DoesNotContain(report.Warnings, line => line.Contains(" @ 0x", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stream_without_one_good_frame_is_refused()
    {
        byte[] bytes = File.ReadAllBytes(MakeNoisy("mp4"));
        int data = bytes.AsSpan().IndexOf("mdat"u8) + 4;
        bytes.AsSpan(data).Clear();
        string path = clips.Write("zeroed.mp4", bytes);
        VideoException error = await Reading.FailsAsync(path, VideoErrorKind.NoDecodableFrames);
        Assert.Contains("mpeg4", error.Message, StringComparison.Ordinal);
        await Reading.FailsAsync(path, VideoErrorKind.NoDecodableFrames, FrameSampling.Uniform(4));
    }

    /// <summary>Noise spreads the bytes evenly over the frames; an MP4 has its index first.</summary>
    private string MakeNoisy(string container) => clips.Make(
        $"noisy.{container}",
        [
            "-f", "lavfi", "-i", $"testsrc2=s=96x64:r=25,noise=alls=40:allf=t:all_seed=1,trim=end_frame={FrameCount}",
            "-c:v", "mpeg4", "-q:v", "4", .. container == "mp4" ? ["-movflags", "+faststart"] : Array.Empty<string>(),
        ]);

    private string Cut(string path, double part)
    {
        byte[] bytes = File.ReadAllBytes(path);
        return clips.Write("cut-" + Path.GetFileName(path), bytes.AsSpan(0, (int)(bytes.Length * part)));
    }
}
