namespace PlayFair.Client;

/// <summary>Where the server is, and how patient the client is.</summary>
public sealed record PlayFairClientOptions
{
    public const string DefaultAddress = "http://127.0.0.1:5080";

    /// <summary>Environment variable that names the server's address.</summary>
    public const string AddressVariable = "PLAYFAIR_URL";

    /// <summary>Environment variable that holds the token.</summary>
    public const string TokenVariable = "PLAYFAIR_TOKEN";

    /// <summary>The server's address, http or https; null: PLAYFAIR_URL, else <see cref="DefaultAddress"/>.</summary>
    public string? Address { get; init; }

    /// <summary>The token; null: PLAYFAIR_TOKEN, else none is sent.</summary>
    public string? Token { get; init; }

    /// <summary>How long an answer may take.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a stream may bring nothing; the server sends a sign of life every 15 s.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>
    /// How long a lost stream waits for its next attempt, unless the server says otherwise; doubles each time.
    /// </summary>
    public TimeSpan ReconnectDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>To which it doubles at most.</summary>
    public TimeSpan LongestReconnectDelay { get; init; } = TimeSpan.FromSeconds(30);

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The address with a slash at its end, so that paths are joined to it.</summary>
    /// <exception cref="ArgumentException">It is none that can be asked.</exception>
    internal Uri ReadAddress()
    {
        string text = FirstWord(Address, AddressVariable) ?? DefaultAddress;
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException(
                $"The server's address is '{Redact(text)}'; expected one such as {DefaultAddress}. Put it right in "
                + $"--url or {AddressVariable}.");
        }

        if (address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0)
        {
            throw new ArgumentException(
                "The server's address holds a user, a query or a fragment; expected only scheme, host, port and path, "
                + $"such as {DefaultAddress}. Give a token by {TokenVariable}.");
        }

        return address.AbsolutePath.EndsWith('/') ? address : new Uri(address.AbsoluteUri + "/");
    }

    /// <exception cref="ArgumentException">It could not be sent.</exception>
    internal string? ReadToken()
    {
        string? token = FirstWord(Token, TokenVariable);
        return token is null || token.All(c => c is > ' ' and < '\u007F')
            ? token
            : throw new ArgumentException(
                "The token holds spaces, line breaks or characters beyond ASCII. Put it right in --token or "
                + $"{TokenVariable}.");
    }

    /// <summary>Whatever follows an '@' or comes before one may be a credential.</summary>
    private static string Redact(string text) =>
        text.LastIndexOf('@') is var at and >= 0 ? "***" + text[at..] : text;

    private static string? FirstWord(string? given, string variable)
    {
        string? text = (given ?? Environment.GetEnvironmentVariable(variable))?.Trim();
        return text is { Length: > 0 } ? text : null;
    }
}
