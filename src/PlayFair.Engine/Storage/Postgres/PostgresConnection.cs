using System.Data;
using System.Data.Common;
using Npgsql;

namespace PlayFair.Engine;

/// <summary>One connection to PostgreSQL; it prepares the statements that come again by itself.</summary>
internal sealed class PostgresConnection(NpgsqlConnection connection, int? timeoutSeconds) : StoreConnection
{
    public override void InTransaction(Action work) => InTransaction(IsolationLevel.ReadCommitted, work);

    public override void InReadTransaction(Action work) => InTransaction(IsolationLevel.RepeatableRead, work);

    /// <summary>
    /// Does statements that all get the same values in one transaction and one message, so that no lock is held while
    /// the next statement is on its way.
    /// </summary>
    /// <returns>How many rows each has changed.</returns>
    public List<long> AtOnce(ReadOnlySpan<string> statements, params ReadOnlySpan<object?> values)
    {
        using NpgsqlBatch batch = connection.CreateBatch();
        foreach (string sql in statements)
        {
            var command = new NpgsqlBatchCommand(sql);
            foreach (object? value in values)
                command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
            batch.BatchCommands.Add(command);
        }

        batch.ExecuteNonQuery();
        return [.. batch.BatchCommands.Select<NpgsqlBatchCommand, long>(command => command.RecordsAffected)];
    }

    public override string ValuesOf(string parameter) => $"json_array_elements_text(CAST({parameter} AS json))";

    public override void Dispose() => connection.Dispose();

    protected override DbCommand Command(string sql, ReadOnlySpan<object?> values)
    {
#pragma warning disable CA2100 // Every statement is a constant of the store.
        var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        if (timeoutSeconds is { } timeout)
            command.CommandTimeout = timeout;
        foreach (object? value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        return command;
    }

    private void InTransaction(IsolationLevel level, Action work)
    {
        using NpgsqlTransaction transaction = connection.BeginTransaction(level);
        work();
        transaction.Commit();
    }
}
