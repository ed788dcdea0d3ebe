namespace PlayFair.Video;

/// <summary>How decoding runs; none of it changes which frames come out.</summary>
public sealed record VideoDecoderOptions
{
    public static VideoDecoderOptions Default { get; } = new();

    /// <summary>
    /// Folder that holds ffmpeg and ffprobe, or the ffmpeg binary itself. Null: the environment variable
    /// PLAYFAIR_FFMPEG (either of the two), else PATH.
    /// </summary>
    public string? FfmpegLocation { get; init; }

    /// <summary>How long ffmpeg may take to end after it is asked to, before it is killed.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Decoder threads; 0 leaves the choice to ffmpeg.</summary>
    public int ThreadCount { get; init; }

    /// <summary>
    /// Told the presentation time of every decoded frame, sampled or not, from within the reading loop. Uniform sampling
    /// of a damaged video decodes it twice, and then starts over.
    /// </summary>
    public IProgress<TimeSpan>? Progress { get; init; }

    /// <summary>How many of ffmpeg's complaints the report keeps; the rest are only counted.</summary>
    public int MaxWarningLines { get; init; } = 40;

    /// <summary>
    /// Uniform sampling holds its frames back until their number is verified. Above this many bytes it counts the
    /// frames in a pass of their own instead, and then streams.
    /// </summary>
    public long MaxHeldBackBytes { get; init; } = 256L << 20;
}
