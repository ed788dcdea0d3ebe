using System.Text;

namespace PlayFair.Video.Tests;

public class DecodingTests(Clips clips)
{
    public static TheoryData<string, string[]> Codings => new()
    {
        { "lossless.mkv", ["-c:v", "ffv1"] },
        // B-frames: decoded in another order than stored.
        { "reordered.mp4", ["-c:v", "mpeg4", "-bf", "2", "-q:v", "2"] },
        { "plain.avi", ["-c:v", "mjpeg", "-q:v", "2"] },
        { "broadcast.ts", ["-c:v", "mpeg2video", "-bf", "2", "-q:v", "2"] },
    };

    [Theory]
    [MemberData(nameof(Codings))]
    public async Task A_frames_index_and_time_belong_to_its_picture(string name, string[] coding)
    {
        string path = clips.Make(name, ["-f", "lavfi", "-i", Clips.Numbered(40), .. coding]);
        (List<KeptFrame> frames, DecodeReport report) = await Reading.ReadAllAsync(path, FrameSampling.All);

        Assert.Equal(40, frames.Count);
        Assert.All(frames, frame => Assert.Equal(frame.Index, frame.NumberShown()));
        Assert.All(frames, (frame, i) => Assert.Equal(i, frame.Index));
        Assert.All(frames, (frame, i) => Assert.Equal(i / 25.0, frame.Time.TotalSeconds, 0.001));
        Assert.Equal(40, report.DecodedFrameCount);
        Assert.True(report.IsComplete, report.ToString());
        Assert.Equal(0, report.LostFrameCount);
        Assert.Equal(1.6, report.DecodedDuration.TotalSeconds, 0.001);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(40)]
    public async Task Uniform_frames_show_the_numbers_of_the_formula(int n)
    {
        foreach (string name in (string[])["lossless.mkv", "reordered.mp4"])
        {
            string path = clips.Make(name, ["-f", "lavfi", "-i", Clips.Numbered(40), .. CodingOf(name)]);
            (List<KeptFrame> frames, _) = await Reading.ReadAllAsync(path, FrameSampling.Uniform(n));
            Assert.Equal(
                Enumerable.Range(0, n).Select(i => ((2 * i) + 1) * 40 / (2 * n)),
                frames.Select(frame => frame.NumberShown()));
            Assert.Equal(frames.Select(frame => (long)frame.NumberShown()), frames.Select(frame => frame.Index));
        }
    }

    [Fact]
    public async Task Uniform_frames_are_the_same_when_too_many_to_hold_back()
    {
        string path = clips.MakeNumbered(40);
        (List<KeptFrame> frames, DecodeReport report) = await Reading.ReadAllAsync(
            path, FrameSampling.Uniform(8), options: new VideoDecoderOptions { MaxHeldBackBytes = 1 });
        Assert.Equal([2, 7, 12, 17, 22, 27, 32, 37], frames.Select(frame => frame.NumberShown()));
        Assert.Equal(40, report.DecodedFrameCount);
    }

    [Fact]
    public async Task Progress_tells_the_time_of_every_decoded_frame_while_uniform_frames_are_held_back()
    {
        var times = new Times();
        await Reading.ReadAllAsync(
            clips.MakeNumbered(40), FrameSampling.Uniform(2), options: new VideoDecoderOptions { Progress = times });
        Assert.Equal(Enumerable.Range(0, 40).Select(i => TimeSpan.FromMilliseconds(40 * i)), times);
    }

    private sealed class Times : List<TimeSpan>, IProgress<TimeSpan>
    {
        public void Report(TimeSpan value) => Add(value);
    }

    [Fact]
    public async Task Every_kth_frame_keeps_its_number_and_time()
    {
        (List<KeptFrame> frames, _) = await Reading.ReadAllAsync(clips.MakeNumbered(40), FrameSampling.EveryKth(9));
        Assert.Equal([0, 9, 18, 27, 36], frames.Select(frame => frame.NumberShown()));
        Assert.Equal([0, 360, 720, 1080, 1440], frames.Select(frame => frame.Time.TotalMilliseconds));
    }

