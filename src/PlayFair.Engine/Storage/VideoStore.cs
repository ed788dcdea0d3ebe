using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>Videos, updates, frame tracks, thumbnails and statistics in an SQLite file: docs/store.md.</summary>
/// <remarks>
/// <para>Updates are appended to a queue; one thread commits whatever waits there, all of it at once. Reading goes on
/// meanwhile, on other connections. A process that is killed loses at most what was not committed yet, never a part of
/// an update.</para>
/// <para>Safe for any number of threads; the updates of one video are appended one after the other.</para>
/// </remarks>
public sealed class VideoStore : IVideoStore
{
    private const int MostIdleReaders = 8;

    private readonly string _path;
    private readonly StoreOptions _options;
    private readonly Action<IReadOnlyList<StoredUpdate>> _committed;
    private readonly FileStream _lock;
    private readonly StoreConnection _connection;
    private readonly StoreWriter _writer;
    private readonly StoreRetention _retention;
    private readonly TextTable _texts = new();
    private readonly ConcurrentDictionary<string, VideoEntry> _videos = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<StoreReader> _idleReaders = [];

    // The writing connection, and what _videos says of what is in it, belong to who holds this.
    private readonly Lock _writing = new();

    private readonly WriteQueue<PendingUpdate> _queue;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _retentionTimer;
    private bool _isRetentionDue = true;
    private IEnumerator<int>? _retentionPass;
    private string? _problem;
    private long _unstoredCount;
    private volatile bool _isClosed;

    private VideoStore(
        string path,
        StoreOptions options,
        Action<IReadOnlyList<StoredUpdate>> committed,
        FileStream held,
        StoreConnection connection)
    {
        _path = path;
        _options = options;
        _committed = committed;
        _lock = held;
        _connection = connection;
        foreach (string text in connection.Rows("SELECT text FROM texts ORDER BY number", row => row.GetString(0)))
            _texts.NumberOf(text);

        _texts.Commit();
        _writer = new StoreWriter(connection, _texts);
        _retention = new StoreRetention(connection, options, CountDeleted);
        LoadVideos();
        _queue = new WriteQueue<PendingUpdate>(options);
        new Thread(WriteUntilStopped) { IsBackground = true, Name = "store" }.Start();
        _retentionTimer = options.Time.CreateTimer(
            _ => DueRetention(), null, options.RetentionInterval, options.RetentionInterval);
    }

    public StoreStatus Status
    {
        get
        {
            long count = 0, bytes = 0;
            foreach (VideoEntry video in _videos.Values)
            {
                count += video.UpdateCount;
                bytes += video.UpdateBytes;
            }

            string? problem = Volatile.Read(ref _problem);
            if (!File.Exists(_path))
            {
                problem = $"'{_path}' was removed while it was in use: what is stored is lost when this process ends. "
                    + "Restart it for a new one.";
            }

            return new StoreStatus(
                _path,
                problem is null,
                problem,
                LengthOf(_path) + LengthOf(_path + "-wal"),
                count,
                count == 0 ? 0 : (double)bytes / count,
                Interlocked.Read(ref _unstoredCount));
        }
    }

    /// <summary>Opens a database, or creates it, for this process alone.</summary>
    /// <param name="path">The file; missing folders are created.</param>
    /// <param name="committed">
    /// Told of updates after their commit, in the order in which they were appended, on the writer's thread; also of
    /// those that could not be written. Not of those whose video was deleted meanwhile. It must not throw, nor wait for
    /// the store.
    /// </param>
    /// <exception cref="StoreException">
    /// It is no database of ours, damaged, newer, in use by another process, or may not be written.
    /// </exception>
    public static VideoStore Open(
        string path, StoreOptions options, Action<IReadOnlyList<StoredUpdate>> committed) =>
        Open(path, options, committed, StoreSchema.Steps);

