using System.Runtime.InteropServices;
using Npgsql;

namespace PlayFair.Engine;

/// <summary>Writes into PostgreSQL what is written all the time: updates, and the runs of full spans.</summary>
/// <remarks>For one thread. Every failure is an <see cref="NpgsqlException"/>.</remarks>
internal sealed class PostgresWriter(PostgresDatabase database, PostgresTexts texts) : IDisposable
{
    /// <summary>
    /// What an update takes besides its blobs, measured on the pages of table and index: header, columns, and its place
    /// in the index.
    /// </summary>
    public const int UpdateOverhead = 97;

    /// <summary>The same of a thumbnail.</summary>
    public const int ThumbnailOverhead = 150;

    // A statement of its own is a transaction of its own, and begins only when all of it has arrived: no lock waits for
    // the network. Rows of videos are locked before all others and in the order of their ids, here and wherever
    // something is written. Who waited for a lock sees the row as it has become: then a claim that came in between
    // counts.
    private const string Append = """
        WITH given AS (
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) AS g (
                id, claim, saves, first_sequence, last_sequence, update_count, update_bytes, other_bytes, resume)),
        owned AS MATERIALIZED (
            SELECT v.id FROM videos v JOIN given g ON g.id = v.id
            WHERE NOT v.is_deleted AND g.claim IN (0, v.claim) AND g.first_sequence > coalesce(v.last_sequence, -1)
            ORDER BY v.id
            FOR NO KEY UPDATE OF v),
        new_updates AS (
            INSERT INTO updates (video, sequence, arrived, body, frames)
            SELECT * FROM unnest($10, $11, $12, $13, $14) AS u (video, sequence, arrived, body, frames)
            WHERE video IN (SELECT id FROM owned)),
        new_thumbnails AS (
            INSERT INTO thumbnails (video, sequence, frame, png)
            SELECT * FROM unnest($15, $16, $17, $18) AS t (video, sequence, frame, png)
            WHERE video IN (SELECT id FROM owned)),
        wider_spans AS (
            INSERT INTO spans AS s (
                video, span, first_arrived, last_arrived, first_frame_sequence, last_frame_sequence,
                first_frame_arrived, last_frame_arrived, last_frame)
            SELECT * FROM unnest($19, $20, $21, $22, $23, $24, $25, $26, $27) AS b (video)
            WHERE video IN (SELECT id FROM owned)
        """ + WidenSpan + """
            )
        UPDATE videos v SET
            last_sequence = g.last_sequence,
            update_count = v.update_count + g.update_count,
            update_bytes = v.update_bytes + g.update_bytes,
            other_bytes = v.other_bytes + g.other_bytes,
            resume = CASE WHEN g.saves = v.saves THEN coalesce(g.resume, v.resume) ELSE v.resume END
        FROM owned o JOIN given g ON g.id = o.id
        WHERE v.id = o.id
        RETURNING v.id, v.saves
        """;

    /// <summary>The end of a statement that adds rows to <c>spans s</c>.</summary>
    private const string WidenSpan = """

            ON CONFLICT (video, span) DO UPDATE SET
                first_arrived = least(s.first_arrived, excluded.first_arrived),
                last_arrived = greatest(s.last_arrived, excluded.last_arrived),
                first_frame_sequence = least(s.first_frame_sequence, excluded.first_frame_sequence),
                last_frame_sequence = greatest(s.last_frame_sequence, excluded.last_frame_sequence),
                first_frame_arrived = least(s.first_frame_arrived, excluded.first_frame_arrived),
                last_frame_arrived = greatest(s.last_frame_arrived, excluded.last_frame_arrived),
                last_frame = greatest(s.last_frame, excluded.last_frame)
        """;

    private const int CommitTimeoutSeconds = 30;

    private readonly UpdateCodec _codec = new(texts);
    private readonly HashSet<(long Video, long Span)> _fullSpans = [];
    private PostgresConnection? _connection;