    [Fact]
    public async Task A_variable_frame_rate_keeps_every_frame_at_its_own_time()
    {
        string path = MakeVariableRate();
        (List<KeptFrame> frames, DecodeReport report) = await Reading.ReadAllAsync(path, FrameSampling.All);
        Assert.Equal(Enumerable.Range(0, 30), frames.Select(frame => frame.NumberShown()));
        Assert.Equal(
            Enumerable.Range(0, 30).Select(i => i * i * 10.0), frames.Select(frame => frame.Time.TotalMilliseconds));
        Assert.True(report.IsComplete, report.ToString());
    }

    [Fact]
    public async Task A_rate_follows_time_where_the_frame_rate_varies()
    {
        (List<KeptFrame> frames, _) = await Reading.ReadAllAsync(MakeVariableRate(), FrameSampling.Rate(2));
        // Frame i is at i² / 100 s, ticks are every 0.5 s: the first i with i² ≥ 50 j.
        IEnumerable<int> expected = Enumerable.Range(0, 17).Select(j => (int)Math.Ceiling(Math.Sqrt(50 * j)));
        Assert.Equal(expected.Distinct(), frames.Select(frame => frame.NumberShown()));
    }

    [Fact]
    public async Task Times_count_from_the_first_frame_and_keep_their_precision_in_long_videos()
    {
        string path = clips.Make(
            "late.mkv", "-f", "lavfi", "-i", Clips.Numbered(5) + ",settb=1/1000,setpts=1234567+N*1000003",
            "-enc_time_base", "1:1000", "-c:v", "ffv1");
        (List<KeptFrame> frames, _) = await Reading.ReadAllAsync(path, FrameSampling.All);
        Assert.Equal(
            Enumerable.Range(0, 5).Select(i => i * 1000003.0), frames.Select(frame => frame.Time.TotalMilliseconds));
    }

    [Theory]
    [InlineData(0, "red", "green", "blue", "white")]
    [InlineData(90, "blue", "red", "white", "green")]
    [InlineData(180, "white", "blue", "green", "red")]
    [InlineData(270, "green", "white", "red", "blue")]
    public async Task Rotation_metadata_turns_the_picture(
        int clockwise, string topLeft, string topRight, string bottomLeft, string bottomRight)
    {
        string upright = clips.Make(
            "upright.mp4", "-f", "lavfi", "-i", Clips.Quadrants(96, 64), "-c:v", "mpeg4", "-q:v", "2");
        string path = clips.Write($"turned{clockwise}.mp4", Turned(File.ReadAllBytes(upright), clockwise));

        VideoInfo info = await VideoProbe.ProbeAsync(path);
        Assert.Equal(clockwise, info.RotationDegrees);
        bool onItsSide = clockwise is 90 or 270;
        Assert.Equal(onItsSide ? (64, 96) : (96, 64), (info.Width, info.Height));

        (List<KeptFrame> frames, _) = await Reading.ReadAllAsync(
            path, FrameSampling.All, new FrameFormat(info.Width, info.Height));
        Assert.Equal(
            $"{topLeft} {topRight} {bottomLeft} {bottomRight}",
            frames[0].ColoursAt((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)));
        // No bars: the size reported is the size shown.
        Assert.Equal(topLeft, frames[0].ColourAt(0.03, 0.03));
    }

    [Fact]
    public async Task Letterbox_keeps_the_shape_and_pads_with_black()
    {
        KeptFrame wide = await FirstAsync(MakeQuadrants(128, 32), new FrameFormat(64, 48));
        // 128 × 32 in 64 × 48: 64 × 16, rows 16 to 31.
        Assert.Equal("black", wide.ColourAt(0.25, 15.0 / 48));
        Assert.Equal("red", wide.ColourAt(0.25, 18.0 / 48));
        Assert.Equal("blue", wide.ColourAt(0.25, 29.0 / 48));
        Assert.Equal("black", wide.ColourAt(0.25, 32.0 / 48));

        KeptFrame tall = await FirstAsync(MakeQuadrants(32, 128), new FrameFormat(65, 49));
        // 32 × 128 in 65 × 49: 12 × 49, columns 26 to 37.
        Assert.Equal("black", tall.ColourAt(25.0 / 65, 0.25));
        Assert.Equal("red", tall.ColourAt(29.0 / 65, 0.25));
        Assert.Equal("green", tall.ColourAt(35.0 / 65, 0.25));
        Assert.Equal("black", tall.ColourAt(39.0 / 65, 0.25));
    }

