namespace PlayFair.Contracts;

/// <summary>Asks what a source shows, before it becomes a video.</summary>
public sealed record ProbeRequest
{
    /// <summary>As <see cref="VideoDefinition.Source"/>.</summary>
    public required string Source { get; init; }

    /// <summary>How RTSP brings its packets.</summary>
    public RtspTransport Transport { get; init; }
}

/// <summary>What a source shows now.</summary>
public sealed record SourceProbe
{
    /// <summary>The source, credentials replaced by <c>***</c>.</summary>
    public required string Source { get; init; }

    /// <summary><c>file</c>, <c>rtsp</c>, <c>rtmp</c>, <c>hls</c>, <c>http</c>, <c>srt</c>, <c>udp</c>, <c>webcam</c>
    /// or <c>synthetic</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Whether the source never waits for its reader.</summary>
    public required bool IsLive { get; init; }

    /// <summary>Columns as displayed: after rotation, pixels made square.</summary>
    public int? Width { get; init; }

    /// <summary>Rows as displayed.</summary>
    public int? Height { get; init; }

    /// <summary>Frames a second; null where the source does not say.</summary>
    public double? FrameRateHz { get; init; }

    /// <summary>How long it is; null for what has no end or does not say.</summary>
    public double? DurationSeconds { get; init; }

    /// <summary>ffmpeg's name of the codec, such as <c>h264</c>.</summary>
    public string? Codec { get; init; }

    /// <summary>A picture, its shape kept, at most 640 pixels wide.</summary>
    public byte[]? Picture { get; init; }

    /// <summary>The picture's media type.</summary>
    public string? PictureType { get; init; }
}
