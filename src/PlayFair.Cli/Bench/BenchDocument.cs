namespace PlayFair.Cli.Bench;

/// <summary>What <c>playfair bench esv --json</c> writes; docs/benchmarks.md explains it.</summary>
/// <param name="Schema"><see cref="CurrentSchema"/>.</param>
/// <param name="ProducedBy">Program and version.</param>
internal sealed record BenchDocument(
    string Schema,
    string ProducedBy,
    BenchMachine Machine,
    BenchSettings Settings,
    BenchPeak Peak,
    IReadOnlyList<BenchRow> Rows)
{
    public const string CurrentSchema = "playfair.bench-esv/1";
}

/// <param name="Cores">Logical processors that this process may use.</param>
internal sealed record BenchMachine(
    string? Processor, int Cores, string Vectors, string OperatingSystem, string Runtime);

/// <param name="Threads">The most threads used.</param>
/// <param name="IsQuick">True if times are from a few runs only, to see that everything works.</param>
internal sealed record BenchSettings(
    int Threads, bool IsQuick, ulong Seed, int FeatureSize, int HiddenSize, int ClassCount, int MaxScale);

/// <summary>The machine's peak in this run: fused multiply-adds in registers, each counted as two operations.</summary>
internal sealed record BenchPeak(int Threads, double GigaflopsPerSecond);

/// <summary>
/// One measurement: from a window's features to all frames' values for all classes, or a sliding window's step.
/// </summary>
/// <param name="Name">Stable: rows of two runs are matched by it.</param>
/// <param name="Head"><c>trn</c> or <c>tsn</c>.</param>
/// <param name="Frames">n.</param>
/// <param name="Estimator">The estimator's name.</param>
/// <param name="IsStep">A full window takes one new frame; false: all frames are new.</param>
/// <param name="Score">The score's name.</param>
/// <param name="MaxCount">m of a sampled row.</param>
/// <param name="Runs">How many runs were timed.</param>
/// <param name="Evaluations">Single-scale scores of subsequences that the head computed; the mean over steps.</param>
/// <param name="Subsequences">
/// Subsequences that got a score F; the mean over steps. The closed forms score none beyond their evaluations.
/// </param>
/// <param name="MultiplyAdds">
/// Of the model: the projection of frames and the second layer. Sums and softmaxes do not count.
/// </param>
/// <param name="GigaflopsPerSecond">Two operations a multiply-add, by the median time.</param>
/// <param name="ShareOfPeak">That relative to <see cref="BenchPeak"/>, 0 to 1.</param>
/// <param name="PaperSeconds">
/// What the paper's Table 1 reports for its code on a GTX 1080 Ti; null where it has no such row.
/// </param>
/// <param name="Baseline">Null where the definitions would take too long.</param>
internal sealed record BenchRow(
    string Name,
    string Head,
    int Frames,
    string Estimator,
    bool IsStep,
    string Score,
    int? MaxCount,
    int Runs,
    double MedianSeconds,
    double FastestSeconds,
    double Evaluations,
    double EvaluationsPerSecond,
    double Subsequences,
    double SecondsPerSubsequence,
    double MultiplyAdds,
    double GigaflopsPerSecond,
    double ShareOfPeak,
    double? PaperSeconds,
    BenchBaseline? Baseline);

/// <summary>The same values by the definitions in plain loops on one thread, measured in the same run.</summary>
/// <param name="Ratio">How many times longer it took, by medians.</param>
/// <param name="LargestDifference">Largest absolute difference between its values and the engine's.</param>
internal sealed record BenchBaseline(
    int Runs, double MedianSeconds, double FastestSeconds, double Ratio, double LargestDifference);
