namespace PlayFair.Contracts;

/// <summary>What a caller may do.</summary>
public enum Role
{
    /// <summary>Read.</summary>
    View,

    /// <summary>Read and change.</summary>
    Manage,
}

/// <summary>Who a caller is to the server.</summary>
/// <param name="Name">Whose token it is; null without tokens.</param>
/// <param name="Role">What the caller may do; without tokens everything.</param>
/// <param name="IsProtected">Whether the server asks for tokens.</param>
/// <param name="Version">The server's program and version.</param>
public sealed record Session(string? Name, Role Role, bool IsProtected, string Version);
