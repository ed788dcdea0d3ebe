namespace PlayFair.Server;

/// <summary>A request that the server itself refuses; becomes a problem with this status.</summary>
#pragma warning disable RCS1194 // Without a status it would say nothing.
internal sealed class RequestException(int status, string message, string? field = null) : Exception(message)
#pragma warning restore RCS1194
{
    public int Status { get; } = status;

    public string? Field { get; } = field;

    /// <summary>Where several things are wrong, each of them.</summary>
    public IReadOnlyList<string>? Errors { get; init; }

    /// <summary>What is there; null where the message alone says it.</summary>
    public string? Found { get; private init; }

    /// <summary>What should be there; null where the message alone says it.</summary>
    public string? Expected { get; private init; }

    /// <param name="place">Where in the text it was found, beginning with a space; empty where that is plain.</param>
    public static RequestException Invalid(string field, string found, string expected, string place = "") =>
        new(StatusCodes.Status400BadRequest, $"{field}: found {found}{place}, expected {expected}.", field)
        {
            Found = found,
            Expected = expected,
        };
}
