using System.Diagnostics;

namespace PlayFair.Cli.Bench;

/// <summary>How long something took, over many runs.</summary>
/// <param name="RunCount">How many runs were timed.</param>
/// <param name="Median">Of all timed runs; of two middle ones the later.</param>
/// <param name="Fastest">The least disturbed run.</param>
internal sealed record Timing(int RunCount, TimeSpan Median, TimeSpan Fastest)
{
    /// <summary>Runs it for a while until its code is final, then times runs for a while.</summary>
    /// <param name="run">What is timed, from start to end.</param>
    /// <param name="effort">How long.</param>
    public static Timing Of(Action run, Effort effort, CancellationToken ct)
    {
        // At least once, so that what is timed has its memory and its code.
        List<TimeSpan> times = Repeat(run, 1, effort.WarmUp, ct);
        if (times.Count > 1 || times[0] < effort.LongRun)
            times = Repeat(run, effort.LeastRunCount, effort.Measuring, ct);
        times.Sort();
        return new Timing(times.Count, times[times.Count / 2], times[0]);
    }

    private static List<TimeSpan> Repeat(Action run, int leastCount, TimeSpan duration, CancellationToken ct)
    {
        var times = new List<TimeSpan>();
        long start = Stopwatch.GetTimestamp();
        do
        {
            ct.ThrowIfCancellationRequested();
            long begin = Stopwatch.GetTimestamp();
            run();
            times.Add(Stopwatch.GetElapsedTime(begin));
        }
        while (times.Count < leastCount || Stopwatch.GetElapsedTime(start) < duration);

        return times;
    }
}

/// <summary>How much time a measurement may take; what is slow takes longer, for its least number of runs.</summary>
/// <param name="WarmUp">Tiered compilation takes some tenths of a second to find and replace hot code.</param>
/// <param name="LongRun">If the first run takes longer than this, it counts, and is the only one.</param>
internal sealed record Effort(TimeSpan WarmUp, TimeSpan Measuring, int LeastRunCount, TimeSpan LongRun)
{
    public static Effort Full { get; } = new(
        TimeSpan.FromSeconds(0.6), TimeSpan.FromSeconds(1.2), LeastRunCount: 5, LongRun: TimeSpan.MaxValue);

    public static Effort Quick { get; } = new(
        TimeSpan.FromSeconds(0.05), TimeSpan.FromSeconds(0.1), LeastRunCount: 1, LongRun: TimeSpan.FromSeconds(0.1));
}
