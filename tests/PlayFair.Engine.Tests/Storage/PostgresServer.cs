using System.Diagnostics;
using System.Security.Cryptography;
using Npgsql;

namespace PlayFair.Engine.Tests.Storage;

/// <summary>
/// A PostgreSQL server in a temporary folder, for tests: reached by its Unix socket only, with a password, and without
/// care for power cuts. It ends, and its folder goes, with this process, whatever becomes of that.
/// </summary>
internal sealed class PostgresServer : IDisposable
{
    /// <summary>The superuser.</summary>
    public const string User = "playfair_tests";

    public static readonly string Password = Convert.ToHexString(RandomNumberGenerator.GetBytes(8));

    /// <summary>Of nobody: PostgreSQL refuses to run as root.</summary>
    private const string NobodyId = "65534";

    /// <summary>Runs a program until its own input ends, then stops it at once and deletes the folder.</summary>
    private const string Watch = """
        folder=$1
        shift
        "$@" &
        server=$!
        read -r last
        kill -QUIT $server
        wait $server
        if [ "$last" != keep ]; then rm -rf "$folder"; fi
        """;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly string? s_programs = FindPrograms();
    private static readonly Lazy<PostgresServer> s_shared = new(Start);
    private static int s_databaseCount;

    private readonly string _folder;
    private Process? _watch;

    private PostgresServer(string folder) => _folder = folder;

    /// <summary>Why there is no server for tests on this machine; null where there is one.</summary>
    public static string? MissingReason =>
        s_programs is null
            ? "PostgreSQL (initdb and postgres) is not installed: scripts/setup postgresql"
            : Environment.IsPrivilegedProcess && FindInPath("setpriv") is null
                ? "PostgreSQL does not run as root, and setpriv is not installed"
                : null;

    /// <summary>One for all tests that leave it running; skips the test where there is none.</summary>
    public static PostgresServer Shared
    {
        get
        {
            Assert.SkipWhen(MissingReason is not null, MissingReason ?? "");
            return s_shared.Value;
        }
    }

    /// <summary>A new one, which its test may stop; skips the test where there is none.</summary>
    public static PostgresServer Start()
    {
        Assert.SkipWhen(MissingReason is not null, MissingReason ?? "");
        string folder = Output("mktemp", "-d", "-t", "playfair-postgres-XXXXXX").Trim();
        var server = new PostgresServer(folder);
        try
        {
            string passwordFile = Path.Combine(folder, "password");
            Output("sh", "-c", "umask 077; printf %s \"$2\" > \"$1\"", "sh", passwordFile, Password);
            Output(
                Path.Combine(s_programs!, "initdb"), "--pgdata", Path.Combine(folder, "data"), "--username", User,
                "--auth", "scram-sha-256", "--pwfile", passwordFile, "--encoding", "UTF8", "--locale", "C",
                "--no-sync", "--no-instructions");
            server.Resume();
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>A new, empty database.</summary>
    /// <returns>How to connect to it, as the superuser.</returns>
    public string CreateDatabase()
    {
        string name = $"test{Interlocked.Increment(ref s_databaseCount)}";
        Sql(ConnectionString("postgres"), $"CREATE DATABASE {name}");
        return ConnectionString(name);
    }

    public void DropDatabase(string connectionString)
    {
        string name = new NpgsqlConnectionStringBuilder(connectionString).Database!;
        Sql(ConnectionString("postgres"), $"DROP DATABASE {name} WITH (FORCE)");
    }

    public string ConnectionString(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = _folder,
        Database = database,
        Username = User,
        Password = Password,
    }.ToString();

    /// <summary>Runs SQL from outside, on a connection of its own.</summary>
    /// <returns>The first column of the first row; null without any, and for NULL.</returns>
    public static object? Sql(string connectionString, string sql)
    {
        using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ToString());
        connection.Open();
        using NpgsqlCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() is { } value and not DBNull ? value : null;
    }

    /// <summary>Stops it at once, as pg_ctl's immediate mode does: transactions end where they are.</summary>
    public void Stop() => End("keep");

    /// <summary>Runs it again, with what was committed.</summary>
    public void Resume()
    {
        string data = Path.Combine(_folder, "data");
        _watch = Process.Start(StartInfo(
            "sh", "-c", Watch, "sh", _folder, Path.Combine(s_programs!, "postgres"), "-D", data, "-k", _folder,
            "-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=64MB", "-c", "max_connections=200"))!;
        var log = new List<string>();
        var started = new TaskCompletionSource();
        _watch.ErrorDataReceived += (_, said) =>
        {
            if (said.Data is null)
                started.TrySetException(new InvalidOperationException($"PostgreSQL ended:\n{string.Join('\n', log)}"));
            else if (said.Data.Contains("ready to accept connections", StringComparison.Ordinal))
                started.TrySetResult();
            else if (!started.Task.IsCompleted)
                log.Add(said.Data);
        };
        _watch.BeginErrorReadLine();
        started.Task.WaitAsync(s_patience).GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        Stop();
        Output("rm", "-rf", _folder);
    }

    private void End(string last)
    {
        if (_watch is null)
            return;

        _watch.StandardInput.WriteLine(last);
        if (!_watch.WaitForExit(s_patience))
            _watch.Kill(entireProcessTree: true);
        _watch.Dispose();
        _watch = null;
    }

    private static string Output(string program, params string[] arguments)
    {
        using Process process = Process.Start(StartInfo(program, arguments))!;
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {errors.Result}");
    }

    private static ProcessStartInfo StartInfo(string program, params string[] arguments)
    {
        string[] asNobody = Environment.IsPrivilegedProcess
            ? ["setpriv", "--reuid", NobodyId, "--regid", NobodyId, "--clear-groups"]
            : [];
        string[] command = [.. asNobody, program, .. arguments];
        return new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = "/",
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }

    /// <summary>The folder of PostgreSQL's programs: from the path, or the newest of where Debian keeps them.</summary>
    private static string? FindPrograms()
    {
        const string debian = "/usr/lib/postgresql";
        IEnumerable<string> installed = Directory.Exists(debian)
            ? Directory.GetDirectories(debian)
                .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out int version) ? version : 0)
                .Select(folder => Path.Combine(folder, "bin"))
            : [];
        return installed
            .Prepend(Path.GetDirectoryName(FindInPath("initdb")) ?? "")
            .FirstOrDefault(folder =>
                File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }

    private static string? FindInPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);
}
