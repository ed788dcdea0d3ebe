using System.Net;

namespace PlayFair.Server;

/// <summary>Where the server listens, such as <c>http://127.0.0.1:5080</c>.</summary>
/// <param name="Host">An IP address, <c>localhost</c>, or <c>*</c> for all addresses.</param>
/// <param name="Port">0: any that is free.</param>
public sealed record ListenAddress(string Host, int Port)
{
    public const string Expected =
        "http://ADDRESS:PORT, the address being an IP address, localhost or * (a proxy in front gives https)";

    public static ListenAddress Default { get; } = new("127.0.0.1", 5080);

    /// <summary>Whether only this machine can connect.</summary>
    public bool IsLocal => IsLoopback(Host);

    /// <summary>Whether a host, as in an address or a Host header, is this machine by itself.</summary>
    public static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));

    /// <summary>Reads an address; null if it is none.</summary>
    public static ListenAddress? Parse(string text)
    {
        const string scheme = "http://";
        const string all = "http://*:";
        bool isAll = text.StartsWith(all, StringComparison.Ordinal);
        // Uri takes no '*'.
        string plain = isAll ? $"{scheme}0.0.0.0:{text[all.Length..]}" : text;
        bool isPlain = plain.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            && Uri.TryCreate(plain, UriKind.Absolute, out Uri? uri)
            && uri is { AbsolutePath: "/", Query: "", Fragment: "", UserInfo: "" };
        if (!isPlain)
            return null;
        uri = new Uri(plain);
        string host = uri.Host.Trim('[', ']');
        if (isAll)
            return new ListenAddress("*", uri.Port);
        return host == "localhost" || IPAddress.TryParse(host, out _) ? new ListenAddress(host, uri.Port) : null;
    }

    public override string ToString() => Host.Contains(':') ? $"http://[{Host}]:{Port}" : $"http://{Host}:{Port}";
}
