using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;
using PlayFair.Contracts;

namespace PlayFair.Grains;

/// <summary>The grain goes where there is most room for a video, this silo first among equals.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class VideoPlacementAttribute() : PlacementAttribute(new VideoPlacement());

[Serializable, GenerateSerializer, Immutable, Alias("playfair.placement.video")]
internal sealed class VideoPlacement : PlacementStrategy;

/// <inheritdoc/>
internal sealed class VideoPlacementDirector(SiloLoads loads) : IPlacementDirector
{
    /// <summary>What a video takes of which nothing else is known.</summary>
    public static readonly double UsualCost = VideoCost.Of(new VideoDefinition { Id = "", Source = "" });

    public Task<SiloAddress> OnAddActivation(
        PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        SiloAddress[] silos = context.GetCompatibleSilos(target);
        if (IPlacementDirector.GetPlacementHint(target.RequestContextData, silos) is { } hint)
            return Task.FromResult(hint);
        SiloAddress[] localFirst = [.. silos.OrderByDescending(silo => silo.Equals(context.LocalSilo))];
        return Task.FromResult(loads.Place(localFirst, UsualCost));
    }
}

/// <summary>
/// Keeps a video to silos whose metadata name an accelerator, as long as one of these has room: its frames do not leave
/// the silo that decodes them, so the video goes where their features are computed.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class AcceleratorFilterAttribute() : PlacementFilterAttribute(new AcceleratorFilter());

/// <inheritdoc cref="AcceleratorFilterAttribute"/>
internal sealed class AcceleratorFilter() : PlacementFilterStrategy(order: 0)
{
    /// <summary>The metadata's key; the value is the accelerator.</summary>
    public const string Key = "playfair.accelerator";

    /// <summary>There is nothing to tell besides the filter's name.</summary>
    protected override IEnumerable<KeyValuePair<string, string>> GetAdditionalGrainProperties(
        IServiceProvider services, Type grainClass, GrainType grainType,
        IReadOnlyDictionary<string, string> existingProperties) => [];
}

/// <inheritdoc cref="AcceleratorFilterAttribute"/>
internal sealed class AcceleratorFilterDirector(ISiloMetadataCache metadata, SiloLoads loads) : IPlacementFilterDirector
{
    public IEnumerable<SiloAddress> Filter(
        PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos)
    {
        SiloAddress[] all = [.. silos];
        SiloAddress[] accelerated =
        [
            .. all.Where(silo => metadata.GetSiloMetadata(silo).Metadata.ContainsKey(AcceleratorFilter.Key)
                && !loads.IsFull(silo, VideoPlacementDirector.UsualCost)),
        ];
        return accelerated.Length > 0 ? accelerated : all;
    }
}
