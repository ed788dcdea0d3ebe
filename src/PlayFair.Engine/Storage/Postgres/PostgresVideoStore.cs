using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;
using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>
/// Videos, updates, frame tracks, thumbnails and statistics in a PostgreSQL database that any number of processes
/// share: docs/store.md.
/// </summary>
/// <remarks>
/// <para>Updates are appended to a queue; one thread commits all that waits there at once, and tells of it then. While
/// the database is away it keeps what it has and tries again; the queue fills, and who appends waits.</para>
/// <para>Who owns a video is checked in the transaction that writes its updates.</para>
/// </remarks>
public sealed class PostgresVideoStore : IVideoStore
{
    private static readonly TimeSpan s_statusInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_firstRetryDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_mostRetryDelay = TimeSpan.FromSeconds(2);

    private readonly PostgresDatabase _database;
    private readonly StoreOptions _options;
    private readonly Action<IReadOnlyList<StoredUpdate>> _committed;
    private readonly PostgresTexts _texts;
    private readonly PostgresWriter _writer;
    private readonly PostgresRetention _retention;
    private readonly WriteQueue<ClaimedUpdate> _queue;
    private readonly ConcurrentDictionary<string, ClaimedVideo> _videos = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _mayBeBack = new();
    private readonly ITimer _statusTimer;
    private bool _isStatusDue;
    private PostgresTotals _totals;
    private string? _problem;
    private long _unstoredCount;
    private DateTimeOffset _problemSince;
    private volatile bool _isAway;
    private long _closingTimestamp;
    private volatile bool _isClosing;

    private PostgresVideoStore(
        PostgresDatabase database, StoreOptions options, Action<IReadOnlyList<StoredUpdate>> committed)
    {
        _database = database;
        _options = options;
        _committed = committed;
        _texts = new PostgresTexts(database);
        _writer = new PostgresWriter(database, _texts);
        _totals = database.Do(PostgresTotals.Read);
        _queue = new WriteQueue<ClaimedUpdate>(options);
        _retention = new PostgresRetention(database, options, DueStatus);
        new Thread(WriteUntilStopped) { IsBackground = true, Name = "store" }.Start();
        _statusTimer = options.Time.CreateTimer(_ => DueStatus(), null, s_statusInterval, s_statusInterval);
    }

    public StoreStatus Status
    {
        get
        {
            PostgresTotals totals = Volatile.Read(ref _totals);
            string? problem = Volatile.Read(ref _problem) ?? _retention.Problem;
            return new StoreStatus(
                _database.Address,
                problem is null,
                problem,
                totals.DiskBytes,
                totals.UpdateCount,
                totals.UpdateCount == 0 ? 0 : (double)totals.UpdateBytes / totals.UpdateCount,
                Interlocked.Read(ref _unstoredCount));
        }
    }