    internal static VideoStore Open(
        string path, StoreOptions options, Action<IReadOnlyList<StoredUpdate>> committed, IReadOnlyList<StoreStep> steps)
    {
        options.Check();
        path = Path.GetFullPath(path);
        FileStream held = StoreFile.Take(path);
        StoreConnection? connection = null;
        try
        {
            connection = StoreFile.Connect(path, steps);
            return new VideoStore(path, options, committed, held, connection);
        }
        catch (Exception e)
        {
            connection?.Dispose();
            held.Dispose();
            if (e is SqliteException problem)
                throw StoreException.Of(path, problem);
            throw;
        }
    }

    public IReadOnlyList<StoredVideo> Videos() => Read(reader => reader.Videos());

    public StoredVideo? FindVideo(string id) =>
        _videos.TryGetValue(id, out VideoEntry? video) ? Read(reader => reader.Video(video.Id)) : null;

    public VideoClaim? Claim(string id)
    {
        VideoClaim? claim = null;
        Write(() =>
        {
            if (!_videos.TryGetValue(id, out VideoEntry? video))
                return;
            claim = new VideoClaim(
                _writer.NextClaim(), Read(reader => reader.Video(video.Id))!, LastSequence(id),
                Read(reader => reader.StatisticsWatermarks()).TryGetValue(id, out long counted) ? counted : null);
            // What the owner before has appended and is not committed is refused when its turn comes.
            video.Claim = claim.Number;
            video.LastAppended = video.LastSequence;
        });
        return claim;
    }

    public void SaveVideo(StoredVideo video, long claim = 0) => Write(() =>
    {
        string id = video.Definition.Id;
        CheckClaim(id, claim);
        if (claim != 0 && !_videos.ContainsKey(id))
            throw new SupersededException(id);
        long row = _writer.SaveVideo(video);
        VideoEntry entry = _videos.GetOrAdd(id, _ => new VideoEntry(row));
        entry.SaveCount++;
    });

    public void DeleteVideo(string id)
    {
        Write(() =>
        {
            if (!_videos.TryGetValue(id, out VideoEntry? entry))
                return;

            _writer.MarkDeleted(entry.Id);
            entry.IsDeleted = true;
            _videos.TryRemove(id, out _);
        });
        DueRetention();
    }

    public async ValueTask AppendAsync(StoredUpdate update, CancellationToken cancellationToken)
    {
        AttributionUpdate content = update.Update;
        if (!_videos.TryGetValue(content.Video, out VideoEntry? video))
            throw new ArgumentException($"There is no video '{content.Video}' in the store: save it first.");
        CheckClaim(video, content.Video, update.Claim);
        if (content.Sequence <= video.LastAppended)
        {
            throw new ArgumentException(
                $"Update {content.Sequence} of '{content.Video}' comes after update {video.LastAppended}.");
        }

        if (update.LeavingFrames.FirstOrDefault(frame => frame.Video != content.Video) is { } other)
            throw new ArgumentException($"A frame track is of '{other.Video}', its update of '{content.Video}'.");

        UpdateCodec.Check(content);
        await _queue.AddAsync(new PendingUpdate(update, video, video.SaveCount, video.Claim), cancellationToken);
        video.LastAppended = content.Sequence;
    }

    public void SaveLastTracks(string id, IReadOnlyList<FrameTrack> tracks, long claim = 0) => Write(() =>
    {
        CheckClaim(id, claim);
        if (tracks.Count > 0 && _videos.TryGetValue(id, out VideoEntry? video))
            _writer.AddTracks(video, id, tracks);
    });

    public ValueTask FlushAsync(CancellationToken cancellationToken) => _queue.FlushAsync(cancellationToken);

    public long? LastSequence(string id) =>
        _videos.TryGetValue(id, out VideoEntry? video) && video.LastSequence is >= 0 and var last ? last : null;

    public AttributionUpdate? ReadUpdate(string id, long sequence) =>
        _videos.TryGetValue(id, out VideoEntry? video)
            ? Read(reader => reader.Update(id, video.Id, sequence))
            : null;

