using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace PlayFair.Video;

/// <summary>How a source is reached.</summary>
public enum SourceKind
{
    /// <summary>A video in a file.</summary>
    File,

    /// <summary>rtsp: and rtsps:, as most cameras offer.</summary>
    Rtsp,

    /// <summary>rtmp: and rtmps:.</summary>
    Rtmp,

    /// <summary>http: and https: to a playlist (.m3u8).</summary>
    Hls,

    /// <summary>http: and https: to anything else that ffmpeg can play.</summary>
    Http,

    /// <summary>srt:.</summary>
    Srt,

    /// <summary>udp: with an MPEG transport stream.</summary>
    Udp,

    /// <summary>A camera of this machine, through Video4Linux.</summary>
    Webcam,

    /// <summary>A camera that films rendered scenes of the Moves data set.</summary>
    Synthetic,
}

/// <summary>A source as a user writes it, parsed.</summary>
/// <remarks>
/// A path, or one of <c>rtsp[s]://</c>, <c>rtmp[s]://</c>, <c>http[s]://</c>, <c>srt://</c>, <c>udp://</c>,
/// <c>file:///PATH</c>, <c>v4l2:/dev/videoN</c> (or plain <c>/dev/videoN</c>) and
/// <c>synthetic:SEED[?fps=12&amp;height=120&amp;pace=fast]</c>. What reads like a scheme and is none of these is
/// refused; <c>./</c> before it makes it a path. ffmpeg gets an address as an argument, credentials and all: other
/// users of the machine may see it in the list of processes while it is read.
/// </remarks>
public sealed partial class VideoSource
{
    private const string Expected =
        "Expected a file's path, rtsp://, rtsps://, rtmp://, rtmps://, http://, https://, srt:// or udp:// with a " +
        "host, v4l2:/dev/videoN, or synthetic:SEED";

    private readonly string[] _secrets;

    private VideoSource(SourceKind kind, string address, string redacted, string host = "", string[]? secrets = null)
    {
        Kind = kind;
        Address = address;
        Redacted = redacted;
        Host = host;
        _secrets = secrets ?? [];
    }

    public SourceKind Kind { get; }

    /// <summary>Whether it is anything but a file.</summary>
    public bool IsLive => Kind != SourceKind.File;

    /// <summary>The source with "***" for credentials: what to show.</summary>
    public string Redacted { get; }

    /// <summary>The address with its credentials, or the path.</summary>
    internal string Address { get; }

    /// <summary>The host as written, without brackets; empty where there is none.</summary>
    internal string Host { get; }

    /// <summary>Only of <see cref="SourceKind.Synthetic"/>.</summary>
    internal SyntheticSettings? Synthetic { get; private init; }

    internal bool IsHttp => Kind is SourceKind.Http or SourceKind.Hls;

    /// <exception cref="SourceException"><see cref="SourceErrorKind.Malformed"/>.</exception>
    public static VideoSource Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (string.IsNullOrWhiteSpace(text))
            throw Malformed("The source is empty", Expected);
        if (text.Contains('\0', StringComparison.Ordinal))
            throw Malformed("The source contains a NUL character", Expected);

        Match scheme = SchemePattern().Match(text);
        if (!scheme.Success)
        {
            return WebcamPattern().IsMatch(text)
                ? new VideoSource(SourceKind.Webcam, text, text)
                : new VideoSource(SourceKind.File, text, text);
        }

