using FsCheck;
using FsCheck.Fluent;

namespace PlayFair.Attribution.Tests;

/// <summary>
/// The Shapley axioms, on random games that are made to satisfy each axiom's premise and nothing more, so that a wrong
/// weight, a missing subset or a misplaced frame breaks them.
/// </summary>
public class AxiomTests
{
    private const double Tolerance = 3e-6;

    private static readonly Arbitrary<Shape> Shapes = (
        from frameCount in Gen.Choose(2, 7)
        from classCount in Gen.Choose(1, 19)
        from seed in Gen.Choose(0, int.MaxValue)
        from score in Gen.Elements(ScoreKind.SoftmaxOfMean, ScoreKind.Logit)
        select new Shape(frameCount, classCount, seed, score)).ToArbitrary();

    [Fact]
    public void Efficiency_holds_for_every_class_and_score() =>
        ForAll((shape, random) =>
        {
            var score = (ScoreKind)random.Next(3);
            int maxScale = random.Next(1, shape.FrameCount + 2);
            var model = TableModel.Random(shape.FrameCount, maxScale, shape.ClassCount, shape.Seed);
            double[] prior = RandomPrior(random, shape.ClassCount);

            var esv = ExactEsv.Compute(model, prior, score);

            double[] scores = BruteForce.Compute(model, prior, score).Scores;
            for (int c = 0; c < shape.ClassCount; c++)
            {
                double sum = Enumerable.Range(0, shape.FrameCount).Sum(i => esv[i, c]);
                double expected = scores[c] - (score == ScoreKind.Logit ? Math.Log(prior[c]) : prior[c]);
                Assert.Equal(expected, sum, Tolerance);
                Assert.Equal(0, esv.EfficiencyGap(c), 1e-12);
            }
        });

    [Fact]
    public void Frames_that_add_the_same_to_every_subset_get_the_same_value() =>
        ForAll((shape, random) =>
        {
            var (i, j) = TwoFrames(random, shape.FrameCount);
            double[][] v = RandomGame(random, shape);
            for (int subset = 0; subset < v.Length; subset++)
            {
                if (Has(subset, j) && !Has(subset, i))
                    v[subset] = v[subset ^ (1 << j) ^ (1 << i)];
            }

            var esv = Compute(shape, v);

            for (int c = 0; c < shape.ClassCount; c++)
                Assert.Equal(esv[i, c], esv[j, c], Tolerance);
            AssertSomeDiffer(shape, esv, frame: i, except: j);
        });

    [Fact]
    public void A_frame_that_never_changes_the_score_gets_zero() =>
        ForAll((shape, random) =>
        {
            int i = random.Next(shape.FrameCount);
            double[][] v = RandomGame(random, shape);
            for (int subset = 0; subset < v.Length; subset++)
            {
                if (Has(subset, i))
                    v[subset] = v[subset ^ (1 << i)];
            }

            var esv = Compute(shape, v);

            for (int c = 0; c < shape.ClassCount; c++)
                Assert.Equal(0, esv[i, c], Tolerance);
            AssertSomeDiffer(shape, esv, frame: i, except: i);
        });

    [Fact]
    public void A_frame_that_adds_more_to_every_subset_gets_a_larger_value() =>
        ForAll((shape, random) =>
        {
            shape = shape with { Score = ScoreKind.Logit };
            int i = random.Next(shape.FrameCount);
            double[][] v = RandomGame(random, shape);
            double[][] larger = Array.ConvertAll(v, row => (double[])row.Clone());
            for (int subset = 0; subset < v.Length; subset++)
            {
                if (Has(subset, i))
                    larger[subset] = Array.ConvertAll(v[subset], x => x + random.NextDouble());
            }

            var before = Compute(shape, v);
            var after = Compute(shape, larger);

            // Every marginal grew by 0 to 1, so the mean of them did; 2^(n−1) ≥ 2 draws make a growth of 0 impossible.
            for (int c = 0; c < shape.ClassCount; c++)
                Assert.InRange(after[i, c] - before[i, c], double.Epsilon, 1 + Tolerance);
        });

    [Fact]
    public void Values_of_a_linear_combination_of_games_are_that_combination_of_values() =>
        ForAll((shape, random) =>
        {
            shape = shape with { Score = ScoreKind.Logit };
            double[][] v = RandomGame(random, shape);
            double[][] w = RandomGame(random, shape);
            double a = (4 * random.NextDouble()) - 2;
            double b = (4 * random.NextDouble()) - 2;
            double[][] combined = [.. v.Zip(w, (x, y) => x.Zip(y, (p, q) => (a * p) + (b * q)).ToArray())];

            var esvV = Compute(shape, v);
            var esvW = Compute(shape, w);
            var esvCombined = Compute(shape, combined);

            for (int k = 0; k < esvCombined.Values.Length; k++)
                Assert.Equal((a * esvV.Values[k]) + (b * esvW.Values[k]), esvCombined.Values[k], 10 * Tolerance);
        });

    private static void ForAll(Action<Shape, Random> property) =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(100).WithReplay(seed: 2020, gamma: 1),
            Prop.ForAll(Shapes, shape => property(shape, new Random(shape.Seed))));

    /// <summary>v by bit mask, [class]; the empty subset's values are those of a prior, in the score's unit.</summary>
    private static double[][] RandomGame(Random random, Shape shape)
    {
        var v = new double[1 << shape.FrameCount][];
        for (int subset = 0; subset < v.Length; subset++)
            v[subset] = [.. Enumerable.Range(0, shape.ClassCount).Select(_ => (2 * random.NextDouble()) - 1)];
        return v;
    }

    /// <summary>The game's values; its logits of no frame become the prior that gives them.</summary>
    private static ElementShapleyValues Compute(Shape shape, double[][] v)
    {
        double[] prior = Array.ConvertAll(v[0], Math.Exp);
        if (shape.Score == ScoreKind.SoftmaxOfMean)
            prior = Array.ConvertAll(prior, p => p / prior.Sum());
        return ExactEsv.Compute(TableModel.OfGame(shape.FrameCount, v), prior, shape.Score);
    }

    private static double[] RandomPrior(Random random, int classCount)
    {
        double[] weights = [.. Enumerable.Range(0, classCount).Select(_ => 0.1 + random.NextDouble())];
        return Array.ConvertAll(weights, w => w / weights.Sum());
    }

    /// <summary>Guards against games in which an axiom could not fail.</summary>
    private static void AssertSomeDiffer(Shape shape, ElementShapleyValues esv, int frame, int except)
    {
        if (shape.FrameCount < 3 || (shape.ClassCount == 1 && shape.Score == ScoreKind.SoftmaxOfMean))
            return;
        Assert.Contains(
            Enumerable.Range(0, shape.FrameCount).Where(t => t != frame && t != except),
            t => Enumerable.Range(0, shape.ClassCount).Any(c => Math.Abs(esv[t, c] - esv[frame, c]) > 10 * Tolerance));
    }

    private static (int First, int Second) TwoFrames(Random random, int frameCount)
    {
        int first = random.Next(frameCount);
        return (first, (first + random.Next(1, frameCount)) % frameCount);
    }

    private static bool Has(int subset, int frame) => (subset >> frame & 1) == 1;

    private sealed record Shape(int FrameCount, int ClassCount, int Seed, ScoreKind Score);
}
