using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace PlayFair.Client;

/// <summary>The server refused a request, and says why; the message is for people.</summary>
[SuppressMessage("Roslynator", "RCS1194", Justification = "Without the server's answer it would say nothing.")]
public sealed class PlayFairServerException(HttpStatusCode status, string title, string? detail, string? field)
    : Exception(detail ?? title)
{
    /// <summary>The answer's status code.</summary>
    public HttpStatusCode Status { get; } = status;

    /// <summary>What kind of problem it is, in a few words.</summary>
    public string Title { get; } = title;

    /// <summary>What was found, what was expected and what to do; null if the server does not say.</summary>
    public string? Detail { get; } = detail;

    /// <summary>The definition's or query's field, in camelCase; null where it is none.</summary>
    public string? Field { get; } = field;

    /// <summary>When the server wants to be asked again; null if it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the same request may succeed later.</summary>
    public bool IsTransient =>
        Status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= (HttpStatusCode)500;
}

/// <summary>The server cannot be reached, or what answers is no PlayFair server; the message is for people.</summary>
[SuppressMessage("Roslynator", "RCS1194", Justification = "Only ever thrown with a message.")]
public sealed class PlayFairConnectionException(string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>Whether the same request may succeed later: the address leads to no other program.</summary>
    public bool IsTransient { get; init; } = true;
}
