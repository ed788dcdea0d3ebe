using System.Data.Common;
using System.Text.Json;
using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>What is written into PostgreSQL now and then, each in a transaction: videos, claims, last tracks.</summary>
internal static class PostgresVideos
{
    /// <summary>Raises a video's claim; waits for a commit of its owner that is under way.</summary>
    /// <returns>Null where there is no such video.</returns>
    public static (ClaimedVideo Video, VideoClaim Claim)? Claim(PostgresConnection connection, string name) =>
        connection.Rows<(ClaimedVideo, VideoClaim)?>(
            """
            UPDATE videos SET claim = nextval('claims') WHERE name = $1 AND NOT is_deleted
            RETURNING id, claim, last_sequence, saves, statistics_sequence, definition, resume
            """,
            row =>
            {
                long claim = row.GetInt64(1);
                long? last = Optional(row, 2);
                return (
                    new ClaimedVideo(row.GetInt64(0), claim, last ?? -1, row.GetInt64(3)),
                    new VideoClaim(
                        claim,
                        new StoredVideo(
                            JsonSerializer.Deserialize(row.GetString(5), ContractJson.Lines.VideoDefinition)!,
                            row.IsDBNull(6) ? null : row.GetString(6)),
                        last,
                        Optional(row, 4)));
            },
            name).FirstOrDefault();

    /// <summary>A video to be written with a claim, or unclaimed; null where there is none.</summary>
    /// <exception cref="SupersededException">Another has claimed it since.</exception>
    public static ClaimedVideo? Find(PostgresConnection connection, string name, long claim) => connection.Rows(
        """
        SELECT id, claim, coalesce(last_sequence, -1), saves FROM videos
        WHERE name = $1 AND NOT is_deleted
        """,
        row => claim == 0 || claim == row.GetInt64(1)
            ? new ClaimedVideo(row.GetInt64(0), claim, row.GetInt64(2), row.GetInt64(3))
            : throw new SupersededException(name),
        name).FirstOrDefault();

    /// <summary>The id of a video's row; null where there is none.</summary>
    public static long? RowOf(PostgresConnection connection, string name) => connection.Number(
        "SELECT id FROM videos WHERE name = $1 AND NOT is_deleted", name);

    /// <returns>The id of its row, and how often it was saved.</returns>
    /// <exception cref="SupersededException">Another has claimed it since, or it was deleted.</exception>
    public static (long Id, long Saves) Save(PostgresConnection connection, StoredVideo video, long claim)
    {
        string name = video.Definition.Id;
        string definition = JsonSerializer.Serialize(video.Definition, ContractJson.Lines.VideoDefinition);
        List<(long, long)> rows = claim == 0
            ? connection.Rows(
                """
                INSERT INTO videos AS v (name, definition, resume) VALUES ($1, $2, $3)
                ON CONFLICT (name) WHERE NOT is_deleted
                    DO UPDATE SET definition = $2, resume = $3, saves = v.saves + 1
                RETURNING v.id, v.saves
                """,
                Read, name, definition, video.Resume)
            : connection.Rows(
                """
                UPDATE videos SET definition = $2, resume = $3, saves = saves + 1
                WHERE name = $1 AND NOT is_deleted AND claim = $4
                RETURNING id, saves
                """,
                Read, name, definition, video.Resume, claim);
        return rows is [var row] ? row : throw new SupersededException(name);

        static (long, long) Read(DbDataReader row) => (row.GetInt64(0), row.GetInt64(1));
    }

    /// <summary>Makes a video vanish at once; its claims are worth nothing any more.</summary>
    public static int MarkDeleted(PostgresConnection connection, string name) => connection.Execute(
        """
        UPDATE videos SET is_deleted = true, name = '', definition = '', resume = NULL
        WHERE name = $1 AND NOT is_deleted
        """,
        name);

    /// <summary>
    /// Puts tracks into the row of the video's last update, in place of those that are there of the same frames;
    /// without effect before the first update.
    /// </summary>
    /// <exception cref="SupersededException">Another has claimed it since.</exception>
    public static void SaveLastTracks(
        PostgresConnection connection, UpdateCodec codec, string name, IReadOnlyList<FrameTrack> tracks, long claim) =>
        connection.InTransaction(() =>
        {
            var videos = connection.Rows(
                """
                SELECT id, claim, last_sequence FROM videos WHERE name = $1 AND NOT is_deleted
                FOR NO KEY UPDATE
                """,
                row => (Id: row.GetInt64(0), Claim: row.GetInt64(1), Last: Optional(row, 2)),
                name);
            if (videos is not [{ Last: { } last } video])
                return;
            if (claim != 0 && claim != video.Claim)
                throw new SupersededException(name);

            var (arrived, before) = connection.Rows(
                "SELECT arrived, frames FROM updates WHERE video = $1 AND sequence = $2",
                row => (row.GetInt64(0), row.IsDBNull(1) ? null : row.GetFieldValue<byte[]>(1)),
                video.Id, last)[0];
            byte[] frames = codec.ReplaceTracks(name, last, arrived, before, tracks);
            connection.Execute(
                "UPDATE updates SET frames = $3 WHERE video = $1 AND sequence = $2", video.Id, last, frames);
            connection.Execute(
                "UPDATE videos SET update_bytes = update_bytes + $2 WHERE id = $1",
                video.Id, (long)frames.Length - (before?.Length ?? 0));
            var span = SpanBounds.Empty;
            span.Add(arrived, tracks);
            PostgresWriter.Widen(connection, video.Id, last >> StoreSchema.SpanBits, span);
        });

    private static long? Optional(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);
}
