using PlayFair.Attribution;
using PlayFair.Engine;
using PlayFair.Models;

namespace PlayFair.Cli.Approximation;

/// <summary>What <c>playfair evaluate approximation --json</c> writes; docs/benchmarks.md explains it.</summary>
/// <param name="ExactEvaluations">How many evaluations exact values take: no estimate should take more.</param>
/// <param name="Videos">How many videos count.</param>
/// <param name="SkippedVideos">How many have no class that scores enough.</param>
/// <param name="Cases">How many classes of videos count.</param>
/// <param name="Paper">Where the paper's numbers are from.</param>
internal sealed record ApproximationDocument(
    string Schema,
    string ProducedBy,
    string Model,
    string Head,
    int MaxScale,
    int Frames,
    double LeastScore,
    ulong Seed,
    IReadOnlyList<string> Sources,
    int Videos,
    int SkippedVideos,
    int Cases,
    long Subsequences,
    long ExactEvaluations,
    string Paper,
    IReadOnlyList<ApproximationLine> Lines)
{
    public const string CurrentSchema = "playfair.approximation/1";

    public const string PaperSource =
        "W. Price and D. Damen, \"Play Fair: Frame Attributions in Video Models\", ACCV 2020, Fig. 8";

    /// <summary>The scores, in the order in which they were asked for.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public IEnumerable<string> Scores => Lines.Select(line => line.Score).Distinct(StringComparer.Ordinal);

    /// <summary>
    /// The lines of the grid that the paper shows: Algorithm 1 of the first score, every m and number of iterations.
    /// </summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public IEnumerable<ApproximationLine> Grid => Lines.Where(
        line => line.Score == Lines[0].Score && line.Estimator == SampledEsv.EstimatorName);

    /// <summary>The lines that compare estimators: one iteration of each m, then 2, 4, 8, … of the largest.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public IEnumerable<ApproximationLine> Compared
    {
        get
        {
            int largest = Lines.Max(line => line.MaxCount);
            return Lines.Where(line => line.Iterations == 1
                || (line.MaxCount == largest && int.IsPow2(line.Iterations)));
        }
    }

    public static ApproximationDocument Of(
        ApproximationStudy study, ApproximationOptions options, ModelPackage model, TemporalHead head,
        IReadOnlyList<string> sources)
    {
        int n = study.FrameCount;
        int maxScale = head.MaxScale;
        long subsequences = (1L << n) - 1;
        return new ApproximationDocument(
            CurrentSchema, AttributionDocument.Producer, $"{model.Name} {model.Version}", head.Kind, maxScale, n,
            options.LeastScore, options.Seed, sources, study.VideoCount, study.SkippedVideoCount, study.CaseCount,
            subsequences, maxScale == 1 ? subsequences : CountUpTo(maxScale, n), PaperSource,
            [.. study.Points.Select(point => ApproximationLine.Of(point, n, subsequences))]);
    }

    /// <summary>Σ_{s ≤ n_max} C(n, s).</summary>
    private static long CountUpTo(int maxScale, int n)
    {
        long count = 0;
        long choose = 1;
        for (int s = 1; s <= Math.Min(maxScale, n); s++)
            count += choose = choose * (n - s + 1) / s;
        return count;
    }
}

/// <summary>One estimator with one budget; see <see cref="ApproximationPoint"/>.</summary>
/// <param name="ShareOfSubsequences">
/// Subsequences relative to the 2^n − 1 that there are; over 1 where some were drawn again.
/// </param>
/// <param name="PaperRelativeError">Null where the paper has none; it has 16 frames.</param>
internal sealed record ApproximationLine(
    string Score,
    string Estimator,
    int MaxCount,
    int Iterations,
    double Evaluations,
    double Subsequences,
    double ShareOfSubsequences,
    double RelativeError,
    double LadSlope,
    double Correlation,
    double? PaperRelativeError,
    double? PaperLadSlope,
    double? PaperCorrelation)
{
    private const int PaperFrameCount = 16;

    public static ApproximationLine Of(ApproximationPoint point, int frameCount, long subsequences)
    {
        // The paper's is Algorithm 1 on the score that its authors compute.
        ApproximationError? paper = frameCount == PaperFrameCount && point.Estimator == SampledEsv.EstimatorName
            && point.Score == ScoreKind.SoftmaxOfMean
                ? PaperApproximation.Find(point.MaxCount, point.Iterations)
                : null;
        return new ApproximationLine(
            ScoreKinds.Name(point.Score), point.Estimator, point.MaxCount, point.Iterations, point.EvaluationCount,
            point.SubsequenceCount, point.SubsequenceCount / subsequences, point.Error.RelativeError,
            point.Error.LadSlope, point.Error.Correlation, paper?.RelativeError, paper?.LadSlope, paper?.Correlation);
    }
}
