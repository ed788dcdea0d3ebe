using System.Globalization;
using System.Text;
using System.Text.Json;

namespace PlayFair.Video;

/// <summary>Asks ffprobe what a file holds.</summary>
public static class VideoProbe
{
    /// <summary>
    /// The formats that are texts naming other files, by their first bytes, which is also how ffmpeg knows them. Read
    /// as a video, a playlist of a broadcast never ends.
    /// </summary>
    private static readonly byte[][] s_playlistStarts = ["#EXTM3U"u8.ToArray(), "ffconcat version 1.0"u8.ToArray()];

    /// <summary>Reads a file's headers; decodes no more than ffprobe needs to know the codec's parameters.</summary>
    /// <param name="path">A file; any name, taken literally.</param>
    /// <exception cref="VideoException">The file holds no video, or cannot be read.</exception>
    public static Task<VideoInfo> ProbeAsync(string path, CancellationToken cancellationToken = default) =>
        ProbeAsync(path, ffmpegLocation: null, cancellationToken);

    /// <inheritdoc cref="ProbeAsync(string, CancellationToken)"/>
    /// <param name="ffmpegLocation">As <see cref="VideoDecoderOptions.FfmpegLocation"/>.</param>
    public static Task<VideoInfo> ProbeAsync(
        string path, string? ffmpegLocation, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        CheckFile(path);
        return ProbeAsync(FfmpegTools.Find(ffmpegLocation), path, cancellationToken);
    }

    /// <summary>
    /// The file as a URL: so a leading '-' is no option and a ':' no protocol. Absolute, so that the working directory
    /// does not matter.
    /// </summary>
    internal static string FileUrl(string path) => "file:" + Path.GetFullPath(path);

    /// <summary>What an input needs besides its URL for its name to be taken literally.</summary>
    internal static string[] InputArguments(VideoInfo video) => video.FormatName == "image2" ? ImageArguments : [];

    private static string[] ImageArguments => ["-pattern_type", "none"];

    internal static async Task<VideoInfo> ProbeAsync(
        FfmpegTools tools, string path, CancellationToken cancellationToken)
    {
        using JsonDocument json = await RunAsync(
            tools, path, ["-show_format", "-show_streams"], cancellationToken).ConfigureAwait(false);
        return Read(json.RootElement, path);
    }

    /// <summary>Packets of the video stream: what the demuxer finds, without decoding; usually one a frame.</summary>
    internal static async Task<long> CountPacketsAsync(
        FfmpegTools tools, VideoInfo video, CancellationToken cancellationToken)
    {
        string stream = video.StreamIndex.ToString(CultureInfo.InvariantCulture);
        using JsonDocument json = await RunAsync(
            tools,
            video.Path,
            ["-select_streams", stream, "-count_packets", "-show_entries", "stream=nb_read_packets"],
            cancellationToken).ConfigureAwait(false);
        return json.RootElement.TryGetProperty("streams", out JsonElement streams) && streams.GetArrayLength() > 0
            ? Whole(streams[0], "nb_read_packets") ?? 0
            : 0;
    }

    /// <summary>What can be said before ffprobe runs; the rest, such as permission, opening the file tells.</summary>
    internal static void CheckFile(string path)
    {
        if (Directory.Exists(path))
            throw IsFolder(path);
        // A file in a folder that may not be entered "does not exist" here; ffprobe says which of the two it is.
        if (!File.Exists(path))
            return;

        FileInfo file = FinalTarget(path);
        // Linux names what has no path so: /dev/stdin and a shell's <(command) link to a "pipe:[4026]".
        bool isPipe = file.Name.StartsWith("pipe:[", StringComparison.Ordinal) ||
            file.Name.StartsWith("socket:[", StringComparison.Ordinal);
        if (!file.Exists && !isPipe)
            return;
        if (isPipe || file.Length == 0)
        {
            throw new VideoException(
                VideoErrorKind.Empty,
                path,
                $"'{path}' is empty (0 bytes), or a pipe or device. Expected a video in a file: fetch it again, or " +
                "save the stream to a file first.");
        }

        if (IsPlaylist(file))
            throw NamesOtherFiles(path);
    }

    private static FileInfo FinalTarget(string path)
    {
        string fullPath = Path.GetFullPath(path);
        try
        {
            return new FileInfo(File.ResolveLinkTarget(fullPath, returnFinalTarget: true)?.FullName ?? fullPath);
        }
        catch (IOException)
        {
            // Links in a circle; ffprobe says so.
            return new FileInfo(fullPath);
        }
    }

    private static bool IsPlaylist(FileInfo file)
    {
        byte[] head = new byte[s_playlistStarts.Max(start => start.Length)];
        try
        {
            using FileStream stream = file.OpenRead();
            int read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            return Array.Exists(s_playlistStarts, start => head.AsSpan(0, read).StartsWith(start));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // ffprobe meets the same, and its words are read with care.
            return false;
        }
    }

