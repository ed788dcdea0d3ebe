namespace PlayFair.Grains.Tests.Silos;

public sealed class SiloBalanceTests
{
    [Theory]
    [InlineData(new[] { 1.0, 1, 1, 1 }, new[] { 40, 0, 0, 0 })]
    [InlineData(new[] { 1.0, 1, 1, 1 }, new[] { 20, 18, 0, 20 })]
    [InlineData(new[] { 2.0, 8, 4 }, new[] { 30, 3, 1 })]
    [InlineData(new[] { 16.0, 16 }, new[] { 100, 0 })]
    public void Moves_even_out_the_silos_and_then_stop(double[] capacities, int[] counts)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var model = new Model(seed, capacities, counts);
            int rounds = model.Run(lag: 0);
            Assert.InRange(rounds, 1, 4 * capacities.Length);
            // Videos are not divisible: one more or less.
            double tolerance = 0.15 + (model.MaxCost / capacities.Min());
            Assert.InRange(model.Shares.Max() - model.Shares.Min(), 0, tolerance);
            Assert.True(model.MoveCount <= counts.Sum(), $"{model.MoveCount} moves");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Silos_whose_reports_are_late_come_to_rest_all_the_same(int lag)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var model = new Model(seed, [1, 1, 1], [30, 2, 0]);
            int rounds = model.Run(lag);
            Assert.InRange(rounds, 1, 12 * (lag + 1));
            Assert.InRange(model.Shares.Max() - model.Shares.Min(), 0, 0.15 + model.MaxCost);
            // None goes back and forth: with the best of plans two in three go.
            Assert.InRange(model.MoveCount, 1, 40);
        }
    }

    [Fact]
    public void Small_differences_stay_as_they_are()
    {
        Assert.Null(SiloBalance.Plan([Known.Load(0, 0.5), Known.Load(1, 0.4)]));
        Assert.Null(SiloBalance.Plan([Known.Load(0, 5)]));
        Assert.Null(SiloBalance.Plan([]));
        Assert.Equal(
            new SiloMove(Known.Silo(1), Known.Silo(0), 1.2),
            SiloBalance.Plan([Known.Load(0, 0.2), Known.Load(1, 1.6, capacity: 2), Known.Load(2, 0.5)]));
    }

    [Fact]
    public void The_largest_go_and_the_silo_keeps_what_it_should()
    {
        (string, double)[] videos = [("small", 0.1), ("large", 0.5), ("medium", 0.3), ("small too", 0.1)];
        Assert.Equal(["large", "small"], SiloBalance.Choose(videos, 0.39));
        Assert.Equal(["medium", "small"], SiloBalance.Choose(videos, 0.54));
        Assert.Empty(SiloBalance.Choose(videos, 0.95));
        Assert.Empty(SiloBalance.Choose(videos, 2));
    }

    [Fact]
    public void What_rests_stays_where_it_is()
    {
        (string, double)[] videos = [("rests", 0), ("runs", 0.5), ("rests too", 0)];
        Assert.Equal(["runs"], SiloBalance.Choose(videos, 0));
    }

    /// <summary>Silos with videos; what is known of them may be some rounds old.</summary>
    private sealed class Model
    {
        private readonly double[] _capacities;
        private readonly List<double>[] _videos;

        public Model(int seed, double[] capacities, int[] counts)
        {
            var random = new Random(seed);
            _capacities = capacities;
            _videos = Array.ConvertAll(
                counts, count => Enumerable.Range(0, count).Select(_ => 0.06 + (random.Next(1, 11) * 0.008)).ToList());
            MaxCost = _videos.SelectMany(costs => costs).Max();
        }

        public double MaxCost { get; }

        public int MoveCount { get; private set; }

        public double[] Shares => [.. _videos.Select((costs, silo) => costs.Sum() / _capacities[silo])];

        /// <summary>Plans and moves until nothing moves for a while.</summary>
        /// <param name="lag">Rounds by which reports are late.</param>
        /// <returns>The last round in which something moved.</returns>
        public int Run(int lag)
        {
            var reports = new Queue<SiloLoad[]>(Enumerable.Repeat(Loads(), lag));
            int last = 0;
            for (int round = 1; round < last + lag + 10 && round < 1000; round++)
            {
                reports.Enqueue(Loads());
                if (SiloBalance.Plan(reports.Dequeue()) is not { } move)
                    continue;
                List<double> from = Of(move.From), to = Of(move.To);
                double[] given = [.. SiloBalance.Choose(from.Select(cost => (cost, cost)), move.Keep)];
                foreach (double cost in given)
                {
                    from.Remove(cost);
                    to.Add(cost);
                }

                MoveCount += given.Length;
                if (given.Length > 0)
                    last = round;
            }

            return last;
        }

        private SiloLoad[] Loads() =>
            [.. _videos.Select((costs, silo) => Known.Load(silo, costs.Sum(), _capacities[silo]))];

        private List<double> Of(SiloAddress silo) =>
            _videos[Array.FindIndex(Loads(), load => load.Address.Equals(silo))];
    }
}