    /// <summary>
    /// Commits updates, in order, and what comes with them: all of them, but for those of deleted videos and of those
    /// that another has claimed, whose <see cref="ClaimedVideo"/> then says so.
    /// </summary>
    /// <param name="isRepeated">Whether an earlier attempt may have committed them without our hearing of it.</param>
    /// <returns>What is committed, and how many bytes that takes.</returns>
    public (List<ClaimedUpdate> Stored, long Bytes) Write(IEnumerable<ClaimedUpdate> updates, bool isRepeated)
    {
        List<ClaimedUpdate> batch =
            [.. updates.Where(update => update.Video is { IsDeleted: false, IsSuperseded: false })];
        if (batch.Count == 0)
            return (batch, 0);

        PostgresConnection connection = Connect();
        var rows = batch.ConvertAll(Encode);
        var changes = new Dictionary<ClaimedVideo, Change>();
        var spans = new Dictionary<(long Video, long Span), SpanBounds>();
        for (int i = 0; i < batch.Count; i++)
        {
            AddChange(changes, batch[i], rows[i]);
            SpanBounds.Add(spans, batch[i].Video.Id, batch[i].Stored);
        }

        Dictionary<long, long> saves = connection.Rows(
            Append, row => KeyValuePair.Create(row.GetInt64(0), row.GetInt64(1)),
            ValuesOf(batch, rows, changes, spans)).ToDictionary();
        HashSet<ClaimedVideo> written = [.. changes.Keys.Where(video => saves.ContainsKey(video.Id))];
        foreach (ClaimedVideo video in written)
            video.Saved(saves[video.Id]);
        if (written.Count < changes.Count)
            written.UnionWith(Explain(connection, [.. changes.Keys.Except(written)], changes, isRepeated));

        HashSet<long> writtenIds = [.. written.Select(video => video.Id)];
        _fullSpans.UnionWith(spans
            .Where(span => span.Value.IsComplete && writtenIds.Contains(span.Key.Video))
            .Select(span => span.Key));
        return (batch.FindAll(update => written.Contains(update.Video)), written.Sum(video => changes[video].Bytes));
    }

    /// <summary>Writes the runs of the spans that have become full. One that is lost is told by its updates.</summary>
    public void WriteSegments()
    {
        if (_fullSpans.Count == 0)
            return;

        PostgresConnection connection = Connect();
        foreach ((long video, long span) in _fullSpans)
        {
            connection.InTransaction(() =>
            {
                // Or updates could be deleted after they were counted.
                connection.Execute("SELECT FROM videos WHERE id = $1 FOR NO KEY UPDATE", video);
                SegmentTable.Write(connection, video, span);
            });
        }

        _fullSpans.Clear();
    }

    /// <summary>Widens the bounds of a row of <c>spans</c>.</summary>
    public static void Widen(PostgresConnection connection, long video, long span, SpanBounds bounds) =>
        connection.Execute(
            "INSERT INTO spans AS s VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)" + WidenSpan,
            video, span, bounds.FirstArrived, bounds.LastArrived, bounds.FirstFrameSequence,
            bounds.LastFrameSequence, bounds.FirstFrameArrived, bounds.LastFrameArrived, bounds.LastFrame);

    /// <summary>The connection of this thread.</summary>
    public PostgresConnection Connect()
    {
        if (_connection is null)
        {
            PostgresConnection connection = database.Open(CommitTimeoutSeconds);
            try
            {
                texts.Load(connection);
            }
            catch
            {
                connection.Dispose();
                throw;
            }

            _connection = connection;
        }

        return _connection;
    }

    /// <summary>Has the next attempt connect anew.</summary>
    public void Disconnect()
    {
        _connection?.Dispose();
        _connection = null;
        _fullSpans.Clear();
    }

    public void Dispose() => Disconnect();

    private Row Encode(ClaimedUpdate update)
    {
        StoredUpdate stored = update.Stored;
        byte[] body = _codec.Encode(stored.Update);
        byte[]? frames = stored.LeavingFrames is { Count: > 0 } tracks
            ? _codec.EncodeTracks(stored.Update, tracks)
            : null;
        return new Row(body, frames);
    }

