using System.Runtime.InteropServices;
using PlayFair.Attribution;
using PlayFair.Engine;
using PlayFair.Models;

namespace PlayFair.Cli.Bench;

/// <summary>Measures Element Shapley Values from features, for heads of the paper's shapes.</summary>
/// <param name="threadCount">The most threads, at least 1.</param>
/// <param name="isQuick">A few runs of each row only.</param>
internal sealed class EsvBenchmark(int threadCount, bool isQuick)
{
    private readonly BenchWorkload _workload = new();
    private readonly Effort _effort = isQuick ? Effort.Quick : Effort.Full;
    private double _peak;

    /// <summary>The rows, in the order in which they are measured.</summary>
    private IEnumerable<BenchCase> Cases()
    {
        yield return Exact(_workload.Trn, 8, ScoreKind.SoftmaxOfMean) with
        {
            PaperSeconds = 0.080,
            Plain = PlainEsv.Trn,
        };
        yield return Exact(_workload.Trn, 16, ScoreKind.SoftmaxOfMean) with { PaperSeconds = 6.79 };
        yield return Exact(_workload.Trn, 16, ScoreKind.MeanOfSoftmax);
        yield return Exact(_workload.Trn, 16, ScoreKind.Logit);
        yield return Sampled(_workload.Trn, 16) with { PaperSeconds = 0.122 };
        foreach (int frameCount in new[] { 49, 128, 256, 512 })
            yield return Sampled(_workload.Trn, frameCount);
        yield return Exact(_workload.Tsn, 8, ScoreKind.SoftmaxOfMean) with
        {
            PaperSeconds = 0.0043,
            Plain = PlainEsv.Tsn,
        };
        yield return Exact(_workload.Tsn, 16, ScoreKind.SoftmaxOfMean) with { PaperSeconds = 0.035 };
        yield return Exact(_workload.Tsn, 20, ScoreKind.SoftmaxOfMean) with { PaperSeconds = 0.614 };
        yield return Sampled(_workload.Tsn, 20) with { PaperSeconds = 0.116 };
        foreach (TemporalHead head in new TemporalHead[] { _workload.Trn, _workload.Tsn })
        {
            yield return Sliding(head, 16, maxCount: null);
            foreach (int frameCount in new[] { 16, 49, 128 })
            {
                yield return Sliding(head, frameCount, 256);
                yield return Sliding(head, frameCount, 1024);
            }
        }
    }

    /// <summary>Measures everything.</summary>
    /// <param name="progress">Told each row's name before it is measured.</param>
    public BenchDocument Run(IProgress<string>? progress, CancellationToken ct)
    {
        progress?.Report("the machine's peak");
        MeasurePeak();
        var rows = new List<BenchRow>();
        foreach (BenchCase bench in Cases())
        {
            progress?.Report(bench.Name);
            rows.Add(Measure(bench, ct));
            // Again and again: some of the measurements will meet no other program.
            if (!isQuick)
                MeasurePeak();
        }

        return new BenchDocument(
            BenchDocument.CurrentSchema, AttributionDocument.Producer,
            Machine(),
            new BenchSettings(
                threadCount, isQuick, BenchWorkload.Seed, BenchWorkload.FeatureSize, BenchWorkload.HiddenSize,
                BenchWorkload.ClassCount, BenchWorkload.MaxScale),
            new BenchPeak(threadCount, _peak / 1e9),
            [.. rows.Select(row => row with { ShareOfPeak = row.GigaflopsPerSecond * 1e9 / _peak })]);
    }

    /// <summary>What this runs on.</summary>
    public static BenchMachine Machine() => new(
        ProcessorName(), Environment.ProcessorCount, PeakRate.Vectors, RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription);

    private void MeasurePeak() => _peak = Math.Max(_peak, PeakRate.Measure(threadCount));

    private BenchRow Measure(BenchCase bench, CancellationToken ct)
    {
        long runCount = 0;
        long evaluationCount = 0;
        BenchOutcome outcome = default;
        var timing = Timing.Of(
            () =>
            {
                outcome = bench.Run();
                evaluationCount += outcome.EvaluationCount;
                runCount++;
            },
            _effort, ct);
        double seconds = timing.Median.TotalSeconds;
        double evaluations = (double)evaluationCount / runCount;
        double multiplyAdds = bench.ProjectionCost
            + ((bench.ReadOutCount ?? evaluations) * BenchWorkload.SecondLayerCost(bench.Head));
        return new BenchRow(
            bench.Name, bench.Head.Kind, bench.FrameCount, bench.Estimator, bench.IsStep, ScoreKinds.Name(bench.Score),
            bench.MaxCount, timing.RunCount, seconds, timing.Fastest.TotalSeconds, evaluations, evaluations / seconds,
            bench.SubsequenceCount, seconds / bench.SubsequenceCount, multiplyAdds, 2 * multiplyAdds / seconds / 1e9, 0,
            bench.PaperSeconds, MeasureBaseline(bench, seconds, outcome.Values, ct));
    }

    private BenchBaseline? MeasureBaseline(BenchCase bench, double seconds, double[] values, CancellationToken ct)
    {
        if (bench.Plain is null)
            return null;
        float[] features = _workload.Features(bench.FrameCount);
        double[] plain = [];
        var timing = Timing.Of(() => plain = bench.Plain(_workload, features, bench.FrameCount), _effort, ct);
        return new BenchBaseline(
            timing.RunCount, timing.Median.TotalSeconds, timing.Fastest.TotalSeconds,
            timing.Median.TotalSeconds / seconds,
            plain.Zip(values, (expected, value) => Math.Abs(expected - value)).Max());
    }

