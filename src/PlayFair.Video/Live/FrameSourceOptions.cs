namespace PlayFair.Video;

/// <summary>How a source is read.</summary>
public sealed record FrameSourceOptions
{
    /// <summary>Size, fit and byte order of the frames.</summary>
    public required FrameFormat Format { get; init; }

    /// <summary>Frames sampled a second, above 0.</summary>
    public double RateHz { get; init; } = 8;

    /// <summary>Whether a file is read as fast as its reader takes the frames, not at the speed at which it plays.</summary>
    public bool IsFast { get; init; }

    /// <summary>Whether a file starts again at its end.</summary>
    public bool Loops { get; init; }

    /// <summary>Whether RTSP comes over UDP.</summary>
    public bool PrefersUdp { get; init; }

    /// <summary>Sampled frames of a file that are decoded and not yielded, over all loops: where a reader left off.</summary>
    public long SkipCount { get; init; }

    /// <summary>
    /// What an earlier reading found of this file, to skip whole loops with; null: it is found out by decoding.
    /// </summary>
    public FileFacts? Facts { get; init; }

    /// <summary>The first frame's index; a live source goes on where it was.</summary>
    public long FirstIndex { get; init; }

    /// <summary>How many sampled frames of a live source wait for the reader before the oldest is dropped.</summary>
    public int QueueCapacity { get; init; } = 8;

    /// <summary>Without a frame for so long a live source is called stalled.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Without a frame for so long a live source is connected anew.</summary>
    public TimeSpan WatchdogTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Folder of ffmpeg, as in <see cref="VideoDecoderOptions.FfmpegLocation"/>.</summary>
    public string? FfmpegLocation { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>What is known of a looped file once it has been read to its end at one rate.</summary>
/// <param name="Identity">Size and time of change: a file of another identity is another file.</param>
/// <param name="RateHz">The rate it was sampled at.</param>
/// <param name="DecodedCount">Frames that decode.</param>
/// <param name="SampledCount">Frames sampled of these.</param>
/// <param name="Duration">To the last frame's end.</param>
public sealed record FileFacts(
    string Identity, double RateHz, long DecodedCount, long SampledCount, TimeSpan Duration);
