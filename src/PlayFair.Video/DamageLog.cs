namespace PlayFair.Video;

/// <summary>Reads out of ffmpeg's complaints, and out of what is missing at the end, how a video is damaged.</summary>
/// <param name="video">What the container claims.</param>
/// <param name="maxLines">Complaints kept; the rest are counted.</param>
internal sealed class DamageLog(VideoInfo video, int maxLines)
{
    private readonly List<string> _lines = [];
    private long _lineCount;
    private bool _saysTruncated;
    private bool _saysCorrupt;

    public bool StoppedBySignal { get; private set; }

    public bool RefusedArguments { get; private set; }

    public void Take(FfmpegLogLine line)
    {
        if (Says(line, "received signal"))
            StoppedBySignal = true;
        // rawvideo frames carry no times, so what their writer thinks of the order of times means nothing.
        if (!line.IsComplaint || line.Context.StartsWith("[rawvideo", StringComparison.Ordinal))
            return;

        _lineCount++;
        if (_lines.Count < maxLines)
            _lines.Add(line.ToString());
        if (line.IsError && (Says(line, "Unrecognized option") || Says(line, "No such filter")))
            RefusedArguments = true;
        if (Says(line, "partial file") || Says(line, "ended prematurely") || Says(line, "truncat"))
            _saysTruncated = true;
        else if (Says(line, "corrupt") || (line.IsError && (IsFromDecoder(line) || IsFromUnindexedContainer(line))))
            _saysCorrupt = true;
    }

    public DecodeReport Report(long decodedFrameCount, TimeSpan decodedDuration, int exitCode)
    {
        bool isTruncated = _saysTruncated || EndsEarly(decodedFrameCount, decodedDuration);
        bool isCorrupt = _saysCorrupt || (exitCode != 0 && !isTruncated);
        long? lost = isTruncated || isCorrupt
            ? video.ContainerFrameCount is { } listed ? Math.Max(0, listed - decodedFrameCount) : null
            : 0;
        return new DecodeReport(
            decodedFrameCount,
            video.ContainerFrameCount,
            lost,
            video.Duration,
            decodedDuration,
            isTruncated,
            isCorrupt,
            _lineCount,
            _lines);
    }

    /// <summary>
    /// For containers whose demuxer meets the early end in silence. A file that lists its frames must also lack some:
    /// the last frame of a variable rate may stand for long.
    /// </summary>
    private bool EndsEarly(long decodedFrameCount, TimeSpan decodedDuration)
    {
        if (!video.IsDurationOfVideo || video.Duration is not { } duration)
            return false;
        if (decodedFrameCount >= video.ContainerFrameCount)
            return false;
        TimeSpan threeFrames = TimeSpan.FromSeconds(3 / (video.FrameRateHz ?? 25));
        TimeSpan grace = video.ContainerFrameCount is null ? TimeSpan.FromSeconds(1) : TimeSpan.Zero;
        return duration - decodedDuration > (grace > threeFrames ? grace : threeFrames);
    }

    private bool IsFromDecoder(FfmpegLogLine line) =>
        line.Context.StartsWith("[" + video.CodecName, StringComparison.Ordinal) ||
        line.Context.StartsWith("[lib", StringComparison.Ordinal) ||
        line.Context.Contains("[dec:", StringComparison.Ordinal) ||
        Says(line, "decod");

    /// <summary>
    /// Containers without a list of frames tell of damage only so; where there is a list, a loss shows in the count,
    /// and the demuxer's errors are often about chapters or sound.
    /// </summary>
    private bool IsFromUnindexedContainer(FfmpegLogLine line) =>
        video.ContainerFrameCount is null &&
        line.Context.StartsWith("[" + video.FormatName.Split(',')[0], StringComparison.Ordinal);

    private static bool Says(FfmpegLogLine line, string words) =>
        line.Message.Contains(words, StringComparison.OrdinalIgnoreCase);
}
