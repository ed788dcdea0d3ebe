namespace PlayFair.Engine;

/// <summary>The tables, and how a file of an earlier version comes to have them.</summary>
internal static class StoreSchema
{
    /// <summary>Marks a database as one of ours: "PFEs".</summary>
    public const int ApplicationId = 0x50464573;

    /// <summary>
    /// Sequence numbers of one video that share a row of <c>spans</c>, as a power of two: 256 updates.
    /// </summary>
    public const int SpanBits = 8;

    // Updates lie in the order in which they came, so pages fill up and the oldest, of all videos, are at the front.
    // Frames that left the window lie in the row of the update that followed: no table or retention of their own.
    // A span says between which times its updates and frames arrived, whatever clocks did meanwhile; with it a period
    // is found without an index over times.
    private const string Version1 = """
        CREATE TABLE texts (number INTEGER PRIMARY KEY, text TEXT NOT NULL);
        CREATE TABLE videos (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            definition TEXT NOT NULL,
            resume TEXT,
            update_count INTEGER NOT NULL DEFAULT 0,
            update_bytes INTEGER NOT NULL DEFAULT 0,
            statistics_sequence INTEGER,
            is_deleted INTEGER NOT NULL DEFAULT 0);
        CREATE UNIQUE INDEX videos_by_name ON videos (name) WHERE is_deleted = 0;
        CREATE TABLE updates (
            id INTEGER PRIMARY KEY,
            video INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            arrived INTEGER NOT NULL,
            body BLOB NOT NULL,
            frames BLOB);
        CREATE UNIQUE INDEX updates_by_sequence ON updates (video, sequence);
        CREATE TABLE spans (
            video INTEGER NOT NULL,
            span INTEGER NOT NULL,
            first_arrived INTEGER NOT NULL,
            last_arrived INTEGER NOT NULL,
            first_frame_sequence INTEGER NOT NULL,
            last_frame_sequence INTEGER NOT NULL,
            first_frame_arrived INTEGER NOT NULL,
            last_frame_arrived INTEGER NOT NULL,
            last_frame INTEGER NOT NULL,
            PRIMARY KEY (video, span)) WITHOUT ROWID;
        CREATE TABLE thumbnails (
            id INTEGER PRIMARY KEY,
            update_id INTEGER NOT NULL,
            video INTEGER NOT NULL,
            frame INTEGER NOT NULL,
            png BLOB NOT NULL);
        CREATE INDEX thumbnails_by_update ON thumbnails (update_id);
        CREATE INDEX thumbnails_by_frame ON thumbnails (video, frame);
        CREATE TABLE statistics (
            id INTEGER PRIMARY KEY,
            video INTEGER NOT NULL,
            model INTEGER NOT NULL,
            bucket INTEGER NOT NULL,
            bytes BLOB NOT NULL);
        CREATE UNIQUE INDEX statistics_by_bucket ON statistics (video, model, bucket);
        CREATE INDEX statistics_by_age ON statistics (bucket);
        """;

    // One row. Of no video: a claim's number is not given again when its video is deleted.
    private const string Claims = """
        CREATE TABLE claims (last INTEGER NOT NULL);
        INSERT INTO claims VALUES (0);
        """;

    /// <summary>Step i brings a file of version i to version i + 1. Steps that have shipped never change.</summary>
    public static readonly IReadOnlyList<StoreStep> Steps =
        [new(Version1), new(SegmentTable.Create, SegmentTable.Fill), new(Claims)];

    /// <summary>The first and the last sequence number of a span.</summary>
    public static (long First, long Last) Sequences(long span) => (span << SpanBits, ((span + 1) << SpanBits) - 1);

    /// <summary>Brings a file up to the last step's version.</summary>
    /// <exception cref="StoreException">The file is newer, or another program's.</exception>
    public static void Migrate(StoreConnection connection, string path, IReadOnlyList<StoreStep> steps)
    {
        long application = connection.Number("PRAGMA application_id") ?? 0;
        bool isEmpty = application == 0 && connection.Number("SELECT count(*) FROM sqlite_schema") == 0;
        if (!isEmpty && application != ApplicationId)
        {
            throw new StoreException(
                $"'{path}' is a database of another program. Name another file for the store.");
        }

        // Only before the first table can freed pages be made to go back to the file system.
        if (isEmpty)
            connection.Execute("PRAGMA auto_vacuum = INCREMENTAL");

        long version = connection.Number("PRAGMA user_version") ?? 0;
        if (version > steps.Count)
        {
            throw new StoreException(
                $"'{path}' was written by a newer PlayFair: its schema is {version}, this program knows "
                + $"{steps.Count}. Run the newer one, or name another file.");
        }

        connection.Execute("PRAGMA journal_mode = WAL");
        for (; version < steps.Count; version++)
        {
            StoreStep step = steps[(int)version];
            long next = version + 1;
            connection.InTransaction(() =>
            {
                connection.Execute(step.Sql);
                step.Fill?.Invoke(connection);
                connection.Execute($"PRAGMA application_id = {ApplicationId}");
                connection.Execute($"PRAGMA user_version = {next}");
            });
        }
    }
}

/// <summary>What brings a file to the next version.</summary>
/// <param name="Sql">Statements.</param>
/// <param name="Fill">What is done after them, in the same transaction.</param>
internal sealed record StoreStep(string Sql, Action<StoreConnection>? Fill = null);
