using System.Text.Json;
using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>Reads what is committed, on a connection of its own. For one thread at a time.</summary>
internal sealed class StoreReader(StoreConnection connection, ITextTable texts) : IDisposable
{
    private readonly UpdateCodec _codec = new(texts);

    /// <exception cref="ArgumentOutOfRangeException">It asks for too many, or none.</exception>
    public static void Check(HistoryQuery query)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, HistoryQuery.MaxLimit);
    }

    public List<StoredVideo> Videos() => connection.Rows(
        "SELECT definition, resume FROM videos WHERE NOT is_deleted ORDER BY name",
        row => new StoredVideo(
            JsonSerializer.Deserialize(row.GetString(0), ContractJson.Lines.VideoDefinition)!,
            row.IsDBNull(1) ? null : row.GetString(1)));

    public StoredVideo? Video(long video) => connection.Rows(
        "SELECT definition, resume FROM videos WHERE id = $1 AND NOT is_deleted",
        row => new StoredVideo(
            JsonSerializer.Deserialize(row.GetString(0), ContractJson.Lines.VideoDefinition)!,
            row.IsDBNull(1) ? null : row.GetString(1)),
        video).FirstOrDefault();

    public AttributionUpdate? Update(string name, long video, long sequence) => connection.Rows(
        "SELECT arrived, body FROM updates WHERE video = $1 AND sequence = $2",
        row => _codec.Decode(name, sequence, row.GetInt64(0), row.GetFieldValue<byte[]>(1)),
        video, sequence).FirstOrDefault();

    public List<AttributionUpdate> Updates(string name, long video, HistoryQuery query)
    {
        var bounds = Bounds.Of(query);
        var updates = new List<AttributionUpdate>();
        var spans = bounds.HasTimes
            ? Spans(
                """
                SELECT span FROM spans
                WHERE video = $1 AND span BETWEEN $2 AND $3 AND last_arrived >= $4 AND first_arrived <= $5
                ORDER BY span
                """,
                video, bounds.FirstSequence >> StoreSchema.SpanBits, bounds.LastSequence >> StoreSchema.SpanBits,
                bounds.FirstTicks, bounds.LastTicks)
            : [(bounds.FirstSequence, bounds.LastSequence)];
        foreach ((long first, long last) in spans)
        {
            updates.AddRange(connection.Rows(
                """
                SELECT sequence, arrived, body FROM updates
                WHERE video = $1 AND sequence BETWEEN $2 AND $3 AND arrived BETWEEN $4 AND $5
                ORDER BY sequence LIMIT $6
                """,
                row => _codec.Decode(name, row.GetInt64(0), row.GetInt64(1), row.GetFieldValue<byte[]>(2)),
                video, Math.Max(first, bounds.FirstSequence), Math.Min(last, bounds.LastSequence),
                bounds.FirstTicks, bounds.LastTicks, query.Limit - updates.Count));
            if (updates.Count == query.Limit)
                break;
        }

        return updates;
    }

    public List<FrameTrack> FrameTracks(string name, long video, HistoryQuery query)
    {
        const int rowsAtOnce = 256;
        var bounds = Bounds.Of(query);
        var tracks = new List<FrameTrack>();
        var spans = Spans(
            """
            SELECT span FROM spans
            WHERE video = $1 AND last_frame_sequence >= $2 AND first_frame_sequence <= $3
                AND last_frame_arrived >= $4 AND first_frame_arrived <= $5 AND last_frame >= $6
            ORDER BY span
            """,
            video, bounds.FirstSequence, bounds.LastSequence, bounds.FirstTicks, bounds.LastTicks, bounds.FirstFrame);
        foreach ((long first, long last) in spans)
        {
            for (long next = first; next <= last;)
            {
                var rows = connection.Rows(
                    """
                    SELECT sequence, arrived, frames FROM updates
                    WHERE video = $1 AND sequence BETWEEN $2 AND $3 AND frames IS NOT NULL
                    ORDER BY sequence LIMIT $4
                    """,
                    row => (Sequence: row.GetInt64(0), Tracks: _codec.DecodeTracks(
                        name, row.GetInt64(0), row.GetInt64(1), row.GetFieldValue<byte[]>(2))),
                    video, next, last, rowsAtOnce);
                tracks.AddRange(rows
                    .SelectMany(row => row.Tracks)
                    .Where(bounds.Hold)
                    .Take(query.Limit - tracks.Count));
                if (tracks.Count == query.Limit)
                    return tracks;
                next = rows.Count == rowsAtOnce ? rows[^1].Sequence + 1 : last + 1;
            }
        }

        return tracks;
    }

    public List<AttributionUpdate> UpdatesBackwards(string name, long video, BackwardQuery query)
    {
        var updates = new List<AttributionUpdate>();
        List<(long First, long Last)> spans = query is { FirstTicks: <= 0, LastTicks: long.MaxValue }
            ? [(0, long.MaxValue)]
            : Spans(
                """
                SELECT span FROM spans
                WHERE video = $1 AND span <= $2 AND last_arrived >= $3 AND first_arrived <= $4
                ORDER BY span
                """,
                video, query.Before >> StoreSchema.SpanBits, query.FirstTicks, query.LastTicks);
        foreach ((long first, long last) in Enumerable.Reverse(spans))
        {
            updates.AddRange(connection.Rows(
                """
                SELECT sequence, arrived, body FROM updates
                WHERE video = $1 AND sequence BETWEEN $2 AND $3 AND arrived BETWEEN $4 AND $5
                ORDER BY sequence DESC LIMIT $6
                """,
                row => _codec.Decode(name, row.GetInt64(0), row.GetInt64(1), row.GetFieldValue<byte[]>(2)),
                video, first, Math.Min(last, query.Before - 1), query.FirstTicks, query.LastTicks,
                query.Limit - updates.Count));
            if (updates.Count == query.Limit)
                break;
        }

        return updates;
    }

    public Timeline Timeline(string name, long video, TimelineQuery query) =>
        new TimelineReader(connection, texts, _codec).Read(name, video, query);

    public byte[]? Thumbnail(long video, long frameIndex) => connection.Rows(
        "SELECT png FROM thumbnails WHERE video = $1 AND frame = $2 ORDER BY id DESC LIMIT 1",
        row => row.GetFieldValue<byte[]>(0),
        video, frameIndex).FirstOrDefault();

    public List<StatisticsBlob> Statistics(StatisticsRange range)
    {
        string sql = $"""
            SELECT t.text, v.name, s.bucket, s.bytes
            FROM statistics s JOIN videos v ON v.id = s.video JOIN texts t ON t.number = s.model
            WHERE NOT v.is_deleted AND s.bucket >= $1 AND s.bucket < $2
                AND (CAST($3 AS TEXT) IS NULL OR t.text = $3)
                AND (CAST($4 AS TEXT) IS NULL OR v.name IN (SELECT value FROM {connection.ValuesOf("$4")}))
            ORDER BY v.name, t.text, s.bucket
            """;
        return connection.Rows(
            sql,
            row => new StatisticsBlob(
                row.GetString(0),
                row.GetString(1),
                new DateTimeOffset(row.GetInt64(2), TimeSpan.Zero),
                row.GetFieldValue<byte[]>(3)),
            range.From?.UtcTicks ?? 0,
            range.To?.UtcTicks ?? long.MaxValue,
            range.Model,
            range.Videos is null ? null : JsonSerializer.Serialize(range.Videos));
    }

    public Dictionary<string, long> StatisticsWatermarks() => connection
        .Rows(
            """
            SELECT name, statistics_sequence FROM videos
            WHERE NOT is_deleted AND statistics_sequence IS NOT NULL
            """,
            row => KeyValuePair.Create(row.GetString(0), row.GetInt64(1)))
        .ToDictionary(StringComparer.Ordinal);

    public void Dispose() => connection.Dispose();

    /// <summary>Sequence numbers of spans, those of neighbours joined.</summary>
    public static List<(long First, long Last)> Joined(List<long> spans)
    {
        var joined = new List<(long First, long Last)>();
        foreach (long span in spans)
        {
            (long first, long last) = StoreSchema.Sequences(span);
            if (joined.Count > 0 && joined[^1].Last == first - 1)
                joined[^1] = (joined[^1].First, last);
            else
                joined.Add((first, last));
        }

        return joined;
    }

    private List<(long First, long Last)> Spans(string sql, params ReadOnlySpan<object?> values) =>
        Joined(connection.Rows(sql, row => row.GetInt64(0), values));

    internal readonly record struct Bounds(
        long FirstSequence, long LastSequence, long FirstTicks, long LastTicks, long FirstFrame)
    {
        public bool HasTimes => FirstTicks > 0 || LastTicks < long.MaxValue;

        public static Bounds Of(HistoryQuery query) => new(
            Math.Max(query.FromSequence ?? 0, 0),
            query.ToSequence ?? long.MaxValue,
            query.From?.UtcTicks ?? 0,
            query.To?.UtcTicks ?? long.MaxValue,
            query.FromFrame ?? 0);

        public bool Hold(FrameTrack track) =>
            track.LastSequence >= FirstSequence && track.LastSequence <= LastSequence
            && track.ArrivedAt.UtcTicks >= FirstTicks && track.ArrivedAt.UtcTicks <= LastTicks
            && track.FrameIndex >= FirstFrame;
    }
}
