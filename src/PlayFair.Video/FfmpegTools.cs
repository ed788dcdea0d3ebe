using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;

namespace PlayFair.Video;

/// <summary>Where ffmpeg and ffprobe are, as absolute paths, and what this ffmpeg calls its options.</summary>
internal sealed partial record FfmpegTools(string Ffmpeg, string Ffprobe)
{
    public const string LocationVariable = "PLAYFAIR_FFMPEG";

    private static readonly ConcurrentDictionary<string, Version> s_versions = new(StringComparer.Ordinal);

    /// <summary>Finds both programs at the location given, else at PLAYFAIR_FFMPEG, else on PATH.</summary>
    /// <exception cref="VideoException"><see cref="VideoErrorKind.FfmpegMissing"/>.</exception>
    public static FfmpegTools Find(string? location)
    {
        string source = "The ffmpeg location given";
        if (string.IsNullOrEmpty(location))
        {
            location = Environment.GetEnvironmentVariable(LocationVariable);
            source = LocationVariable;
        }

        if (string.IsNullOrEmpty(location))
            return new FfmpegTools(OnPath("ffmpeg"), OnPath("ffprobe"));

        location = Path.GetFullPath(location);
        bool isFolder = Directory.Exists(location);
        string folder = isFolder ? location : Path.GetDirectoryName(location)!;
        string ffmpeg = isFolder ? Path.Combine(location, FileName("ffmpeg")) : location;
        string ffprobe = Path.Combine(folder, FileName("ffprobe"));
        foreach (string program in (string[])[ffmpeg, ffprobe])
        {
            if (!File.Exists(program))
            {
                throw new VideoException(
                    VideoErrorKind.FfmpegMissing,
                    program,
                    $"{source} is '{location}', but there is no file '{program}'. Expected a folder that holds " +
                    "ffmpeg and ffprobe, or the ffmpeg binary with ffprobe beside it.");
            }
        }

        return new FfmpegTools(ffmpeg, ffprobe);
    }

    /// <summary>The arguments that neither repeat nor drop frames to reach a constant rate.</summary>
    /// <remarks>-fps_mode came with ffmpeg 5.1, and -vsync, which it replaces, is going away.</remarks>
    public async Task<string[]> PassthroughArgumentsAsync(CancellationToken cancellationToken)
    {
        Version version = await VersionAsync(cancellationToken).ConfigureAwait(false);
        return [version < new Version(5, 1) ? "-vsync" : "-fps_mode", "passthrough"];
    }

    /// <summary>This ffmpeg's version; a build with a name for a version, not a number, is taken as recent.</summary>
    public async Task<Version> VersionAsync(CancellationToken cancellationToken)
    {
        if (s_versions.TryGetValue(Ffmpeg, out Version? known))
            return known;

        await using var process = FfmpegProcess.Start(Ffmpeg, ["-version"], TimeSpan.FromSeconds(1));
        using var reader = new StreamReader(process.Output, leaveOpen: true);
        string text = await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
        Match match = VersionPattern().Match(text);
        Version version = match.Success
            ? new Version(Number(match.Groups["major"]), Number(match.Groups["minor"]))
            : new Version(int.MaxValue, 0);
        return s_versions.GetOrAdd(Ffmpeg, version);
    }

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    private static string OnPath(string name)
    {
        string path = Environment.GetEnvironmentVariable("PATH") ?? "";
        return path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.GetFullPath(Path.Combine(folder, FileName(name))))
            .FirstOrDefault(File.Exists)
            ?? throw new VideoException(
                VideoErrorKind.FfmpegMissing,
                name,
                $"{name} is not on PATH. Install ffmpeg (Debian, Ubuntu: apt-get install ffmpeg; macOS: brew install " +
                $"ffmpeg), or set {LocationVariable} to the folder that holds ffmpeg and ffprobe.");
    }

    private static string FileName(string name) => OperatingSystem.IsWindows() ? name + ".exe" : name;

    [GeneratedRegex(@"^ffmpeg version n?(?<major>\d{1,4})\.(?<minor>\d{1,4})", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VersionPattern();
}
