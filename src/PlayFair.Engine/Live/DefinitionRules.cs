using System.Text.RegularExpressions;
using PlayFair.Attribution;
using PlayFair.Contracts;
using PlayFair.Models;

namespace PlayFair.Engine;

/// <summary>What a definition may say, and what its defaults are.</summary>
internal static partial class DefinitionRules
{
    /// <summary>Exact values are the default while what they keep of all subsequences stays below this.</summary>
    private const long MaxExactBytes = 128L << 20;

    private const int DefaultSamples = 256;

    /// <summary>Browsers read numbers as double: a larger one would come back as another, and change the video.</summary>
    private const ulong MaxSeed = (1UL << 53) - 1;

    private const int MinWindow = 2;

    /// <summary>No video keeps more than this of its samples: a server runs many, and others may add them.</summary>
    private const long MaxSampleBytes = 1L << 30;

    public static VideoServiceException NotFound(string id) => new(
        VideoServiceError.NotFound, $"There is no video '{id}'; the list of videos names those that there are.");

    public static VideoServiceException Exists(string id) => new(
        VideoServiceError.Exists, $"There is a video '{id}' already; change it, or give this one another id.", "id");

    public static VideoServiceException TooManyVideos(int count) => new(
        VideoServiceError.LimitReached,
        $"There are {count} videos, as many as there may be. Remove one, or raise the limit.");

    /// <summary>Checks every field but the source, and fills in what was left open. There may be no id yet.</summary>
    /// <exception cref="VideoServiceException">A field is wrong; the exception names it.</exception>
    public static VideoDefinition Complete(VideoDefinition definition, ModelPackage model)
    {
        if (definition.Id.Length > 0)
            CheckId(definition.Id);
        RequireLine("title", definition.Title, 200);
        RequireLine("group", definition.Group, 100);
        RequireRange("rateHz", definition.RateHz, 0.01, 120);
        RequireRange("window", definition.Window, MinWindow, SampledEsv.MaxFrameCount);
        RequireRange("stride", definition.Stride, 1, definition.Window);
        RequireRange("iterations", definition.Iterations, 1, 64);
        Require(definition.Seed <= MaxSeed, "seed", $"{definition.Seed}", $"0 to {MaxSeed}, which every reader of JSON keeps");
        if (definition.Samples is { } samples)
            RequireRange("samples", samples, 1, 65536);
        ScoreKind score = ReadScore(definition.Score, model);
        if (definition.Classes is not { Count: > 0 and <= 64 })
        {
            throw Wrong("classes", $"{definition.Classes?.Count ?? 0} of them", "1 to 64 of top, topK, names and indices");
        }

        _ = Classes(definition, model);
        VideoDefinition complete = definition with
        {
            Title = definition.Title ?? definition.Id,
            Group = string.IsNullOrWhiteSpace(definition.Group) ? null : definition.Group.Trim(),
            Model = model.Name,
            Score = ScoreKinds.Name(score),
            Samples = definition.Samples ?? (IsExactDefault(definition.Window, model) ? null : DefaultSamples),
        };
        double bytes = SampleBytes(complete, model);
        Require(
            bytes <= MaxSampleBytes, "window",
            $"{definition.Window}, of which {complete.Iterations} × {complete.Samples} samples take {bytes / 1e9:0.0} GB",
            $"a window, samples and iterations that take at most {MaxSampleBytes / 1e9:0.0} GB");
        return complete;
    }

    /// <exception cref="VideoServiceException">No video can have this id.</exception>
    public static void CheckId(string id) => Require(
        IdPattern().IsMatch(id), "id", $"'{id}'",
        "1 to 64 of a-z, 0-9, '-', '_' and '.', beginning with a letter or digit");

    /// <exception cref="VideoServiceException">The model has no such class.</exception>
    public static ClassSelection Classes(VideoDefinition definition, ModelPackage model)
    {
        try
        {
            return ClassSelection.Parse([.. definition.Classes], model);
        }
        catch (ClipException unknown)
        {
            throw new VideoServiceException(VideoServiceError.Invalid, unknown.Message, "classes", unknown);
        }
    }

    public static ScoreKind ReadScore(string? name, ModelPackage model)
    {
        if (name is null)
            return model.Score;
        int index = ScoreKinds.Names.ToList().IndexOf(name);
        Require(index >= 0, "score", $"'{name}'", $"one of {string.Join(", ", ScoreKinds.Names)}");
        var score = (ScoreKind)index;
        Require(
            Scores(model).Contains(score), "score",
            $"'{name}', a mean over scales, which the ONNX head of {model.Name} has not",
            string.Join(" or ", Scores(model).Select(ScoreKinds.Name)));
        return score;
    }

    /// <summary>The scores that a video with this model may have.</summary>
    public static IEnumerable<ScoreKind> Scores(ModelPackage model) =>
        Enum.GetValues<ScoreKind>().Where(score => model.Head is not null || score != ScoreKind.MeanOfSoftmax);

    public static VideoServiceException Wrong(string field, string found, string expected) => new(
        VideoServiceError.Invalid, $"{field} is {found}; expected {expected}.", field);

    /// <summary>Whether all subsequences' mean logits and scores, float32 each, are few enough; ONNX heads run for each.</summary>
    private static bool IsExactDefault(int window, ModelPackage model) =>
        window <= (model.Head is null ? 8 : ExactEsv.MaxFrameCount)
        && (1L << window) * model.Classes.Count * 2 * sizeof(float) <= MaxExactBytes;

    /// <summary>What <see cref="SlidingEsv"/> keeps: the mean logits and scores of every subsequence in every sample.</summary>
    public static double SampleBytes(VideoDefinition complete, ModelPackage model) =>
        (complete.Samples is null ? 1 : complete.Iterations) * SampleCounts(complete).Sum()
        * model.Classes.Count * 2 * sizeof(float);

    /// <summary>How many subsequences of each size from 1 to n a sample keeps: C(n, s), or m where that is less.</summary>
    public static IEnumerable<double> SampleCounts(VideoDefinition complete)
    {
        int n = complete.Window;
        double ofSize = 1;
        for (int s = 1; s <= n; s++)
        {
            // Beyond the samples asked for its exact value does not matter.
            ofSize = Math.Min(ofSize * (n - s + 1) / s, 1e300);
            yield return Math.Min(complete.Samples ?? ofSize, ofSize);
        }
    }

    /// <summary>The largest window whose values are exact where nobody asks for samples; null: none.</summary>
    public static int? MaxExactWindow(ModelPackage model)
    {
        int window = ExactEsv.MaxFrameCount;
        while (window >= MinWindow && !IsExactDefault(window, model))
            window--;
        return window < MinWindow ? null : window;
    }

    private static void RequireLine(string field, string? text, int most) => Require(
        text is null || (text.Length <= most && !text.Any(char.IsControl)),
        field, "a long one or one with control characters", $"at most {most} characters on one line");

    private static void RequireRange(string field, double value, double least, double most) =>
        Require(value >= least && value <= most, field, $"{value}", $"{least} to {most}");

    private static void Require(bool isMet, string field, string found, string expected)
    {
        if (!isMet)
            throw Wrong(field, found, expected);
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9._-]{0,63}$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex IdPattern();
}
