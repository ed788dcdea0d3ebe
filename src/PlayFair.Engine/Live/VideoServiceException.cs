namespace PlayFair.Engine;

/// <summary>What is wrong with a request.</summary>
public enum VideoServiceError
{
    /// <summary>A value is out of its range or makes no sense; <see cref="VideoServiceException.Field"/> names it.</summary>
    Invalid,

    /// <summary>There is no such video.</summary>
    NotFound,

    /// <summary>There is such a video already.</summary>
    Exists,

    /// <summary>The source is one that this server may not open.</summary>
    Forbidden,

    /// <summary>There are as many videos or subscribers as there may be.</summary>
    LimitReached,

    /// <summary>The video's source does not allow it: it is live, or its file is gone or damaged.</summary>
    Unsuitable,

    /// <summary>As many do this now as may at once; it works later.</summary>
    Busy,

    /// <summary>The store cannot be read.</summary>
    StoreFailed,
}

/// <summary>A request that cannot be met; the message says what was found, what was expected and what to do.</summary>
#pragma warning disable RCS1194 // Without a kind it would say nothing.
public sealed class VideoServiceException(
    VideoServiceError error, string message, string? field = null, Exception? innerException = null)
    : Exception(message, innerException)
#pragma warning restore RCS1194
{
    public VideoServiceError Error { get; } = error;

    /// <summary>The definition's or query's field, in camelCase; null where it is none.</summary>
    public string? Field { get; } = field;
}
