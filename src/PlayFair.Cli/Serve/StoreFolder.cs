using PlayFair.Engine;

namespace PlayFair.Cli;

/// <summary>The folder of a database file.</summary>
internal static class StoreFolder
{
    /// <summary>Makes the store's folder, for its user only; nothing where there is no store.</summary>
    /// <exception cref="StoreException">It cannot be made.</exception>
    public static void Make(string? storePath)
    {
        if (Path.GetDirectoryName(storePath) is not { Length: > 0 } folder)
            return;
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
            }
            else
            {
                Directory.CreateDirectory(
                    folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(
                $"The store's folder '{folder}' cannot be made: {failure.Message.TrimEnd('.')}. Name another with "
                + "--store, or keep nothing with --store none.", failure);
        }
    }
}
