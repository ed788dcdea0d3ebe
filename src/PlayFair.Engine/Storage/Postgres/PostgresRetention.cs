using Npgsql;

namespace PlayFair.Engine;

/// <summary>
/// Deletes what is too old or too much from PostgreSQL, on a thread and a connection of its own, in steps so small that
/// updates are written between them. One process at a time does it for all.
/// </summary>
/// <remarks>
/// The last update of each video stays, so that its sequence goes on. Frame tracks and thumbnails go with their update.
/// Rows are deleted, not partitions dropped: that last update would hold each partition back.
/// </remarks>
internal sealed class PostgresRetention : IAsyncDisposable
{
    private const int SpansPerStep = 16;
    private const int StatisticsPerStep = 1000;

    private readonly PostgresDatabase _database;
    private readonly StoreOptions _options;
    private readonly Action _deleted;
    private readonly AutoResetEvent _due = new(initialState: true);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _timer;
    private string? _problem;
    private volatile bool _isClosing;

    /// <param name="deleted">Told, on this thread, when something was deleted.</param>
    public PostgresRetention(PostgresDatabase database, StoreOptions options, Action deleted)
    {
        _database = database;
        _options = options;
        _deleted = deleted;
        new Thread(DeleteUntilStopped) { IsBackground = true, Name = "store retention" }.Start();
        _timer = options.Time.CreateTimer(_ => Due(), null, options.RetentionInterval, options.RetentionInterval);
    }

    /// <summary>Why nothing can be deleted; null while all is well.</summary>
    public string? Problem => Volatile.Read(ref _problem);

    /// <summary>Has everything looked at soon.</summary>
    public void Due() => _due.Set();

    public async ValueTask DisposeAsync()
    {
        _isClosing = true;
        await _timer.DisposeAsync();
        _due.Set();
        await _stopped.Task;
    }

    private void DeleteUntilStopped()
    {
        while (_due.WaitOne() && !_isClosing)
        {
            try
            {
                using PostgresConnection connection = _database.OpenApart();
                if (PassAlone(connection) > 0)
                    _deleted();
                Volatile.Write(ref _problem, null);
            }
            catch (NpgsqlException e)
            {
                // The writer says that the database is away, and the next pass comes soon enough.
                bool passes = PostgresProblem.IsAway(e) || PostgresProblem.IsGoneOnRepeating(e);
                Volatile.Write(ref _problem, passes ? null : $"Old updates cannot be deleted: {_database.Words(e)}.");
            }
        }

        _stopped.SetResult();
    }

    /// <summary>Goes through everything once, unless another process does.</summary>
    /// <returns>0: nothing was deleted.</returns>
    private long PassAlone(PostgresConnection connection)
    {
        const string alone = "hashtext('playfair retention ' || current_schema())";
        if (connection.Number($"SELECT pg_try_advisory_lock({alone})") == 0)
            return 0;

        // The lock ends with the connection.
        long count = 0;
        foreach (long deleted in Pass(connection))
        {
            count += deleted;
            if (_isClosing)
                break;
        }

        return count;
    }

    /// <summary>Each element stands for one small transaction and says how many rows it changed.</summary>
    private IEnumerable<long> Pass(PostgresConnection connection)
    {
        IEnumerable<long> steps = DeleteVideos(connection);
        if (_options.MaxAge is { } age)
            steps = steps.Concat(DeleteOlderThan(connection, age));
        if (_options.MaxBytes is { } bytes)
            steps = steps.Concat(DeleteDownTo(connection, bytes));
        return steps;
    }

    private static IEnumerable<long> DeleteVideos(PostgresConnection connection)
    {
        while (connection.Number("SELECT id FROM videos WHERE is_deleted LIMIT 1") is { } video)
        {
            while (Spans(connection, "WHERE video = $1 LIMIT $2", video, SpansPerStep) is { Count: > 0 } spans)
                yield return Delete(connection, spans, long.MaxValue);

            while (DeleteStatistics(connection, "WHERE video = $1", video) is > 0 and var count)
                yield return count;

            yield return connection.Execute("DELETE FROM videos WHERE id = $1", video);
        }
    }

    private IEnumerable<long> DeleteOlderThan(PostgresConnection connection, TimeSpan age)
    {
        long now = _options.Time.GetUtcNow().UtcTicks;
        long oldest = now - Math.Min(age.Ticks, now);
        foreach (var spans in Spans(connection, "WHERE first_arrived < $1 ORDER BY first_arrived", oldest)
            .Chunk(SpansPerStep))
        {
            yield return Delete(connection, spans, oldest);
        }

        long oldestStatistics = now - (long)Math.Min((double)age.Ticks * StoreOptions.StatisticsAgeFactor, now);
        while (DeleteStatistics(connection, "WHERE bucket < $1", oldestStatistics) is > 0 and var count)
            yield return count;
    }

