using System.Text.RegularExpressions;

namespace PlayFair.Video;

/// <summary>One line of ffmpeg's log under -loglevel level: "[context @ 0x55d0] [level] message".</summary>
internal readonly partial record struct FfmpegLogLine(string Context, string Level, string Message)
{
    public bool IsComplaint => Level is "warning" || IsError;

    public bool IsError => Level is "error" or "fatal" or "panic";

    public static FfmpegLogLine Parse(string line)
    {
        Match level = LevelPattern().Match(line);
        if (!level.Success)
            return new FfmpegLogLine("", "", line);
        string context = WithoutAddresses(line[..level.Index].Trim());
        return new FfmpegLogLine(context, level.Groups["level"].Value, line[(level.Index + level.Length)..]);
    }

    public override string ToString() => Context.Length == 0 ? Message : $"{Context} {Message}";

    /// <summary>Addresses differ from run to run and tell a reader nothing.</summary>
    private static string WithoutAddresses(string context) => AddressPattern().Replace(context, "");

    [GeneratedRegex(
        @"\[(?<level>panic|fatal|error|warning|info)\] ", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LevelPattern();

    [GeneratedRegex(" @ (0x)?[0-9a-fA-F]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AddressPattern();
}
