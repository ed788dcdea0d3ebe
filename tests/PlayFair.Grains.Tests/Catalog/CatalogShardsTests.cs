namespace PlayFair.Grains.Tests.Catalog;

public sealed class CatalogShardsTests
{
    [Theory]
    [InlineData("camera{0}")]
    [InlineData("site-7/hall-{0}")]
    [InlineData("{0}")]
    public void Videos_are_spread_over_the_shards(string name)
    {
        const int count = 4000;
        var shards = new CatalogShards(GrainDoubles.Factory((_, _) => null), new ClusterOptions { CatalogShards = 8 });
        int[] sizes = new int[shards.Count];
        for (int i = 0; i < count; i++)
            sizes[shards.NumberOf(string.Format(null, name, i))]++;
        Assert.All(sizes, size => Assert.InRange(size, count / 16, count / 4));
    }

    [Fact]
    public void A_videos_shard_is_the_same_in_every_process_and_version()
    {
        var shards = new CatalogShards(GrainDoubles.Factory((_, _) => null), new ClusterOptions { CatalogShards = 8 });
        // FNV-1a of these is 811C9DC5, E40C292C and BF9CF968: silos of two versions in one cluster must agree.
        Assert.Equal([5, 4, 0], new[] { "", "a", "foobar" }.Select(shards.NumberOf));
    }
}
