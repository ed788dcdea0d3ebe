using Microsoft.Data.Sqlite;

namespace PlayFair.Engine;

/// <summary>The store cannot be opened, read or written; the message says what was found and what to do.</summary>
#pragma warning disable RCS1194 // Without words it would say nothing.
public class StoreException(string message, Exception? innerException = null)
    : Exception(message, innerException)
#pragma warning restore RCS1194
{
    internal static StoreException Of(string path, SqliteException problem) =>
        new($"'{path}': {Words(problem)}", problem);

    /// <summary>What is wrong and what to do, as a clause.</summary>
    internal static string Words(SqliteException problem) => problem.SqliteErrorCode switch
    {
        SQLitePCL.raw.SQLITE_FULL => "the disk is full. Make room, or keep less",
        SQLitePCL.raw.SQLITE_IOERR => "the disk could not be read or written. Check it and the room on it",
        SQLitePCL.raw.SQLITE_READONLY or SQLitePCL.raw.SQLITE_PERM =>
            "there is no permission to write. Allow this user to write the file and its folder",
        SQLitePCL.raw.SQLITE_CANTOPEN =>
            "it cannot be opened. Check that this user may read and write the file and its folder",
        SQLitePCL.raw.SQLITE_NOTADB =>
            "this is not a database. Name another file, or move this one away to begin with an empty store",
        SQLitePCL.raw.SQLITE_CORRUPT =>
            "the database is damaged. Restore a copy, or move it away to begin with an empty store",
        SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED =>
            "another program holds it locked. Close that program",
        _ => problem.Message,
    };
}

/// <summary>A write was refused: another process owns the video now.</summary>
#pragma warning disable RCS1194 // It is always about a video.
public sealed class SupersededException(string video)
    : StoreException($"Video '{video}' runs elsewhere now: what comes of it here is not stored.");
#pragma warning restore RCS1194
