using System.Globalization;

namespace PlayFair.Cli.Approximation;

/// <summary>One of the paper's measures, as it prints it.</summary>
internal sealed record Measure(
    string Title, string Hint, string Format, Func<ApproximationLine, double> Value,
    Func<ApproximationLine, double?> Paper)
{
    public static IReadOnlyList<Measure> All { get; } =
    [
        new(
            "Relative error, %", "0 is best", "0.0", line => 100 * line.RelativeError,
            line => 100 * line.PaperRelativeError),
        new(
            "Slope by least absolute deviations", "1 is best", "0.00", line => line.LadSlope,
            line => line.PaperLadSlope),
        new("Pearson's r", "1 is best", "0.00", line => line.Correlation, line => line.PaperCorrelation),
    ];

    public string Text(ApproximationLine line) => Value(line).ToString(Format, CultureInfo.InvariantCulture);

    /// <summary>Empty where the paper has none.</summary>
    public string PaperText(ApproximationLine line) =>
        Paper(line)?.ToString(Format, CultureInfo.InvariantCulture) ?? "";
}
