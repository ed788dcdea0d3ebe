using Microsoft.Data.Sqlite;

namespace PlayFair.Engine;

/// <summary>The database's files: private, and one process's at a time.</summary>
internal static class StoreFile
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Creates what is missing and takes the lock, until it is disposed or its process is gone.</summary>
    /// <exception cref="StoreException">It is locked, or there is no permission.</exception>
    public static FileStream Take(string path)
    {
        if (Directory.Exists(path))
            throw new StoreException($"'{path}' is a folder. Name a file in it, such as playfair.db.");

        FileStream? held = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            held = Open(path + ".lock", FileShare.None);
            Open(path, FileShare.ReadWrite).Dispose();
            if (!OperatingSystem.IsWindows())
            {
                // SQLite gives its log the database's mode; one that is there already keeps its own.
                foreach (string file in new[] { path, path + "-wal", path + "-shm" }.Where(File.Exists))
                    File.SetUnixFileMode(file, Private);
            }

            return held;
        }
        catch (UnauthorizedAccessException e)
        {
            held?.Dispose();
            throw new StoreException(
                $"'{path}' cannot be opened: there is no permission. Allow this user to write the file and its folder.",
                e);
        }
        catch (IOException e) when (held is null && IsLocked(e))
        {
            throw new StoreException(
                $"'{path}' is in use by another PlayFair server. Stop that one, or name another file.", e);
        }
        catch (IOException e)
        {
            held?.Dispose();
            throw new StoreException($"'{path}' cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>Opens the database to write, with the newest schema and its log taken in.</summary>
    /// <exception cref="StoreException">It is damaged, newer, or no database of ours.</exception>
    public static StoreConnection Connect(string path, IReadOnlyList<StoreStep> steps)
    {
        StoreConnection? connection = null;
        try
        {
            connection = SqliteStoreConnection.Open(path, readOnly: false);
            StoreSchema.Migrate(connection, path, steps);
            connection.Execute("PRAGMA synchronous = NORMAL");
            connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
            CheckLength(connection, path);
            return connection;
        }
        catch (SqliteException e)
        {
            connection?.Dispose();
            throw StoreException.Of(path, e);
        }
        catch (StoreException)
        {
            connection?.Dispose();
            throw;
        }
    }

    // A file that was cut off opens without complaint and fails much later, when a page is missed.
    private static void CheckLength(StoreConnection connection, string path)
    {
        long expected = connection.Number("PRAGMA page_count")!.Value * connection.Number("PRAGMA page_size")!.Value;
        long found = new FileInfo(path).Length;
        if (found < expected)
        {
            throw new StoreException(
                $"'{path}' is cut off: it has {found} bytes of {expected}. Restore a copy, or move it away to begin "
                + "with an empty store.");
        }
    }

    private static FileStream Open(string path, FileShare share)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = share,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = Private;
        return new FileStream(path, options);
    }

    /// <summary>EWOULDBLOCK of Linux, of macOS, and ERROR_SHARING_VIOLATION.</summary>
    private static bool IsLocked(IOException problem) => problem.HResult is 11 or 35 or unchecked((int)0x80070020);
}