    [Fact]
    public async Task Crop_keeps_the_shape_and_the_centre()
    {
        // 120 × 40 in thirds, red, white, blue: a centred square of it is white only.
        string path = clips.Make(
            "thirds.mkv", "-f", "lavfi", "-i",
            "color=white:s=120x40:r=25,trim=end_frame=2,format=rgb24,drawbox=x=0:y=0:w=40:h=40:color=red:t=fill," +
            "drawbox=x=80:y=0:w=40:h=40:color=blue:t=fill",
            "-c:v", "ffv1");
        KeptFrame square = await FirstAsync(path, new FrameFormat(40, 40, FrameFit.Crop));
        Assert.All((double[])[0.05, 0.5, 0.95], x => Assert.Equal("white", square.ColourAt(x, 0.5)));

        KeptFrame wider = await FirstAsync(path, new FrameFormat(60, 30, FrameFit.Crop));
        Assert.Equal("red white blue", wider.ColoursAt((0.05, 0.5), (0.5, 0.5), (0.95, 0.5)));
    }

    [Fact]
    public async Task Stretch_fills_the_frame()
    {
        KeptFrame frame = await FirstAsync(MakeQuadrants(128, 32), new FrameFormat(40, 40, FrameFit.Stretch));
        Assert.Equal(
            "red green blue white", frame.ColoursAt((0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9)));
    }

    [Theory]
    [InlineData(FrameFit.Letterbox)]
    [InlineData(FrameFit.Crop)]
    [InlineData(FrameFit.Stretch)]
    public async Task Odd_sizes_come_out_whole(FrameFit fit)
    {
        string path = clips.Make("odd.mkv", "-f", "lavfi", "-i", Clips.Quadrants(99, 53), "-c:v", "ffv1");
        foreach ((int width, int height) in ((int, int)[])[(1, 1), (7, 91), (113, 85)])
        {
            (List<KeptFrame> frames, _) = await Reading.ReadAllAsync(
                path, FrameSampling.All, new FrameFormat(width, height, fit));
            Assert.Equal(3, frames.Count);
        }
    }

    [Fact]
    public async Task Pixel_order_is_as_asked()
    {
        string path = MakeQuadrants(128, 32);
        KeptFrame rgb = await FirstAsync(path, new FrameFormat(64, 16));
        KeptFrame bgr = await FirstAsync(path, new FrameFormat(64, 16, FrameFit.Letterbox, PixelOrder.Bgr));
        Assert.Equal((255, 0, 0), rgb.At(8, 4));
        Assert.Equal((0, 0, 255), bgr.At(8, 4));
    }

    [Fact]
    public async Task Non_square_pixels_become_square()
    {
        string path = clips.Make(
            "anamorphic.mkv", "-f", "lavfi", "-i", Clips.Quadrants(64, 64) + ",setsar=2/1", "-c:v", "ffv1");
        VideoInfo info = await VideoProbe.ProbeAsync(path);
        Assert.Equal((128, 64), (info.Width, info.Height));

        KeptFrame frame = await FirstAsync(path, new FrameFormat(64, 64));
        Assert.Equal("black", frame.ColourAt(0.25, 0.2));
        Assert.Equal("red", frame.ColourAt(0.25, 0.3));
        Assert.Equal("blue", frame.ColourAt(0.25, 0.7));
        Assert.Equal("black", frame.ColourAt(0.25, 0.8));
    }