    private static async Task<JsonDocument> RunAsync(
        FfmpegTools tools, string path, string[] questions, CancellationToken cancellationToken)
    {
        string[] arguments =
        [
            "-hide_banner", "-loglevel", "repeat+level+warning", "-protocol_whitelist", "file,pipe",
            "-of", "json", .. questions,
            // Or a picture's name with "%d" in it would be a pattern for the names of others.
            .. path.Contains('%', StringComparison.Ordinal) ? ImageArguments : [], "-i", FileUrl(path),
        ];
        await using var process =
            FfmpegProcess.Start(tools.Ffprobe, arguments, VideoDecoderOptions.Default.StopTimeout);
        using var output = new MemoryStream();
        await process.Output.CopyToAsync(output, cancellationToken).ConfigureAwait(false);
        int exitCode = await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        if (exitCode != 0)
            throw Refusal(path, exitCode, process.LastLines);
        return JsonDocument.Parse(output.GetBuffer().AsMemory(0, (int)output.Length));
    }

    private static VideoInfo Read(JsonElement root, string path)
    {
        JsonElement format = root.GetProperty("format");
        string formatName = Text(format, "format_name") ?? "";
        JsonElement[] streams = [.. root.GetProperty("streams").EnumerateArray()];
        // ffmpeg draws text files (its "tty" format) as pictures of a terminal.
        if (formatName == "tty")
        {
            throw new VideoException(
                VideoErrorKind.NotAVideo, path, $"'{path}' is a text file. Expected a video that ffmpeg can read.");
        }

        if (formatName is "dash" or "imf")
            throw NamesOtherFiles(path);
        // Pictures are opened by their decoder only, which would not say so.
        if (formatName == "image2" && !File.Exists(path))
            throw NotFound(path);

        JsonElement stream = streams.FirstOrDefault(IsVideo);
        if (stream.ValueKind == JsonValueKind.Undefined)
        {
            string found = streams.Length == 0 ? "no streams at all" : string.Join(", ", streams.Select(Describe));
            throw new VideoException(
                VideoErrorKind.NoVideoStream,
                path,
                $"'{path}' has no video stream; it holds {found}. Expected a file with moving pictures.");
        }

        int rotation = Rotation(stream);
        double pixelAspect = Ratio(Text(stream, "sample_aspect_ratio"), ':') ?? 1;
        int width = (int)Math.Round((Whole(stream, "width") ?? 0) * pixelAspect);
        int height = (int)(Whole(stream, "height") ?? 0);
        bool isOnItsSide = rotation is 90 or 270;
        double? rate = Ratio(Text(stream, "avg_frame_rate"), '/') ?? Ratio(Text(stream, "r_frame_rate"), '/');
        long? frameCount = Whole(stream, "nb_frames") is > 0 and { } count ? count : null;
        TimeSpan? ownDuration = Seconds(Text(stream, "duration")) ?? Clock(Tag(stream, "DURATION"));
        // ffprobe shortens the duration of a truncated AVI to what is there; the header's count keeps what should be.
        if (formatName == "avi" && frameCount / rate is { } seconds)
            ownDuration = TimeSpan.FromSeconds(seconds);
        return new VideoInfo(
            path,
            isOnItsSide ? height : width,
            isOnItsSide ? width : height,
            ownDuration ?? Seconds(Text(format, "duration")),
            rate,
            frameCount,
            rotation,
            Text(stream, "codec_name") ?? "unknown",
            (int)(Whole(stream, "index") ?? 0),
            formatName)
        {
            IsDurationOfVideo = ownDuration is not null || streams.Length == 1,
        };
    }

    private static bool IsVideo(JsonElement stream) =>
        Text(stream, "codec_type") == "video" && !HasDisposition(stream, "attached_pic") &&
        !HasDisposition(stream, "timed_thumbnails");

    private static bool HasDisposition(JsonElement stream, string name) =>
        stream.TryGetProperty("disposition", out JsonElement disposition) && Whole(disposition, name) is 1;

    private static string Describe(JsonElement stream)
    {
        string type = Text(stream, "codec_type") switch
        {
            "video" => "cover art",
            { } other => other,
            null => "unknown data",
        };
        return $"{type} ({Text(stream, "codec_name") ?? "unknown"})";
    }

    /// <summary>Clockwise degrees. ffprobe reports the display matrix's angle, which turns the other way.</summary>
    private static int Rotation(JsonElement stream)
    {
        double clockwise = 0;
        if (stream.TryGetProperty("side_data_list", out JsonElement list))
        {
            foreach (JsonElement sideData in list.EnumerateArray())
            {
                if (sideData.TryGetProperty("rotation", out JsonElement angle))
                    clockwise = -angle.GetDouble();
            }
        }

        int whole = (int)Math.Round(clockwise) % 360;
        return whole < 0 ? whole + 360 : whole;
    }

