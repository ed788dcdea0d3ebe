using System.Globalization;

namespace PlayFair.Engine;

/// <summary>What is computed at one level of quality.</summary>
/// <param name="Samples">m; null: exact.</param>
/// <param name="RateHz">Frames sampled a second.</param>
public sealed record QualityLevel(int? Samples, double RateHz);

/// <summary>
/// Decides when a live video is computed with fewer samples, then at a lower rate, because the machine cannot keep up, and
/// when with more again.
/// </summary>
/// <remarks>
/// Every <see cref="Period"/> it looks back: frames were dropped, or the median update came later than
/// <see cref="MaxLag"/>: one level down. No drop, and none later than half of that, for a while: one level up. If that was
/// too early, it waits twice as long before it tries again, up to <see cref="MaxPatience"/>.
/// </remarks>
public sealed class QualityGovernor
{
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    public static readonly TimeSpan MaxLag = TimeSpan.FromMilliseconds(500);

    public static readonly TimeSpan MinPatience = TimeSpan.FromSeconds(10);

    public static readonly TimeSpan MaxPatience = TimeSpan.FromMinutes(5);

    private static readonly int[] s_fewerSamples = [1024, 256, 64, 16];
    private static readonly int[] s_rateDivisors = [2, 4, 8];

    private readonly TimeProvider _time;
    private readonly QualityLevel[] _levels;
    private readonly List<TimeSpan> _lags = [];
    private long _periodStart;
    private long _droppedBefore;
    private long _healthySince;
    private long _lastRaise;
    private TimeSpan _patience = MinPatience;

    /// <param name="levels">Best first; at least one.</param>
    public QualityGovernor(IReadOnlyList<QualityLevel> levels, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(levels);
        ArgumentOutOfRangeException.ThrowIfZero(levels.Count);
        _levels = [.. levels];
        _time = time ?? TimeProvider.System;
        _periodStart = _healthySince = _time.GetTimestamp();
        _lastRaise = long.MinValue;
    }

    /// <summary>0: all that was asked for.</summary>
    public int Level { get; private set; }

    public QualityLevel Quality => _levels[Level];

    /// <summary>Why it is not level 0; null if it is.</summary>
    public string? Reason { get; private set; }

    /// <summary>The levels below what was asked for: m = 1024, 256, 64, 16 where that is less, then rates halved thrice.</summary>
    /// <param name="samples">m asked for; null: exact.</param>
    /// <param name="window">n: of fewer frames there are fewer subsequences to sample.</param>
    public static IReadOnlyList<QualityLevel> Levels(int? samples, int window, double rateHz)
    {
        // The largest number of subsequences of one size, C(n, n/2), bounds what sampling can save.
        double most = 1;
        for (int k = 1; k <= window / 2 && most < int.MaxValue; k++)
            most = most * (window - k + 1) / k;
        double now = Math.Min(samples ?? double.PositiveInfinity, most);
        var levels = new List<QualityLevel> { new(samples, rateHz) };
        foreach (int fewer in s_fewerSamples)
        {
            if (fewer <= now / 2)
                levels.Add(new QualityLevel(fewer, rateHz));
        }

        int? fewest = levels[^1].Samples;
        levels.AddRange(s_rateDivisors.Select(divisor => new QualityLevel(fewest, rateHz / divisor)));
        return levels;
    }

    /// <summary>Told of each update.</summary>
    /// <param name="lag">From its newest frame's arrival until its values were ready.</param>
    /// <param name="droppedCount">Frames dropped so far.</param>
    /// <returns>Whether the level is another one now.</returns>
    public bool Observe(TimeSpan lag, long droppedCount)
    {
        _lags.Add(lag);
        long now = _time.GetTimestamp();
        if (_time.GetElapsedTime(_periodStart, now) < Period)
            return false;

        _lags.Sort();
        TimeSpan median = _lags[_lags.Count / 2], worst = _lags[^1];
        long dropped = droppedCount - _droppedBefore;
        _lags.Clear();
        _periodStart = now;
        _droppedBefore = droppedCount;
        if (dropped > 0 || median > MaxLag)
            return Lower(now, dropped, median);
        if (worst > MaxLag / 2)
            _healthySince = now;
        if (Level == 0 && _time.GetElapsedTime(_healthySince, now) >= MaxPatience)
            _patience = MinPatience;
        return Level > 0 && _time.GetElapsedTime(_healthySince, now) >= _patience && Raise(now);
    }

    private bool Lower(long now, long dropped, TimeSpan median)
    {
        _healthySince = now;
        // The last raise was premature: more patience before the next.
        if (_lastRaise != long.MinValue && _time.GetElapsedTime(_lastRaise, now) < MinPatience)
            _patience = _patience * 2 < MaxPatience ? _patience * 2 : MaxPatience;
        if (Level == _levels.Length - 1)
            return false;
        Level++;
        Reason = string.Create(
            CultureInfo.InvariantCulture,
            $"the machine cannot keep up ({(dropped > 0 ? $"{dropped} frames dropped" : $"updates {median.TotalSeconds:F1} s late")}): ")
            + Describe();
        return true;
    }

    private bool Raise(long now)
    {
        _healthySince = _lastRaise = now;
        Level--;
        Reason = Level == 0 ? null : $"recovering: {Describe()}";
        return true;
    }

    private string Describe()
    {
        string samples = Quality.Samples is { } m ? $"{m} samples" : "exact";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{samples} at {Quality.RateHz:0.###} frames/s instead of {(_levels[0].Samples is { } asked ? $"{asked} samples" : "exact")} at {_levels[0].RateHz:0.###}");
    }
}
