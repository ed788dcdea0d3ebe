using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>
/// Keeps videos, updates, frame tracks, thumbnails and statistics: a file of one process, or a database that many share.
/// </summary>
/// <remarks>
/// Safe for any number of threads; the updates of one video are appended one after the other. Where many processes write,
/// each claims the videos that it runs: who claimed a video last owns it, and what an earlier owner still writes is
/// refused, so that no video is attributed twice. Reading waits for the disk or the network.
/// </remarks>
public interface IVideoStore : IAsyncDisposable
{
    /// <summary>How the store is doing, as known without asking it.</summary>
    StoreStatus Status { get; }

    /// <summary>All videos, ordered by id.</summary>
    /// <exception cref="StoreException">It cannot be read.</exception>
    IReadOnlyList<StoredVideo> Videos();

    /// <summary>One video; null where there is none.</summary>
    /// <exception cref="StoreException">It cannot be read.</exception>
    StoredVideo? FindVideo(string id);

    /// <summary>Takes a video over: from now on only writes with the claim that this returns are accepted.</summary>
    /// <returns>The claim, and the video as its last owner left it; null where there is no such video.</returns>
    /// <exception cref="StoreException">It cannot be written.</exception>
    VideoClaim? Claim(string id);

    /// <summary>Stores a video, as a new one or in place of the one with its id, whose history stays.</summary>
    /// <param name="claim">The owner's; 0 of whoever adds it, and of a process that has the store for itself.</param>
    /// <remarks>
    /// Its resume state holds, null too: updates that wait in the queue at this moment do not replace it.
    /// </remarks>
    /// <exception cref="StoreException">It cannot be written.</exception>
    /// <exception cref="SupersededException">Another has claimed the video since, or deleted it.</exception>
    void SaveVideo(StoredVideo video, long claim = 0);

    /// <summary>
    /// Deletes a video with all its history; without effect where there is none. It is gone at once, its space bit by
    /// bit.
    /// </summary>
    /// <exception cref="StoreException">It cannot be written.</exception>
    void DeleteVideo(string id);

    /// <summary>Has an update written soon; waits while the queue is full.</summary>
    /// <exception cref="ArgumentException">
    /// There is no such video, its sequence number is not above the last one's, a frame track is another video's, or
    /// values and frames differ in number.
    /// </exception>
    /// <exception cref="SupersededException">Another has claimed the video since.</exception>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    ValueTask AppendAsync(StoredUpdate update, CancellationToken cancellationToken);

    /// <summary>
    /// Stores the tracks of the frames that were in the window when a video ended, with its last update; flush before.
    /// Tracks of the same frames are replaced.
    /// </summary>
    /// <param name="claim">As of <see cref="SaveVideo"/>.</param>
    /// <exception cref="StoreException">They cannot be written.</exception>
    /// <exception cref="SupersededException">Another has claimed the video since.</exception>
    void SaveLastTracks(string id, IReadOnlyList<FrameTrack> tracks, long claim = 0);

    /// <summary>Completes once all that was appended before is committed, or could not be, and told of.</summary>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    ValueTask FlushAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Sequence number of the last update stored, or told of though it could not be stored; null before the first.
    /// </summary>
    /// <exception cref="StoreException">It cannot be read.</exception>
    long? LastSequence(string id);

    /// <summary>One update; null where it is not stored.</summary>
    /// <exception cref="StoreException">It cannot be read.</exception>
    AttributionUpdate? ReadUpdate(string id, long sequence);

    /// <summary>Updates by sequence number, lowest first; times in the query are arrivals of the newest frame.</summary>
    /// <exception cref="StoreException">They cannot be read.</exception>
    IReadOnlyList<AttributionUpdate> ReadUpdates(string id, HistoryQuery query);

    /// <summary>Updates by sequence number, highest first.</summary>
    /// <exception cref="StoreException">They cannot be read.</exception>
    IReadOnlyList<AttributionUpdate> ReadBackwards(string id, BackwardQuery query);

    /// <summary>
    /// Frame tracks in the order in which the frames left; sequence numbers in the query are those of their last
    /// update, times are arrivals of the frames.
    /// </summary>
    /// <exception cref="StoreException">They cannot be read.</exception>
    IReadOnlyList<FrameTrack> ReadFrameTracks(string id, HistoryQuery query);

    /// <summary>A period at a glance; null where there is no such video.</summary>
    /// <exception cref="StoreException">It cannot be read.</exception>
    Timeline? ReadTimeline(string id, TimelineQuery query);

    /// <summary>The picture of a frame, the newest if there are several; null where there is none.</summary>
    /// <exception cref="StoreException">It cannot be read.</exception>
    byte[]? ReadThumbnail(string id, long frameIndex);

    /// <summary>Statistics, ordered by video, model and bucket.</summary>
    /// <exception cref="StoreException">They cannot be read.</exception>
    IReadOnlyList<StatisticsBlob> ReadStatistics(StatisticsRange range);

    /// <summary>
    /// Stores buckets in place of those of the same video, model and start, all or none of them. What is said of unknown
    /// videos, of those that another has claimed since, and of those of which more is counted already, is left out.
    /// </summary>
    /// <param name="marks">For each video how far its buckets go.</param>
    /// <exception cref="ArgumentException">A bucket's video has no mark.</exception>
    /// <exception cref="StoreException">They cannot be written.</exception>
    void SaveStatistics(IReadOnlyList<StatisticsBlob> blobs, IReadOnlyDictionary<string, StatisticsMark> marks);

    /// <summary>For each video with statistics the last sequence number that they include.</summary>
    /// <exception cref="StoreException">They cannot be read.</exception>
    IReadOnlyDictionary<string, long> StatisticsWatermarks();
}

/// <summary>A video that was claimed.</summary>
/// <param name="Number">
/// Above that of every earlier claim, of deleted videos with its id and of earlier processes too, and above 0.
/// </param>
/// <param name="LastSequence">Of its last update; null before the first.</param>
/// <param name="StatisticsSequence">The last sequence number that its statistics include; null for none.</param>
public sealed record VideoClaim(long Number, StoredVideo Video, long? LastSequence, long? StatisticsSequence);
