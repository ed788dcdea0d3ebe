namespace PlayFair.Server;

/// <summary>An error as RFC 9457 describes it: the body of every answer that is one.</summary>
internal sealed record Problem
{
    public const string ContentType = "application/problem+json";

    public string Type { get; init; } = "about:blank";

    /// <summary>What the status means.</summary>
    public required string Title { get; init; }

    public required int Status { get; init; }

    /// <summary>What was found, what was expected and what to do.</summary>
    public required string Detail { get; init; }

    /// <summary>The member or parameter that is wrong; null where it is none.</summary>
    public string? Field { get; init; }

    /// <summary>Where several things are wrong, each of them.</summary>
    public IReadOnlyList<string>? Errors { get; init; }

    /// <summary>Finds the log's lines about an unexpected error; null for any other.</summary>
    public string? TraceId { get; init; }
}
