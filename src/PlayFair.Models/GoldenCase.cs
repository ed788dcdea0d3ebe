using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using PlayFair.Attribution;

namespace PlayFair.Models;

/// <summary>A file is not a case in the golden format: which field, what was found and what was expected.</summary>
[SuppressMessage("Roslynator", "RCS1194", Justification = "The message is made of the facts.")]
public sealed class GoldenCaseException : Exception
{
    public GoldenCaseException(string file, string field, string found, string expected, Exception? cause = null)
        : base(
            $"{file}: {(field.Length == 0 ? "" : $"{field}: ")}found {found}, expected {expected}. Correct the case.",
            cause)
    {
        File = file;
        Field = field;
        Found = found;
        Expected = expected;
    }

    /// <summary>The file's path, as given.</summary>
    public string File { get; }

    /// <summary>The field, such as <c>heads[2].w1[0]</c>; empty if the file as a whole is wrong.</summary>
    public string Field { get; }

    /// <summary>What the file has there.</summary>
    public string Found { get; }

    /// <summary>What would have been right.</summary>
    public string Expected { get; }
}

/// <summary>How far computed values are from a case's.</summary>
/// <param name="LargestValueError">The largest |φ − expected φ| over frames and classes.</param>
/// <param name="LargestScoreError">The largest |f(X) − expected f(X)| over classes.</param>
public sealed record GoldenComparison(double LargestValueError, double LargestScoreError);

/// <summary>
/// A test case in the golden format: a head's weights, the frames' features and a prior, and the Element Shapley Values
/// and scores that a reference implementation computed from them.
/// </summary>
/// <remarks>
/// <para>
/// A JSON object. <c>kind</c> <c>trn</c>: <c>heads[s−1]</c> has <c>w1</c> [H, s·D], <c>b1</c> [H], <c>w2</c> [C, H],
/// <c>b2</c> [C] of f^s. <c>kind</c> <c>tsn</c>: <c>w</c> [C, D], <c>b</c> [C]. Both: <c>features</c> [n, D],
/// <c>prior</c> [C], <c>esv</c> [n, C], <c>scores</c> [C] (of a sampled case: the last iteration's). Matrices are arrays of
/// rows.
/// </para>
/// <para>
/// <c>score</c> is a score's name, or a sentence that starts with "softmax of"; absent, it is the softmax of mean
/// logits. <c>subsequences</c> marks a sampled case: [iteration][s − 1] lists the size-s subsequences. <c>n</c>, <c>n_max</c>, <c>D</c>, <c>H</c>, <c>C</c> are checked
/// where they are present; other fields are left alone.
/// </para>
/// </remarks>
public sealed class GoldenCase
{
    private GoldenCase(string path) => Name = Path.GetFileNameWithoutExtension(path);

    /// <summary>The file's name without its extension.</summary>
    public string Name { get; }

    /// <summary><c>trn</c> or <c>tsn</c>.</summary>
    public string Kind => Head.Kind;

    /// <summary>True if the expected values come from a sample of the subsequences.</summary>
    public bool IsSampled => Subsequences is not null;

    /// <summary>
    /// The sampled subsequences, for each iteration and size from 1 to n: ascending frame positions. Null in an exact case.
    /// </summary>
    public required IReadOnlyList<IReadOnlyList<IReadOnlyList<int[]>>>? Subsequences { get; init; }

    public required ScoreKind Score { get; init; }

    public required TemporalHead Head { get; init; }

    /// <summary>n.</summary>
    public required int FrameCount { get; init; }

    /// <summary>[n × D], row-major.</summary>
    public required float[] Features { get; init; }

    /// <summary>[class].</summary>
    public required double[] Prior { get; init; }

    /// <summary>φ, [n × C], row-major.</summary>
    public required double[] ExpectedValues { get; init; }

    /// <summary>f(X), [class].</summary>
    public required double[] ExpectedScores { get; init; }

