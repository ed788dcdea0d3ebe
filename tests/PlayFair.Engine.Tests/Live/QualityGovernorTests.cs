namespace PlayFair.Engine.Tests;

public sealed class QualityGovernorTests
{
    private static readonly TimeSpan s_fast = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_late = TimeSpan.FromSeconds(2);

    private readonly ManualTime _time = new();
    private long _dropped;

    [Fact]
    public void Levels_lower_the_samples_first_and_then_the_rate()
    {
        Assert.Equal(
            [
                new QualityLevel(null, 8), new QualityLevel(1024, 8), new QualityLevel(256, 8), new QualityLevel(64, 8),
                new QualityLevel(16, 8), new QualityLevel(16, 4), new QualityLevel(16, 2), new QualityLevel(16, 1),
            ],
            QualityGovernor.Levels(samples: null, window: 16, rateHz: 8));
        Assert.Equal([300, 64, 16, 16, 16, 16], QualityGovernor.Levels(300, 49, 10).Select(level => level.Samples));
    }

    [Fact]
    public void Where_all_subsequences_are_few_only_the_rate_is_lowered()
    {
        // C(4, 2) = 6 of one size: no sample would be smaller than half of that.
        Assert.Equal(
            [new QualityLevel(null, 8), new(null, 4), new(null, 2), new(null, 1)],
            QualityGovernor.Levels(samples: null, window: 4, rateHz: 8));
    }

    [Fact]
    public void Updates_in_time_leave_the_quality_alone()
    {
        QualityGovernor governor = Create();
        Observe(governor, s_fast, TimeSpan.FromMinutes(10));
        Assert.Equal(0, governor.Level);
        Assert.Null(governor.Reason);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Dropped_frames_and_late_updates_lower_it_level_by_level(bool drops)
    {
        QualityGovernor governor = Create();
        var levels = new List<int>();
        for (int second = 0; second < 30; second++)
        {
            _dropped += drops ? 1 : 0;
            Observe(governor, drops ? s_fast : s_late, TimeSpan.FromSeconds(1));
            levels.Add(governor.Level);
        }

        Assert.Equal(Enumerable.Range(0, 8), levels.Distinct());
        Assert.Equal(new QualityLevel(16, 1), governor.Quality);
        Assert.Contains(drops ? "frames dropped" : "2.0 s late", governor.Reason, StringComparison.Ordinal);
        Assert.Contains("16 samples at 1 frames/s instead of exact at 8", governor.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void It_recovers_when_updates_have_been_in_time_for_a_while()
    {
        QualityGovernor governor = Create();
        Observe(governor, s_late, TimeSpan.FromSeconds(4));
        Assert.Equal(2, governor.Level);

        Observe(governor, s_fast, TimeSpan.FromSeconds(9));
        Assert.Equal(2, governor.Level);
        Observe(governor, s_fast, TimeSpan.FromSeconds(30));
        Assert.Equal(0, governor.Level);
        Assert.Null(governor.Reason);
    }

    [Fact]
    public void What_fails_again_at_once_is_tried_again_ever_later()
    {
        QualityGovernor governor = Create();
        var raises = new List<TimeSpan>();
        int level = 0;
        // A machine that manages level 1 and not level 0.
        for (int second = 0; second < 3600; second++)
        {
            Observe(governor, governor.Level == 0 ? s_late : s_fast, TimeSpan.FromSeconds(1));
            if (governor.Level < level)
                raises.Add(TimeSpan.FromSeconds(second));
            level = governor.Level;
        }

        TimeSpan[] pauses = [.. raises.Zip(raises.Skip(1), (a, b) => b - a)];
        Assert.True(pauses.Length > 5);
        Assert.True(pauses[0] < TimeSpan.FromSeconds(30));
        Assert.InRange(pauses[^1], QualityGovernor.MaxPatience, QualityGovernor.MaxPatience + TimeSpan.FromSeconds(10));
    }

    private QualityGovernor Create() => new(QualityGovernor.Levels(samples: null, window: 16, rateHz: 8), _time);

    private void Observe(QualityGovernor governor, TimeSpan lag, TimeSpan duration)
    {
        TimeSpan interval = TimeSpan.FromMilliseconds(125);
        for (TimeSpan passed = TimeSpan.Zero; passed < duration; passed += interval)
        {
            _time.Advance(interval);
            governor.Observe(lag, _dropped);
        }
    }
}
