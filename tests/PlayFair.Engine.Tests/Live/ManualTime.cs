namespace PlayFair.Engine.Tests;

/// <summary>A clock that stands still until it is told to go on; without timers.</summary>
internal sealed class ManualTime : TimeProvider
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private TimeSpan _elapsed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _elapsed.Ticks;

    public override DateTimeOffset GetUtcNow() => s_start + _elapsed;

    public void Advance(TimeSpan time) => _elapsed += time;
}
