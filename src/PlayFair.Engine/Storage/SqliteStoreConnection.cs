using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace PlayFair.Engine;

/// <summary>One connection to the file, with its statements prepared once.</summary>
internal sealed class SqliteStoreConnection : StoreConnection
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);

    private SqliteStoreConnection(SqliteConnection connection) => _connection = connection;

    /// <summary>Whether a transaction is open.</summary>
    private bool IsInTransaction => SQLitePCL.raw.sqlite3_get_autocommit(_connection.Handle) == 0;

    public static SqliteStoreConnection Open(string path, bool readOnly)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = readOnly ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWrite,
            Pooling = false,
        }.ToString());
        try
        {
            connection.Open();
            return new SqliteStoreConnection(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public override void InTransaction(Action work)
    {
        Execute("BEGIN IMMEDIATE");
        try
        {
            work();
            Execute("COMMIT");
        }
        catch
        {
            // After some errors SQLite has rolled back on its own.
            if (IsInTransaction)
                Execute("ROLLBACK");
            throw;
        }
    }

    public override void InReadTransaction(Action work)
    {
        Execute("BEGIN");
        try
        {
            work();
        }
        finally
        {
            if (IsInTransaction)
                Execute("COMMIT");
        }
    }

    public override string ValuesOf(string parameter) => $"json_each({parameter})";

    public override void Dispose()
    {
        foreach (SqliteCommand command in _commands.Values)
            command.Dispose();

        _connection.Dispose();
    }

    protected override DbCommand Command(string sql, ReadOnlySpan<object?> values)
    {
        if (!_commands.TryGetValue(sql, out SqliteCommand? command))
        {
            command = _connection.CreateCommand();
#pragma warning disable CA2100 // Every statement is a constant of the store.
            command.CommandText = sql;
#pragma warning restore CA2100
            for (int i = 0; i < values.Length; i++)
                command.Parameters.Add(new SqliteParameter { ParameterName = $"${i + 1}" });
            _commands.Add(sql, command);
        }

        for (int i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i] ?? DBNull.Value;

        return command;
    }
}
