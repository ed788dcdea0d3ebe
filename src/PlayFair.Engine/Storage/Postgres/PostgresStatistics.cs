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
        IReadOnlyDictionary<string, long> watermarks)
    {
        // Texts are written in transactions of their own, before this one.
        Dictionary<string, long> models = blobs
            .Select(blob => blob.Model)
            .Distinct(StringComparer.Ordinal)
            .ToDictionary(model => model, model => (long)texts.NumberOf(model), StringComparer.Ordinal);
        string[] names =
            [.. blobs.Select(blob => blob.Video).Concat(watermarks.Keys).Distinct(StringComparer.Ordinal)];
        connection.InTransaction(() =>
        {
            Dictionary<string, long> videos = connection.Rows(
                """
                SELECT name, id, coalesce(statistics_sequence, -1) FROM videos
                WHERE name = ANY($1) AND NOT is_deleted
                ORDER BY id
                FOR NO KEY UPDATE
                """,
                row => (Name: row.GetString(0), Id: row.GetInt64(1), Counted: row.GetInt64(2)),
                (object)names)
                .Where(video => !(watermarks.TryGetValue(video.Name, out long mark) && video.Counted > mark))
                .ToDictionary(video => video.Name, video => video.Id, StringComparer.Ordinal);
            // Of two for one bucket the later holds; a statement may write a row only once.
            List<StatisticsBlob> written = [.. blobs
                .Where(blob => videos.ContainsKey(blob.Video))
                .GroupBy(blob => (blob.Video, blob.Model, blob.BucketStart.UtcTicks))
                .Select(bucket => bucket.Last())];
            List<KeyValuePair<string, long>> marks = [.. watermarks.Where(mark => videos.ContainsKey(mark.Key))];
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
                marks.Select(mark => videos[mark.Key]).ToArray(), marks.Select(mark => mark.Value).ToArray());
        });
    }
}
