using System.Text;

namespace PlayFair.Video.Tests;

public class RefusalTests(Clips clips)
{
    [Fact]
    public async Task A_missing_file() =>
        await RefusedAsync("not-there.mp4", VideoErrorKind.NotFound, "does not exist");

    [Fact]
    public async Task A_file_in_a_missing_folder() =>
        await RefusedAsync("no-folder/not-there.mp4", VideoErrorKind.NotFound, "does not exist");

    [Fact]
    public async Task A_folder() => await RefusedAsync("", VideoErrorKind.IsFolder, "is a folder");

    [Fact]
    public async Task An_empty_file()
    {
        clips.Write("empty.mp4", []);
        await RefusedAsync("empty.mp4", VideoErrorKind.Empty, "0 bytes");
    }

    [Theory]
    [InlineData("text.mp4")]
    [InlineData("text.avi")]
    [InlineData("text.txt")]
    [InlineData("text")]
    public async Task Text_whatever_its_name(string name)
    {
        clips.Write(name, "Dear diary,\ntoday no video was made.\n"u8);
        await RefusedAsync(name, VideoErrorKind.NotAVideo, "not a video");
    }

    [Fact]
    public async Task A_long_text_that_ffmpeg_would_draw_as_a_terminal()
    {
        Clips.RequireFfmpeg();
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("ab cd\r\n", 2000)));
        string path = clips.Write("art.ans", text);
        VideoException error = await Reading.FailsAsync(path, VideoErrorKind.NotAVideo);
        Assert.Contains("text file", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A playlist without its end line is read for ever, as that of a broadcast.</summary>
    [Theory]
    [InlineData("broadcast.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nnumbered6.mkv\n")]
    [InlineData("videos.txt", "ffconcat version 1.0\nfile numbered6.mkv\n")]
    public async Task A_playlist(string name, string text)
    {
        clips.MakeNumbered(6);
        clips.Write(name, Encoding.ASCII.GetBytes(text));
        await RefusedAsync(name, VideoErrorKind.NotAVideo, "is a playlist, which names other files");
    }

    [Fact]
    public async Task A_name_below_a_file()
    {
        clips.Write("file", "text"u8);
        await RefusedAsync("file/clip.mp4", VideoErrorKind.NotFound, "does not exist");
    }

    [Fact]
    public async Task An_address()
    {
        Clips.RequireFfmpeg();
        VideoException error = await Reading.FailsAsync("http://127.0.0.1:9/clip.mp4", VideoErrorKind.NotFound);
        Assert.Contains("is an address", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Links_that_lead_nowhere_to_nothing_or_in_a_circle()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        clips.Write("nothing.mp4", []);
        Link("dangling.mp4", "not-there.mp4");
        Link("to-nothing.mp4", "nothing.mp4");
        Link("circle.mp4", "circle.mp4");

        await RefusedAsync("dangling.mp4", VideoErrorKind.NotFound, "does not exist");
        await RefusedAsync("to-nothing.mp4", VideoErrorKind.Empty, "0 bytes");
        await RefusedAsync("circle.mp4", VideoErrorKind.NotAVideo, "symbolic links");

        void Link(string name, string target) => File.CreateSymbolicLink(Path.Combine(clips.Folder, name), target);
    }

    [Fact]
    public async Task A_video_of_which_nothing_decodes_is_told_with_the_decoders_words()
    {
        byte[] bytes = File.ReadAllBytes(clips.Make(
            "blank.mp4", "-f", "lavfi", "-i", Clips.Numbered(6), "-c:v", "libx264", "-pix_fmt", "yuv420p"));
        int pictures = bytes.AsSpan().IndexOf("mdat"u8) + 4;
        bytes.AsSpan(pictures, bytes.AsSpan().IndexOf("moov"u8) - 4 - pictures).Clear();
        string path = clips.Write("blank-pictures.mp4", bytes);
        VideoException error = await Reading.FailsAsync(path, VideoErrorKind.NoDecodableFrames);
        Assert.Contains("decodes: [h264] ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Random_bytes()
    {
        byte[] bytes = new byte[50_000];
        new Random(5).NextBytes(bytes);
        clips.Write("random.mkv", bytes);
        await RefusedAsync("random.mkv", VideoErrorKind.NotAVideo, "not a video");
    }

    [Fact]
    public async Task Sound_only()
    {
        clips.Make("sound.wav", "-f", "lavfi", "-i", "sine=d=0.2");
        await RefusedAsync("sound.wav", VideoErrorKind.NoVideoStream, "audio (pcm_s16le)");
    }

    [Fact]
    public async Task Sound_with_cover_art_only()
    {
        string cover = clips.Make("album.png", "-f", "lavfi", "-i", "color=red:s=32x32", "-frames:v", "1");
        string sound = clips.Make("sound.wav", "-f", "lavfi", "-i", "sine=d=0.2");
        clips.Make(
            "album.mp4", "-i", sound, "-i", cover, "-map", "0", "-map", "1", "-c:a", "aac", "-c:v", "copy",
            "-disposition:v:0", "attached_pic");
        await RefusedAsync("album.mp4", VideoErrorKind.NoVideoStream, "cover art (png)");
    }

    [Fact]
    public async Task Fewer_frames_than_asked()
    {
        string path = clips.MakeNumbered(6);
        VideoException error = await Reading.FailsAsync(path, VideoErrorKind.TooFewFrames, FrameSampling.Uniform(7));
        Assert.Contains("6 frames", error.Message, StringComparison.Ordinal);
        Assert.Contains("7 were asked for", error.Message, StringComparison.Ordinal);
        Assert.Contains("at most 6", error.Message, StringComparison.Ordinal);

        error = await Reading.FailsAsync(
            clips.MakeNumbered(1), VideoErrorKind.TooFewFrames, FrameSampling.Uniform(8));
        Assert.Contains("has 1 frame that decodes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_may_not_be_read()
    {
        string path = clips.Write("secret.mkv", File.ReadAllBytes(clips.MakeNumbered(6)));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.None);
        Assert.SkipWhen(CanRead(path), "this user (root, or on Windows) may read every file");
        await RefusedAsync("secret.mkv", VideoErrorKind.NoPermission, "may not be read");
    }

    [Fact]
    public async Task A_refusal_by_the_system_that_only_opening_the_file_tells()
    {
        using var tools = FakeTools.Create(
            clips, ffprobe: "echo \"[error] $9: Permission denied\" >&2; exit 1", ffmpeg: "exit 1");
        VideoException error = await Reading.FailsAsync(
            clips.MakeNumbered(6), VideoErrorKind.NoPermission, options: tools.Options);
        Assert.Equal(1, error.ExitCode);
        Assert.NotEmpty(error.LastErrorLines);
    }

    [Fact]
    public async Task No_ffmpeg_where_it_was_said_to_be()
    {
        string nowhere = Path.Combine(clips.Folder, "nowhere");
        VideoException error = await Reading.FailsAsync(
            clips.MakeNumbered(6),
            VideoErrorKind.FfmpegMissing,
            options: new VideoDecoderOptions { FfmpegLocation = nowhere });
        Assert.Contains(nowhere, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_program_in_place_of_ffmpeg()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "file modes are a Unix matter");
        string folder = Directory.CreateDirectory(Path.Combine(clips.Folder, "no-programs")).FullName;
        File.WriteAllText(Path.Combine(folder, "ffmpeg"), "");
        File.WriteAllText(Path.Combine(folder, "ffprobe"), "");
        VideoException error = await Reading.FailsAsync(
            clips.MakeNumbered(6),
            VideoErrorKind.FfmpegMissing,
            options: new VideoDecoderOptions { FfmpegLocation = folder });
        Assert.Contains("does not start", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.InnerException);
    }

    [Fact]
    public async Task An_ffmpeg_killed_from_outside_is_not_taken_for_a_damaged_video()
    {
        using var tools = FakeTools.Create(clips, ffprobe: null, ffmpeg: "kill -9 $$");
        VideoException error = await Reading.FailsAsync(
            clips.MakeNumbered(6), VideoErrorKind.FfmpegFailed, options: tools.Options);
        Assert.Contains("signal 9", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Frames_without_times_are_not_guessed_at()
    {
        using var tools = FakeTools.Create(clips, ffprobe: null, ffmpeg: "head -c 9216 /dev/zero");
        VideoException error = await Reading.FailsAsync(
            clips.MakeNumbered(6), VideoErrorKind.FfmpegFailed, options: tools.Options);
        Assert.Contains("without a time", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("4.4.2-0ubuntu0.22.04.1", "-vsync")]
    [InlineData("5.0.3", "-vsync")]
    [InlineData("5.1.9-0+deb12u1", "-fps_mode")]
    [InlineData("n7.1", "-fps_mode")]
    [InlineData("8.0", "-fps_mode")]
    [InlineData("N-109468-gd39b34123d", "-fps_mode")]
    public async Task Each_version_of_ffmpeg_is_asked_in_its_own_words(string version, string option)
    {
        using var tools = FakeTools.Create(clips, ffprobe: null, ffmpeg: "exit 1", version);
        FfmpegTools found = FfmpegTools.Find(tools.Options.FfmpegLocation);
        string[] arguments = await found.PassthroughArgumentsAsync(CancellationToken.None);
        Assert.Equal($"{option} passthrough", string.Join(' ', arguments));
    }

    private static bool CanRead(string path)
    {
        try
        {
            File.OpenRead(path).Dispose();
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private async Task RefusedAsync(string name, VideoErrorKind kind, string words)
    {
        Clips.RequireFfmpeg();
        string path = Path.Combine(clips.Folder, name);
        VideoException error = await Reading.FailsAsync(path, kind);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Equal(path, error.Path);
        Assert.Equal(kind, (await Assert.ThrowsAsync<VideoException>(() => VideoProbe.ProbeAsync(path))).Kind);
    }
}
