using System.Globalization;

namespace PlayFair.Video.Tests;

public class FramePicturesTests(Clips clips)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string[] Source(string filter = "") =>
        ["-f", "lavfi", "-i", Clips.Numbered(200) + filter];

    /// <summary>Containers and codecs that seek and count in their own ways.</summary>
    public static TheoryData<string, string, string> Files => new()
    {
        { "pictures.mp4", "", "-c:v libx264 -g 50 -bf 3" },
        { "pictures.mkv", "", "-c:v libx264 -g 250 -bf 2" },
        { "pictures.avi", "", "-c:v mpeg4 -g 30" },
        { "pictures.ts", "", "-c:v libx264 -g 40 -bf 2" },
        { "pictures-open.mp4", "", "-c:v libx264 -x264-params keyint=25:open-gop=1:bframes=3" },
        { "pictures-late.mp4", ",settb=1/1000,setpts=5000+N*40", "-c:v libx264 -g 50 -enc_time_base 1:1000" },
        { "pictures-vfr.mkv", ",settb=1/1000,setpts=N*7+N*N", "-c:v libx264 -g 50 -enc_time_base 1:1000 -vsync vfr" },
        { "pictures.webm", "", "-c:v libvpx -g 60 -deadline realtime" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Frames_are_found_by_their_time_as_decoding_all_finds_them(string name, string filter, string encoding)
    {
        string path = clips.Make(
            name, [.. Source(filter), .. encoding.Split(' '), "-crf", "10", "-pix_fmt", "yuv420p"]);
        (List<KeptFrame> frames, _) = await Reading.ReadAllAsync(path, FrameSampling.All);
        KeptFrame[] asked = [frames[133], frames[0], frames[2], frames[^1], frames[134], frames[51]];

        // An index that is wrong shows that it was the time by which they were found.
        var pictures = new FramePictures(SourcePolicy.Anything);
        IReadOnlyList<byte[]?> found = await pictures.ReadPngAsync(
            VideoSource.Parse(path), [.. asked.Select(f => new FrameAddress(-1, f.Time))], Reading.Small, Token);

        for (int i = 0; i < asked.Length; i++)
        {
            Assert.NotNull(found[i]);
            string picture = clips.Write($"{name}.{i.ToString(CultureInfo.InvariantCulture)}.png", found[i]);
            Assert.Equal(asked[i].Pixels, (await Reading.ReadAllAsync(picture, FrameSampling.All)).Frames[0].Pixels);
        }
    }

    [Fact]
    public async Task Frames_without_a_time_or_with_a_wrong_one_are_found_by_their_index()
    {
        VideoSource source = VideoSource.Parse(clips.MakeNumbered(40));
        var pictures = new FramePictures(SourcePolicy.Anything);
        FrameAddress[] asked =
        [
            new(7, null), new(39, null), new(3, TimeSpan.FromSeconds(0.13)), new(40, null), new(41, TimeSpan.FromSeconds(100)),
        ];
        IReadOnlyList<byte[]?> found = await pictures.ReadJpegAsync(source, asked, 640, Token);
        Assert.Equal([true, true, true, false, false], found.Select(picture => picture is not null));
        int[] numbers = [7, 39, 3];
        for (int i = 0; i < numbers.Length; i++)
        {
            string path = clips.Write($"by-index{i}.jpg", found[i]);
            Assert.Equal(numbers[i], (await Reading.ReadAllAsync(path, FrameSampling.All)).Frames[0].NumberShown());
        }
    }

    [Fact]
    public async Task The_policy_is_asked_each_time()
    {
        VideoSource source = VideoSource.Parse(clips.MakeNumbered(40));
        var pictures = new FramePictures(new SourcePolicy { Folders = ["/nowhere"] });
        var refusal = await Assert.ThrowsAsync<SourceException>(
            () => pictures.ReadPngAsync(source, [new FrameAddress(0, null)], Reading.Small, Token));
        Assert.Equal(SourceErrorKind.Forbidden, refusal.Kind);
    }
}