    [Fact]
    public async Task A_stream_that_changes_its_size_is_counted_through()
    {
        byte[] Part(string name, string offset, string size) => File.ReadAllBytes(clips.Make(
            name, "-f", "lavfi", "-i", Clips.Numbered(20) + $",scale={size}:flags=neighbor", "-c:v", "mpeg2video",
            "-q:v", "2", "-output_ts_offset", offset));
        string path = clips.Write(
            "resized.ts", [.. Part("part1.ts", "1", "64:48"), .. Part("part2.ts", "1.8", "128:96")]);

        (List<KeptFrame> all, _) = await Reading.ReadAllAsync(path, FrameSampling.All);
        // The decoder may lose a frame at the splice; what it gives must keep its number and time.
        Assert.InRange(all.Count, 38, 40);
        Assert.All(all, (frame, i) => Assert.Equal(i, frame.Index));
        Assert.All(all, frame =>
        {
            int numbersBefore = frame.Time < TimeSpan.FromMilliseconds(790) ? 0 : 20;
            Assert.Equal((frame.NumberShown() + numbersBefore) / 25.0, frame.Time.TotalSeconds, 0.001);
        });

        (List<KeptFrame> frames, _) = await Reading.ReadAllAsync(path, FrameSampling.EveryKth(7));
        Assert.Equal([0, 7, 14, 21, 28, 35], frames.Select(frame => frame.Index));
        Assert.All(frames, frame => Assert.Equal(all[(int)frame.Index].Pixels, frame.Pixels));
    }

    [Fact]
    public async Task A_trimmed_file_counts_the_frames_it_shows()
    {
        string whole = clips.Make(
            "long.mp4", "-f", "lavfi", "-i", Clips.Numbered(40), "-c:v", "mpeg4", "-g", "20", "-q:v", "2");
        string path = clips.Make("trimmed.mp4", "-ss", "0.4", "-i", whole, "-c", "copy");
        (List<KeptFrame> all, DecodeReport report) = await Reading.ReadAllAsync(path, FrameSampling.All);
        Assert.True(report.IsComplete, report.ToString());
        Assert.Equal(0, report.LostFrameCount);

        (List<KeptFrame> frames, _) = await Reading.ReadAllAsync(path, FrameSampling.Uniform(3));
        Assert.Equal(
            Enumerable.Range(0, 3).Select(i => ((2 * i) + 1) * all.Count / 6), frames.Select(f => (int)f.Index));
        Assert.Equal(frames.Select(f => all[(int)f.Index].NumberShown()), frames.Select(f => f.NumberShown()));
    }

    [Fact]
    public async Task Cover_art_is_not_the_video()
    {
        string cover = clips.Make("cover.png", "-f", "lavfi", "-i", "color=red:s=32x32", "-frames:v", "1");
        string path = clips.Make(
            "covered.mp4", "-i", cover, "-i", clips.MakeNumbered(40), "-map", "0", "-map", "1", "-c:v:0", "copy",
            "-c:v:1", "mpeg4", "-q:v", "2", "-disposition:v:0", "attached_pic");
        VideoInfo info = await VideoProbe.ProbeAsync(path);
        Assert.Equal("mpeg4", info.CodecName);
        (List<KeptFrame> frames, _) = await Reading.ReadAllAsync(path, FrameSampling.All);
        Assert.Equal(Enumerable.Range(0, 40), frames.Select(frame => frame.NumberShown()));
    }

    [Fact]
    public async Task An_image_is_a_video_of_one_frame()
    {
        string path = clips.Make("still.png", "-f", "lavfi", "-i", "color=red:s=32x32", "-frames:v", "1");
        (List<KeptFrame> frames, _) = await Reading.ReadAllAsync(path, FrameSampling.Uniform(1));
        Assert.Equal("red", Assert.Single(frames).ColourAt(0.5, 0.5));
    }

    [Fact]
    public async Task A_picture_whose_name_is_a_pattern_for_others_is_itself()
    {
        string red = clips.Make("pattern-red.png", "-f", "lavfi", "-i", "color=red:s=32x32", "-frames:v", "1");
        string blue = clips.Make("pattern-blue.png", "-f", "lavfi", "-i", "color=blue:s=32x32", "-frames:v", "1");
        clips.Write("picture1.png", File.ReadAllBytes(blue));
        clips.Write("picture2.png", File.ReadAllBytes(blue));
        string pattern = Path.Combine(clips.Folder, "picture%d.png");

        await Reading.FailsAsync(pattern, VideoErrorKind.NotFound);
        clips.Write("picture%d.png", File.ReadAllBytes(red));
        (List<KeptFrame> frames, DecodeReport report) = await Reading.ReadAllAsync(pattern, FrameSampling.All);

        Assert.Equal("red", Assert.Single(frames).ColourAt(0.5, 0.5));
        Assert.True(report.IsComplete);
    }

