using System.Data.Common;
using System.Text.Json;
using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>Reads a period of a video's history at a glance.</summary>
internal sealed class TimelineReader(StoreConnection connection, ITextTable texts, UpdateCodec codec)
{
    public const int MaxSegments = 2000;

    public Timeline Read(string name, long video, TimelineQuery query)
    {
        Timeline? timeline = null;
        // One state of the database for all that is read.
        connection.InReadTransaction(() => timeline = ReadNow(name, video, query));
        return timeline!;
    }

    /// <summary>A timeline without frame tracks, of updates by sequence number.</summary>
    /// <param name="updates">Those of the period.</param>
    /// <param name="all">All there are.</param>
    public static Timeline Of(
        string name, IReadOnlyList<AttributionUpdate> updates, IReadOnlyList<AttributionUpdate> all, int points)
    {
        var texts = new TextTable();
        var runs = new RunList(MaxSegments);
        foreach (AttributionUpdate update in updates)
        {
            long arrived = update.ArrivedAt.UtcTicks;
            runs.Add(new TopRun(
                TopClass.Of(update, texts), update.Sequence, update.Sequence, arrived, arrived, update.Classes[0].Score));
        }

        Dictionary<long, AttributionUpdate> bySequence = updates.ToDictionary(update => update.Sequence);
        return Build(
            name, runs, texts,
            [.. runs.Updates.Spread(points).Select(sequence => ToPoint(bySequence[sequence]))],
            [],
            all.Count == 0 ? null : new TimelineEnd(all[0].Sequence, all[0].ArrivedAt),
            all.Count == 0 ? null : new TimelineEnd(all[^1].Sequence, all[^1].ArrivedAt));
    }

    private Timeline ReadNow(string name, long video, TimelineQuery query)
    {
        var bounds = StoreReader.Bounds.Of(query.Bounds);
        var runs = new RunList(MaxSegments);
        foreach (SpanRow row in Spans(video, bounds))
        {
            (long first, long last) = StoreSchema.Sequences(row.Span);
            bool isWhole = first >= bounds.FirstSequence && last <= bounds.LastSequence
                && row.FirstArrived >= bounds.FirstTicks && row.LastArrived <= bounds.LastTicks;
            List<TopRun> ofSpan = isWhole && row.Runs is { } bytes
                ? SegmentTable.Read(bytes, row.Span)
                : SegmentTable.FromUpdates(
                    connection, video, Math.Max(first, bounds.FirstSequence), Math.Min(last, bounds.LastSequence),
                    bounds.FirstTicks, bounds.LastTicks);
            foreach (TopRun run in ofSpan)
                runs.Add(run);
        }

        TimelineEnd? oldest = End(
            video, "SELECT sequence, arrived FROM updates WHERE video = $1 ORDER BY sequence LIMIT 1");
        TimelineEnd? newest = End(
            video, "SELECT sequence, arrived FROM updates WHERE video = $1 ORDER BY sequence DESC LIMIT 1");
        return Build(
            name, runs, texts,
            Points(name, video, runs.Updates.Spread(query.Points)),
            oldest is null || newest is null
                ? []
                : Frames(name, video, query, bounds, oldest.Sequence, newest.Sequence),
            oldest,
            newest);
    }

    private static Timeline Build(
        string name, RunList runs, ITextTable texts, List<TimelinePoint> points, List<FrameTrack> frames,
        TimelineEnd? first, TimelineEnd? last)
    {
        (List<TopRun> segments, int joinedCount) = runs.Take();
        return new Timeline
        {
            Video = name,
            First = first,
            Last = last,
            UpdateCount = runs.Updates.Count,
            UpdatesPerPoint = points.Count == 0 ? 1 : (double)runs.Updates.Count / points.Count,
            Segments = [.. segments.Select(run => run.ToSegment(texts))],
            JoinedSegments = joinedCount,
            Points = points,
            Frames = frames,
        };
    }

    private static TimelinePoint ToPoint(AttributionUpdate update) => new(
        update.Sequence, update.ArrivedAt, update.FrameIndices[^1], update.FrameTimes[^1],
        [.. update.Classes.Select(c => new TimelineClass(c.Index, c.Name, c.Score))]);

