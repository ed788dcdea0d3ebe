using System.Diagnostics;

namespace PlayFair.Moves.Tests;

public sealed class VideoWriterTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("moves ").FullName;

    [Fact]
    public void A_scene_becomes_an_mp4_file_with_all_its_frames_and_the_same_bytes_every_time()
    {
        Scene scene = Scene.Create(MoveClass.Covering, Split.HeldOut, 11);
        string first = Path.Combine(folder, "first.mp4"), second = Path.Combine(folder, "second one.mp4");
        VideoWriter.Write(scene, first);
        VideoWriter.Write(Scene.Create(MoveClass.Covering, Split.HeldOut, 11), second);

        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
        Assert.Equal($"h264,320,240,12/1,{scene.FrameCount}", Probe(first));
    }

    [Fact]
    public void A_folder_that_does_not_exist_is_an_error_in_ffmpegs_words()
    {
        string path = Path.Combine(folder, "nowhere", "video.mp4");
        var failure = Assert.Throws<InvalidOperationException>(
            () => VideoWriter.Write(Scene.Create(MoveClass.Closing, Split.Train, 1), path));
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        Assert.Contains("No such file or directory", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static string Probe(string path)
    {
        var start = new ProcessStartInfo("ffprobe") { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (string argument in (string[])
        [
            "-v", "error", "-count_frames", "-select_streams", "v:0",
            "-show_entries", "stream=codec_name,width,height,r_frame_rate,nb_read_frames", "-of", "csv=p=0", path,
        ])
        {
            start.ArgumentList.Add(argument);
        }

        using var probe = Process.Start(start)!;
        string text = probe.StandardOutput.ReadToEnd();
        probe.WaitForExit();
        return text.Trim();
    }
}
