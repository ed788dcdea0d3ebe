namespace PlayFair.Engine;

/// <summary>Deletes what is too old or too much, in steps so small that updates are written between them.</summary>
/// <remarks>
/// The last update of each video stays, so that its sequence goes on. Frame tracks and thumbnails go with their update.
/// </remarks>
internal sealed class StoreRetention
{
    private const int RowsPerStep = 256;

    /// <summary>Most pages of the log before it is taken into the database: 4 MB.</summary>
    private const long MostLogPages = 1000;

    private readonly StoreConnection _connection;
    private readonly StoreOptions _options;
    private readonly Action<long, long, long> _deleted;
    private readonly long _pageSize;
    private readonly long _maxPages;
    private readonly long _pagesPerStep;
    private long _pagesAfterLastPass;

    /// <param name="deleted">Told of each video's row id how many updates and bytes were deleted.</param>
    public StoreRetention(StoreConnection connection, StoreOptions options, Action<long, long, long> deleted)
    {
        _connection = connection;
        _options = options;
        _deleted = deleted;
        _pageSize = connection.Number("PRAGMA page_size")!.Value;
        long bound = (options.MaxBytes ?? long.MaxValue) / _pageSize;
        long logPages = Math.Min(MostLogPages, bound / 8);
        _maxPages = bound - logPages;
        _pagesPerStep = logPages / 4;
        connection.Execute($"PRAGMA wal_autocheckpoint = {logPages}");
        connection.Execute($"PRAGMA journal_size_limit = {logPages * _pageSize}");
    }

    /// <summary>Whether the file has grown too large since the last pass.</summary>
    public bool IsTooLarge => _options.MaxBytes is not null && PageCount > Math.Max(_maxPages, _pagesAfterLastPass);

    private long PageCount => _connection.Number("PRAGMA page_count")!.Value;

    private long FreePageCount => _connection.Number("PRAGMA freelist_count")!.Value;

    /// <summary>Goes through everything once; each element stands for one small transaction.</summary>
    public IEnumerable<int> Pass()
    {
        foreach (int step in DeleteVideos())
            yield return step;

        if (_options.MaxAge is { } age)
        {
            foreach (int step in DeleteOlderThan(age))
                yield return step;
        }

        if (_options.MaxBytes is not null)
        {
            foreach (int step in DeleteUntilSmall())
                yield return step;
        }

        // A few free pages stay: the next updates need them.
        while (FreePageCount is var free && free > PageCount / 50)
        {
            _connection.Execute($"PRAGMA incremental_vacuum({_pagesPerStep})");
            if (FreePageCount == free)
                break;
            yield return 1;
        }

        // The file shrinks with this; while somebody reads it waits for nobody and comes another time.
        _connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        _pagesAfterLastPass = PageCount;
    }

    private IEnumerable<int> DeleteVideos()
    {
        while (_connection.Number("SELECT id FROM videos WHERE is_deleted = 1 LIMIT 1") is { } video)
        {
            while (Delete("WHERE video = $1", video) is > 0 and var count)
                yield return count;

            while (DeleteStatistics("WHERE video = $1", video) is > 0 and var count)
                yield return count;

            _connection.Execute("DELETE FROM videos WHERE id = $1", video);
        }
    }

    private IEnumerable<int> DeleteOlderThan(TimeSpan age)
    {
        long now = _options.Time.GetUtcNow().UtcTicks;
        long oldest = now - Math.Min(age.Ticks, now);
        List<(long Video, long Span)> spans = _connection.Rows(
            "SELECT video, span FROM spans WHERE first_arrived < $1 ORDER BY first_arrived",
            row => (row.GetInt64(0), row.GetInt64(1)),
            oldest);
        foreach ((long video, long span) in spans)
        {
            yield return Delete(
                """
                WHERE video = $1 AND sequence BETWEEN $2 AND $3 AND arrived < $4
                    AND sequence < (SELECT max(sequence) FROM updates WHERE video = $1)
                """,
                video, FirstOf(span), LastOf(span), oldest);
        }

        long oldestStatistics = now - (long)Math.Min((double)age.Ticks * StoreOptions.StatisticsAgeFactor, now);
        while (DeleteStatistics("WHERE bucket < $1", oldestStatistics) is > 0 and var count)
            yield return count;
    }

    // Down to nine tenths, so that it does not begin again with the next update.
    private IEnumerable<int> DeleteUntilSmall()
    {
        if (PageCount <= _maxPages)
            yield break;

        while (PageCount - FreePageCount > _maxPages / 10 * 9)
        {
            int count = Delete(
                "WHERE sequence < (SELECT max(sequence) FROM updates WHERE video = u.video) ORDER BY id");
            if (count == 0)
                count = DeleteStatistics("ORDER BY bucket");
            if (count == 0)
                yield break;
            yield return count;
        }
    }

    /// <summary>Deletes some updates with all that belongs to them.</summary>
    /// <param name="which">Of <c>updates u</c>.</param>
    private int Delete(string which, params ReadOnlySpan<object?> values)
    {
        List<Row> rows = _connection.Rows(
            $"SELECT id, video, sequence >> {StoreSchema.SpanBits}, length(body) + ifnull(length(frames), 0) "
            + $"FROM updates u {which} LIMIT {RowsPerStep}",
            row => new Row(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)),
            values);
        if (rows.Count == 0)
            return 0;

        var videos = rows
            .GroupBy(row => row.Video)
            .Select(group =>
                (Id: group.Key, Count: group.Count(), Bytes: group.Sum(row => row.Bytes + StoreWriter.RowOverhead)))
            .ToList();
        _connection.InTransaction(() =>
        {
            foreach (Row row in rows)
            {
                _connection.Execute("DELETE FROM updates WHERE id = $1", row.Id);
                _connection.Execute("DELETE FROM thumbnails WHERE update_id = $1", row.Id);
            }

            foreach ((long id, int count, long bytes) in videos)
            {
                _connection.Execute(
                    """
                    UPDATE videos SET update_count = update_count - $2, update_bytes = update_bytes - $3 WHERE id = $1
                    """,
                    id, count, bytes);
            }

            foreach ((long video, long span) in rows.Select(row => (row.Video, row.Span)).Distinct())
                NarrowSpan(video, span);
        });

        foreach ((long id, int count, long bytes) in videos)
            _deleted(id, count, bytes);

        return rows.Count;
    }

    private void NarrowSpan(long video, long span)
    {
        SegmentTable.Delete(_connection, video, span);
        long? first = _connection.Number(
            "SELECT min(arrived) FROM updates WHERE video = $1 AND sequence BETWEEN $2 AND $3",
            video, FirstOf(span), LastOf(span));
        if (first is null)
            _connection.Execute("DELETE FROM spans WHERE video = $1 AND span = $2", video, span);
        else
        {
            _connection.Execute(
                "UPDATE spans SET first_arrived = $3 WHERE video = $1 AND span = $2", video, span, first);
        }
    }

    private int DeleteStatistics(string which, params ReadOnlySpan<object?> values) => _connection.Execute(
        $"DELETE FROM statistics WHERE id IN (SELECT id FROM statistics {which} LIMIT {RowsPerStep})", values);

    private static long FirstOf(long span) => StoreSchema.Sequences(span).First;

    private static long LastOf(long span) => StoreSchema.Sequences(span).Last;

    private readonly record struct Row(long Id, long Video, long Span, long Bytes);
}
