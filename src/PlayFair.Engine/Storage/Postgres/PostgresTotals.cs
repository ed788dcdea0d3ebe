namespace PlayFair.Engine;

/// <summary>How much is stored, by all processes.</summary>
/// <param name="DiskBytes">What the tables and their indexes take on the server's disk.</param>
/// <param name="UpdateCount">Of the videos that are not deleted.</param>
/// <param name="UpdateBytes">Of these updates, without thumbnails and statistics.</param>
/// <param name="RowBytes">What rows and their places in indexes take, those to be deleted included.</param>
internal sealed record PostgresTotals(long DiskBytes, long UpdateCount, long UpdateBytes, long RowBytes)
{
    public static PostgresTotals Read(PostgresConnection connection) => connection.Rows(
        """
        SELECT
            CAST((
                SELECT sum(pg_total_relation_size(CAST(name AS regclass))) FROM unnest(ARRAY[
                    'texts', 'videos', 'updates', 'spans', 'segments', 'thumbnails', 'statistics']) AS name
            ) AS bigint),
            CAST(coalesce(sum(update_count) FILTER (WHERE NOT is_deleted), 0) AS bigint),
            CAST(coalesce(sum(update_bytes) FILTER (WHERE NOT is_deleted), 0) AS bigint),
            CAST(coalesce(sum(update_bytes + other_bytes), 0) AS bigint)
        FROM videos
        """,
        row => new PostgresTotals(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)))[0];
}
