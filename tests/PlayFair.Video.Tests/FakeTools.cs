namespace PlayFair.Video.Tests;

/// <summary>A folder with shell scripts in place of ffmpeg and ffprobe.</summary>
internal sealed class FakeTools : IDisposable
{
    private readonly string _folder;

    private FakeTools(string folder) => _folder = folder;

    public VideoDecoderOptions Options => new()
    {
        FfmpegLocation = _folder,
        StopTimeout = TimeSpan.FromMilliseconds(200),
    };

    /// <param name="ffprobe">Body of the script; null for the real one.</param>
    /// <param name="ffmpeg">Body of the script; asked for its version, it answers by itself.</param>
    /// <param name="version">That answer.</param>
    public static FakeTools Create(Clips clips, string? ffprobe, string ffmpeg, string version = "6.0")
    {
        Clips.RequireFfmpeg();
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the stand-ins for ffmpeg are shell scripts");
        string folder = Directory.CreateDirectory(Path.Combine(clips.Folder, $"tools-{Guid.NewGuid():N}")).FullName;
        Script(Path.Combine(folder, "ffprobe"), ffprobe ?? $"exec '{FfmpegTools.Find(null).Ffprobe}' \"$@\"");
        Script(
            Path.Combine(folder, "ffmpeg"),
            $"if [ \"$1\" = -version ]; then echo 'ffmpeg version {version} Copyright'; exit; fi\n{ffmpeg}");
        return new FakeTools(folder);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void Script(string path, string body)
    {
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        if (OperatingSystem.IsWindows())
            return;
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
