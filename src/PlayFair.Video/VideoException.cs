namespace PlayFair.Video;

/// <summary>Why a video could not be read.</summary>
public enum VideoErrorKind
{
    NotFound,
    IsFolder,
    NoPermission,

    /// <summary>The file has zero bytes.</summary>
    Empty,

    /// <summary>ffmpeg recognises no container in the file.</summary>
    NotAVideo,

    /// <summary>A video container cut off before the index without which nothing in it can be found.</summary>
    IndexMissing,

    /// <summary>Only sound, subtitles or cover art.</summary>
    NoVideoStream,

    /// <summary>There is a video stream, and not one frame of it decodes.</summary>
    NoDecodableFrames,

    /// <summary>Fewer frames decode than uniform sampling was asked for.</summary>
    TooFewFrames,

    FfmpegMissing,

    /// <summary>ffmpeg ended in a way that says nothing of the video, such as by a signal.</summary>
    FfmpegFailed,
}

/// <summary>A video could not be read; <see cref="Kind"/> says why, the message also what to do about it.</summary>
#pragma warning disable RCS1194 // Without a kind and a path it would say nothing.
public sealed class VideoException : Exception
#pragma warning restore RCS1194
{
    public VideoException(VideoErrorKind kind, string path, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Kind = kind;
        Path = path;
    }

    public VideoErrorKind Kind { get; }

    /// <summary>The video's path as given, or the program's for <see cref="VideoErrorKind.FfmpegMissing"/>.</summary>
    public string Path { get; }

    /// <summary>Exit code of ffmpeg or ffprobe, when one ran to its end.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The last lines in which ffmpeg or ffprobe complained, oldest first.</summary>
    public IReadOnlyList<string> LastErrorLines { get; init; } = [];
}
