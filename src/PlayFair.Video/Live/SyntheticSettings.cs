using System.Globalization;
using PlayFair.Moves;

namespace PlayFair.Video;

/// <summary>What a synthetic camera films, and how.</summary>
/// <param name="Seed">Fixes every pixel.</param>
/// <param name="FramesPerSecond">Frames a second, 0.1 to 240.</param>
/// <param name="Height">Rows of the picture before it is fitted into the frame, 24 to 1080.</param>
/// <param name="IsFast">Whether frames come as fast as they are taken.</param>
internal sealed record SyntheticSettings(int Seed, double FramesPerSecond, int Height, bool IsFast)
{
    /// <summary>Columns of the picture.</summary>
    public int Width => (int)Math.Round(Height * Scene.Aspect);

    /// <param name="rest">What follows "synthetic:".</param>
    public static SyntheticSettings Parse(string text, string rest)
    {
        string[] parts = rest.Split('?', 2);
        if (!int.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int seed))
            throw Wrong(text, $"has the seed '{parts[0]}'", "Expected a whole number, such as synthetic:1");
        var settings = new SyntheticSettings(seed, FramesPerSecond: 12, Height: 120, IsFast: false);
        foreach (string field in parts.Length == 2 ? parts[1].Split('&') : [])
        {
            string[] pair = field.Split('=', 2);
            string value = pair.Length == 2 ? pair[1] : "";
            settings = pair[0] switch
            {
                "fps" when Number(value) is { } fps and >= 0.1 and <= 240
                    => settings with { FramesPerSecond = fps },
                "fps" => throw Wrong(text, $"has fps={value}", "Expected 0.1 to 240"),
                "height" when Number(value) is { } height and >= 24 and <= 1080 && double.IsInteger(height)
                    => settings with { Height = (int)height },
                "height" => throw Wrong(text, $"has height={value}", "Expected 24 to 1080"),
                "pace" when value is "fast" or "real" => settings with { IsFast = value == "fast" },
                "pace" => throw Wrong(text, $"has pace={value}", "Expected real or fast"),
                _ => throw Wrong(text, $"has a field '{pair[0]}'", "Expected fps, height or pace"),
            };
        }

        return settings;
    }

    private static double? Number(string text) =>
        double.TryParse(text, CultureInfo.InvariantCulture, out double number) ? number : null;

    private static SourceException Wrong(string text, string found, string remedy) =>
        VideoSource.Malformed($"'{Redaction.OfAddress(text)}' {found}", remedy);
}
