namespace PlayFair.Attribution.Tests;

public class DelegateModelTests
{
    private static readonly DelegateModel Sum = new(4, 2, (length, subsequences, logits) =>
    {
        for (int row = 0; row < subsequences.Length / length; row++)
        {
            int sum = 0;
            foreach (int frame in subsequences.Slice(row * length, length))
                sum += frame;
            logits[row * 2] = sum;
            logits[(row * 2) + 1] = -sum;
        }
    });

    [Fact]
    public void The_code_gets_the_batch_and_its_logits_come_back()
    {
        var logits = new float[4];

        Sum.Evaluate(2, [0, 3, 1, 2], logits);

        Assert.Equal([3, -3, 3, -3], logits);
        Assert.Equal((4, 2, 4), (Sum.FrameCount, Sum.ClassCount, ((ISubsequenceModel)Sum).MaxScale));
    }

    [Theory]
    [InlineData(0, new int[0], 0, "0 frames")]
    [InlineData(5, new[] { 0, 1, 2, 3, 4 }, 2, "5 frames")]
    [InlineData(2, new[] { 0, 1, 2 }, 2, "3 positions")]
    [InlineData(2, new[] { 0, 1 }, 3, "3 logits")]
    [InlineData(2, new[] { 0, 1, 2, 2 }, 4, "Position 1 of subsequence 1 is frame 2")]
    [InlineData(2, new[] { 0, 4 }, 2, "expected 1 to 3")]
    [InlineData(1, new[] { -1 }, 2, "expected 0 to 3")]
    public void A_batch_that_does_not_fit_is_refused(int length, int[] subsequences, int logitCount, string message)
    {
        var error = Assert.Throws<ArgumentException>(() => Sum.Evaluate(length, subsequences, new float[logitCount]));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_frames_and_no_classes_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new DelegateModel(0, 1, (_, _, _) => { }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DelegateModel(1, 0, (_, _, _) => { }));
        Assert.Throws<ArgumentNullException>(() => new DelegateModel(1, 1, null!));
    }

    [Fact]
    public void A_score_that_is_a_mean_over_scales_is_refused() =>
        Assert.Throws<ArgumentException>(() => new Game(Sum, [0.5, 0.5], ScoreKind.MeanOfSoftmax));

    [Fact]
    public void Logits_that_are_not_finite_are_refused_with_their_frames()
    {
        var model = new DelegateModel(3, 1, (length, _, logits) => logits.Fill(length == 2 ? float.NaN : 0));

        var error = Assert.Throws<NotFiniteNumberException>(() => new PermutationEstimator().Estimate(
            new Game(model, [1], ScoreKind.Logit), new StoppingRule()));

        Assert.Contains("NaN", error.Message, StringComparison.Ordinal);
    }
}
