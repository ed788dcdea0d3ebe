using System.Net;
using System.Net.Sockets;

namespace PlayFair.Video;

/// <summary>Which addresses lie in the public internet.</summary>
internal static class NetworkAddresses
{
    /// <summary>Reserved, private, local, shared, or for groups (IANA's special-purpose registries).</summary>
    private static readonly IPNetwork[] s_special =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
            "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
            "203.0.113.0/24", "224.0.0.0/3",
            "::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "fc00::/7", "fe80::/9",
            "ff00::/8",
        }.Select(network => IPNetwork.Parse(network)),
    ];

    private static readonly IPNetwork s_nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork s_sixToFour = IPNetwork.Parse("2002::/16");
    private static readonly IPNetwork s_ipv4Compatible = IPNetwork.Parse("::/96");

    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (s_special.Any(network => network.Contains(address)))
            return false;
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return true;
        // Addresses that a router turns into the IPv4 address inside.
        byte[] bytes = address.GetAddressBytes();
        if (s_nat64.Contains(address) || s_ipv4Compatible.Contains(address))
            return IsPublic(new IPAddress(bytes.AsSpan(12, 4)));
        return !s_sixToFour.Contains(address) || IsPublic(new IPAddress(bytes.AsSpan(2, 4)));
    }

    /// <summary>Whether both name the same host: by name without case, or by address.</summary>
    public static bool AreSameHost(string a, string b) =>
        string.Equals(a, b, StringComparison.OrdinalIgnoreCase) ||
        (IPAddress.TryParse(a, out IPAddress? first) && IPAddress.TryParse(b, out IPAddress? second) &&
            first.Equals(second));

    /// <summary>All addresses of a host.</summary>
    /// <exception cref="SocketException">It has none, or the name service does not answer.</exception>
    public static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out IPAddress? literal))
            return [literal];
        IPAddress[] addresses = await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
        return addresses.Length > 0 ? addresses : throw new SocketException((int)SocketError.HostNotFound);
    }
}
