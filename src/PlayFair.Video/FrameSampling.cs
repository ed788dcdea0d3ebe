using System.Globalization;

namespace PlayFair.Video;

/// <summary>Which of a video's frames are kept. Frames are counted over all that decode, from 0.</summary>
public abstract record FrameSampling
{
    private protected FrameSampling()
    {
    }

    /// <summary>Every frame.</summary>
    public static FrameSampling All { get; } = new AllFrames();

    /// <summary>The middle of each of <paramref name="count"/> equal segments.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is below 1.</exception>
    public static FrameSampling Uniform(int count) => new UniformSampling(count);

    /// <summary>Frames 0, step, 2·step, ...</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is below 1.</exception>
    public static FrameSampling EveryKth(int step) => new EveryKthSampling(step);

    /// <summary>A target rate, by presentation time.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="hz"/> is not finite and positive.</exception>
    public static FrameSampling Rate(double hz) => new RateSampling(hz);

    /// <summary>
    /// A fresh rule for one pass over the frames in order: told each frame's index and time, says whether to keep it.
    /// </summary>
    /// <param name="frameCount">L, the number of frames that decode; only uniform sampling looks at it.</param>
    internal abstract Func<long, TimeSpan, bool> StartPass(long frameCount);
}

/// <summary>Every frame.</summary>
public sealed record AllFrames : FrameSampling
{
    public override string ToString() => "all";

    internal override Func<long, TimeSpan, bool> StartPass(long frameCount) => static (_, _) => true;
}

/// <summary>The middle of each of n equal segments: of L frames, frame ⌊iL/n + L/2n⌋ for i = 0..n−1.</summary>
/// <remarks>The test-mode sampler of Price and Damen's code. Needs L ≥ n: below that frames would repeat.</remarks>
public sealed record UniformSampling : FrameSampling
{
    public UniformSampling(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Count = count;
    }

    /// <summary>n, at least 1.</summary>
    public int Count { get; }

    /// <summary>Index of the i-th of n frames out of L: ⌊(2i + 1)·L / 2n⌋, in whole numbers.</summary>
    /// <param name="i">0 to n − 1.</param>
    /// <param name="frameCount">L ≥ n.</param>
    public long IndexOf(int i, long frameCount) => (long)(((2 * (Int128)i) + 1) * frameCount / (2 * (Int128)Count));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"uniform {Count}");

    internal override Func<long, TimeSpan, bool> StartPass(long frameCount)
    {
        int next = 0;
        return (index, _) =>
        {
            if (next == Count || index != IndexOf(next, frameCount))
                return false;
            next++;
            return true;
        };
    }
}

/// <summary>The frames of a span of time: all, or some of them as <see cref="UniformSampling"/> takes them.</summary>
/// <param name="From">Since the video's first frame, included.</param>
/// <param name="To">Since the video's first frame, not included; null: up to the last.</param>
public sealed record SpanSampling(TimeSpan From, TimeSpan? To = null) : FrameSampling
{
    /// <summary>How many of the span's frames; null: all.</summary>
    public int? Count { get; init; }

    /// <summary>How many frames there are in the span; only a count looks at it.</summary>
    public long Total { get; init; }

    internal override Func<long, TimeSpan, bool> StartPass(long frameCount)
    {
        Func<long, TimeSpan, bool> keeps = (Count is { } count ? Uniform(count) : All).StartPass(Total);
        long index = 0;
        return (_, time) => time >= From && !(time >= To) && keeps(index++, time);
    }
}

/// <summary>Frames 0, k, 2k, ...</summary>
public sealed record EveryKthSampling : FrameSampling
{
    public EveryKthSampling(int step)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        Step = step;
    }

    /// <summary>k, at least 1.</summary>
    public int Step { get; }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"every {Step}");

    internal override Func<long, TimeSpan, bool> StartPass(long frameCount) => (index, _) => index % Step == 0;
}

/// <summary>
/// The first frame at or after each tick j/hz, j = 0, 1, ..., counted from the first frame's time. A frame that is the
/// first after several ticks is kept once: sampling never repeats a frame, nor invents one.
/// </summary>
public sealed record RateSampling : FrameSampling
{
    /// <summary>
    /// Containers that count in milliseconds round 1/3 s to 0.333 s; half a millisecond of grace keeps that frame on
    /// its tick.
    /// </summary>
    private const double GraceSeconds = 0.0005;

    public RateSampling(double hz)
    {
        if (!double.IsFinite(hz) || hz <= 0)
            throw new ArgumentOutOfRangeException(nameof(hz), hz, "A rate is a finite number of hertz above 0.");
        Hz = hz;
    }

    /// <summary>Ticks per second, above 0.</summary>
    public double Hz { get; }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"rate {Hz} Hz");

    /// <summary>The number of ticks up to a time, as a fraction.</summary>
    internal static double Ticks(TimeSpan time, double hz) => (time.TotalSeconds + GraceSeconds) * hz;

    internal override Func<long, TimeSpan, bool> StartPass(long frameCount)
    {
        var sampler = new RateSampler();
        return (_, time) => sampler.Keeps(time, Hz);
    }
}

/// <summary>The rule of <see cref="RateSampling"/> for frames as they come, at a rate that may change.</summary>
internal sealed class RateSampler
{
    private TimeSpan? _lastKept;

    /// <summary>Whether a frame is the first since the last one kept that is at or after a tick of this rate.</summary>
    public bool Keeps(TimeSpan time, double hz)
    {
        if (_lastKept is { } last &&
            RateSampling.Ticks(time, hz) < Math.Floor(RateSampling.Ticks(last, hz)) + 1)
        {
            return false;
        }

        _lastKept = time;
        return true;
    }
}