    // Down to nine tenths, so that it does not begin again with the next update.
    private static IEnumerable<long> DeleteDownTo(PostgresConnection connection, long maxBytes)
    {
        if (RowBytes(connection) <= maxBytes)
            yield break;

        long enough = maxBytes / 10 * 9;
        foreach (var spans in Spans(connection, "ORDER BY last_arrived").Chunk(SpansPerStep))
        {
            if (RowBytes(connection) <= enough)
                yield break;
            yield return Delete(connection, spans, long.MaxValue);
        }

        while (RowBytes(connection) > enough)
        {
            long count = DeleteStatistics(connection, "ORDER BY bucket");
            if (count == 0)
                yield break;
            yield return count;
        }
    }

    private static long RowBytes(PostgresConnection connection) => PostgresTotals.Read(connection).RowBytes;

    private static List<(long Video, long Span)> Spans(
        PostgresConnection connection, string which, params ReadOnlySpan<object?> values) => connection.Rows(
            $"SELECT video, span FROM spans {which}", row => (row.GetInt64(0), row.GetInt64(1)), values);

    /// <summary>Deletes updates of some spans with all that belongs to them.</summary>
    /// <param name="beforeTicks">Those that arrived before; of videos that are there, never the last one.</param>
    /// <returns>Of how many videos updates were deleted.</returns>
    private static long Delete(
        PostgresConnection connection, IReadOnlyList<(long Video, long Span)> spans, long beforeTicks)
    {
        const string given = """
            unnest($1, $2, $3, $4) AS g (video, span, first_sequence, last_sequence)
            """;
        return connection.AtOnce(
            [
                "SELECT FROM videos WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
                $"""
                WITH gone AS (
                    DELETE FROM updates u USING {given}, videos v
                    WHERE u.video = g.video AND u.sequence BETWEEN g.first_sequence AND g.last_sequence
                        AND u.arrived < $5 AND v.id = g.video AND (v.is_deleted OR u.sequence < v.last_sequence)
                    RETURNING u.video, u.sequence,
                        length(u.body) + coalesce(length(u.frames), 0) + {PostgresWriter.UpdateOverhead} AS bytes),
                gone_thumbnails AS (
                    DELETE FROM thumbnails t USING gone g WHERE t.video = g.video AND t.sequence = g.sequence
                    RETURNING t.video, length(t.png) + {PostgresWriter.ThumbnailOverhead} AS bytes),
                gone_segments AS (
                    DELETE FROM segments s USING {given} WHERE s.video = g.video AND s.span = g.span
                        AND EXISTS (
                            SELECT FROM gone WHERE gone.video = g.video
                                AND gone.sequence BETWEEN g.first_sequence AND g.last_sequence))
                UPDATE videos v SET
                    update_count = v.update_count - g.update_count,
                    update_bytes = v.update_bytes - g.update_bytes,
                    other_bytes = v.other_bytes
                        - (SELECT coalesce(sum(t.bytes), 0) FROM gone_thumbnails t WHERE t.video = v.id)
                FROM (
                    SELECT video, count(*) AS update_count, sum(bytes) AS update_bytes FROM gone GROUP BY video) g
                WHERE v.id = g.video
                """,
                $"""
                DELETE FROM spans s USING {given} WHERE s.video = g.video AND s.span = g.span AND NOT EXISTS (
                    SELECT FROM updates u
                    WHERE u.video = g.video AND u.sequence BETWEEN g.first_sequence AND g.last_sequence)
                """,
                $"""
                UPDATE spans s SET first_arrived = (
                    SELECT min(u.arrived) FROM updates u
                    WHERE u.video = g.video AND u.sequence BETWEEN g.first_sequence AND g.last_sequence)
                FROM {given} WHERE s.video = g.video AND s.span = g.span
                """,
            ],
            spans.Select(span => span.Video).ToArray(),
            spans.Select(span => span.Span).ToArray(),
            spans.Select(span => StoreSchema.Sequences(span.Span).First).ToArray(),
            spans.Select(span => StoreSchema.Sequences(span.Span).Last).ToArray(),
            beforeTicks)[1];
    }

    private static long DeleteStatistics(
        PostgresConnection connection, string which, params ReadOnlySpan<object?> values)
    {
        var keys = connection.Rows(
            $"""
            SELECT video, model, bucket FROM statistics {which}
            LIMIT {StatisticsPerStep}
            """,
            row => (Video: row.GetInt64(0), Model: row.GetInt64(1), Bucket: row.GetInt64(2)),
            values);
        if (keys.Count == 0)
            return 0;

        connection.AtOnce(
            [
                "SELECT FROM videos WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
                $"""
                WITH gone AS (
                    DELETE FROM statistics s USING unnest($1, $2, $3) AS g (video, model, bucket)
                    WHERE s.video = g.video AND s.model = g.model AND s.bucket = g.bucket
                    RETURNING s.video, length(s.bytes) + {PostgresStatistics.RowOverhead} AS bytes)
                UPDATE videos v SET other_bytes = v.other_bytes - g.bytes
                FROM (SELECT video, sum(bytes) AS bytes FROM gone GROUP BY video) g WHERE v.id = g.video
                """,
            ],
            keys.Select(key => key.Video).ToArray(),
            keys.Select(key => key.Model).ToArray(),
            keys.Select(key => key.Bucket).ToArray());
        return keys.Count;
    }
}
