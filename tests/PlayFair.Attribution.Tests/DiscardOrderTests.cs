namespace PlayFair.Attribution.Tests;

public class DiscardOrderTests
{
    [Theory]
    [InlineData(1, new[] { 0 })]
    [InlineData(2, new[] { 0, 1 })]
    [InlineData(4, new[] { 1, 2, 0, 3 })]
    [InlineData(5, new[] { 2, 1, 3, 0, 4 })]
    public void Centre_out_goes_from_the_centre_to_the_edges(int frameCount, int[] order) =>
        AssertOrder(order, DiscardOrder.CentreOut, frameCount);

    [Theory]
    [InlineData(1, new[] { 0 })]
    [InlineData(2, new[] { 0, 1 })]
    [InlineData(4, new[] { 0, 3, 1, 2 })]
    [InlineData(5, new[] { 0, 4, 1, 3, 2 })]
    public void Edges_in_goes_from_the_edges_to_the_centre(int frameCount, int[] order) =>
        AssertOrder(order, DiscardOrder.EdgesIn, frameCount);

    [Theory]
    [InlineData(1, new[] { 0 })]
    [InlineData(2, new[] { 0, 1 })]
    [InlineData(3, new[] { 1, 0, 2 })]
    [InlineData(5, new[] { 1, 3, 0, 4, 2 })]
    [InlineData(8, new[] { 1, 3, 5, 7, 0, 4, 6, 2 })]
    public void Uniform_keeps_frames_that_are_spread_evenly(int frameCount, int[] order) =>
        AssertOrder(order, DiscardOrder.Uniform, frameCount);

    [Theory]
    [InlineData(16)]
    [InlineData(49)]
    public void Uniform_never_leaves_a_gap_that_is_much_wider_than_another(int frameCount)
    {
        int[] order = Order(DiscardOrder.Uniform, frameCount);
        Assert.Equal(Enumerable.Range(0, frameCount), order.Order());
        for (int discarded = 0; discarded < frameCount - 2; discarded++)
        {
            // Sets within sets cannot be as even as sets of one size, whose gaps differ by a frame.
            int[] kept = [.. order.Skip(discarded).Order()];
            int widest = kept.Zip(kept.Skip(1), (a, b) => b - a).Max();
            Assert.InRange(widest, 1, Math.Ceiling(2.0 * frameCount / kept.Length));
        }
    }

    [Fact]
    public void Random_orders_are_fixed_by_their_seed()
    {
        int[] order = Order(DiscardOrder.Random(7), 16);

        Assert.Equal(order, Order(DiscardOrder.Random(7), 16));
        Assert.NotEqual(order, Order(DiscardOrder.Random(8), 16));
        Assert.Equal(Enumerable.Range(0, 16), order.Order());
    }

    [Fact]
    public void Random_orders_are_equally_likely()
    {
        var counts = Enumerable.Range(0, 600)
            .CountBy(seed => string.Join("", Order(DiscardOrder.Random((ulong)seed), 3)), StringComparer.Ordinal)
            .ToList();

        // Six orders, 100 expected of each, standard deviation √(600·1/6·5/6) = 9.1: within four of them.
        Assert.Equal(6, counts.Count);
        Assert.All(counts, order => Assert.InRange(order.Value, 63, 137));
    }

    [Fact]
    public void Values_fall_from_n_to_1_in_the_order_for_every_class()
    {
        var attributions = Attribute(DiscardOrder.CentreOut, 4);

        Assert.Equal([2, 2, 4, 4, 3, 3, 1, 1], attributions.Values);
        Assert.Equal(("centre-out", 4, 2, 0L),
            (attributions.Method, attributions.FrameCount, attributions.ClassCount, attributions.EvaluationCount));
    }

    private static void AssertOrder(int[] order, DiscardOrder method, int frameCount) =>
        Assert.Equal(order, Order(method, frameCount));

    private static int[] Order(DiscardOrder method, int frameCount) => Attribute(method, frameCount).Ranking(1);

    private static FrameAttributions Attribute(DiscardOrder method, int frameCount)
    {
        var model = new NoModel(frameCount);
        return method.Attribute(new TableHead(model).Problem([0.5, 0.5], ScoreKind.Logit));
    }

    /// <summary>Orders look at no score.</summary>
    private sealed class NoModel(int frameCount) : IMultiScaleModel
    {
        public int FrameCount => frameCount;

        public int ClassCount => 2;

        public int MaxScale => 1;

        public void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> logits) =>
            Assert.Fail("An order asked the model.");
    }
}
