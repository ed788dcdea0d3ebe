using System.Numerics;

namespace PlayFair.Attribution.Tests;

public class LeverageEstimatorTests : VariableLengthEstimatorTests
{
    private static readonly double[] Prior = [0.2, 0.3, 0.5];

    protected override IEsvEstimator Create(ulong seed, int frameCount) =>
        new LeverageEstimator { CoalitionCount = 6 * frameCount, Seed = seed };

    [Fact]
    public void All_coalitions_give_the_exact_values()
    {
        for (int n = 1; n <= 11; n++)
        {
            foreach (var score in new[] { ScoreKind.SoftmaxOfMean, ScoreKind.Logit })
            {
                var model = VariableLengthTable.Random(n, 3, seed: n, noise: 3);
                var estimator = new LeverageEstimator { CoalitionCount = (1 << n) - 2 };

                var esv = estimator.Estimate(new Game(model, Prior, score), new StoppingRule { Iterations = 9 });

                double[] truth = model.Values(Prior, score);
                for (int k = 0; k < truth.Length; k++)
                    Assert.Equal(truth[k], esv.Values[k], 1e-13);
                Assert.Equal((true, 0, (1L << n) - 1), (esv.IsExact, esv.SampleCount, esv.EvaluationCount));
                Assert.Equal(0, esv.HalfWidth95(0, 0));
                Assert.Equal((1 << n) - 1, model.Evaluated.Distinct().Count());
            }
        }
    }

    [Fact]
    public void One_coalition_less_than_all_is_a_sample()
    {
        var model = VariableLengthTable.Random(7, 3, seed: 2, noise: 1);

        var esv = new LeverageEstimator { CoalitionCount = 125 }.Estimate(
            new Game(model, Prior, ScoreKind.Logit), new StoppingRule { Iterations = 2 });

        Assert.Equal((false, 1 + (2L * 124)), (esv.IsExact, esv.EvaluationCount));
        Assert.True(esv.StandardErrors!.Max() > 0);
    }

    [Fact]
    public void An_iteration_evaluates_no_coalition_twice_and_every_complement()
    {
        for (int coalitionCount = 36; coalitionCount < 510; coalitionCount += 26)
        {
            var model = VariableLengthTable.Random(9, 1, seed: 2);

            new LeverageEstimator { CoalitionCount = coalitionCount, Seed = 3 }.Estimate(
                new Game(model, [1], ScoreKind.Logit), new StoppingRule());

            var subsets = model.Evaluated.Skip(1).ToHashSet();
            Assert.Equal(coalitionCount, model.Evaluated.Count - 1);
            Assert.Equal(coalitionCount, subsets.Count);
            Assert.All(subsets, subset => Assert.Contains(511 ^ subset, subsets));
        }
    }

