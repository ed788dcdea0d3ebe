using System.Data.Common;
using System.Globalization;

namespace PlayFair.Engine;

/// <summary>
/// One connection to a store's database, whichever it is: statements have values for $1, $2, …. For one thread at a
/// time.
/// </summary>
internal abstract class StoreConnection : IDisposable
{
    /// <summary>Runs a statement and returns how many rows it changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> values) => Command(sql, values).ExecuteNonQuery();

    /// <summary>The first column of the first row, an integer or a truth value; null for none and NULL.</summary>
    public long? Number(string sql, params ReadOnlySpan<object?> values) =>
        Command(sql, values).ExecuteScalar() is { } value and not DBNull
            ? Convert.ToInt64(value, CultureInfo.InvariantCulture)
            : null;

    /// <summary>All rows.</summary>
    public List<T> Rows<T>(string sql, Func<DbDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        var rows = new List<T>();
        using DbDataReader reader = Command(sql, values).ExecuteReader();
        while (reader.Read())
            rows.Add(read(reader));

        return rows;
    }

    /// <summary>Does all of it in one transaction, or nothing.</summary>
    public abstract void InTransaction(Action work);

    /// <summary>Reads one state of the database, whatever is written meanwhile.</summary>
    public abstract void InReadTransaction(Action work);

    /// <summary>What to select the elements of a JSON array from, a column <c>value</c>.</summary>
    /// <param name="parameter">The array's, such as $1.</param>
    public abstract string ValuesOf(string parameter);

    public abstract void Dispose();

    /// <summary>The statement with its values, ready to be run; it stays the connection's.</summary>
    protected abstract DbCommand Command(string sql, ReadOnlySpan<object?> values);
}
