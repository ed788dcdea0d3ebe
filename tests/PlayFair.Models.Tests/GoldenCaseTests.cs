using System.Text.Json.Nodes;
using PlayFair.Attribution;

namespace PlayFair.Models.Tests;

public sealed class GoldenCaseTests : IDisposable
{
    /// <summary>Two frames whose only active features are each other's: logits (ln 3, 0) and (0, 0).</summary>
    private const string Tsn =
        """
        { "kind": "tsn", "w": [[1, 1], [0, 0]], "b": [0, 0], "features": [[1.0986122886681098, -5], [-1, -2]],
          "prior": [0.5, 0.5], "esv": [[0.1919873, -0.1919873], [-0.0580127, 0.0580127]],
          "scores": [0.6339746, 0.3660254] }
        """;

    private const string Trn =
        """
        { "kind": "trn", "n": 2, "n_max": 2, "D": 1, "H": 1, "C": 1,
          "heads": [ { "w1": [[1]], "b1": [0], "w2": [[1]], "b2": [0] },
                     { "w1": [[1, -1]], "b1": [0], "w2": [[2]], "b2": [0.5] } ],
          "features": [[3], [1]], "prior": [1], "score": "logit", "esv": [[2.625], [0.625]], "scores": [3.25] }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_tsn_case_computed_by_hand_is_met()
    {
        // f(X) = softmax(ln 3 / 2, 0) = √3/(1+√3); alone, the frames score 3/4 and 1/2; the prior is 1/2.
        var golden = Load(Tsn);

        Assert.Equal(("case", "tsn", 2), (golden.Name, golden.Kind, golden.FrameCount));
        AssertMet(golden);
    }

    [Fact]
    public void A_trn_case_computed_by_hand_is_met()
    {
        // f^1 = 3 and 1; f^2 = 2·relu(3 − 1) + 0.5 = 4.5; f(X) = ((3 + 1)/2 + 4.5)/2 = 3.25; f(∅) = log 1 = 0.
        // φ_1 = (3 − 0 + 3.25 − 1)/2 and φ_2 = (1 − 0 + 3.25 − 3)/2.
        var golden = Load(Trn);

        Assert.Equal(("trn", ScoreKind.Logit, false), (golden.Kind, golden.Score, golden.IsSampled));
        AssertMet(golden);
    }

    [Fact]
    public void A_wrong_value_shows_as_that_error()
    {
        var values = Load(Change(Trn, "esv", "[[2.625], [0.5]]")).Compare();
        var scores = Load(Change(Trn, "scores", "[3]")).Compare();

        Assert.Equal(0.125, values.LargestValueError, 1e-6);
        Assert.Equal(0, values.LargestScoreError, 1e-6);
        Assert.Equal(0.25, scores.LargestScoreError, 1e-6);
    }

    [Theory]
    [InlineData("\"softmax of the mean over scales of mean logits\"", ScoreKind.SoftmaxOfMean)]
    [InlineData("\"softmax of mean logits\"", ScoreKind.SoftmaxOfMean)]
    [InlineData("\"softmax-of-mean\"", ScoreKind.SoftmaxOfMean)]
    [InlineData("\"mean-of-softmax\"", ScoreKind.MeanOfSoftmax)]
    [InlineData("\"logit\"", ScoreKind.Logit)]
    [InlineData(null, ScoreKind.SoftmaxOfMean)]
    public void The_score_is_named_or_described(string? json, ScoreKind expected) =>
        Assert.Equal(expected, Load(Change(Trn, "score", json)).Score);

    [Fact]
    public void A_sampled_case_is_computed_from_its_own_subsequences()
    {
        // Only the first frame at size 1: f = 3 with it, 0 without; F(X) = (4.5 + 3)/2 = 3.75.
        // φ_1 = (3 − 0 + 3.75 − 0)/2, an empty count being 0, and φ_2 = (0 − 0 + 3.75 − 3)/2.
        string text = Change(Change(Trn, "esv", "[[3.375], [0.375]]"), "scores", "[3.75]");

        var golden = Load(Change(text, "subsequences", "[[[[0]], [[0, 1]]]]"));

        Assert.True(golden.IsSampled);
        AssertMet(golden);
    }

    [Theory]
    [InlineData("[[[[0]]]]", "subsequences[0]", "subsequences of 1 sizes")]
    [InlineData("[[[[0]], [[0]]]]", "subsequences[0][1][0]", "an array of 1")]
    [InlineData("[[[[0]], [[1, 0]]]]", "subsequences[0][1][0]", "[1, 0]")]
    [InlineData("[[[[0.5]], [[0, 1]]]]", "subsequences[0][0][0]", "[0.5]")]
    public void A_wrong_subsequence_is_named(string json, string field, string found)
    {
        var error = Assert.Throws<GoldenCaseException>(() => Load(Change(Trn, "subsequences", json)));

        Assert.Equal((field, found), (error.Field, error.Found[..found.Length]));
    }

    [Theory]
    [InlineData(false, "kind", "\"tcn\"", "kind", "tcn")]
    [InlineData(false, "kind", null, "kind", "nothing")]
    [InlineData(false, "features", "[]", "features", "an array of 0")]
    [InlineData(false, "features", "[[1, 2], [3]]", "features[1]", "an array of 1")]
    [InlineData(false, "features", "[[1, 2], [3, \"4\"]]", "features[1][1]", "\"4\"")]
    [InlineData(false, "features", "[[1, 2], [3, 1e39]]", "features[1][1]", "1e39")]
    [InlineData(false, "w", "[[1, 1, 1], [0, 0, 0]]", "w[0]", "an array of 3")]
    [InlineData(false, "b", "[0]", "b", "an array of 1")]
    [InlineData(false, "b", "0", "b", "0")]
    [InlineData(false, "prior", "[0.5, -0.5]", "prior[1]", "-0.5")]
    [InlineData(false, "prior", "[1]", "w", "an array of 2")]
    [InlineData(false, "esv", "[[0, 0]]", "esv", "an array of 1")]
    [InlineData(false, "scores", null, "scores", "nothing")]
    [InlineData(false, "score", "\"mean of something\"", "score", "mean of something")]
    [InlineData(false, "input_relu", "false", "input_relu", "false")]
    [InlineData(true, "n", "3", "n", "3")]
    [InlineData(true, "n_max", "1", "n_max", "1")]
    [InlineData(true, "D", "2", "D", "2")]
    [InlineData(true, "H", "2", "H", "2")]
    [InlineData(true, "C", "2", "C", "2")]
    [InlineData(true, "heads", "[]", "heads", "an array of 0")]
    [InlineData(true, "heads", "[{ \"b1\": [0] }]", "heads[0].w1", "nothing")]
    [InlineData(true, "prior", "[0]", "prior[0]", "0")]
    public void A_wrong_field_is_named(bool isTrn, string name, string? json, string field, string found)
    {
        string text = isTrn && name == "heads" ? Change(Trn, "n_max", null) : isTrn ? Trn : Tsn;

        var error = Assert.Throws<GoldenCaseException>(() => Load(Change(text, name, json)));

        Assert.Equal((_folder.File("case.json"), field), (error.File, error.Field));
        Assert.Contains(found, error.Found, StringComparison.Ordinal);
        Assert.Contains(error.Expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_exact_case_with_more_frames_than_can_be_enumerated_is_refused()
    {
        string rows = $"[{string.Join(",", Enumerable.Repeat("[1]", ExactEsv.MaxFrameCount + 1))}]";
        string text = Change(Change(Change(Trn, "features", rows), "n", null), "esv", rows);

        Assert.Equal("features", Assert.Throws<GoldenCaseException>(() => Load(text)).Field);
        string sizes = $"[[{string.Join(",", Enumerable.Repeat("[]", ExactEsv.MaxFrameCount + 1))}]]";
        Assert.True(Load(Change(text, "subsequences", sizes)).IsSampled);
    }

    [Fact]
    public void What_is_no_case_at_all_is_refused()
    {
        Assert.Throws<GoldenCaseException>(() => GoldenCase.Load(_folder.File("absent.json")));
        Assert.Throws<GoldenCaseException>(() => GoldenCase.Load(_folder.Path));
        Assert.Throws<GoldenCaseException>(() => Load("not json"));
        Assert.Throws<GoldenCaseException>(() => Load("[]"));
    }

    private static void AssertMet(GoldenCase golden)
    {
        var comparison = golden.Compare();
        Assert.InRange(comparison.LargestValueError, 0, 1e-6);
        Assert.InRange(comparison.LargestScoreError, 0, 1e-6);
    }

    private static string Change(string text, string name, string? json)
    {
        var golden = JsonNode.Parse(text)!.AsObject();
        golden.Remove(name);
        if (json is not null)
            golden[name] = JsonNode.Parse(json);
        return golden.ToJsonString();
    }

    private GoldenCase Load(string text)
    {
        string path = _folder.File("case.json");
        File.WriteAllText(path, text);
        return GoldenCase.Load(path);
    }
}
