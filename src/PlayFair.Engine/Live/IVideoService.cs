using PlayFair.Contracts;
using PlayFair.Video;

namespace PlayFair.Engine;

/// <summary>Any number of videos, attributed while they play. What runs them, one process or a cluster, is behind this.</summary>
/// <remarks>
/// Safe for any number of callers at once. Every method throws <see cref="VideoServiceException"/> for what its caller
/// can put right. Sources in answers show no credentials.
/// </remarks>
public interface IVideoService
{
    /// <summary>The model packages that a definition may name.</summary>
    IReadOnlyList<ModelInfo> Models { get; }

    /// <summary>The service as a whole.</summary>
    ServiceStatus Status { get; }

    /// <summary>The cluster that runs the videos; null where one process does.</summary>
    Task<ClusterStatus?> ClusterAsync(CancellationToken cancellationToken = default);

    /// <summary>All videos, ordered by id.</summary>
    Task<IReadOnlyList<VideoStatus>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>One video.</summary>
    /// <exception cref="VideoServiceException"><see cref="VideoServiceError.NotFound"/>.</exception>
    Task<VideoStatus> GetAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>
    /// Looks at a source: what it is and what it shows. Refuses what cannot be opened, with the reason. A source that
    /// shows no credentials is that of the video that has them.
    /// </summary>
    Task<SourceProbe> ProbeAsync(ProbeRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// What a definition would cost, and its defaults; refuses what cannot be added. An id or a source that is empty is not
    /// looked at, and there may be a video of the id.
    /// </summary>
    Task<VideoPlan> PlanAsync(VideoDefinition draft, CancellationToken cancellationToken = default);

    /// <summary>Adds a video and starts it; its id must be new.</summary>
    Task<VideoStatus> AddAsync(VideoDefinition definition, CancellationToken cancellationToken = default);

    /// <summary>
    /// Describes a video anew. What does not touch its pipeline (title and group) changes at once; anything else starts it
    /// again, and its sequence goes on. Paused it stops; a file that is no longer goes on after its last update.
    /// </summary>
    Task<VideoStatus> ChangeAsync(VideoDefinition definition, CancellationToken cancellationToken = default);

    /// <summary>Stops a video and deletes it with its history.</summary>
    Task RemoveAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>
    /// What happens from now on, or from given sequence numbers on: every update of every video asked for, in order, none
    /// twice. A reader that is slow gets them late, from the store, and slows nobody.
    /// </summary>
    /// <remarks>Begins with a <see cref="StatusEvent"/> for each video. Ends only by cancelling, or by a failure.</remarks>
    /// <exception cref="VideoServiceException">
    /// <see cref="VideoServiceError.LimitReached"/>, or <see cref="VideoServiceError.StoreFailed"/> where what is not at hand
    /// any more cannot be read: whoever comes back with what it has misses nothing.
    /// </exception>
    IAsyncEnumerable<VideoEvent> SubscribeAsync(Subscription subscription, CancellationToken cancellationToken);

    /// <summary>The newest update; null before the first.</summary>
    Task<AttributionUpdate?> LatestAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Stored updates, oldest first, at most <see cref="HistoryQuery.Limit"/>.</summary>
    Task<IReadOnlyList<AttributionUpdate>> HistoryAsync(
        string id, HistoryQuery query, CancellationToken cancellationToken = default);

    /// <summary>Stored frame tracks, oldest first; sequence numbers in the query are those of the last update.</summary>
    Task<IReadOnlyList<FrameTrack>> FrameTracksAsync(
        string id, HistoryQuery query, CancellationToken cancellationToken = default);

    /// <summary>Statistics over videos, classes and time.</summary>
    Task<StatisticsReport> StatisticsAsync(StatisticsQuery query, CancellationToken cancellationToken = default);

    /// <summary>
    /// A picture of a frame, null where there is none: of any frame of a file video; of a live one, of recent and kept
    /// frames.
    /// </summary>
    /// <param name="frameIndex">As in <see cref="AttributionUpdate.FrameIndices"/>.</param>
    /// <param name="width">
    /// Of a file video: a JPEG file of at most so many columns, 1 to 640, of the whole picture. Null, and of a live
    /// video: a PNG file of what the model saw.
    /// </param>
    Task<byte[]?> ThumbnailAsync(
        string id, long frameIndex, int? width = null, CancellationToken cancellationToken = default);

    /// <summary>The windows that one number of the statistics counts, as far as they are still stored; newest first.</summary>
    /// <remarks>Looks at so many updates a call: where more may come, the answer says where to go on.</remarks>
    Task<MomentList> MomentsAsync(MomentsQuery query, CancellationToken cancellationToken = default);

    /// <summary>A period of a video's history at a glance.</summary>
    Task<Timeline> TimelineAsync(string id, TimelineQuery query, CancellationToken cancellationToken = default);

    /// <summary>
    /// Attributes a video's file as a whole, or a part of it, by its model and score: frames that are spread over all
    /// of it, as in the paper, not those of a window.
    /// </summary>
    /// <exception cref="VideoServiceException">
    /// <see cref="VideoServiceError.Unsuitable"/>: the source is live, or its file cannot be read.
    /// <see cref="VideoServiceError.Busy"/>: others are being attributed.
    /// </exception>
    Task<AttributionDocument> AttributeClipAsync(
        string id, ClipQuery query, CancellationToken cancellationToken = default);

    /// <summary>The file of a video that is read from one, to be played; whoever calls disposes it.</summary>
    /// <exception cref="VideoServiceException">
    /// <see cref="VideoServiceError.NotFound"/>: the source is live, or its file is gone or none that is played.
    /// </exception>
    Task<MediaFile> OpenMediaAsync(string id, CancellationToken cancellationToken = default);
}
