namespace PlayFair.Engine.Tests;

/// <summary>The packages in <c>models</c> and the labelled videos in <c>samples</c>.</summary>
internal static class ShippedModels
{
    /// <summary>Every class has one sample; the first sixteen are pairs (2i, 2i + 1), one the other played backwards.</summary>
    public const int ReversibleClassCount = 16;

    public static string Folder(string name) => Path.Combine(Footage.Checkout, "models", name);

    /// <summary>Path and class index of every sample, from <c>samples/labels.csv</c>: file, class, name, seed.</summary>
    public static IReadOnlyList<(string Path, int Class)> Samples() =>
    [
        .. File.ReadLines(Path.Combine(Footage.Checkout, "samples", "labels.csv")).Skip(1)
            .Select(line => line.Split(','))
            .Select(cells => (Path.Combine(Footage.Checkout, "samples", cells[0]), int.Parse(cells[1], null))),
    ];
}