    private List<SpanRow> Spans(long video, StoreReader.Bounds bounds) => connection.Rows(
        """
        SELECT s.span, s.first_arrived, s.last_arrived, g.runs
        FROM spans s LEFT JOIN segments g ON g.video = s.video AND g.span = s.span
        WHERE s.video = $1 AND s.span BETWEEN $2 AND $3 AND s.last_arrived >= $4 AND s.first_arrived <= $5
        ORDER BY s.span
        """,
        row => new SpanRow(
            row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3)),
        video, bounds.FirstSequence >> StoreSchema.SpanBits, bounds.LastSequence >> StoreSchema.SpanBits,
        bounds.FirstTicks, bounds.LastTicks);

    private List<TimelinePoint> Points(string name, long video, IEnumerable<long> sequences) => connection.Rows(
        $"""
        SELECT sequence, arrived, body FROM updates
        WHERE video = $1 AND sequence IN (SELECT CAST(value AS bigint) FROM {connection.ValuesOf("$2")})
        ORDER BY sequence
        """,
        row => ToPoint(codec.Decode(name, row.GetInt64(0), row.GetInt64(1), row.GetFieldValue<byte[]>(2))),
        video, JsonSerializer.Serialize(sequences));

    private TimelineEnd? End(long video, string sql) => connection.Rows(
        sql, row => new TimelineEnd(row.GetInt64(0), new DateTimeOffset(row.GetInt64(1), TimeSpan.Zero)), video)
        .FirstOrDefault();

    /// <summary>
    /// Tracks of the period: all of a short one, of a long one the last that left before each of some updates.
    /// </summary>
    private List<FrameTrack> Frames(
        string name, long video, TimelineQuery query, StoreReader.Bounds bounds, long firstStored, long lastStored)
    {
        List<(long First, long Last)> ranges = StoreReader.Joined(connection.Rows(
            """
            SELECT span FROM spans
            WHERE video = $1 AND last_frame_sequence >= $2 AND first_frame_sequence <= $3
                AND last_frame_arrived >= $4 AND first_frame_arrived <= $5
            ORDER BY span
            """,
            row => row.GetInt64(0),
            video, bounds.FirstSequence, bounds.LastSequence, bounds.FirstTicks, bounds.LastTicks))
            .ConvertAll(range => (Math.Max(range.First, firstStored), Math.Min(range.Last, lastStored)));
        long rowCount = ranges.Sum(range => range.Last - range.First + 1);
        // The first and the last span may lie outside with most of their updates.
        long most = query.Points + (2 << StoreSchema.SpanBits);
        List<FrameTrack> tracks = [];
        if (rowCount <= most)
        {
            foreach ((long first, long last) in ranges)
            {
                tracks.AddRange(connection.Rows(
                    """
                    SELECT sequence, arrived, frames FROM updates
                    WHERE video = $1 AND sequence BETWEEN $2 AND $3 AND frames IS NOT NULL
                    ORDER BY sequence
                    """,
                    Tracks, video, first, last).SelectMany(row => row).Where(bounds.Hold));
            }
        }
        else
        {
            var rows = new SequenceRanges();
            foreach ((long first, long last) in ranges)
                rows.Add(first, last);
            tracks.AddRange(connection.Rows(
                $"""
                SELECT sequence, arrived, frames FROM updates
                WHERE video = $1 AND frames IS NOT NULL
                    AND sequence IN (SELECT CAST(value AS bigint) FROM {connection.ValuesOf("$2")})
                ORDER BY sequence
                """,
                row => Tracks(row).LastOrDefault(bounds.Hold),
                video, JsonSerializer.Serialize(rows.Spread(query.Points))).OfType<FrameTrack>());
        }

        if (tracks.Count <= query.Points)
            return tracks;
        return
        [
            .. Enumerable.Range(0, query.Points)
                .Select(i => tracks[(int)((long)i * (tracks.Count - 1) / Math.Max(1, query.Points - 1))]),
        ];

        List<FrameTrack> Tracks(DbDataReader row) =>
            codec.DecodeTracks(name, row.GetInt64(0), row.GetInt64(1), row.GetFieldValue<byte[]>(2));
    }

    private readonly record struct SpanRow(long Span, long FirstArrived, long LastArrived, byte[]? Runs);
}
