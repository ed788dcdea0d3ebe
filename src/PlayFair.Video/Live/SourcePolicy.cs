using System.Net;
using System.Net.Sockets;

namespace PlayFair.Video;

/// <summary>
/// What may be reached that is not in the public internet: loopback, private, link-local and shared addresses.
/// </summary>
public enum PrivateAddresses
{
    /// <summary>Nothing.</summary>
    Deny,

    /// <summary>
    /// The host that the user named. What a redirect or a playlist leads to may not be private, unless it is that host.
    /// </summary>
    Named,

    /// <summary>Everything.</summary>
    Allow,
}

/// <summary>What may be opened. Checked before each connection, and enforced while reading.</summary>
/// <remarks>
/// HTTP and HLS go through a proxy inside this process that resolves each name once, checks all of its addresses and
/// connects to one of these, so neither redirects nor playlists nor a name service that changes its mind lead past it
/// (nor do they go through a proxy of the environment, unless <see cref="PrivateAddresses"/> is Allow). The other
/// protocols are resolved and checked before ffmpeg connects, which resolves the name again; that a name server gives
/// another answer then, or that an RTSP or RTMP server redirects, is not covered. Paths are checked with all links
/// followed; that somebody who may write there changes a folder into a link between check and opening is not.
/// </remarks>
public sealed record SourcePolicy
{
    /// <summary>Everything, for embedding and tests.</summary>
    public static SourcePolicy Anything { get; } = new() { PrivateAddresses = PrivateAddresses.Allow };

    /// <summary>Where files must lie, after links are followed; null: anywhere.</summary>
    public IReadOnlyList<string>? Folders { get; init; }

    /// <summary>Single files that are allowed besides.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Which kinds may be opened; null: all.</summary>
    public IReadOnlyList<SourceKind>? Kinds { get; init; }

    /// <summary>What may be reached that is not in the public internet.</summary>
    public PrivateAddresses PrivateAddresses { get; init; } = PrivateAddresses.Named;

    /// <summary>Checks a source; a name that cannot be resolved now passes, and is checked when it can.</summary>
    /// <exception cref="SourceException"><see cref="SourceErrorKind.Forbidden"/>.</exception>
    public async Task CheckAsync(VideoSource source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (Kinds is not null && !Kinds.Contains(source.Kind))
        {
            throw Forbidden(
                $"'{source}' is of the kind {source.Kind}, and only {string.Join(", ", Kinds)} may be opened here");
        }

        if (source.Kind == SourceKind.File)
            _ = AllowedPath(source.Address);
        if (source.Host.Length == 0 || PrivateAddresses != PrivateAddresses.Deny)
            return;
        try
        {
            _ = await AllowedAddressesAsync(source.Host, named: source.Host, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            // An unknown name leads nowhere; whoever connects says so.
        }
    }

    /// <summary>The path to open for a source that is a file.</summary>
    /// <exception cref="SourceException"><see cref="SourceErrorKind.Forbidden"/>.</exception>
    public string PathOf(VideoSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return AllowedPath(source.Address);
    }

    /// <summary>The path to open for a file: with all links followed where folders are prescribed.</summary>
    /// <exception cref="SourceException"><see cref="SourceErrorKind.Forbidden"/>.</exception>
    internal string AllowedPath(string path)
    {
        if (Folders is null)
            return path;
        string real = RealPath(path);
        bool isAllowed = Folders.Any(folder => IsInside(real, RealPath(folder))) ||
            Files.Any(file => string.Equals(real, RealPath(file), PathComparison));
        return isAllowed
            ? real
            : throw Forbidden(
                $"'{path}' lies, after links are followed, in none of the folders whose files may be opened here");
    }

    /// <summary>The addresses of a host, all of which may be connected to.</summary>
    /// <param name="named">The host that the user named.</param>
    /// <exception cref="SourceException"><see cref="SourceErrorKind.Forbidden"/>.</exception>
    /// <exception cref="SocketException">The name cannot be resolved.</exception>
    internal async Task<IPAddress[]> AllowedAddressesAsync(
        string host, string named, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = await NetworkAddresses.ResolveAsync(host, cancellationToken).ConfigureAwait(false);
        bool isNamed = NetworkAddresses.AreSameHost(host, named);
        bool mayBePrivate = PrivateAddresses == PrivateAddresses.Allow ||
            (PrivateAddresses == PrivateAddresses.Named && isNamed);
        if (!mayBePrivate && Array.Find(addresses, a => !NetworkAddresses.IsPublic(a)) is { } found)
        {
            string what = found.ToString() == host ? $"'{host}'" : $"'{host}' ({found})";
            throw Forbidden(isNamed
                ? $"{what} is a private or local address, and such may not be reached from here"
                : $"The source leads on to {what}, a private or local address, which only the host named in the " +
                    "source may have here");
        }

        return addresses;
    }

    private static StringComparison PathComparison =>
        OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    private static bool IsInside(string path, string folder) =>
        path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, PathComparison);

    /// <summary>The absolute path with every link followed; parts that do not exist stay as they are.</summary>
    private static string RealPath(string path)
    {
        string full = Path.GetFullPath(path);
        string real = Path.GetPathRoot(full)!;
        var parts = new Stack<string>(Parts(full, real).Reverse());
        int linkCount = 0;
        while (parts.TryPop(out string? part))
        {
            string next = part == ".." ? Path.GetDirectoryName(real) ?? real : Path.Combine(real, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }

            // As many as Linux follows; more are a circle.
            if (++linkCount > 40)
                throw Forbidden($"'{path}' is a link that leads back to itself");
            if (Path.IsPathRooted(target))
                real = Path.GetPathRoot(target)!;
            foreach (string targetPart in Parts(target, Path.GetPathRoot(target)!).Reverse())
                parts.Push(targetPart);
        }

        return real;
    }

    private static IEnumerable<string> Parts(string path, string root) => path[root.Length..]
        .Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries)
        .Where(part => part != ".");

    private static SourceException Forbidden(string found) => new(
        SourceErrorKind.Forbidden, $"{found}. Use another source, or have whoever runs this allow it "
            + "(playfair serve: --folder, or 'sources' in its configuration).");
}
