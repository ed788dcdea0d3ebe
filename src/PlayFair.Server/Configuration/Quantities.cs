using System.Globalization;

namespace PlayFair.Server;

/// <summary>Durations and sizes as people write them: <c>7d</c>, <c>500MB</c>.</summary>
internal static class Quantities
{
    public const string ExpectedDuration = "a duration such as 90s, 30m, 12h or 7d";
    public const string ExpectedSize = "a size of 1 MiB or more, such as 500000000, 500MB or 2GiB";

    private const double LeastSize = 1 << 20;

    private static readonly (string Unit, double Seconds)[] Durations =
        [("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];

    private static readonly (string Unit, double Bytes)[] Sizes =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("kB", 1e3), ("KB", 1e3),
        ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("B", 1), ("", 1),
    ];

    /// <summary>A duration above 0; null if it is none.</summary>
    public static TimeSpan? Duration(string text) =>
        Quantity(text, Durations) is { } seconds && seconds > 0 && seconds < TimeSpan.MaxValue.TotalSeconds
            ? TimeSpan.FromSeconds(seconds)
            : null;

    /// <summary>A number of bytes, as large as a store must be; null if it is none.</summary>
    public static long? Size(string text) =>
        Quantity(text, Sizes) is { } bytes && bytes >= LeastSize && bytes < long.MaxValue ? (long)bytes : null;

    public static string Write(TimeSpan duration)
    {
        (string unit, double seconds) = Durations.Last(known => duration.TotalSeconds % known.Seconds == 0
            || known.Seconds == 1);
        return $"{duration.TotalSeconds / seconds}{unit}";
    }

    private static double? Quantity(string text, (string Unit, double Factor)[] units)
    {
        foreach ((string unit, double factor) in units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(
                    text.AsSpan(0, text.Length - unit.Length).TrimEnd(), NumberStyles.AllowDecimalPoint,
                    CultureInfo.InvariantCulture, out double number))
            {
                return number * factor;
            }
        }

        return null;
    }
}