    /// <summary>Opens a database, in which the tables are created if they are missing.</summary>
    /// <param name="connectionString">As Npgsql has it: Host=…;Database=…;Username=…;Password=….</param>
    /// <param name="committed">
    /// Told of updates after their commit, in the order in which they were appended, on the writer's thread; not of
    /// those that were refused or could not be written. It must not throw, nor wait for the store.
    /// </param>
    /// <exception cref="StoreException">
    /// It cannot be reached, refuses the role, is newer, or lacks the tables and the role may not create them.
    /// </exception>
    public static PostgresVideoStore Open(
        string connectionString, StoreOptions options, Action<IReadOnlyList<StoredUpdate>> committed)
    {
        options.Check();
        var database = new PostgresDatabase(connectionString);
        try
        {
            PostgresSchema.BringUp(database);
            return new PostgresVideoStore(database, options, committed);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    public IReadOnlyList<StoredVideo> Videos() => Read(reader => reader.Videos());

    public StoredVideo? FindVideo(string id) => Read(id, (reader, row) => reader.Video(row));

    public VideoClaim? Claim(string id)
    {
        if (Do(connection => PostgresVideos.Claim(connection, id)) is not { } claimed)
            return null;

        // What is appended with an earlier claim is refused when its turn comes.
        if (_videos.TryGetValue(id, out ClaimedVideo? before))
            before.IsSuperseded = true;
        _videos[id] = claimed.Video;
        return claimed.Claim;
    }

    public void SaveVideo(StoredVideo video, long claim = 0)
    {
        (long row, long saves) = Do(connection => PostgresVideos.Save(connection, video, claim));
        if (_videos.TryGetValue(video.Definition.Id, out ClaimedVideo? claimed) && claimed.Id == row)
            claimed.Saved(saves);
    }

    public void DeleteVideo(string id)
    {
        Do(connection => PostgresVideos.MarkDeleted(connection, id));
        if (_videos.TryRemove(id, out ClaimedVideo? video))
            video.IsDeleted = true;
        _retention.Due();
    }

    public async ValueTask AppendAsync(StoredUpdate update, CancellationToken cancellationToken)
    {
        AttributionUpdate content = update.Update;
        ClaimedVideo video = Find(content.Video, update.Claim);
        if (content.Sequence <= video.LastAppended)
        {
            throw new ArgumentException(
                $"Update {content.Sequence} of '{content.Video}' comes after update {video.LastAppended}.");
        }

        if (update.LeavingFrames.FirstOrDefault(frame => frame.Video != content.Video) is { } other)
            throw new ArgumentException($"A frame track is of '{other.Video}', its update of '{content.Video}'.");

        UpdateCodec.Check(content);
        await _queue.AddAsync(new ClaimedUpdate(update, video, video.Saves), cancellationToken);
        video.LastAppended = content.Sequence;
    }

    public void SaveLastTracks(string id, IReadOnlyList<FrameTrack> tracks, long claim = 0)
    {
        if (tracks.Count == 0)
            return;

        var codec = new UpdateCodec(_texts);
        Do(connection =>
        {
            PostgresVideos.SaveLastTracks(connection, codec, id, tracks, claim);
            return true;
        });
        DueStatus();
    }

    public ValueTask FlushAsync(CancellationToken cancellationToken) => _queue.FlushAsync(cancellationToken);

    public long? LastSequence(string id) => Do(connection => connection.Number(
        "SELECT last_sequence FROM videos WHERE name = $1 AND NOT is_deleted", id));

    public AttributionUpdate? ReadUpdate(string id, long sequence) =>
        Read(id, (reader, row) => reader.Update(id, row, sequence));

    public IReadOnlyList<AttributionUpdate> ReadUpdates(string id, HistoryQuery query)
    {
        StoreReader.Check(query);
        return Read(id, (reader, row) => reader.Updates(id, row, query)) ?? [];
    }

    public IReadOnlyList<FrameTrack> ReadFrameTracks(string id, HistoryQuery query)
    {
        StoreReader.Check(query);
        return Read(id, (reader, row) => reader.FrameTracks(id, row, query)) ?? [];
    }

    public IReadOnlyList<AttributionUpdate> ReadBackwards(string id, BackwardQuery query) =>
        Read(id, (reader, row) => reader.UpdatesBackwards(id, row, query)) ?? [];

    public Timeline? ReadTimeline(string id, TimelineQuery query) =>
        Read(id, (reader, row) => reader.Timeline(id, row, query));

    public byte[]? ReadThumbnail(string id, long frameIndex) =>
        Read(id, (reader, row) => reader.Thumbnail(row, frameIndex));

    public IReadOnlyList<StatisticsBlob> ReadStatistics(StatisticsRange range) =>
        Read(reader => reader.Statistics(range));

    public void SaveStatistics(IReadOnlyList<StatisticsBlob> blobs, IReadOnlyDictionary<string, StatisticsMark> marks)
    {
        StatisticsMark.Check(blobs, marks);
        Do(connection =>
        {
            PostgresStatistics.Save(connection, _texts, blobs, marks);
            return true;
        });
    }

    public IReadOnlyDictionary<string, long> StatisticsWatermarks() => Read(reader => reader.StatisticsWatermarks());

    /// <summary>
    /// Commits what was appended and lets go of the database; if that is away, tries for
    /// <see cref="StoreOptions.CloseTimeout"/>.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (!_isClosing)
        {
            Volatile.Write(ref _closingTimestamp, Environment.TickCount64);
            _isClosing = true;
            _queue.Dispose();
            _mayBeBack.Set();
        }

        await _statusTimer.DisposeAsync();
        await _stopped.Task;
        await _retention.DisposeAsync();
        _database.Dispose();
    }

    /// <exception cref="ArgumentException">There is no such video.</exception>
    /// <exception cref="SupersededException">Another has claimed it since.</exception>
    private ClaimedVideo Find(string id, long claim)
    {
        if (!_videos.TryGetValue(id, out ClaimedVideo? video) || video.IsDeleted)
        {
            video = Do(connection => PostgresVideos.Find(connection, id, claim))
                ?? throw new ArgumentException($"There is no video '{id}' in the store: save it first.");
            _videos[id] = video;
        }

        return video.IsSuperseded || (claim != 0 && claim != video.Claim) ? throw new SupersededException(id) : video;
    }

    private T Read<T>(Func<StoreReader, T> read) =>
        Do(connection => read(new StoreReader(connection, _texts)));

    private T? Read<T>(string id, Func<StoreReader, long, T?> read)
        where T : class =>
        Do(connection => PostgresVideos.RowOf(connection, id) is { } row
            ? read(new StoreReader(connection, _texts), row)
            : null);

    private T Do<T>(Func<PostgresConnection, T> work)
    {
        T result = _database.Do(work);
        // The writer waits longer and longer between its attempts.
        if (_isAway)
        {
            _mayBeBack.Set();
            DueStatus();
        }

        return result;
    }

    private void DueStatus()
    {
        Volatile.Write(ref _isStatusDue, true);
        _queue.Wake();
    }

    /// <summary>What the writer's thread does.</summary>
    private void WriteUntilStopped()
    {
        var updates = new List<ClaimedUpdate>();
        var flushes = new List<TaskCompletionSource>();
        while (_queue.Wait(() => Volatile.Read(ref _isStatusDue)))
        {
            _queue.Take(updates, flushes);
            if (updates.Count > 0)
            {
                Commit(updates, isRepeated: false);
                Try(_writer.WriteSegments);
            }

            flushes.ForEach(flushed => flushed.SetResult());
            updates.Clear();
            flushes.Clear();
            if (Volatile.Read(ref _isStatusDue))
                Try(ReadTotals);
        }

        _writer.Dispose();
        _stopped.SetResult();
    }

    /// <summary>Commits updates and tells of them; while the database is away it tries again and again.</summary>
    private void Commit(List<ClaimedUpdate> updates, bool isRepeated)
    {
        for (TimeSpan delay = s_firstRetryDelay; ; delay = delay < s_mostRetryDelay ? 2 * delay : s_mostRetryDelay)
        {
            _mayBeBack.Reset();
            NpgsqlException? problem = Try(() =>
            {
                (List<ClaimedUpdate> stored, long bytes) = _writer.Write(updates, isRepeated);
                _totals = _totals with
                {
                    UpdateCount = _totals.UpdateCount + stored.Count,
                    UpdateBytes = _totals.UpdateBytes + bytes,
                };
                _committed(stored.ConvertAll(update => update.Stored));
            });
            if (problem is null)
                return;
            if (PostgresProblem.IsForGood(problem) && updates.Count > 1)
            {
                // One of them is to blame: the others are written.
                int half = updates.Count / 2;
                Commit(updates[..half], isRepeated);
                Commit(updates[half..], isRepeated);
                return;
            }

            bool givesUp = _isClosing && Environment.TickCount64 - Volatile.Read(ref _closingTimestamp)
                >= _options.CloseTimeout.TotalMilliseconds;
            if (PostgresProblem.IsForGood(problem) || givesUp)
            {
                long count = Interlocked.Add(ref _unstoredCount, updates.Count);
                Volatile.Write(
                    ref _problem,
                    $"Updates cannot be stored: {_database.Words(problem)}. Storing goes on without them. "
                    + $"Not stored so far: {count}.");
                return;
            }

            isRepeated = true;
            _mayBeBack.Wait(delay);
        }
    }

    private void ReadTotals()
    {
        Volatile.Write(ref _isStatusDue, false);
        var totals = PostgresTotals.Read(_writer.Connect());
        Volatile.Write(ref _totals, totals);
        if (totals.RowBytes > _options.MaxBytes)
            _retention.Due();
    }

    /// <summary>Does something on the writer's connection; the status says why it cannot be done now.</summary>
    private NpgsqlException? Try(Action work)
    {
        try
        {
            work();
            _isAway = false;
            Volatile.Write(ref _problem, null);
            return null;
        }
        catch (NpgsqlException e)
        {
            _writer.Disconnect();
            if (PostgresProblem.IsForGood(e))
                return e;
            if (Volatile.Read(ref _problem) is null)
                _problemSince = _options.Time.GetUtcNow();
            _isAway = PostgresProblem.IsAway(e);
            string since = _problemSince.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            Volatile.Write(
                ref _problem,
                $"Nothing can be stored since {since}: {_database.Words(e)}. Updates wait meanwhile, none is lost, and "
                + "storing goes on by itself.");
            return e;
        }
    }
}