    public IReadOnlyList<AttributionUpdate> ReadUpdates(string id, HistoryQuery query)
    {
        StoreReader.Check(query);
        return _videos.TryGetValue(id, out VideoEntry? video)
            ? Read(reader => reader.Updates(id, video.Id, query))
            : [];
    }

    public IReadOnlyList<FrameTrack> ReadFrameTracks(string id, HistoryQuery query)
    {
        StoreReader.Check(query);
        return _videos.TryGetValue(id, out VideoEntry? video)
            ? Read(reader => reader.FrameTracks(id, video.Id, query))
            : [];
    }

    public IReadOnlyList<AttributionUpdate> ReadBackwards(string id, BackwardQuery query) =>
        _videos.TryGetValue(id, out VideoEntry? video)
            ? Read(reader => reader.UpdatesBackwards(id, video.Id, query))
            : [];

    public Timeline? ReadTimeline(string id, TimelineQuery query) =>
        _videos.TryGetValue(id, out VideoEntry? video)
            ? Read(reader => reader.Timeline(id, video.Id, query))
            : null;

    public byte[]? ReadThumbnail(string id, long frameIndex) =>
        _videos.TryGetValue(id, out VideoEntry? video)
            ? Read(reader => reader.Thumbnail(video.Id, frameIndex))
            : null;

    public IReadOnlyList<StatisticsBlob> ReadStatistics(StatisticsRange range) =>
        Read(reader => reader.Statistics(range));

    public void SaveStatistics(IReadOnlyList<StatisticsBlob> blobs, IReadOnlyDictionary<string, StatisticsMark> marks)
    {
        StatisticsMark.Check(blobs, marks);
        Write(() =>
        {
            Dictionary<string, long> rows = marks
                .Where(mark => _videos.TryGetValue(mark.Key, out VideoEntry? video) && IsOwner(video, mark.Value.Claim))
                .ToDictionary(mark => mark.Key, mark => _videos[mark.Key].Id, StringComparer.Ordinal);
            _writer.SaveStatistics(
                [.. blobs.Where(b => rows.ContainsKey(b.Video)).Select(b => (rows[b.Video], b))],
                [.. rows.Select(row => (row.Value, marks[row.Key].Sequence))]);
        });
    }

    public IReadOnlyDictionary<string, long> StatisticsWatermarks() => Read(reader => reader.StatisticsWatermarks());

