using Microsoft.Data.Sqlite;
using PlayFair.Contracts;

namespace PlayFair.Engine.Tests.Storage;

/// <summary>A place for a store, there for one test.</summary>
internal abstract class StoreHome : IDisposable
{
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <summary>A token that ends a wait which would otherwise hang.</summary>
    public static CancellationToken Token => new CancellationTokenSource(Timeout).Token;

    /// <summary>What the store said was committed, in order, where nobody else listens.</summary>
    public List<StoredUpdate> Committed { get; } = [];

    public abstract IVideoStore Open(
        StoreOptions? options = null, Action<IReadOnlyList<StoredUpdate>>? committed = null);

    /// <summary>Runs SQL on a closed or open store, from outside.</summary>
    /// <returns>The first column of the first row.</returns>
    public abstract object? Sql(string sql);

    public abstract void Dispose();

    /// <summary>Appends so many updates of a video, the first with a sequence number.</summary>
    public static async Task AppendAsync(IVideoStore store, string video, long first, int count, long claim = 0)
    {
        for (long sequence = first; sequence < first + count; sequence++)
            await store.AppendAsync(Samples.Update(video, sequence) with { Claim = claim }, Token);

        await store.FlushAsync(Token);
    }

    public static IReadOnlyList<AttributionUpdate> All(IVideoStore store, string video)
    {
        var all = new List<AttributionUpdate>();
        while (true)
        {
            var page = store.ReadUpdates(
                video,
                new HistoryQuery { FromSequence = all.Count == 0 ? 0 : all[^1].Sequence + 1, Limit = 1000 });
            if (page.Count == 0)
                return all;
            all.AddRange(page);
        }
    }

    /// <summary>Looks again and again: what is waited for happens on the store's own thread, between updates.</summary>
    public static async Task WaitForAsync(Func<bool> isDone)
    {
        CancellationToken token = Token;
        while (!isDone())
        {
            token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>Notes what was committed.</summary>
    protected void Note(IReadOnlyList<StoredUpdate> updates)
    {
        lock (Committed)
            Committed.AddRange(updates);
    }
}

/// <summary>A folder with a store in a file.</summary>
internal sealed class StoreFolder : StoreHome
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("playfair-store-");

    public string Folder => _folder.FullName;

    public string Database => Path.Combine(Folder, "playfair.db");

    public override VideoStore Open(
        StoreOptions? options = null, Action<IReadOnlyList<StoredUpdate>>? committed = null) =>
        VideoStore.Open(Database, options ?? new StoreOptions(), committed ?? Note);

    public override object? Sql(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=false");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    public override void Dispose() => _folder.Delete(recursive: true);
}

/// <summary>A PostgreSQL database.</summary>
internal sealed class StoreDatabase(PostgresServer server) : StoreHome
{
    public string ConnectionString { get; } = server.CreateDatabase();

    public override PostgresVideoStore Open(
        StoreOptions? options = null, Action<IReadOnlyList<StoredUpdate>>? committed = null) =>
        PostgresVideoStore.Open(ConnectionString, options ?? new StoreOptions(), committed ?? Note);

    public override object? Sql(string sql) => PostgresServer.Sql(ConnectionString, sql);

    public override void Dispose() => server.DropDatabase(ConnectionString);
}

/// <summary>A clock that stands still until it is moved.</summary>
internal sealed class ManualTime(DateTimeOffset now) : TimeProvider
{
    private readonly List<Timer> _timers = [];

    private DateTimeOffset _now = now;

    public override DateTimeOffset GetUtcNow() => _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(() => callback(state), _now + dueTime, period);
        _timers.Add(timer);
        return timer;
    }

    /// <summary>Moves it, and lets every timer tick that is due.</summary>
    public void Advance(TimeSpan by)
    {
        _now += by;
        _timers.ForEach(timer => timer.Tick(_now));
    }

    private sealed class Timer(Action callback, DateTimeOffset due, TimeSpan period) : ITimer
    {
        private DateTimeOffset _due = due;

        public void Tick(DateTimeOffset now)
        {
            if (now < _due)
                return;

            _due = now + period;
            callback();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

        public void Dispose() => _due = DateTimeOffset.MaxValue;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>A clock that stands still, with timers that go on.</summary>
internal sealed class ClockAt(DateTimeOffset now) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now;
}
