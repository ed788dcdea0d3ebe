using PlayFair.Engine;

namespace PlayFair.Grains;

/// <summary>The tables and statements of Orleans' providers in PostgreSQL, and how a database comes to have them.</summary>
internal static class OrleansSchema
{
    private const string Script = "orleans.sql";

    /// <summary>The version of <see cref="Script"/>, which it notes in the database.</summary>
    private const int Version = 1;

    /// <summary>Runs deploy/postgresql/orleans.sql, unless that or a newer one was run.</summary>
    /// <exception cref="StoreException">It cannot be run.</exception>
    public static void BringUp(string connectionString)
    {
        using var database = new PostgresDatabase(connectionString);
        database.Do(connection =>
        {
            if (VersionOf(connection) < Version)
            {
                PostgresSchema.Change(database, connection, Script, () =>
                {
                    if (VersionOf(connection) < Version)
                        connection.Execute(PostgresSchema.Read(typeof(OrleansSchema).Assembly, Script));
                });
            }

            return true;
        });
    }

    private static long VersionOf(PostgresConnection connection)
    {
        if (connection.Number("SELECT count(*) FROM pg_class WHERE oid = to_regclass('orleansquery')") == 0)
            return 0;
        return connection.Number("SELECT querytext::integer FROM orleansquery WHERE querykey = 'PlayFairVersion'") ?? 0;
    }
}
