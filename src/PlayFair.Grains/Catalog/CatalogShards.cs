namespace PlayFair.Grains;

/// <summary>The parts of the catalog, and which of them a video is in.</summary>
internal sealed class CatalogShards(IGrainFactory grains, ClusterOptions options)
{
    public int Count => options.CatalogShards;

    public IReadOnlyList<ICatalogGrain> All { get; } =
        [.. Enumerable.Range(0, options.CatalogShards).Select(shard => grains.GetGrain<ICatalogGrain>(shard))];

    public ICatalogGrain Of(string id) => All[NumberOf(id)];

    /// <summary>FNV-1a, the same in every process and version: silos must agree.</summary>
    public int NumberOf(string id)
    {
        uint hash = 2166136261;
        foreach (char c in id)
            hash = (hash ^ c) * 16777619;
        return (int)(hash % (uint)Count);
    }
}