    [Fact]
    public async Task A_clock_that_starts_anew_goes_on_from_the_last_frame()
    {
        // Two Matroska files in one read as a single stream whose times start again; 40 frames are 1.6 s.
        byte[] part = File.ReadAllBytes(clips.MakeNumbered(40));
        string path = clips.Write("spliced.mkv", [.. part, .. part]);
        (List<KeptFrame> frames, _) = await Reading.ReadAllAsync(path, FrameSampling.All);

        Assert.Equal(80, frames.Count);
        // Matroska counts milliseconds, and 1/25 s is 40 of them.
        Assert.All(frames, frame => Assert.Equal(frame.Index * 0.04, frame.Time.TotalSeconds, 1e-6));
    }

    [Theory]
    [InlineData("-i.mkv")]
    [InlineData("pipe:0.mkv")]
    [InlineData("100%d %05d.mkv")]
    [InlineData("two  spaces 'quotes' \"double\".mkv")]
    [InlineData("new\nline [showinfo@ff] [info] n: 0 pts: 7 .mkv")]
    [InlineData("$(touch oops);&|*?.mkv")]
    [InlineData("ναί-日本語-🎬.mkv")]
    [InlineData("back\\slash.mkv")]
    public async Task Any_file_name_is_taken_literally(string name)
    {
        string path = clips.Write(name, File.ReadAllBytes(clips.MakeNumbered(6)));
        (List<KeptFrame> frames, _) = await Reading.ReadAllAsync(path, FrameSampling.Uniform(3));
        Assert.Equal([1, 3, 5], frames.Select(frame => frame.NumberShown()));
    }

    [Fact]
    public async Task The_probe_tells_what_the_container_says()
    {
        string path = clips.Make(
            "reordered.mp4", ["-f", "lavfi", "-i", Clips.Numbered(40), .. CodingOf("reordered.mp4")]);
        VideoInfo info = await VideoProbe.ProbeAsync(path);
        Assert.Equal((64, 48, 0), (info.Width, info.Height, info.RotationDegrees));
        Assert.Equal(("mpeg4", 0), (info.CodecName, info.StreamIndex));
        Assert.Equal(path, info.Path);
        Assert.Equal(40, info.ContainerFrameCount);
        Assert.Equal(25, info.FrameRateHz);
        Assert.Equal(TimeSpan.FromSeconds(1.6), info.Duration);

        VideoInfo matroska = await VideoProbe.ProbeAsync(clips.MakeNumbered(40));
        Assert.Null(matroska.ContainerFrameCount);
        Assert.Equal(TimeSpan.FromSeconds(1.6), matroska.Duration);
    }

    private static string[] CodingOf(string name) => (string[])Codings.Single(row => row.Data.Item1 == name).Data.Item2;

    private static async Task<KeptFrame> FirstAsync(string path, FrameFormat format) =>
        (await Reading.ReadAllAsync(path, FrameSampling.Uniform(1), format)).Frames[0];

    private string MakeQuadrants(int width, int height) => clips.Make(
        $"quadrants{width}x{height}.mkv", "-f", "lavfi", "-i", Clips.Quadrants(width, height), "-c:v", "ffv1");

    private string MakeVariableRate() => clips.Make(
        "variable.mkv", "-f", "lavfi", "-i", Clips.Numbered(30) + ",settb=1/1000,setpts=N*N*10", "-enc_time_base",
        "1:1000", "-c:v", "ffv1");

    /// <summary>Writes a turn into the track header's matrix (ISO 14496-12, 8.3.2), as phones do.</summary>
    private static byte[] Turned(byte[] mp4, int clockwise)
    {
        (int cos, int sin) = clockwise switch { 0 => (1, 0), 90 => (0, 1), 180 => (-1, 0), _ => (0, -1) };
        int[] matrix = [cos << 16, sin << 16, 0, -sin << 16, cos << 16, 0, 0, 0, 1 << 30];
        int at = mp4.AsSpan().IndexOf(Encoding.ASCII.GetBytes("tkhd")) + 44;
        foreach (int value in matrix)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(mp4.AsSpan(at), value);
            at += 4;
        }

        return mp4;
    }
}
