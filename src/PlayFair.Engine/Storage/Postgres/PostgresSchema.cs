using System.Reflection;
using Npgsql;

namespace PlayFair.Engine;

/// <summary>The tables in PostgreSQL, and how a database comes to have them.</summary>
internal static class PostgresSchema
{
    /// <summary>Scripts of deploy/postgresql/: the i-th brings a database of version i to version i + 1.</summary>
    private static readonly string[] s_scripts = ["playfair.sql"];

    /// <summary>Brings a database up to the newest version, whoever else is about to do the same.</summary>
    /// <exception cref="StoreException">It is newer, of another encoding, or the role may not do it.</exception>
    public static void BringUp(PostgresDatabase database) => database.Do(connection =>
    {
        CheckEncoding(connection, database);
        if (VersionOf(connection, database) < s_scripts.Length)
        {
            Change(database, connection, s_scripts[^1], () =>
            {
                for (int version = VersionOf(connection, database); version < s_scripts.Length; version++)
                    connection.Execute(Read(typeof(PostgresSchema).Assembly, s_scripts[version]));
            });
        }

        return true;
    });

    /// <summary>Makes or changes tables, in one transaction and while nobody else does.</summary>
    /// <param name="script">Of deploy/postgresql/; what the database's owner is to run if the role may not.</param>
    /// <exception cref="StoreException">The role may not do it.</exception>
    public static void Change(PostgresDatabase database, PostgresConnection connection, string script, Action change)
    {
        try
        {
            connection.InTransaction(() =>
            {
                connection.Execute("SELECT pg_advisory_xact_lock(hashtext('playfair schema ' || current_schema()))");
                change();
            });
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new StoreException(
                $"'{database.Address}' lacks the tables of {script}, and role '{database.User}' may not create them "
                + $"({e.MessageText}). Have the database's owner run deploy/postgresql/{script} with psql and grant the "
                + "role what the README beside it says.", e);
        }
    }

    /// <summary>A script of deploy/postgresql/ that was built into an assembly.</summary>
    public static string Read(Assembly assembly, string script)
    {
        using Stream stream = assembly.GetManifestResourceStream(script)
            ?? throw new InvalidOperationException($"This program was built without '{script}'.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static int VersionOf(PostgresConnection connection, PostgresDatabase database)
    {
        if (connection.Number("SELECT count(*) FROM pg_class WHERE oid = to_regclass('playfair_version')") == 0)
            return 0;
        long version = connection.Number("SELECT version FROM playfair_version") ?? 0;
        if (version > s_scripts.Length)
        {
            throw new StoreException(
                $"'{database.Address}' was set up by a newer PlayFair: its schema is {version}, this program knows "
                + $"{s_scripts.Length}. Run the newer one, or name another database.");
        }

        return (int)version;
    }

    private static void CheckEncoding(PostgresConnection connection, PostgresDatabase database)
    {
        string encoding = connection.Rows(
            "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()",
            row => row.GetString(0))[0];
        if (encoding != "UTF8")
        {
            throw new StoreException(
                $"'{database.Address}' has the encoding {encoding}; expected UTF8. Create another database with "
                + "ENCODING 'UTF8' TEMPLATE template0.");
        }
    }
}
