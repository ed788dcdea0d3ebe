using System.Net;
using System.Net.Sockets;
using PlayFair.Server;

namespace PlayFair.Cli;

/// <summary>The program cannot listen where it is told to.</summary>
#pragma warning disable RCS1194 // Without words it would say nothing.
internal sealed class ListenException(string message, Exception? innerException = null)
    : Exception(message, innerException)
#pragma warning restore RCS1194
{
    /// <param name="where">The address.</param>
    /// <param name="option">What chooses another.</param>
    public static ListenException Of(string where, string option, Exception cause)
    {
        SocketError? error = (cause as SocketException ?? cause.GetBaseException() as SocketException)?.SocketErrorCode;
        string reason = error switch
        {
            SocketError.AddressAlreadyInUse => "another program, perhaps another playfair, listens there",
            SocketError.AccessDenied => "this user may not; ports below 1024 need a privilege",
            SocketError.AddressNotAvailable => "this machine has no such address",
            _ => cause.GetBaseException().Message.TrimEnd('.'),
        };
        return new ListenException($"Cannot listen on {where}: {reason}. Choose another with {option}.", cause);
    }

    /// <summary>Sees that nobody else listens there, before a store is opened and videos are started.</summary>
    /// <exception cref="ListenException">Somebody does.</exception>
    public static void Check(ListenAddress address)
    {
        IPAddress ip = address.Host switch
        {
            "localhost" => IPAddress.Loopback,
            "*" => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any,
            _ => IPAddress.Parse(address.Host),
        };
        Check(new IPEndPoint(ip, address.Port), address.ToString(), "--listen");
    }

    /// <inheritdoc cref="Check(ListenAddress)"/>
    public static void Check(IPEndPoint address, string where, string option)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            // Of both families, as the server will.
            if (address.Address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            socket.Bind(address);
        }
        catch (SocketException failure)
        {
            throw Of(where, option, failure);
        }
    }
}