        string rest = text[scheme.Length..];
        // Schemes are ASCII and compared without case.
#pragma warning disable CA1308
        return scheme.Groups["name"].Value.ToLowerInvariant() switch
#pragma warning restore CA1308
        {
            "rtsp" or "rtsps" => Network(text, SourceKind.Rtsp),
            "rtmp" or "rtmps" => Network(text, SourceKind.Rtmp),
            "http" or "https" => Network(text, SourceKind.Http),
            "srt" => Network(text, SourceKind.Srt, needsPort: true),
            "udp" => Network(text, SourceKind.Udp, needsPort: true),
            "file" => LocalFile(text),
            "v4l2" => Webcam(text, rest),
            "synthetic" => new VideoSource(SourceKind.Synthetic, text, text)
            {
                Synthetic = SyntheticSettings.Parse(text, rest),
            },
            var other => throw Malformed(
                $"'{Redaction.OfAddress(text)}' has the scheme '{other}', which is none that is read",
                Expected + "; write ./ before a file's name that looks so"),
        };
    }

    /// <summary>
    /// Any text with the credentials of the addresses in it replaced by "***": user and password, and the values of
    /// query fields that have to do with secrets.
    /// </summary>
    public static string Redact(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Redaction.OfText(text);
    }

    /// <summary><see cref="Redacted"/>.</summary>
    public override string ToString() => Redacted;

    /// <summary>Redacts text that is about this source, where its credentials may stand alone.</summary>
    internal string RedactOwn(string text)
    {
        text = text.Replace(Address, Redacted, StringComparison.Ordinal);
        foreach (string secret in _secrets)
            text = text.Replace(secret, Redaction.Mask, StringComparison.Ordinal);
        return Redaction.OfText(text);
    }

    private static VideoSource Network(string text, SourceKind kind, bool needsPort = false)
    {
        string redacted = Redaction.OfAddress(text);
        if (text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
            throw Malformed($"'{redacted}' contains spaces or control characters", "Write them percent-encoded (%20)");
        Match match = NetworkPattern().Match(text);
        if (!match.Success)
        {
            throw Malformed(
                $"'{redacted}' is no address", "Expected scheme://[user:password@]host[:port][/path][?query], with " +
                "'@', ':', '/' and '?' in a password percent-encoded");
        }

        string host = match.Groups["host"].Value.Trim('[', ']');
        // Without a host, udp and srt listen.
        if (host.Length == 0 && !needsPort)
            throw Malformed($"'{redacted}' names no host", "Expected one after '://'");
        if (match.Groups["host"].Value.StartsWith('[') && !IPAddress.TryParse(host, out _))
            throw Malformed($"'{redacted}' has no IPv6 address between its brackets", "Expected one, such as [::1]");
        string port = match.Groups["port"].Value;
        if (needsPort && port.Length == 0)
            throw Malformed($"'{redacted}' names no port", "Expected one after the host, such as :5000");
        if (port.Length > 0 && int.Parse(port, CultureInfo.InvariantCulture) is < 1 or > 65535)
            throw Malformed($"'{redacted}' has the port {port}", "Expected 1 to 65535");
        string path = match.Groups["path"].Value;
        bool isPlaylist = kind == SourceKind.Http && path.EndsWith(".m3u8", StringComparison.OrdinalIgnoreCase);
        return new VideoSource(
            isPlaylist ? SourceKind.Hls : kind, text, redacted, host, Secrets(match.Groups["user"].Value));
    }

    /// <summary>Passwords, as written and decoded; below three characters they would be found anywhere.</summary>
    private static string[] Secrets(string userInfo)
    {
        int colon = userInfo.IndexOf(':', StringComparison.Ordinal);
        string password = colon < 0 ? userInfo : userInfo[(colon + 1)..];
        return [.. new[] { userInfo, password, Uri.UnescapeDataString(password) }
            .Where(secret => secret.Length >= 3)
            .Distinct(StringComparer.Ordinal)
            .OrderByDescending(secret => secret.Length)];
    }

    private static VideoSource LocalFile(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || !uri.IsFile || uri.Host.Length > 0)
        {
            throw Malformed(
                $"'{Redaction.OfAddress(text)}' is no file's address", "Expected file:///PATH, or the path alone");
        }

        return new VideoSource(SourceKind.File, uri.LocalPath, uri.LocalPath);
    }

    private static VideoSource Webcam(string text, string device) => WebcamPattern().IsMatch(device)
        ? new VideoSource(SourceKind.Webcam, device, text)
        : throw Malformed($"'{text}' names no camera", "Expected v4l2:/dev/videoN, such as v4l2:/dev/video0");

    internal static SourceException Malformed(string found, string remedy) =>
        new(SourceErrorKind.Malformed, $"{found}. {remedy}.");

    /// <summary>One letter is a drive on Windows.</summary>
    [GeneratedRegex("^(?<name>[a-z][a-z0-9+.-]+):", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex SchemePattern();

    [GeneratedRegex(
        @"^[^:/]+://((?<user>[^/?#]*)@)?(?<host>\[[^\]/?#@]*\]|[^:/?#@\[\]]*)(:(?<port>\d{1,9}))?" +
        @"(?<path>/[^?#]*)?([?#].*)?$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000)]
    private static partial Regex NetworkPattern();

    [GeneratedRegex("^/dev/video[0-9]{1,3}$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex WebcamPattern();
}
