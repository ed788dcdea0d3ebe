using System.Collections.Concurrent;

namespace PlayFair.Engine;

/// <summary>
/// The texts of a database that many processes write: it gives the numbers, in transactions of their own; what was seen
/// once is remembered. For any number of threads.
/// </summary>
/// <exception cref="Npgsql.NpgsqlException">The database cannot be asked.</exception>
internal sealed class PostgresTexts(PostgresDatabase database) : ITextTable
{
    private Known _known = new([]);

    /// <summary>Begins anew with what is there: after a failover the newest may be gone.</summary>
    public void Load(PostgresConnection connection) => Volatile.Write(
        ref _known,
        new Known(connection.Rows("SELECT number, text FROM texts", row => (row.GetInt32(0), row.GetString(1)))));

    public int NumberOf(string text)
    {
        Known known = Volatile.Read(ref _known);
        if (known.Numbers.TryGetValue(text, out int number))
            return number;

        using PostgresConnection connection = database.OpenApart();
        int? found;
        do
        {
            // Nothing comes back when another process has just added it: then the next look finds it.
            found = connection.Rows(
                """
                WITH added AS (
                    INSERT INTO texts (text) SELECT $1 WHERE NOT EXISTS (SELECT 1 FROM texts WHERE text = $1)
                    ON CONFLICT (text) DO NOTHING
                    RETURNING number)
                SELECT number FROM added UNION ALL SELECT number FROM texts WHERE text = $1
                """,
                row => (int?)row.GetInt32(0),
                text).FirstOrDefault();
        }
        while (found is null);
        known.Add(found.Value, text);
        return found.Value;
    }

    public string TextOf(long number)
    {
        if (!Volatile.Read(ref _known).Texts.TryGetValue(number, out string? text))
        {
            using PostgresConnection connection = database.OpenApart();
            Load(connection);
            if (!Volatile.Read(ref _known).Texts.TryGetValue(number, out text))
                throw BlobReader.Damaged();
        }

        return text;
    }

    private sealed class Known
    {
        public Known(List<(int Number, string Text)> rows)
        {
            foreach ((int number, string text) in rows)
                Add(number, text);
        }

        public ConcurrentDictionary<string, int> Numbers { get; } = new(StringComparer.Ordinal);

        public ConcurrentDictionary<long, string> Texts { get; } = new();

        public void Add(int number, string text)
        {
            Texts[number] = text;
            Numbers[text] = number;
        }
    }
}
