using System.Text.Json;
using System.Text.Json.Serialization;

namespace PlayFair.Engine;

/// <summary>
/// The result of attributing one clip, in the form that <c>playfair attribute --json</c> writes and the HTML report
/// embeds. Schema <c>playfair.attribution/1</c> (docs/attribution-schema.md): fields are only ever added.
/// </summary>
/// <param name="Schema">Always <see cref="CurrentSchema"/>.</param>
/// <param name="ProducedBy">Program and version, e.g. <c>playfair 0.1.0</c>.</param>
/// <param name="Video">The video attributed; null when features were given instead.</param>
/// <param name="Features">The feature file attributed; null when a video was given.</param>
/// <param name="Model">The model whose scores are attributed.</param>
/// <param name="Settings">How frames were chosen and which score was attributed.</param>
/// <param name="Frames">The n attributed frames in time order.</param>
/// <param name="Classes">Every class of the model, highest score first (ties: lower index first).</param>
/// <param name="Selected">Indices (<see cref="AttributedClass.Index"/>) of the classes the user asked for, in the order
/// asked; by default the top class and the runner-up.</param>
/// <param name="StandardError"><c>exact</c>: every ESV here is exact; <c>sampled</c>: see
/// <see cref="AttributedClass.StandardErrors"/>.</param>
/// <param name="EvaluationCount">Head evaluations used.</param>
/// <param name="Timings">Where the time went.</param>
/// <param name="Warnings">What the user must know of this result, in words: truncated input, frames lost.</param>
/// <param name="Iterations">How many independent samples were drawn; null when exact.</param>
/// <param name="StopReason">What ended sampling: <c>iterations</c>, <c>tolerance</c>, <c>budget</c> or <c>time</c>;
/// null when exact.</param>
/// <param name="RelativeStandardError">The largest standard error over all frames and classes, relative to the mean |φ|
/// over them: what a tolerance is compared with. Null when exact, or after one iteration.</param>
public sealed record AttributionDocument(
    string Schema,
    string ProducedBy,
    VideoSummary? Video,
    FeatureSummary? Features,
    ModelSummary Model,
    AttributionSettings Settings,
    IReadOnlyList<AttributedFrame> Frames,
    IReadOnlyList<AttributedClass> Classes,
    IReadOnlyList<int> Selected,
    string StandardError,
    long EvaluationCount,
    AttributionTimings Timings,
    IReadOnlyList<string> Warnings,
    int? Iterations = null,
    string? StopReason = null,
    double? RelativeStandardError = null)
{
    public const string CurrentSchema = "playfair.attribution/1";

    /// <summary>The <see cref="StandardError"/> of a result without sampling.</summary>
    public const string Exact = "exact";

    /// <summary>The <see cref="StandardError"/> of a result with sampling.</summary>
    public const string Sampled = "sampled";

    /// <summary>Whether every ESV is exact.</summary>
    [JsonIgnore]
    public bool IsExact => StandardError == Exact;

    /// <summary>This program and its version.</summary>
    public static string Producer { get; } =
        $"playfair {typeof(AttributionDocument).Assembly.GetName().Version!.ToString(3)}";

    public static JsonSerializerOptions JsonOptions { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}

/// <param name="Path">As the user gave it.</param>
/// <param name="Width">Displayed width in pixels, rotation and pixel shape applied.</param>
/// <param name="Height">Displayed height in pixels.</param>
/// <param name="DurationSeconds">Null when the container does not say.</param>
/// <param name="FrameRateHz">Average; null when the container does not say.</param>
/// <param name="FrameCount">Frames that decoded.</param>
/// <param name="LostFrameCount">Frames that the container lists and that did not decode; null when it lists none.</param>
/// <param name="IsTruncated">The file ends before its video does.</param>
/// <param name="IsCorrupt">Something before the end did not decode cleanly.</param>
public sealed record VideoSummary(
    string Path,
    int Width,
    int Height,
    double? DurationSeconds,
    double? FrameRateHz,
    long FrameCount,
    long? LostFrameCount = null,
    bool IsTruncated = false,
    bool IsCorrupt = false);

/// <param name="Path">As the user gave it.</param>
/// <param name="FrameCount">Rows of the feature matrix.</param>
/// <param name="FeatureSize">Columns of the feature matrix.</param>
public sealed record FeatureSummary(string Path, int FrameCount, int FeatureSize);

/// <param name="Head"><c>trn</c>, <c>tsn</c> or <c>onnx</c>.</param>
/// <param name="MaxScale">n_max: the longest subsequence that a single-scale model scores (1 for TSN); null for an ONNX
/// head, which takes any length.</param>
/// <param name="Device">What computed the features: <c>cpu</c>, <c>cuda:0</c>; null when features were given.</param>
public sealed record ModelSummary(
    string Name, string Version, string Head, int? MaxScale, int FeatureSize, int ClassCount, string? Device);

/// <param name="FrameCount">n, the number of frames attributed.</param>
/// <param name="Sampling">In words: <c>uniform 8</c>, <c>every 5</c>, <c>rate 4 Hz</c>, <c>all</c>, <c>given</c>.</param>
/// <param name="Score"><c>softmax-of-mean</c>, <c>mean-of-softmax</c> or <c>logit</c>.</param>
/// <param name="Estimator">One of <see cref="Estimators.Names"/>: <c>exact</c> or what samples.</param>
/// <param name="Samples">m: how much an iteration draws (<see cref="EstimationOptions.Samples"/>); null when exact, as
/// are the others below.</param>
/// <param name="Seed">What fixes every random choice.</param>
/// <param name="IterationLimit">The most iterations; null for no limit.</param>
/// <param name="Tolerance">The relative standard error below which sampling stops; null for no limit.</param>
/// <param name="EvaluationBudget">The most head evaluations; null for no limit.</param>
/// <param name="TimeLimitSeconds">No iteration begins later than this; null for no limit.</param>
public sealed record AttributionSettings(
    int FrameCount,
    string Sampling,
    string Score,
    string Estimator,
    int? Samples = null,
    ulong? Seed = null,
    int? IterationLimit = null,
    double? Tolerance = null,
    long? EvaluationBudget = null,
    double? TimeLimitSeconds = null);

/// <param name="Position">0 … n−1 in the attributed sequence.</param>
/// <param name="Index">Frame index in the video, 0-based decode order (or row of the feature file).</param>
/// <param name="TimeSeconds">Presentation time from the video's start; null when features were given.</param>
public sealed record AttributedFrame(int Position, long Index, double? TimeSeconds);

/// <param name="Index">Class index in the model.</param>
/// <param name="Score">f_c(X), in the settings' score; itself an estimate when sampled.</param>
/// <param name="Prior">f_c(∅): the class prior, in the same score (its log for <c>logit</c>).</param>
/// <param name="Esv">φ per frame, n values in time order.</param>
/// <param name="EsvSum">Σφ; equals Score − Prior up to <paramref name="EfficiencyGap"/>.</param>
/// <param name="EfficiencyGap">Σφ − (f_c(X) − f_c(∅)): rounding only, when exact.</param>
/// <param name="StandardErrors">Standard error of φ per frame, from the spread of the iterations; null when exact, or
/// after one iteration.</param>
public sealed record AttributedClass(
    int Index,
    string Name,
    double Score,
    double Prior,
    IReadOnlyList<double> Esv,
    double EsvSum,
    double EfficiencyGap,
    IReadOnlyList<double>? StandardErrors = null);

/// <summary>Seconds of wall time.</summary>
/// <param name="DecodeSeconds">Waiting for ffmpeg's frames.</param>
/// <param name="FeatureSeconds">In the backbone.</param>
/// <param name="AttributionSeconds">In the head and the Shapley values.</param>
/// <param name="TotalSeconds">From the request to the result, loading the backbone included.</param>
public sealed record AttributionTimings(
    double DecodeSeconds, double FeatureSeconds, double AttributionSeconds, double TotalSeconds);
