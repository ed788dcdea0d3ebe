using System.Diagnostics;
using System.Globalization;

namespace PlayFair.Moves;

/// <summary>Encodes a scene as an H.264 mp4 file through ffmpeg, with the compression artefacts that its seed asks for.</summary>
public static class VideoWriter
{
    /// <summary>Something-Something's frame rate.</summary>
    public const int FrameRateHz = 12;

    /// <summary>Renders the scene and writes the file, replacing an older one.</summary>
    /// <exception cref="InvalidOperationException">ffmpeg is missing or failed; the message has its last words.</exception>
    public static void Write(Scene scene, string path)
    {
        ArgumentNullException.ThrowIfNull(scene);
        var renderer = new Renderer(scene);
        int quality = Scene.RandomFor(scene.Seed, 3).Next(18, 31);
        var start = new ProcessStartInfo("ffmpeg")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in (string[])
        [
            "-hide_banner", "-loglevel", "error", "-y",
            "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", $"{renderer.Width}x{renderer.Height}",
            "-r", FrameRateHz.ToString(CultureInfo.InvariantCulture), "-i", "pipe:0",
            // One thread: the bytes of a file must not depend on the machine's core count.
            "-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-crf", quality.ToString(CultureInfo.InvariantCulture),
            "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-fflags", "+bitexact", "-flags:v", "+bitexact",
            $"file:{path}",
        ])
        {
            start.ArgumentList.Add(argument);
        }

        using var ffmpeg = StartFfmpeg(start);
        var errors = ffmpeg.StandardError.ReadToEndAsync();
        var pixels = new byte[renderer.Width * renderer.Height * 3];
        try
        {
            using var input = ffmpeg.StandardInput.BaseStream;
            for (int frame = 0; frame < scene.FrameCount; frame++)
            {
                renderer.Draw(frame, pixels);
                input.Write(pixels);
            }
        }
        catch (IOException)
        {
            // ffmpeg closed its end: its own words, below, say why.
        }

        ffmpeg.WaitForExit();
        if (ffmpeg.ExitCode != 0)
            throw new InvalidOperationException($"ffmpeg could not write {path}: {errors.GetAwaiter().GetResult().Trim()}");
    }

    private static Process StartFfmpeg(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new InvalidOperationException("ffmpeg is not on the PATH; install it (Debian, Ubuntu: apt-get install ffmpeg).", missing);
        }
    }
}