    private static string? Tag(JsonElement stream, string name) =>
        stream.TryGetProperty("tags", out JsonElement tags) ? Text(tags, name) : null;

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    /// <summary>ffprobe writes some whole numbers as numbers, others as strings.</summary>
    private static long? Whole(JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out JsonElement value))
            return null;
        if (value.ValueKind == JsonValueKind.Number)
            return value.TryGetInt64(out long number) ? number : null;
        return long.TryParse(value.GetString(), CultureInfo.InvariantCulture, out long parsed) ? parsed : null;
    }

    private static double? Ratio(string? text, char separator)
    {
        string[] parts = text?.Split(separator) ?? [];
        return parts.Length == 2 &&
            double.TryParse(parts[0], CultureInfo.InvariantCulture, out double numerator) &&
            double.TryParse(parts[1], CultureInfo.InvariantCulture, out double denominator) &&
            numerator > 0 && denominator > 0
                ? numerator / denominator
                : null;
    }

    private static TimeSpan? Seconds(string? text) =>
        double.TryParse(text, CultureInfo.InvariantCulture, out double seconds) && seconds is > 0 and < 1e9
            ? TimeSpan.FromSeconds(seconds)
            : null;

    /// <summary>Matroska's "00:00:04.000000000"; a TimeSpan reads seven decimals.</summary>
    private static TimeSpan? Clock(string? text) =>
        text is { Length: >= 16 } && TimeSpan.TryParse(text[..16], CultureInfo.InvariantCulture, out TimeSpan time) &&
        time > TimeSpan.Zero
            ? time
            : null;

    private static VideoException IsFolder(string path) => new(
        VideoErrorKind.IsFolder, path, $"'{path}' is a folder. Expected a video file; name one inside it.");

    private static VideoException NamesOtherFiles(string path) => new(
        VideoErrorKind.NotAVideo,
        path,
        $"'{path}' is a playlist, which names other files. Expected a video file; name one of those.");

    private static VideoException NotFound(string path) => new(
        VideoErrorKind.NotFound,
        path,
        path.Contains("://", StringComparison.Ordinal)
            ? $"'{path}' is an address, and no file has this name. Expected a video file; fetch it first."
            : $"'{path}' does not exist. Expected a video file; check the path.");

    private static VideoException Refusal(string path, int exitCode, IReadOnlyList<string> lines)
    {
        string last = lines.Count > 0
            ? lines[^1].Replace(FileUrl(path) + ": ", "", StringComparison.Ordinal)
            : $"ffprobe ended with exit code {exitCode}";
        if (last.EndsWith("Is a directory", StringComparison.Ordinal))
            return IsFolder(path);
        if (last.EndsWith("No such file or directory", StringComparison.Ordinal) ||
            last.EndsWith("Not a directory", StringComparison.Ordinal))
        {
            return NotFound(path);
        }

        (VideoErrorKind kind, string message) =
            last.EndsWith("Permission denied", StringComparison.Ordinal)
                ? (VideoErrorKind.NoPermission,
                    $"'{path}' may not be read by this user. Expected read permission on the file and its folders; " +
                    "chmod or chown it, or run as its owner.")
            : ProcessSignal.Of(exitCode) is { } signal
                ? (VideoErrorKind.FfmpegFailed, $"ffprobe was ended by signal {signal} while it looked at '{path}'.")
            : IsContainerWithoutIndex(path, lines)
                ? (VideoErrorKind.IndexMissing,
                    $"'{path}' is an MP4 or QuickTime file without its index (the \"moov\" atom), so nothing in it " +
                    "can be found. It was cut off, or is still being written: fetch it again, or finish the recording.")
            : (VideoErrorKind.NotAVideo, $"'{path}' is not a video that ffmpeg can read: {last}.");
        return new VideoException(kind, path, message) { ExitCode = exitCode, LastErrorLines = lines };
    }

    /// <summary>Whether the file starts as such a container does: text named .mp4 has no index either.</summary>
    private static bool IsContainerWithoutIndex(string path, IReadOnlyList<string> lines)
    {
        if (!lines.Any(line => line.Contains("moov atom not found", StringComparison.Ordinal)))
            return false;
        Span<byte> head = stackalloc byte[8];
        using FileStream file = File.OpenRead(path);
        int read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        string firstAtom = Encoding.ASCII.GetString(head[..read][Math.Min(4, read)..]);
        return firstAtom is "ftyp" or "mdat" or "wide" or "free" or "skip";
    }
}
