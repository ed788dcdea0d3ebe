using System.Globalization;

namespace PlayFair.Video;

/// <summary>Reads out of ffmpeg's log what a live source is, and why it ended.</summary>
internal sealed class LiveLog(VideoSource source)
{
    private static readonly TimeSpan s_tolerance = TimeSpan.FromSeconds(1);

    /// <summary>Streams of these formats carry no times: ffmpeg makes them up, from a rate that it guesses.</summary>
    private static readonly string[] s_formatsWithoutTimes = ["mjpeg", "mpjpeg", "h264", "hevc", "m4v"];

    private static readonly string[] s_unknownToFfmpeg =
        ["Unrecognized option", "Option not found", "Protocol not found", "Unknown input format"];

    /// <summary>What is said of the address itself, at the end.</summary>
    private string? _summary;

    /// <summary>The last of what is said on the way there.</summary>
    private string? _detail;

    /// <summary>ffmpeg's name of the container; null until the source answered.</summary>
    public string? Format { get; private set; }

    /// <summary>The length that the container names: only what is finite has one.</summary>
    public TimeSpan? Duration { get; private set; }

    public bool HasTimes => !s_formatsWithoutTimes.Contains(Format, StringComparer.Ordinal);

    /// <summary>Why this can never be read; null where another attempt may be luckier.</summary>
    public string? Refusal { get; private set; }

    /// <summary>What went wrong, in ffmpeg's words.</summary>
    public string? LastError => (_summary, _detail) switch
    {
        (null, null) => null,
        ({ } summary, { } detail) when summary.StartsWith("Invalid ", StringComparison.Ordinal) =>
            $"{Words(detail)} ({Words(summary)})",
        _ => Words(_summary ?? _detail!),
    };

    public void Take(FfmpegLogLine line)
    {
        if (line.Level == "info")
        {
            TakeInfo(line.Message);
            return;
        }

        if (!line.IsError)
            return;
        string message = line.Message.Trim();
        if (Says(message, "not on whitelist") || Says(message, "is not in allowed"))
            Refusal ??= $"it leads on to what it may not: {Words(message)}";
        else if (Says(message, "Decoder (codec") && !Says(message, "(codec none)"))
            Refusal ??= $"this ffmpeg cannot decode it: {Words(message)}";
        else if (Array.Exists(s_unknownToFfmpeg, words => Says(message, words)))
            Refusal ??= $"this ffmpeg cannot open it: {Words(message)}";

        if (Says(message, "matches no streams"))
            _summary = "it has no video stream";
        else if (message.StartsWith(source.Address + ": ", StringComparison.Ordinal))
            _summary = message[(source.Address.Length + 2)..];
        else
            _detail = message;
    }

    /// <summary>
    /// Whether a source that ended had an end to come to: it is finite, ffmpeg read to the end, and the last frame was
    /// at it, or nothing went wrong on the way (where the sound is longer).
    /// </summary>
    public bool IsCleanEnd(int exitCode, TimeSpan end) =>
        exitCode == 0 && Duration is { } duration && (LastError is null || end >= duration - s_tolerance);

    private void TakeInfo(string message)
    {
        // "Input #0, hls, from 'http://...':", then "  Duration: 00:00:04.00, start: 0.0" or "  Duration: N/A".
        if (Format is null && message.StartsWith("Input #0, ", StringComparison.Ordinal))
        {
            Format = message["Input #0, ".Length..].Split(',')[0];
        }
        else if (Format is not null && message.StartsWith("  Duration: ", StringComparison.Ordinal))
        {
            string duration = message["  Duration: ".Length..].Split(',')[0];
            if (TimeSpan.TryParse(duration, CultureInfo.InvariantCulture, out TimeSpan length) && length.Ticks > 0)
                Duration ??= length;
        }
    }

    private string Words(string message) => source.RedactOwn(message).TrimEnd('.', ' ');

    private static bool Says(string message, string words) => message.Contains(words, StringComparison.Ordinal);
}
