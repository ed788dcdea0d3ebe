using PlayFair.Contracts;

namespace PlayFair.Grains;

/// <summary>What a silo tells one shard of the catalog, every second and when a state changes.</summary>
/// <param name="Videos">All of the shard that run there.</param>
[GenerateSerializer, Immutable, Alias("playfair.silo.report")]
internal sealed record SiloReport([property: Id(0)] SiloLoad Load, [property: Id(1)] VideoReport[] Videos);

/// <summary>A silo, and how much it has to do.</summary>
/// <param name="LoadCores">What its videos are expected to take.</param>
/// <param name="UsedCores">What its process, with those that decode for it, took over the last seconds.</param>
/// <param name="IsLeaving">It gives its videos away.</param>
[GenerateSerializer, Immutable, Alias("playfair.silo.load")]
internal sealed record SiloLoad(
    [property: Id(0)] SiloAddress Address,
    [property: Id(1)] string Name,
    [property: Id(2)] string Version,
    [property: Id(3)] DateTimeOffset StartedAt,
    [property: Id(4)] string? Accelerator,
    [property: Id(5)] double CapacityCores,
    [property: Id(6)] double LoadCores,
    [property: Id(7)] double UsedCores,
    [property: Id(8)] long MemoryBytes,
    [property: Id(9)] int VideoCount,
    [property: Id(10)] double UpdatesPerSecond,
    [property: Id(11)] bool IsLeaving,
    [property: Id(12)] DateTimeOffset ReportedAt);

/// <summary>A video that runs at the silo that reports it.</summary>
/// <param name="Claim">The store's number of the silo's claim: of two silos that report it the higher is right.</param>
/// <param name="Status">Null where it is as last reported.</param>
/// <param name="StatusVersion">The silo's count of it: of two statuses with one claim the higher is newer.</param>
[GenerateSerializer, Immutable, Alias("playfair.silo.video")]
internal sealed record VideoReport(
    [property: Id(0)] string Id,
    [property: Id(1)] long Claim,
    [property: Id(2)] VideoStatus? Status,
    [property: Id(3)] long StatusVersion);

/// <summary>What a shard answers.</summary>
/// <param name="Incarnation">Of the shard: another than before has heard nothing yet and wants every status.</param>
/// <param name="Loads">All silos that report; empty of shards other than the first.</param>
[GenerateSerializer, Immutable, Alias("playfair.silo.reply")]
internal sealed record SiloReply([property: Id(0)] Guid Incarnation, [property: Id(1)] SiloLoad[] Loads);
