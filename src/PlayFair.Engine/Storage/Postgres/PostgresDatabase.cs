using System.Text.Json;
using Npgsql;

namespace PlayFair.Engine;

/// <summary>The way to a PostgreSQL database, for any number of threads, and what goes wrong on it, in words.</summary>
internal sealed class PostgresDatabase : IDisposable
{
    // What the connection string says comes after these, and holds. A session's own settings live as long as its
    // connection, which the store alone uses: nothing is reset between two uses.
    private const string Defaults =
        "Application Name=playfair;Timeout=5;Command Timeout=15;Maximum Pool Size=16;Max Auto Prepare=64;"
        + "Auto Prepare Min Usages=2;No Reset On Close=true;";

    // A process that is gone without a word would hold its locks for hours.
    private const string SessionSettings =
        "SET idle_in_transaction_session_timeout = '10s'; SET tcp_keepalives_idle = 10; "
        + "SET tcp_keepalives_interval = 3; SET tcp_keepalives_count = 3";

    private const int MostAttempts = 3;

    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlDataSource _apart;
    private readonly string? _user;
    private readonly string? _name;
    private volatile bool _isClosed;

    /// <exception cref="StoreException">The connection string is none, or names no host.</exception>
    public PostgresDatabase(string connectionString)
    {
        NpgsqlConnectionStringBuilder parts = Parse(connectionString);
        _user = parts.Username;
        _name = parts.Database ?? parts.Username;
        Address = AddressOf(parts);
        _source = Build(parts);
        parts.Pooling = false;
        _apart = Build(parts);
    }

    /// <summary>The database without credentials, such as postgresql://host:5432/playfair.</summary>
    public string Address { get; }

    public string? User => _user;

    /// <param name="timeoutSeconds">How long a statement may take; null: as the connection string says.</param>
    /// <exception cref="NpgsqlException">It cannot be reached.</exception>
    public PostgresConnection Open(int? timeoutSeconds = null)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        return new PostgresConnection(_source.OpenConnection(), timeoutSeconds);
    }

    /// <summary>Opens a connection outside of the pool: for what is rare, and who may hold one of the pool.</summary>
    /// <exception cref="NpgsqlException">It cannot be reached.</exception>
    public PostgresConnection OpenApart()
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        return new PostgresConnection(_apart.OpenConnection(), timeoutSeconds: null);
    }

    /// <summary>Does something that does no harm when it is done twice.</summary>
    /// <exception cref="StoreException">It cannot be done.</exception>
    public T Do<T>(Func<PostgresConnection, T> work)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                using PostgresConnection connection = Open();
                return work(connection);
            }
            catch (NpgsqlException e)
            {
                if (attempt == MostAttempts || !PostgresProblem.IsGoneOnRepeating(e))
                    throw new StoreException($"'{Address}': {Words(e)}.", e);
            }
            catch (Exception e) when (e is JsonException or InvalidCastException or OverflowException)
            {
                throw new StoreException($"'{Address}' is damaged: {e.Message} Restore a copy of the database.", e);
            }
        }
    }

    /// <summary>What is wrong and what to do, as a clause.</summary>
    public string Words(NpgsqlException problem) => PostgresProblem.Words(problem, _user, _name);

    public void Dispose()
    {
        _isClosed = true;
        _source.Dispose();
        _apart.Dispose();
    }

    private static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        const string expected = "expected, for example, 'Host=db;Database=playfair;Username=playfair;Password=…', "
            + "values with ; or = in quotes.";
        NpgsqlConnectionStringBuilder parts;
        try
        {
            parts = new NpgsqlConnectionStringBuilder(Defaults + connectionString);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException)
        {
            // Not what the exception says: half a password may be what it takes for a key.
            throw new StoreException($"The store's connection string is not one of PostgreSQL: {expected}");
        }

        if (string.IsNullOrEmpty(parts.Host))
            throw new StoreException($"The store's connection string names no host: {expected}");
        // Of several servers only one is written to.
        if (parts.Host.Contains(',', StringComparison.Ordinal) && string.IsNullOrEmpty(parts.TargetSessionAttributes))
            parts.TargetSessionAttributes = "primary";
        return parts;
    }

    private static string AddressOf(NpgsqlConnectionStringBuilder parts)
    {
        string hosts = string.Join(
            ',',
            parts.Host!.Split(',', StringSplitOptions.TrimEntries)
                .Select(host => host.StartsWith('/') || host.Contains(':', StringComparison.Ordinal)
                    ? host
                    : $"{host}:{parts.Port}"));
        return $"postgresql://{hosts}/{parts.Database ?? parts.Username}";
    }

    private static NpgsqlDataSource Build(NpgsqlConnectionStringBuilder parts)
    {
        var builder = new NpgsqlDataSourceBuilder(parts.ToString());
        builder.UsePhysicalConnectionInitializer(Initialize, connection =>
        {
            Initialize(connection);
            return Task.CompletedTask;
        });
        return builder.Build();
    }

    private static void Initialize(NpgsqlConnection connection)
    {
        using NpgsqlCommand command = connection.CreateCommand();
        command.CommandText = SessionSettings;
        command.ExecuteNonQuery();
    }
}
