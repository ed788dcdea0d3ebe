namespace PlayFair.Attribution.Tests;

public class ScoreKindTests
{
    [Fact]
    public void Every_score_is_found_by_its_name()
    {
        Assert.Equal(Enum.GetValues<ScoreKind>().Length, ScoreKinds.Names.Count);
        foreach (var kind in Enum.GetValues<ScoreKind>())
        {
            Assert.True(ScoreKinds.TryParse(ScoreKinds.Name(kind), out var found));
            Assert.Equal(kind, found);
        }

        Assert.Equal("softmax-of-mean", ScoreKinds.Name(ScoreKind.SoftmaxOfMean));
        Assert.Equal("mean-of-softmax", ScoreKinds.Name(ScoreKind.MeanOfSoftmax));
        Assert.Equal("logit", ScoreKinds.Name(ScoreKind.Logit));
    }

    [Theory]
    [InlineData("Logit")]
    [InlineData("")]
    [InlineData(null)]
    public void Other_names_are_not_scores(string? name) => Assert.False(ScoreKinds.TryParse(name, out _));

    [Fact]
    public void A_value_outside_the_enumeration_has_no_name() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ScoreKinds.Name((ScoreKind)3));
}
