using System.Globalization;
using PlayFair.Contracts;

namespace PlayFair.Cli.Watch;

/// <summary>A video's status in words and numbers, wherever it is shown.</summary>
internal static class VideoText
{
    /// <summary>A state as the JSON names it.</summary>
    public static string State(VideoState state) => state.ToString().ToLowerInvariant();

    public static string Milliseconds(Latency? latency) => latency is null ? "–" : Text($"{latency.P95Ms:0} ms");

    public static string UpdatesPerSecond(VideoStatus status) => Text($"{status.UpdatesPerSecond:0.0}");

    /// <summary>What the machine manages of what was asked for.</summary>
    public static string Quality(VideoQuality quality)
    {
        if (quality.Level == 0)
            return "all";
        string samples = quality.Samples is { } m ? $"m = {m}, " : "";
        return Text($"−{quality.Level} ({samples}{quality.RateHz:0.##} frames/s)");
    }

    /// <summary>A time to come: <c>now</c>, <c>in 3 s</c>, <c>in 2 min</c>.</summary>
    public static string In(TimeSpan time) => time.TotalSeconds switch
    {
        <= 0.5 => "now",
        < 120 => Text($"in {Math.Ceiling(time.TotalSeconds):0} s"),
        _ => Text($"in {Math.Ceiling(time.TotalMinutes):0} min"),
    };

    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
