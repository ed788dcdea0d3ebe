using Orleans.Concurrency;
using PlayFair.Engine;

namespace PlayFair.Grains;

/// <summary>Statistics of one model over all silos; the key is its name and version.</summary>
/// <remarks>
/// Silos count their own videos and store what they counted; here is what they have counted and perhaps not stored yet,
/// so that an answer is of now.
/// </remarks>
[Alias("playfair.analytics")]
internal interface IAnalyticsGrain : IGrainWithStringKey
{
    /// <summary>Takes what changed at a silo since it last sent.</summary>
    [Alias("merge")]
    Task MergeAsync(BucketPart[] changed);

    /// <summary>Buckets that changed lately, that begin in a period, of given videos.</summary>
    /// <param name="videos">Ids; null: all.</param>
    [Alias("recent"), ReadOnly]
    Task<BucketPart[]> RecentAsync(string[]? videos, DateTimeOffset? from, DateTimeOffset? to);

    /// <summary>A video was removed with its statistics.</summary>
    [Alias("forget")]
    Task ForgetAsync(string video);
}

/// <summary>One video's part of a bucket: all that it counted in it, not what it counted since last.</summary>
/// <param name="Claim">The store's number of the silo's claim: of two silos that count the video the higher is right.</param>
/// <param name="Sequence">The last update that is counted.</param>
/// <param name="Bytes">As <see cref="StatisticsBlob"/> has them.</param>
[GenerateSerializer, Immutable, Alias("playfair.analytics.part")]
internal sealed record BucketPart(
    [property: Id(0)] string Video,
    [property: Id(1)] DateTimeOffset Start,
    [property: Id(2)] long Claim,
    [property: Id(3)] long Sequence,
    [property: Id(4)] byte[] Bytes);
