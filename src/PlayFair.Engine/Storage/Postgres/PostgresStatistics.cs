namespace PlayFair.Engine;

/// <summary>Writes statistics into PostgreSQL.</summary>
internal static class PostgresStatistics
{
    /// <summary>What a row takes besides its blob, measured, with its places in the indexes.</summary>
    public const int RowOverhead = 95;

    /// <inheritdoc cref="IVideoStore.SaveStatistics"/>
    public static void Save(
        PostgresConnection connection,
        ITextTable texts,
        IReadOnlyList<StatisticsBlob> blobs,
        IReadOnlyDictionary<string, StatisticsMark> marks)
    {
        // Texts are written in transactions of their own, before this one.
        Dictionary<string, long> models = blobs
            .Select(blob => blob.Model)
            .Distinct(StringComparer.Ordinal)
            .ToDictionary(model => model, model => (long)texts.NumberOf(model), StringComparer.Ordinal);
        connection.InTransaction(() =>
        {
            // A claim waits until this is committed. Where this waited for one, the row counts as that has left it.
            Dictionary<string, long> videos = connection.Rows(
                """
                SELECT v.name, v.id
                FROM videos v JOIN unnest($1, $2, $3) AS g (name, sequence, claim) ON g.name = v.name
                WHERE NOT v.is_deleted AND g.claim IN (0, v.claim) AND g.sequence >= coalesce(v.statistics_sequence, -1)
                ORDER BY v.id
                FOR NO KEY UPDATE OF v
                """,
                row => KeyValuePair.Create(row.GetString(0), row.GetInt64(1)),
                marks.Keys.ToArray(),
                marks.Values.Select(mark => mark.Sequence).ToArray(),
                marks.Values.Select(mark => mark.Claim).ToArray())
                .ToDictionary(StringComparer.Ordinal);
            // Of two for one bucket the later holds; a statement may write a row only once.
            List<StatisticsBlob> written = [.. blobs
                .Where(blob => videos.ContainsKey(blob.Video))
                .GroupBy(blob => (blob.Video, blob.Model, blob.BucketStart.UtcTicks))
                .Select(bucket => bucket.Last())];
            connection.Execute(
                $"""
                WITH given AS (
                    SELECT * FROM unnest($1, $2, $3, $4) AS g (video, model, bucket, bytes)),
                before AS (
                    SELECT video, model, bucket, length(s.bytes) AS length
                    FROM statistics s JOIN given g USING (video, model, bucket)),
                written AS (
                    INSERT INTO statistics (video, model, bucket, bytes) SELECT * FROM given
                    ON CONFLICT (video, model, bucket) DO UPDATE SET bytes = excluded.bytes)
                UPDATE videos v SET other_bytes = v.other_bytes + g.grown
                FROM (
                    SELECT video, sum(length(bytes) - coalesce(length, -{RowOverhead})) AS grown
                    FROM given LEFT JOIN before USING (video, model, bucket)
                    GROUP BY video) g
                WHERE v.id = g.video
                """,
                written.Select(blob => videos[blob.Video]).ToArray(),
                written.Select(blob => models[blob.Model]).ToArray(),
                written.Select(blob => blob.BucketStart.UtcTicks).ToArray(),
                written.Select(blob => blob.Bytes).ToArray());
            connection.Execute(
                """
                UPDATE videos v SET statistics_sequence = g.sequence
                FROM unnest($1, $2) AS g (video, sequence) WHERE v.id = g.video
                """,
                videos.Values.ToArray(),
                videos.Keys.Select(video => marks[video].Sequence).ToArray());
        });
    }
}