    private BenchCase Exact(TemporalHead head, int frameCount, ScoreKind score)
    {
        var estimator = new ExactEsv { ThreadCount = threadCount };
        bool isClosedForm = score != ScoreKind.SoftmaxOfMean;
        return new BenchCase(
            $"{Title(head)} {frameCount} exact{(isClosedForm ? $" {ScoreKinds.Name(score)}" : "")}", head, frameCount,
            estimator.Name, score, Estimate(head, frameCount, score, estimator))
        {
            SubsequenceCount = isClosedForm
                ? CountClosedForm(head, frameCount)
                : CountScored(frameCount, null, isStep: false),
            // In logit, of mean hidden layers: one for each frame and scale.
            ReadOutCount = score == ScoreKind.Logit ? frameCount * Math.Min(frameCount, head.MaxScale) : null,
            ProjectionCost = BenchWorkload.ProjectionCost(head, frameCount),
        };
    }

    private BenchCase Sampled(TemporalHead head, int frameCount)
    {
        const int MaxCount = 1024;
        var estimator = new SampledEsv { MaxCount = MaxCount, Seed = BenchWorkload.Seed, ThreadCount = threadCount };
        return new BenchCase(
            $"{Title(head)} {frameCount} m={MaxCount}", head, frameCount, estimator.Name, ScoreKind.SoftmaxOfMean,
            Estimate(head, frameCount, ScoreKind.SoftmaxOfMean, estimator))
        {
            MaxCount = MaxCount,
            SubsequenceCount = CountScored(frameCount, MaxCount, isStep: false),
            ProjectionCost = BenchWorkload.ProjectionCost(head, frameCount),
        };
    }

    /// <summary>A step of a full window, by one frame; another frame each time.</summary>
    private BenchCase Sliding(TemporalHead head, int frameCount, int? maxCount)
    {
        var options = new SlidingOptions { MaxCount = maxCount, Seed = BenchWorkload.Seed, ThreadCount = threadCount };
        var sliding = new SlidingEsv(head.CreateWindow(frameCount, threadCount), _workload.Prior, options);
        float[] features = _workload.Features(2 * frameCount);
        sliding.Push(features.AsSpan(0, frameCount * BenchWorkload.FeatureSize));
        int next = frameCount;
        return new BenchCase(
            $"{Title(head)} {frameCount} step {(maxCount is null ? "exact" : $"m={maxCount}")}", head, frameCount,
            maxCount is null ? ExactEsv.EstimatorName : SampledEsv.EstimatorName, options.Score,
            () =>
            {
                sliding.Push(features.AsSpan(next * BenchWorkload.FeatureSize, BenchWorkload.FeatureSize));
                next = (next + 1) % (2 * frameCount);
                return new BenchOutcome(sliding.EvaluationCount, []);
            })
        {
            IsStep = true,
            MaxCount = maxCount,
            SubsequenceCount = CountScored(frameCount, maxCount, isStep: true),
            ProjectionCost = BenchWorkload.ProjectionCostOfStep(head),
        };
    }

    /// <summary>From features on: projecting the frames is part of the work.</summary>
    private Func<BenchOutcome> Estimate(TemporalHead head, int frameCount, ScoreKind score, IEsvEstimator estimator)
    {
        float[] features = _workload.Features(frameCount);
        var once = new StoppingRule();
        return () =>
        {
            ElementShapleyValues result = estimator.Estimate(
                new Game(head.Project(features, frameCount, threadCount), _workload.Prior, score), once);
            return new BenchOutcome(result.EvaluationCount, result.Values);
        };
    }

    private static string Title(TemporalHead head) => head.Kind.ToUpperInvariant();

    private static long CountClosedForm(TemporalHead head, int frameCount)
    {
        long count = 0;
        long choose = 1;
        for (int s = 1; s <= Math.Min(head.MaxScale, frameCount); s++)
            count += choose = choose * (frameCount - s + 1) / s;
        return count;
    }

    /// <summary>
    /// How many subsequences get a score: of each size as many as there are or are kept, and in a step those that hold
    /// the replaced frame, in the mean over a round. (Of the largest sizes Algorithm 1 may happen to meet a few less.)
    /// </summary>
    private static double CountScored(int frameCount, int? maxCount, bool isStep)
    {
        double count = 0;
        double choose = 1;
        for (int s = 1; s <= frameCount; s++)
        {
            choose = choose * (frameCount - s + 1) / s;
            count += Math.Min(choose, maxCount ?? choose) * (isStep ? (double)s / frameCount : 1);
        }

        return Math.Round(count, 2);
    }

    private static string? ProcessorName()
    {
        const string Key = "model name";
        const string File = "/proc/cpuinfo";
        if (!System.IO.File.Exists(File))
            return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        string? line = System.IO.File.ReadLines(File)
            .FirstOrDefault(text => text.StartsWith(Key, StringComparison.Ordinal));
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    /// <summary>What one run gave; no values where none are compared.</summary>
    private readonly record struct BenchOutcome(long EvaluationCount, double[] Values);

    private sealed record BenchCase(
        string Name, TemporalHead Head, int FrameCount, string Estimator, ScoreKind Score, Func<BenchOutcome> Run)
    {
        /// <summary>A sliding window's step, not a whole window.</summary>
        public bool IsStep { get; init; }

        public int? MaxCount { get; init; }

        /// <summary>How many subsequences get a score in a run.</summary>
        public required double SubsequenceCount { get; init; }

        /// <summary>Multiply-adds.</summary>
        public required long ProjectionCost { get; init; }

        /// <summary>How often the second layer is applied; null: once an evaluation.</summary>
        public int? ReadOutCount { get; init; }

        public double? PaperSeconds { get; init; }

        public Func<BenchWorkload, float[], int, double[]>? Plain { get; init; }
    }
}
