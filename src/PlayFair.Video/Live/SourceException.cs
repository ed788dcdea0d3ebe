namespace PlayFair.Video;

/// <summary>What is wrong with a source.</summary>
public enum SourceErrorKind
{
    /// <summary>The text is no path and no address of a kind that can be read.</summary>
    Malformed,

    /// <summary>The <see cref="SourcePolicy"/> does not let it be opened.</summary>
    Forbidden,

    /// <summary>It shows nothing now.</summary>
    Unreadable,
}

/// <summary>A source cannot be read; the message says what was found, what was expected and what to do.</summary>
/// <remarks>The message shows no credentials.</remarks>
#pragma warning disable RCS1194 // Without a kind it would say nothing.
public sealed class SourceException(SourceErrorKind kind, string message, Exception? innerException = null)
    : Exception(message, innerException)
#pragma warning restore RCS1194
{
    public SourceErrorKind Kind { get; } = kind;
}
