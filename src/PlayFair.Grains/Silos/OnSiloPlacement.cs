using Orleans.Runtime.Placement;

namespace PlayFair.Grains;

/// <summary>The grain is active at the silo that its key names.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class OnSiloPlacementAttribute() : PlacementAttribute(new OnSiloPlacement());

[Serializable, GenerateSerializer, Immutable, Alias("playfair.placement.silo")]
internal sealed class OnSiloPlacement : PlacementStrategy;

/// <inheritdoc/>
internal sealed class OnSiloPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(
        PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var named = SiloAddress.FromParsableString(target.GrainIdentity.Key.ToString()!);
        return context.GetCompatibleSilos(target).Contains(named)
            ? Task.FromResult(named)
            : throw new SiloUnavailableException($"Silo {named} is not there any more.");
    }
}
