using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>A video as it is stored.</summary>
/// <param name="Definition">With its full source, credentials included: the file is its owner's alone.</param>
/// <param name="Resume">Where its pipeline goes on after a restart: the service's own JSON.</param>
public sealed record StoredVideo(VideoDefinition Definition, string? Resume);

/// <summary>An update and what is stored with it, all or nothing.</summary>
/// <param name="LeavingFrames">Final tracks of the frames that left the window before it, oldest first.</param>
/// <param name="Thumbnails">Pictures to keep as long as the update.</param>
/// <param name="Resume">Replaces the video's, unless null.</param>
/// <param name="Claim">The owner's; 0 of a process that has the store for itself.</param>
public sealed record StoredUpdate(
    AttributionUpdate Update,
    IReadOnlyList<FrameTrack> LeavingFrames,
    IReadOnlyList<StoredThumbnail> Thumbnails,
    string? Resume,
    long Claim = 0);

/// <summary>A picture of a frame.</summary>
/// <param name="FrameIndex">As in <see cref="AttributionUpdate.FrameIndices"/>.</param>
/// <param name="Png">The file.</param>
public sealed record StoredThumbnail(long FrameIndex, byte[] Png);

/// <summary>Which statistics are read. All conditions hold together; null: any.</summary>
/// <param name="Videos">Ids.</param>
/// <param name="Model">Name and version.</param>
/// <param name="From">Buckets that begin at or after it.</param>
/// <param name="To">Buckets that begin before it.</param>
public sealed record StatisticsRange(
    IReadOnlyList<string>? Videos = null,
    string? Model = null,
    DateTimeOffset? From = null,
    DateTimeOffset? To = null)
{
    /// <summary>What covers a query's period and the one that it is compared with.</summary>
    public static StatisticsRange Of(StatisticsQuery query)
    {
        bool hasReference = query.ReferenceFrom is not null || query.ReferenceTo is not null;
        DateTimeOffset? from = query.From, to = query.To;
        if (hasReference && (query.ReferenceFrom is null || query.ReferenceFrom < from))
            from = query.ReferenceFrom;
        if (hasReference && (query.ReferenceTo is null || query.ReferenceTo > to))
            to = query.ReferenceTo;
        return new StatisticsRange(query.Videos, query.Model, from, to);
    }
}