    /// <summary>Commits what was appended and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        await _retentionTimer.DisposeAsync();
        _queue.Dispose();
        await _stopped.Task;
    }

    /// <summary>Bounds the file's size, as a full disk does.</summary>
    internal void LimitPages(long count)
    {
        lock (_writing)
            _connection.Execute($"PRAGMA max_page_count = {count}");
    }

    private void CheckClaim(string id, long claim)
    {
        if (_videos.TryGetValue(id, out VideoEntry? video))
            CheckClaim(video, id, claim);
    }

    private static void CheckClaim(VideoEntry video, string id, long claim)
    {
        if (!IsOwner(video, claim))
            throw new SupersededException(id);
    }

    private static bool IsOwner(VideoEntry video, long claim) => claim == 0 || claim == video.Claim;

    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    private void LoadVideos()
    {
        var rows = _connection.Rows(
            """
            SELECT id, name, update_count, update_bytes,
                (SELECT max(sequence) FROM updates WHERE video = videos.id)
            FROM videos WHERE is_deleted = 0
            """,
            row => (Id: row.GetInt64(0), Name: row.GetString(1), Count: row.GetInt64(2), Bytes: row.GetInt64(3),
                Last: row.IsDBNull(4) ? -1 : row.GetInt64(4)));
        foreach (var row in rows)
        {
            var video = new VideoEntry(row.Id) { LastSequence = row.Last, LastAppended = row.Last };
            video.Count(row.Count, row.Bytes);
            _videos[row.Name] = video;
        }
    }

    private void CountDeleted(long id, long count, long bytes) =>
        _videos.Values.FirstOrDefault(video => video.Id == id)?.Count(-count, -bytes);

    private void DueRetention()
    {
        Volatile.Write(ref _isRetentionDue, true);
        _queue.Wake();
    }

    private void Write(Action work)
    {
        lock (_writing)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            try
            {
                work();
            }
            catch (SqliteException e)
            {
                throw StoreException.Of(_path, e);
            }
        }
    }

    private T Read<T>(Func<StoreReader, T> read)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        StoreReader? reader = null;
        bool isUsable = false;
        try
        {
            if (!_idleReaders.TryTake(out reader))
                reader = new StoreReader(SqliteStoreConnection.Open(_path, readOnly: true), _texts);
            T result = read(reader);
            isUsable = true;
            return result;
        }
        catch (SqliteException e)
        {
            throw StoreException.Of(_path, e);
        }
        catch (Exception e) when (e is JsonException or InvalidCastException or OverflowException)
        {
            throw new StoreException(
                $"'{_path}' is damaged: {e.Message} Restore a copy, or move it away to begin with an empty store.", e);
        }
        finally
        {
            if (isUsable && _idleReaders.Count < MostIdleReaders)
                _idleReaders.Add(reader!);
            else
                reader?.Dispose();
            if (_isClosed)
                DisposeIdleReaders();
        }
    }

    /// <summary>What the writer's thread does.</summary>
    private void WriteUntilStopped()
    {
        var updates = new List<PendingUpdate>();
        var flushes = new List<TaskCompletionSource>();
        while (WaitForWork())
        {
            _queue.Take(updates, flushes);
            if (updates.Count > 0)
                Commit(updates);

            flushes.ForEach(flushed => flushed.SetResult());
            updates.Clear();
            flushes.Clear();
            RetainStep();
        }

        Close();
        _stopped.SetResult();
    }

    /// <summary>Waits for work; not at all while old updates are being deleted.</summary>
    /// <returns>False once the store is closed and nothing waits.</returns>
    private bool WaitForWork() =>
        (_retentionPass is not null && !_queue.IsClosed) || _queue.Wait(() => Volatile.Read(ref _isRetentionDue));

    private static bool IsSuperseded(PendingUpdate update) => update.Claim != update.Video.Claim;

    private void Commit(List<PendingUpdate> updates)
    {
        lock (_writing)
        {
            updates.RemoveAll(IsSuperseded);
            try
            {
                _writer.Write(updates);
                Volatile.Write(ref _problem, null);
            }
            catch (SqliteException e)
            {
                long count = Interlocked.Add(ref _unstoredCount, updates.Count(u => !u.Video.IsDeleted));
                updates.ForEach(update => update.Video.LastSequence = update.Stored.Update.Sequence);
                Volatile.Write(
                    ref _problem,
                    $"Updates are not stored: {StoreException.Words(e)}. Storing goes on by itself once that is done. "
                    + $"Not stored so far: {count}.");
            }
        }

        _committed([.. updates.Where(update => !update.Video.IsDeleted).Select(update => update.Stored)]);
    }

    private void RetainStep()
    {
        lock (_writing)
        {
            try
            {
                if (_retentionPass is null && (Volatile.Read(ref _isRetentionDue) || _retention.IsTooLarge))
                {
                    Volatile.Write(ref _isRetentionDue, false);
                    _retentionPass = _retention.Pass().GetEnumerator();
                }

                if (_retentionPass?.MoveNext() != false)
                    return;
            }
            catch (SqliteException e)
            {
                Volatile.Write(ref _problem, $"Old updates cannot be deleted: {StoreException.Words(e)}.");
            }

            _retentionPass?.Dispose();
            _retentionPass = null;
        }
    }

    private void Close()
    {
        lock (_writing)
        {
            _isClosed = true;
            DisposeIdleReaders();
            try
            {
                _connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
            }
            catch (SqliteException)
            {
                // What is in the log is taken in when the file is opened again.
            }

            _retentionPass?.Dispose();
            _connection.Dispose();
            _lock.Dispose();
        }
    }

    private void DisposeIdleReaders()
    {
        while (_idleReaders.TryTake(out StoreReader? reader))
            reader.Dispose();
    }
}