    private static void AddChange(Dictionary<ClaimedVideo, Change> changes, ClaimedUpdate update, Row row)
    {
        StoredUpdate stored = update.Stored;
        ref Change change = ref CollectionsMarshal.GetValueRefOrAddDefault(changes, update.Video, out bool exists);
        if (!exists)
            change = new Change { FirstSequence = stored.Update.Sequence };
        change.LastSequence = stored.Update.Sequence;
        change.Count++;
        change.Bytes += row.Body.Length + (row.Frames?.Length ?? 0) + UpdateOverhead;
        change.OtherBytes += stored.Thumbnails.Sum(thumbnail => thumbnail.Png.Length + ThumbnailOverhead);
        if (stored.Resume is not null)
            (change.Resume, change.Saves) = (stored.Resume, update.Saves);
    }

    private static object[] ValuesOf(
        List<ClaimedUpdate> batch,
        List<Row> rows,
        Dictionary<ClaimedVideo, Change> changes,
        Dictionary<(long Video, long Span), SpanBounds> spans)
    {
        var thumbnails = batch.SelectMany(update => update.Stored.Thumbnails.Select(
            thumbnail => (Video: update.Video.Id, update.Stored.Update.Sequence, thumbnail.FrameIndex, thumbnail.Png)))
            .ToList();
        return
        [
            Column(changes, c => c.Key.Id), Column(changes, c => c.Key.Claim), Column(changes, c => c.Value.Saves),
            Column(changes, c => c.Value.FirstSequence), Column(changes, c => c.Value.LastSequence),
            Column(changes, c => c.Value.Count), Column(changes, c => c.Value.Bytes),
            Column(changes, c => c.Value.OtherBytes), Column(changes, c => c.Value.Resume),
            Column(batch, u => u.Video.Id), Column(batch, u => u.Stored.Update.Sequence),
            Column(batch, u => u.Stored.Update.ArrivedAt.UtcTicks), Column(rows, r => r.Body),
            Column(rows, r => r.Frames),
            Column(thumbnails, t => t.Video), Column(thumbnails, t => t.Sequence),
            Column(thumbnails, t => t.FrameIndex), Column(thumbnails, t => t.Png),
            Column(spans, s => s.Key.Video), Column(spans, s => s.Key.Span),
            Column(spans, s => s.Value.FirstArrived), Column(spans, s => s.Value.LastArrived),
            Column(spans, s => s.Value.FirstFrameSequence), Column(spans, s => s.Value.LastFrameSequence),
            Column(spans, s => s.Value.FirstFrameArrived), Column(spans, s => s.Value.LastFrameArrived),
            Column(spans, s => s.Value.LastFrame),
        ];

        static TValue[] Column<TRow, TValue>(IEnumerable<TRow> table, Func<TRow, TValue> value) =>
            [.. table.Select(value)];
    }

    /// <summary>Finds out why videos were left out, and notes it in them.</summary>
    /// <returns>Those whose updates an earlier attempt has written.</returns>
    private static List<ClaimedVideo> Explain(
        PostgresConnection connection,
        List<ClaimedVideo> refused,
        Dictionary<ClaimedVideo, Change> changes,
        bool isRepeated)
    {
        var found = connection.Rows(
            "SELECT id, claim, coalesce(last_sequence, -1) FROM videos WHERE id = ANY($1) AND NOT is_deleted",
            row => (Id: row.GetInt64(0), Claim: row.GetInt64(1), Last: row.GetInt64(2)),
            refused.ConvertAll(video => video.Id).ToArray())
            .ToDictionary(row => row.Id);
        var written = new List<ClaimedVideo>();
        foreach (ClaimedVideo video in refused)
        {
            if (!found.TryGetValue(video.Id, out var row))
                video.IsDeleted = true;
            // As long as the claim is ours, nobody else has written these sequence numbers.
            else if (isRepeated && (video.Claim == 0 || video.Claim == row.Claim)
                && row.Last >= changes[video].LastSequence)
            {
                written.Add(video);
            }
            else
                video.IsSuperseded = true;
        }

        return written;
    }

    private readonly record struct Row(byte[] Body, byte[]? Frames);

    /// <summary>What a batch changes of a video.</summary>
    private struct Change
    {
        public long FirstSequence;
        public long LastSequence;
        public long Count;
        public long Bytes;
        public long OtherBytes;
        public long Saves;
        public string? Resume;
    }
}
