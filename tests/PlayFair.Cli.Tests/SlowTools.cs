using PlayFair.Engine.Tests;

namespace PlayFair.Cli.Tests;

/// <summary>A folder with the real ffprobe and a stand-in for ffmpeg, for PLAYFAIR_FFMPEG.</summary>
internal sealed class SlowTools : IDisposable
{
    private readonly string _folder;

    private SlowTools(string folder) => _folder = folder;

    public (string Name, string? Value) Variable => ("PLAYFAIR_FFMPEG", _folder);

    /// <summary>The real ffmpeg reading at the pace at which the video plays.</summary>
    public static SlowTools Create(Footage footage) =>
        Create(footage, $"exec '{Footage.FindProgram("ffmpeg")}' -re \"$@\"");

    /// <param name="script">What it does in place of decoding; asked for its version, it answers by itself.</param>
    public static SlowTools Create(Footage footage, string script)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the stand-in for ffmpeg is a shell script");
        Assert.SkipUnless(
            Footage.FindProgram("ffmpeg") is not null && Footage.FindProgram("ffprobe") is not null,
            "ffmpeg and ffprobe are not installed (apt-get install ffmpeg)");
        string folder = footage.NewFolder("tools");
        Write(folder, "ffprobe", $"exec '{Footage.FindProgram("ffprobe")}' \"$@\"");
        Write(
            folder, "ffmpeg",
            $"if [ \"$1\" = -version ]; then exec '{Footage.FindProgram("ffmpeg")}' -version; fi\n{script}");
        return new SlowTools(folder);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void Write(string folder, string name, string script)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
