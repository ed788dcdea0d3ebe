namespace PlayFair.Video;

/// <summary>Opens videos for reading as frames.</summary>
public static class VideoDecoder
{
    /// <summary>Probes a video and prepares to read it. ffmpeg starts when the reader is enumerated.</summary>
    /// <param name="path">A file; any name, taken literally.</param>
    /// <param name="format">Size, fit and byte order of the frames.</param>
    /// <param name="sampling">Which frames to keep.</param>
    /// <param name="options">Null: <see cref="VideoDecoderOptions.Default"/>.</param>
    /// <param name="cancellationToken">Cancels the opening, and later any reading from the reader.</param>
    /// <exception cref="VideoException">The file holds no video, or cannot be read.</exception>
    public static async Task<VideoFrameReader> ReadAsync(
        string path,
        FrameFormat format,
        FrameSampling sampling,
        VideoDecoderOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(sampling);
        options ??= VideoDecoderOptions.Default;

        VideoProbe.CheckFile(path);
        var tools = FfmpegTools.Find(options.FfmpegLocation);
        VideoInfo video = await VideoProbe.ProbeAsync(tools, path, cancellationToken).ConfigureAwait(false);
        return new VideoFrameReader(tools, video, format, sampling, options, cancellationToken);
    }
}
