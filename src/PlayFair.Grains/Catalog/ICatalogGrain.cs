using Orleans.Concurrency;
using PlayFair.Contracts;

namespace PlayFair.Grains;

/// <summary>
/// What runs where: a part of all videos; the key is the shard's number. It also sees to it that each of them runs: one
/// whose silo is gone is started elsewhere.
/// </summary>
[Alias("playfair.catalog")]
internal interface ICatalogGrain : IGrainWithIntegerKey
{
    /// <summary>Hears of a silo and its videos.</summary>
    [Alias("report"), ResponseTimeout("00:00:05")]
    Task<SiloReply> ReportAsync(SiloReport report);

    /// <summary>A video was added, or runs now.</summary>
    [Alias("started"), ResponseTimeout("00:00:05")]
    Task StartedAsync(SiloAddress silo, VideoReport video);

    /// <summary>A video is gone for good.</summary>
    [Alias("removed")]
    Task RemovedAsync(string id);

    /// <summary>One video's status as last reported; null: there is no such video.</summary>
    [Alias("get"), AlwaysInterleave]
    Task<VideoStatus?> GetAsync(string id);

    /// <summary>The shard's videos.</summary>
    [Alias("list"), AlwaysInterleave]
    Task<VideoStatus[]> ListAsync();

    [Alias("count"), AlwaysInterleave]
    Task<CatalogCount> CountAsync();

    /// <summary>What has changed since a version; waits a second for something if nothing has.</summary>
    /// <param name="incarnation">That of the last answer; of another shard's life everything is told again.</param>
    /// <param name="version">That of the last answer; −1 for all there is.</param>
    /// <param name="videos">Ids of interest; null: all.</param>
    [Alias("watch"), AlwaysInterleave, ResponseTimeout("00:00:05")]
    Task<CatalogChanges> WatchAsync(Guid incarnation, long version, string[]? videos);
}

/// <param name="Videos">Defined.</param>
/// <param name="Unplaced">Of these, those that no silo reports.</param>
[GenerateSerializer, Immutable, Alias("playfair.catalog.count")]
internal readonly record struct CatalogCount([property: Id(0)] int Videos, [property: Id(1)] int Unplaced);

/// <summary>What has changed in a shard.</summary>
/// <param name="IsAll">Videos that are not named are gone.</param>
[GenerateSerializer, Immutable, Alias("playfair.catalog.changes")]
internal sealed record CatalogChanges(
    [property: Id(0)] Guid Incarnation,
    [property: Id(1)] long Version,
    [property: Id(2)] bool IsAll,
    [property: Id(3)] KnownVideo[] Changed,
    [property: Id(4)] string[] Removed);

/// <summary>A video as the catalog knows it.</summary>
/// <param name="Born">The shard's version when it was added: another one is another video of the same id.</param>
[GenerateSerializer, Immutable, Alias("playfair.catalog.video")]
internal sealed record KnownVideo([property: Id(0)] long Born, [property: Id(1)] VideoStatus Status);
