using System.Net.Sockets;

namespace PlayFair.Grains;

/// <summary>A silo cannot start or join its cluster; the message says what was found and what to do.</summary>
#pragma warning disable RCS1194 // Without words it would say nothing.
public sealed class ClusterException(string message, Exception? innerException = null)
    : Exception(message, innerException)
#pragma warning restore RCS1194
{
    internal static ClusterException Of(ClusterOptions cluster, Exception failure)
    {
        Exception cause = failure.GetBaseException();
        string reason = cause switch
        {
            SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } =>
                $"another program, perhaps another silo, listens on port {cluster.SiloPort} or {cluster.GatewayPort}. "
                + "Give this one other ports",
            SocketException { SocketErrorCode: SocketError.AddressNotAvailable } =>
                $"this machine has no address {cluster.Address}. Name the one at which the other silos reach it",
            _ => cause.Message.TrimEnd('.'),
        };
        return new ClusterException($"Silo '{cluster.SiloName}' cannot join cluster '{cluster.Name}': {reason}.", failure);
    }
}
