using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace PlayFair.Grains.Tests.Videos;

public sealed class AcceleratorFilterTests
{
    private readonly SiloLoads _loads = new();

    [Fact]
    public void Videos_go_to_silos_with_an_accelerator() => Assert.Equal([1, 3], Filter([1, 3], 0, 1, 2, 3));

    [Fact]
    public void Where_there_is_none_all_silos_serve() => Assert.Equal([0, 1], Filter([], 0, 1));

    [Fact]
    public void Silos_with_an_accelerator_and_no_room_are_left_out()
    {
        _loads.Replace([Known.Load(0, 0), Known.Load(1, 1), Known.Load(2, 0.2), Known.Load(3, 0)]);
        Assert.Equal([2], Filter([1, 2], 0, 1, 2, 3));
    }

    [Fact]
    public void Once_they_are_all_full_the_others_serve_too()
    {
        _loads.Replace([Known.Load(0, 0), Known.Load(1, 1), Known.Load(2, 2)]);
        Assert.Equal([0, 1, 2], Filter([1, 2], 0, 1, 2));
    }

    private int[] Filter(int[] accelerated, params int[] silos)
    {
        SiloAddress[] addresses = [.. silos.Select(Known.Silo)];
        var director = new AcceleratorFilterDirector(
            new Metadata([.. accelerated.Select(Known.Silo)]), _loads);
        return
        [
            .. director.Filter(new AcceleratorFilter(), default(PlacementTarget), addresses)
                .Select(silo => silos[Array.IndexOf(addresses, silo)]),
        ];
    }

    private sealed class Metadata(HashSet<SiloAddress> accelerated) : ISiloMetadataCache
    {
        public SiloMetadata GetSiloMetadata(SiloAddress siloAddress)
        {
            var metadata = new SiloMetadata();
            if (accelerated.Contains(siloAddress))
                Set(metadata, metadata.Metadata.Add(AcceleratorFilter.Key, "cuda"));
            return metadata;
        }

        [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_Metadata")]
        private static extern void Set(SiloMetadata metadata, ImmutableDictionary<string, string> values);
    }
}
