using System.Security.Cryptography;
using System.Text;
using PlayFair.Contracts;

namespace PlayFair.Server;

/// <summary>A token: known by its hash only.</summary>
/// <param name="Name">Whose it is, for the log.</param>
/// <param name="Hash">SHA-256 of the token.</param>
/// <param name="Role">What it allows.</param>
public sealed record AccessToken(string Name, ReadOnlyMemory<byte> Hash, Role Role)
{
    /// <summary>The fewest characters of a token.</summary>
    public const int MinLength = 16;

    public static AccessToken Create(string name, string token, Role role) => new(name, HashOf(token), role);

    /// <summary>The one of the tokens that was presented; null: none. Takes as long for each.</summary>
    internal static AccessToken? Find(IReadOnlyList<AccessToken> tokens, string presented)
    {
        byte[] hash = HashOf(presented);
        AccessToken? found = null;
        foreach (AccessToken token in tokens)
        {
            if (CryptographicOperations.FixedTimeEquals(token.Hash.Span, hash))
                found = token;
        }

        return found;
    }

    private static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
