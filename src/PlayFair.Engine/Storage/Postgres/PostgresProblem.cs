using System.Net.Sockets;
using Npgsql;

namespace PlayFair.Engine;

/// <summary>What PostgreSQL's errors mean here.</summary>
internal static class PostgresProblem
{
    /// <summary>Whether these data can never be written: any other problem passes, or can be made to.</summary>
    public static bool IsForGood(NpgsqlException problem) =>
        // Data exceptions, violated constraints, limits of the program.
        problem is PostgresException { SqlState: { } state } && state[..2] is "22" or "23" or "54";

    /// <summary>Whether the server cannot be reached, or takes nobody in: reading does not work either.</summary>
    public static bool IsAway(NpgsqlException problem) =>
        problem is not PostgresException { SqlState: { } state } || state[..2] is "08" or "28" or "57"
        || state == PostgresErrorCodes.TooManyConnections;

    /// <summary>Whether the same may well do now: an old connection, or two in each other's way.</summary>
    public static bool IsGoneOnRepeating(NpgsqlException problem) => problem switch
    {
        PostgresException { SqlState: { } state } => state is
            PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown,
        _ => problem.InnerException is IOException,
    };

    /// <summary>What is wrong and what to do, as a clause.</summary>
    /// <param name="user">The role that connects.</param>
    /// <param name="database">To which database.</param>
    public static string Words(NpgsqlException problem, string? user, string? database) => problem switch
    {
        PostgresException said => Words(said, user, database),
        { InnerException: SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain } } =>
            "its host is not known. Correct the host, or the name service",
        { InnerException: SocketException e } =>
            $"no server answers there ({Lower(e.Message)}). Start PostgreSQL, or correct host and port",
        { InnerException: TimeoutException } =>
            "it does not answer in time. Check that the server runs, is not overloaded and can be reached",
        { InnerException: IOException } => "the connection broke. Check the server and the network",
        _ => Lower(problem.Message.TrimEnd('.')),
    };

    private static string Words(PostgresException problem, string? user, string? database) => problem.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword =>
            $"the password is not that of role '{user}'. Correct it in the connection string",
        PostgresErrorCodes.InvalidAuthorizationSpecification =>
            $"{problem.MessageText}. Create the role, or allow it in pg_hba.conf",
        PostgresErrorCodes.InvalidCatalogName =>
            $"there is no database '{database}'. Create it (CREATE DATABASE \"{database}\" OWNER \"{user}\"), "
            + "or name another one",
        PostgresErrorCodes.InsufficientPrivilege =>
            $"role '{user}' lacks a right ({problem.MessageText}). Grant it what deploy/postgresql/README.md says",
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn
            or PostgresErrorCodes.UndefinedFunction =>
            $"PlayFair's tables are not there as they should be ({problem.MessageText}). Restore the database",
        PostgresErrorCodes.TooManyConnections =>
            "the server has as many connections as it allows. Raise max_connections, or close others",
        PostgresErrorCodes.DiskFull => "the server's disk is full. Make room, or keep less",
        PostgresErrorCodes.CannotConnectNow => "the server is starting or stopping. Wait for it",
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown => "the server ended the connection",
        PostgresErrorCodes.ReadOnlySqlTransaction =>
            "the server is read-only. Connect to the primary (Target Session Attributes=primary)",
        _ => $"{problem.MessageText} ({problem.SqlState})",
    };

    private static string Lower(string text) =>
        text is [var first, ..] ? char.ToLowerInvariant(first) + text[1..] : text;
}
