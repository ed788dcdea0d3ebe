namespace PlayFair.Engine;

/// <summary>
/// The runs of equal top class of each span of 256 updates, so that a long history is told without its updates.
/// </summary>
/// <remarks>
/// A row is written in the transaction that completes its span, and deleted with the first update of it that is: what
/// is there is exact. Where none is (the newest span, the oldest, one that lost updates to a full disk), the updates say.
/// </remarks>
internal static class SegmentTable
{
    public const string Create = """
        CREATE TABLE segments (
            video INTEGER NOT NULL,
            span INTEGER NOT NULL,
            runs BLOB NOT NULL,
            PRIMARY KEY (video, span)) WITHOUT ROWID;
        """;

    private const byte Version = 1;

    /// <summary>Writes the rows of a file that has none yet.</summary>
    public static void Fill(StoreConnection connection)
    {
        foreach ((long video, long span) in connection.Rows(
            "SELECT video, span FROM spans", row => (row.GetInt64(0), row.GetInt64(1))))
        {
            Write(connection, video, span);
        }
    }

    /// <summary>Writes a span's row, if all of its updates are there.</summary>
    public static void Write(StoreConnection connection, long video, long span)
    {
        (long first, long last) = StoreSchema.Sequences(span);
        List<TopRun> runs;
        try
        {
            runs = FromUpdates(connection, video, first, last, 0, long.MaxValue);
        }
        catch (StoreException)
        {
            // Damaged: whoever reads these updates is told.
            return;
        }

        if (runs.Sum(run => run.Length) == last - first + 1)
        {
            connection.Execute(
                "INSERT INTO segments VALUES ($1, $2, $3) ON CONFLICT (video, span) DO UPDATE SET runs = $3",
                video, span, Encode(runs));
        }
    }

    public static void Delete(StoreConnection connection, long video, long span) =>
        connection.Execute("DELETE FROM segments WHERE video = $1 AND span = $2", video, span);

    /// <summary>The runs of a span's row.</summary>
    public static List<TopRun> Read(byte[] bytes, long span)
    {
        var reader = new BlobReader(bytes);
        if (reader.Byte() != Version)
            throw BlobReader.Damaged();
        var runs = new List<TopRun>(reader.Count(leastBytesEach: 10));
        (long sequence, _) = StoreSchema.Sequences(span);
        long arrived = 0;
        for (int count = runs.Capacity; count > 0; count--)
        {
            long length = reader.Unsigned();
            var top = new TopClass(
                (int)reader.Unsigned(), (int)reader.Unsigned(), (int)reader.Unsigned(), (int)reader.Unsigned());
            float score = reader.Single();
            long from = arrived + reader.Signed();
            long to = from + reader.Signed();
            runs.Add(new TopRun(top, sequence, sequence + length - 1, from, to, score));
            sequence += length;
            arrived = to;
        }

        return runs;
    }

    /// <summary>The runs of the updates themselves; bounds are included.</summary>
    public static List<TopRun> FromUpdates(
        StoreConnection connection, long video, long first, long last, long firstTicks, long lastTicks)
    {
        var runs = new List<TopRun>();
        _ = connection.Rows(
            """
            SELECT sequence, arrived, body FROM updates
            WHERE video = $1 AND sequence BETWEEN $2 AND $3 AND arrived BETWEEN $4 AND $5
            ORDER BY sequence
            """,
            row =>
            {
                long sequence = row.GetInt64(0), arrived = row.GetInt64(1);
                (TopClass top, float score) = UpdateCodec.TopOf(row.GetFieldValue<byte[]>(2));
                var run = new TopRun(top, sequence, sequence, arrived, arrived, score);
                if (runs.Count > 0 && runs[^1].GoesOnWith(run))
                    runs[^1] = runs[^1].JoinNext(run);
                else
                    runs.Add(run);
                return 0;
            },
            video, first, last, firstTicks, lastTicks);
        return runs;
    }

    private static byte[] Encode(List<TopRun> runs)
    {
        var writer = new BlobWriter();
        writer.Byte(Version);
        writer.Unsigned(runs.Count);
        long arrived = 0;
        foreach (TopRun run in runs)
        {
            writer.Unsigned(run.Length);
            writer.Unsigned(run.Top.Class);
            writer.Unsigned(run.Top.Name);
            writer.Unsigned(run.Top.Model);
            writer.Unsigned(run.Top.Score);
            writer.Single(run.MaxScore);
            writer.Signed(run.FirstArrived - arrived);
            writer.Signed(run.LastArrived - run.FirstArrived);
            arrived = run.LastArrived;
        }

        return writer.ToArray();
    }
}
