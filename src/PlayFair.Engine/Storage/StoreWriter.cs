using System.Runtime.InteropServices;
using System.Text.Json;
using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>A video as the writer knows it.</summary>
/// <param name="id">Of its row.</param>
internal sealed class VideoEntry(long id)
{
    private long _lastSequence = -1;
    private long _claim;
    private long _updateCount;
    private long _updateBytes;

    public long Id { get; } = id;

    /// <summary>Of the last update that was told of; −1 without any.</summary>
    public long LastSequence
    {
        get => Volatile.Read(ref _lastSequence);
        set => Volatile.Write(ref _lastSequence, value);
    }

    /// <summary>Of the last update that was given to the store, waiting ones included; −1 without any.</summary>
    public long LastAppended { get; set; } = -1;

    public long UpdateCount => Volatile.Read(ref _updateCount);

    public long UpdateBytes => Volatile.Read(ref _updateBytes);

    /// <summary>Number of the newest claim of this process; 0 before the first.</summary>
    public long Claim
    {
        get => Volatile.Read(ref _claim);
        set => Volatile.Write(ref _claim, value);
    }

    /// <summary>How often the video was saved: an update from before the last time brings no resume state.</summary>
    public int SaveCount { get; set; }

    public bool IsDeleted { get; set; }

    public void Count(long updates, long bytes)
    {
        Interlocked.Add(ref _updateCount, updates);
        Interlocked.Add(ref _updateBytes, bytes);
    }
}

/// <summary>An update on its way to the disk.</summary>
/// <param name="SaveCount">How often the video had been saved when it was appended.</param>
/// <param name="Claim">Whose the video was then.</param>
internal sealed record PendingUpdate(StoredUpdate Stored, VideoEntry Video, int SaveCount, long Claim);

/// <summary>Writes: each method is one transaction, done or not done. For one thread at a time.</summary>
internal sealed class StoreWriter(StoreConnection connection, TextTable texts)
{
    /// <summary>
    /// What a row takes besides its blobs, measured on pages in use: cell, header, columns, and its place in the index.
    /// </summary>
    public const int RowOverhead = 42;

    private readonly UpdateCodec _codec = new(texts);

    /// <summary>Writes updates, in order, and what comes with them; those of deleted videos are left out.</summary>
    public void Write(IReadOnlyList<PendingUpdate> batch)
    {
        var changes = new Dictionary<VideoEntry, Change>();
        var spans = new Dictionary<(long Video, long Span), SpanBounds>();
        Transact(() =>
        {
            foreach (PendingUpdate pending in batch.Where(p => !p.Video.IsDeleted))
            {
                int bytes = Insert(pending);
                AddChange(changes, pending, bytes);
                SpanBounds.Add(spans, pending.Video.Id, pending.Stored);
            }

            foreach ((VideoEntry video, Change change) in changes)
            {
                connection.Execute(
                    """
                    UPDATE videos SET update_count = update_count + $2, update_bytes = update_bytes + $3,
                        resume = coalesce($4, resume)
                    WHERE id = $1
                    """,
                    video.Id, change.Count, change.Bytes, change.Resume);
            }

            foreach (((long video, long span), SpanBounds bounds) in spans)
            {
                WriteSpan(video, span, bounds);
                if (bounds.IsComplete)
                    SegmentTable.Write(connection, video, span);
            }
        });

        foreach ((VideoEntry video, Change change) in changes)
        {
            video.Count(change.Count, change.Bytes);
            video.LastSequence = change.LastSequence;
        }
    }

    /// <summary>
    /// Puts tracks into the row of the video's last update, in place of those that are there of the same frames; without
    /// effect before the first update.
    /// </summary>
    public void AddTracks(VideoEntry video, string name, IReadOnlyList<FrameTrack> tracks)
    {
        int grown = 0;
        Transact(() =>
        {
            grown = 0;
            var rows = connection.Rows(
                "SELECT sequence, arrived, frames FROM updates WHERE video = $1 ORDER BY sequence DESC LIMIT 1",
                row => (Sequence: row.GetInt64(0), Arrived: row.GetInt64(1),
                    Frames: row.IsDBNull(2) ? null : row.GetFieldValue<byte[]>(2)),
                video.Id);
            if (rows is not [var last])
                return;

            byte[] frames = _codec.ReplaceTracks(name, last.Sequence, last.Arrived, last.Frames, tracks);
            grown = frames.Length - (last.Frames?.Length ?? 0);
            connection.Execute(
                "UPDATE updates SET frames = $3 WHERE video = $1 AND sequence = $2", video.Id, last.Sequence, frames);
            connection.Execute("UPDATE videos SET update_bytes = update_bytes + $2 WHERE id = $1", video.Id, grown);
            var span = SpanBounds.Empty;
            span.Add(last.Arrived, tracks);
            WriteSpan(video.Id, last.Sequence >> StoreSchema.SpanBits, span);
        });
        video.Count(0, grown);
    }

