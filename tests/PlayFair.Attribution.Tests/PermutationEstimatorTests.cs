namespace PlayFair.Attribution.Tests;

public class PermutationEstimatorTests : VariableLengthEstimatorTests
{
    protected override IEsvEstimator Create(ulong seed, int frameCount) =>
        new PermutationEstimator { PairCount = 3, Seed = seed };

    [Fact]
    public void A_frame_that_never_changes_the_score_gets_exactly_zero()
    {
        var table = VariableLengthTable.Random(5, 3, seed: 5, noise: 2);
        // Frame 2 is dropped, frames after it take the table's places 2 to 4. Without frames the prior counts: it must
        // be what frame 2 scores alone.
        var model = new DelegateModel(6, 3, (length, subsequences, logits) =>
        {
            for (int k = 0; k < subsequences.Length / length; k++)
            {
                int[] frames = subsequences.Slice(k * length, length).ToArray();
                int[] row = [.. frames.Where(t => t != 2).Select(t => t > 2 ? t - 1 : t)];
                var output = logits.Slice(k * 3, 3);
                if (row.Length == 0)
                    output.Clear();
                else
                    table.Evaluate(row.Length, row, output);
            }
        });
        var game = new Game(model, [1, 1, 1], ScoreKind.Logit);

        var esv = Create(3, 6).Estimate(game, new StoppingRule { Iterations = 5 });

        for (int c = 0; c < 3; c++)
        {
            Assert.Equal(0.0, esv[2, c]);
            Assert.Equal(0, esv.HalfWidth95(2, c));
            Assert.NotEqual(0.0, esv[3, c]);
        }
    }

    [Fact]
    public void Both_orders_of_a_pair_are_evaluated_in_one_batch_of_each_length()
    {
        var model = VariableLengthTable.Random(7, 3, seed: 2);

        var esv = Create(3, 7).Estimate(new Game(model, [1, 1, 1], ScoreKind.Logit), new StoppingRule());

        Assert.Equal(1 + 6, model.CallCount);
        Assert.Equal(1 + (2 * 3 * 6), esv.EvaluationCount);
        // The prefixes of the reversed order are the complements of those of the order.
        var subsets = model.Evaluated.Skip(1).ToLookup(subset => subset);
        Assert.All(subsets, group => Assert.Equal(group.Count(), subsets[127 ^ group.Key].Count()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void A_pair_count_that_makes_no_sense_is_refused(int pairCount)
    {
        var game = new Game(VariableLengthTable.Random(3, 1, seed: 1), [1], ScoreKind.Logit);

        var error = Assert.Throws<ArgumentException>(
            () => new PermutationEstimator { PairCount = pairCount }.Estimate(game, new StoppingRule()));

        Assert.Contains($"{pairCount} pairs", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_name_is_the_one_in_files() => Assert.Equal("permutation", new PermutationEstimator().Name);
}