    /// <summary>Reads a case and checks its shapes.</summary>
    /// <exception cref="GoldenCaseException">The file cannot be read, or a field is missing or wrong.</exception>
    public static GoldenCase Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            return Read(path, CheckedJson.Parse(
                File.ReadAllText(path),
                (field, found, expected) => new GoldenCaseException(path, field, found, expected)));
        }
        catch (JsonException cause)
        {
            throw new GoldenCaseException(path, "", $"text that is not JSON ({cause.Message})", "a JSON object", cause);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new GoldenCaseException(path, "", $"an unreadable file ({cause.Message})", "a golden case", cause);
        }
    }

    /// <summary>
    /// Computes the values, exactly or from the case's own subsequences, and compares them with the expected ones.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public GoldenComparison Compare(CancellationToken ct = default)
    {
        var game = new Game(Head.Project(Features, FrameCount), Prior, Score);
        var computed = Subsequences is null
            ? new ExactEsv().Estimate(game, ct)
            : new SampledEsv().Estimate(game, Subsequences, ct);
        // The authors' code keeps the scores of its last iteration, not their mean.
        var scores = Subsequences is null or [_]
            ? computed.Scores
            : new SampledEsv().Estimate(game, [Subsequences[^1]], ct).Scores;
        return new GoldenComparison(
            LargestDifference(computed.Values, ExpectedValues), LargestDifference(scores, ExpectedScores));
    }

    private static GoldenCase Read(string path, CheckedJson json)
    {
        bool isTrn = json["kind"].Choice(TrnHead.KindName, TsnHead.KindName) == 0;
        var features = json["features"];
        int frameCount = Count(features);
        var subsequences = json.Find("subsequences") is { } sampled ? ReadSubsequences(sampled, frameCount) : null;
        if (subsequences is null && frameCount > ExactEsv.MaxFrameCount)
            throw features.Fail($"{frameCount} frames", $"at most {ExactEsv.MaxFrameCount} in an exact case");
        int featureSize = Count(features.Items("rows")[0]);
        int classCount = Count(json["prior"]);
        RequireSize(json, "n", frameCount);
        RequireSize(json, "D", featureSize);
        RequireSize(json, "C", classCount);
        var score = ReadScore(json);
        return new GoldenCase(path)
        {
            Subsequences = subsequences,
            Score = score,
            Head = isTrn ? ReadTrn(json, featureSize, classCount) : ReadTsn(json, featureSize, classCount),
            FrameCount = frameCount,
            Features = Floats(features.Matrix(frameCount, featureSize)),
            Prior = ReadPrior(json["prior"], score),
            ExpectedValues = json["esv"].Matrix(frameCount, classCount),
            ExpectedScores = json["scores"].Vector(classCount),
        };
    }

    private static TrnHead ReadTrn(CheckedJson json, int featureSize, int classCount)
    {
        var heads = json["heads"];
        int maxScale = Count(heads);
        var items = heads.Items("heads");
        int hiddenSize = Count(items[0]["b1"]);
        RequireSize(json, "n_max", maxScale);
        RequireSize(json, "H", hiddenSize);
        var scales = items.Select((head, i) => new TrnScale(
            Floats(head["w1"].Matrix(hiddenSize, (i + 1) * featureSize)), Floats(head["b1"].Vector(hiddenSize)),
            Floats(head["w2"].Matrix(classCount, hiddenSize)), Floats(head["b2"].Vector(classCount))));
        return new TrnHead(featureSize, hiddenSize, classCount, [.. scales]);
    }

    private static TsnHead ReadTsn(CheckedJson json, int featureSize, int classCount)
    {
        if (json.Find("input_relu") is { } inputRelu && !inputRelu.Boolean())
            throw inputRelu.Fail("false", "true: a tsn head applies a ReLU to the features");
        return new TsnHead(
            featureSize, classCount, Floats(json["w"].Matrix(classCount, featureSize)),
            Floats(json["b"].Vector(classCount)));
    }

    private static IReadOnlyList<IReadOnlyList<int[]>>[] ReadSubsequences(CheckedJson json, int frameCount) =>
    [
        .. json.Items("iterations").Select(iteration =>
        {
            CheckedJson[] sizes = iteration.Items("sizes");
            if (sizes.Length != frameCount)
                throw iteration.Fail($"subsequences of {sizes.Length} sizes", $"sizes 1 to {frameCount}");
            return (IReadOnlyList<IReadOnlyList<int[]>>)[.. sizes.Select(ReadSize)];
        }),
    ];

    private static IReadOnlyList<int[]> ReadSize(CheckedJson json, int index) =>
        [.. json.Items("subsequences").Select(s => ReadPositions(s, index + 1))];

    private static int[] ReadPositions(CheckedJson json, int size)
    {
        double[] positions = json.Vector(size);
        if (Array.Exists(positions, p => p != Math.Floor(p)) || positions.Zip(positions.Skip(1)).Any(p => p.First >= p.Second))
            throw json.Fail($"[{string.Join(", ", positions)}]", "ascending frame positions");
        return Array.ConvertAll(positions, p => (int)p);
    }

    private static ScoreKind ReadScore(CheckedJson json)
    {
        if (json.Find("score") is not { } field)
            return ScoreKind.SoftmaxOfMean;
        string text = field.Text();
        if (ScoreKinds.TryParse(text, out var score))
            return score;
        if (text.StartsWith("softmax of", StringComparison.OrdinalIgnoreCase))
            return ScoreKind.SoftmaxOfMean;
        throw field.Fail(
            $"\"{text}\"", $"one of: {string.Join(", ", ScoreKinds.Names)}, or a sentence \"softmax of …\"");
    }

    private static double[] ReadPrior(CheckedJson json, ScoreKind score)
    {
        double lowest = score == ScoreKind.Logit ? double.Epsilon : 0;
        string expected = score == ScoreKind.Logit ? "a number above 0, whose log is taken" : "a number of at least 0";
        return [.. json.Items("numbers").Select(p => p.Number(expected, v => v >= lowest))];
    }

    private static int Count(CheckedJson json)
    {
        int count = json.Items("items").Length;
        return count > 0 ? count : throw json.Fail("an array of 0", "at least one item");
    }

    private static void RequireSize(CheckedJson json, string name, int size)
    {
        if (json.Find(name) is { } field)
            field.Integer(size, size);
    }

    private static float[] Floats(double[] values) => Array.ConvertAll(values, v => (float)v);

    private static double LargestDifference(double[] a, double[] b)
    {
        double largest = 0;
        for (int i = 0; i < a.Length; i++)
            largest = Math.Max(largest, Math.Abs(a[i] - b[i]));
        return largest;
    }
}