    [Fact]
    public void At_equal_evaluations_the_error_is_well_under_that_of_permutations()
    {
        double leverage = 0;
        double permutation = 0;
        for (int seed = 0; seed < 40; seed++)
        {
            var model = VariableLengthTable.Random(10, 3, seed, noise: 0.5);
            var game = new Game(model, Prior, ScoreKind.SoftmaxOfMean);
            double[] truth = model.Values(Prior, ScoreKind.SoftmaxOfMean);
            var stopping = new StoppingRule { Iterations = 99, Budget = 1 + (20 * 18) };
            double Error(IEsvEstimator estimator)
            {
                var esv = estimator.Estimate(game, stopping);
                Assert.Equal(stopping.Budget, esv.EvaluationCount);
                return esv.Values.Zip(truth, (x, y) => (x - y) * (x - y)).Sum();
            }

            leverage += Error(new LeverageEstimator { CoalitionCount = 180, Seed = (ulong)seed });
            permutation += Error(new PermutationEstimator { PairCount = 1, Seed = (ulong)seed });
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"ratio {Math.Sqrt(leverage / permutation)}");
        Assert.True(Math.Sqrt(leverage / permutation) < 0.5);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(-5)]
    public void Too_few_coalitions_are_refused(int coalitionsPerFrame)
    {
        int count = (coalitionsPerFrame * 10) - 1;
        var game = new Game(VariableLengthTable.Random(10, 1, seed: 1), [1], ScoreKind.Logit);

        var error = Assert.Throws<ArgumentException>(
            () => new LeverageEstimator { CoalitionCount = count }.Estimate(game, new StoppingRule()));

        Assert.Contains($"{count} coalitions", error.Message, StringComparison.Ordinal);
        Assert.Contains("at least 40", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_coalitions_than_an_array_holds_are_refused()
    {
        var game = new Game(new DelegateModel(512, 1, (_, _, logits) => logits.Clear()), [1], ScoreKind.Logit);

        var error = Assert.Throws<ArgumentException>(
            () => new LeverageEstimator { CoalitionCount = int.MaxValue }.Estimate(game, new StoppingRule()));

        Assert.Contains("at most", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_setting_there_are_16_coalitions_a_frame()
    {
        var model = VariableLengthTable.Random(8, 1, seed: 1);

        new LeverageEstimator().Estimate(new Game(model, [1], ScoreKind.Logit), new StoppingRule());

        Assert.Equal(1 + (16 * 8), model.Evaluated.Count);
    }

    [Fact]
    public void A_sample_that_leaves_frames_open_gives_them_equal_shares()
    {
        // One pair tells frames {0, 1} from {2, 3, 4}: what it scores goes to one of them, and all stays finite.
        var regression = new ShareRegression(5, 2);
        regression.AddPair([0, 1], 1, [3.0, -1]);
        var shares = new double[10];

        regression.Solve(shares);

        // Half the difference: of the pair's mean score for {0, 1} beyond equal shares.
        Assert.Equal(1.5, shares[0] + shares[2], 1e-8);
        Assert.Equal(-0.5, shares[1] + shares[3], 1e-8);
        Assert.Equal(-1.5, shares[4] + shares[6] + shares[8], 1e-8);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(5, 7)]
    [InlineData(6, 15)]
    [InlineData(7, 30)]
    [InlineData(8, 100)]
    [InlineData(9, 254)]
    [InlineData(49, 392)]
    [InlineData(512, 1024)]
    [InlineData(512, 40_000)]
    [InlineData(1001, 5000)]
    public void Sizes_get_equally_many_coalitions_as_far_as_they_have_them(int n, int pairCount)
    {
        var pairs = new CoalitionPairs(n, pairCount);
        var random = new SeededRandom(1, 2);
        double[] means = new double[n / 2];
        const int Repeats = 400;
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            int[] counts = pairs.DrawCounts(ref random);
            Assert.Equal(pairCount, counts.Sum());
            for (int s = 1; s <= n / 2; s++)
                means[s - 1] += (double)counts[s - 1] / Repeats;
        }

        // Coalitions of a size: one in a pair, or two where both halves have it.
        double[] coalitions = [.. means.Select((mean, i) => 2 * (i + 1) == n ? 2 * mean : mean)];
        double most = coalitions.Max();
        for (int s = 1; s <= n / 2; s++)
        {
            // A count is one of two neighbours, so a mean's standard error is at most 0.5/√400 (twice that in the
            // middle), and the largest of 500 such means is within four of them.
            double available = Math.Exp(Enumerable.Range(1, s).Sum(j => Math.Log((double)(n - s + j) / j)));
            Assert.Equal(Math.Min(available, most), coalitions[s - 1], 0.3);
            Assert.True(coalitions[s - 1] <= available + 1e-9);
        }
    }

    [Theory]
    [InlineData(6, 2)]
    [InlineData(6, 3)]
    [InlineData(7, 3)]
    public void Every_coalition_of_a_size_is_equally_likely(int n, int size)
    {
        var pairs = new CoalitionPairs(n, 12);
        var random = new SeededRandom(1, 2);
        var counts = new Dictionary<int, int>();
        const int Repeats = 4000;
        const int Count = 4;
        var rows = new int[Count * size];
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            pairs.Draw(size, rows, ref random);
            for (int k = 0; k < Count; k++)
            {
                int subset = 0;
                foreach (int frame in rows.AsSpan(k * size, size))
                    subset |= 1 << frame;
                counts[subset] = counts.GetValueOrDefault(subset) + 1;
            }
        }

        int available = Enumerable.Range(0, 1 << n).Count(
            subset => BitOperations.PopCount((uint)subset) == size && (2 * size != n || (subset & 1) == 1));
        Assert.Equal(available, counts.Count);
        double probability = (double)Count / available;
        // Binomial with 4000 trials; 4.5 standard deviations for each of at most 35 counts.
        double tolerance = 4.5 * Math.Sqrt(Repeats * probability * (1 - probability));
        Assert.All(counts.Values, count => Assert.Equal(Repeats * probability, count, tolerance));
    }

    [Fact]
    public void The_name_is_the_one_in_files() => Assert.Equal("leverage-regression", new LeverageEstimator().Name);
}