    /// <summary>Writes a video anew or for the first time.</summary>
    /// <returns>The id of its row.</returns>
    public long SaveVideo(StoredVideo video)
    {
        string definition = JsonSerializer.Serialize(video.Definition, ContractJson.Lines.VideoDefinition);
        long id = 0;
        Transact(() => id = connection.Number(
            """
            INSERT INTO videos (name, definition, resume) VALUES ($1, $2, $3)
            ON CONFLICT (name) WHERE is_deleted = 0 DO UPDATE SET definition = $2, resume = $3
            RETURNING id
            """,
            video.Definition.Id, definition, video.Resume)!.Value);
        return id;
    }

    /// <summary>A number for a claim, above all before it.</summary>
    public long NextClaim()
    {
        long number = 0;
        Transact(() => number = connection.Number("UPDATE claims SET last = last + 1 RETURNING last")!.Value);
        return number;
    }

    /// <summary>Makes a video vanish at once; retention deletes its history bit by bit, after a restart too.</summary>
    public void MarkDeleted(long id) => Transact(() => connection.Execute(
        "UPDATE videos SET is_deleted = 1, name = '', definition = '', resume = NULL WHERE id = $1", id));

    public void SaveStatistics(
        IReadOnlyList<(long Video, StatisticsBlob Blob)> blobs,
        IReadOnlyList<(long Video, long Sequence)> watermarks) =>
        Transact(() =>
        {
            HashSet<long> late = [.. watermarks.Where(mark => IsLate(mark.Video, mark.Sequence)).Select(mark => mark.Video)];
            foreach ((long video, StatisticsBlob blob) in blobs.Where(blob => !late.Contains(blob.Video)))
            {
                connection.Execute(
                    """
                    INSERT INTO statistics (video, model, bucket, bytes) VALUES ($1, $2, $3, $4)
                    ON CONFLICT DO UPDATE SET bytes = $4
                    """,
                    video, texts.NumberOf(blob.Model), blob.BucketStart.UtcTicks, blob.Bytes);
            }

            foreach ((long video, long sequence) in watermarks.Where(mark => !late.Contains(mark.Video)))
                connection.Execute("UPDATE videos SET statistics_sequence = $2 WHERE id = $1", video, sequence);
        });

    private bool IsLate(long video, long sequence) =>
        connection.Number("SELECT statistics_sequence FROM videos WHERE id = $1", video) > sequence;

    private void Transact(Action work)
    {
        try
        {
            connection.InTransaction(() =>
            {
                work();
                foreach ((int number, string text) in texts.Pending())
                    connection.Execute("INSERT INTO texts VALUES ($1, $2)", number, text);
            });
            texts.Commit();
        }
        catch
        {
            texts.RollBack();
            throw;
        }
    }

    /// <returns>How many bytes the row takes.</returns>
    private int Insert(PendingUpdate pending)
    {
        AttributionUpdate update = pending.Stored.Update;
        byte[] body = _codec.Encode(update);
        byte[]? frames = pending.Stored.LeavingFrames is { Count: > 0 } tracks
            ? _codec.EncodeTracks(update, tracks)
            : null;
        connection.Execute(
            "INSERT INTO updates (video, sequence, arrived, body, frames) VALUES ($1, $2, $3, $4, $5)",
            pending.Video.Id, update.Sequence, update.ArrivedAt.UtcTicks, body, frames);
        if (pending.Stored.Thumbnails.Count > 0)
        {
            long? id = connection.Number("SELECT last_insert_rowid()");
            foreach (StoredThumbnail thumbnail in pending.Stored.Thumbnails)
            {
                connection.Execute(
                    "INSERT INTO thumbnails (update_id, video, frame, png) VALUES ($1, $2, $3, $4)",
                    id, pending.Video.Id, thumbnail.FrameIndex, thumbnail.Png);
            }
        }

        return body.Length + (frames?.Length ?? 0) + RowOverhead;
    }

    private void WriteSpan(long video, long span, SpanBounds bounds) => connection.Execute(
        """
        INSERT INTO spans VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT DO UPDATE SET
            first_arrived = min(first_arrived, $3), last_arrived = max(last_arrived, $4),
            first_frame_sequence = min(first_frame_sequence, $5),
            last_frame_sequence = max(last_frame_sequence, $6),
            first_frame_arrived = min(first_frame_arrived, $7),
            last_frame_arrived = max(last_frame_arrived, $8),
            last_frame = max(last_frame, $9)
        """,
        video, span, bounds.FirstArrived, bounds.LastArrived, bounds.FirstFrameSequence, bounds.LastFrameSequence,
        bounds.FirstFrameArrived, bounds.LastFrameArrived, bounds.LastFrame);

    private static void AddChange(Dictionary<VideoEntry, Change> changes, PendingUpdate pending, int bytes)
    {
        ref Change change = ref CollectionsMarshal.GetValueRefOrAddDefault(changes, pending.Video, out _);
        string? resume = pending.SaveCount == pending.Video.SaveCount ? pending.Stored.Resume : null;
        change = new Change(
            change.Count + 1, change.Bytes + bytes, pending.Stored.Update.Sequence, resume ?? change.Resume);
    }

    private readonly record struct Change(int Count, long Bytes, long LastSequence, string? Resume);
}
