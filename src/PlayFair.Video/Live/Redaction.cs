using System.Text.RegularExpressions;

namespace PlayFair.Video;

/// <summary>Takes credentials out of text.</summary>
internal static partial class Redaction
{
    public const string Mask = "***";

    /// <summary>Redacts every address in a text.</summary>
    public static string OfText(string text) =>
        AddressPattern().Replace(text, static match => OfAddress(match.Value));

    /// <summary>Redacts a text that is one address, or was meant to be one.</summary>
    public static string OfAddress(string address)
    {
        int start = address.IndexOf("://", StringComparison.Ordinal);
        start = start < 0 ? 0 : start + 3;
        int end = address.IndexOfAny(['/', '?', '#'], start);
        if (end < 0)
            end = address.Length;
        // A password that was not escaped may hold any character: with a colon before them, all signs are taken for
        // its own up to the last '@'. This may hide more than a password, and never less.
        bool mayHavePassword = address.AsSpan(start, end - start).Contains(':');
        int at = mayHavePassword
            ? address.LastIndexOf('@')
            : address.LastIndexOf('@', end - 1, end - start);
        if (at >= start)
            address = address[..start] + Mask + address[at..];
        address = SecretPattern().Replace(address, "${name}=" + Mask);
        return NamelessPattern().Replace(address, Mask);
    }

    [GeneratedRegex(
        """[a-z][a-z0-9+.\-]*://[^\s'"<>|]+""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex AddressPattern();

    /// <summary>Query values whose names have to do with secrets.</summary>
    [GeneratedRegex(
        @"(?<name>[?&;#][^=&;#\s]*(token|key|passw|passphrase|pwd|secret|auth|sig|streamid|credential|session|jwt)" +
        @"[^=&;#\s]*)=[^&;#\s'""<>]*",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000)]
    private static partial Regex SecretPattern();

    /// <summary>A query that is one value without a name, as a key is.</summary>
    [GeneratedRegex("""(?<=\?)[^?=&;#\s'"<>]+(?=$|[#\s'"<>])""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NamelessPattern();
}
