using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using PlayFair.Attribution;
using PlayFair.Engine;

namespace PlayFair.Cli.Commands;

/// <summary>The options that say how values are computed, and what they ask for together.</summary>
internal static class EstimationArguments
{
    private const int MaxSamples = 1_000_000;

    // Exact in the double that readers of JSON may take it for.
    private const ulong MaxSeed = (1UL << 53) - 1;

    private static readonly EstimationOptions Default = new();

    private static readonly Option<string?> Estimator = new("--estimator")
    {
        CustomParser = ParseEstimator,
        Description = $"How the values are computed: {string.Join(", ", Estimators.Names)}; the last two for "
            + "an ONNX head only. Default: exact where that is feasible, else (or with any of the next six options) "
            + "sampling, by the closed form for the scores that it takes, and by leverage-regression for an ONNX head.",
        HelpName = "NAME",
    };

    private static readonly Option<int?> Samples = new("--samples")
    {
        CustomParser = result => Parsing.Count(result, MaxSamples, $"1 to {MaxSamples}"),
        Description = "How much an iteration draws: subsequences of each size; for permutation, pairs of orders; for "
            + "leverage-regression, coalitions. Default: 1024, 8 and 16 for each frame.",
        HelpName = "M",
    };

    private static readonly Option<int?> Iterations = new("--iterations")
    {
        CustomParser = result => Parsing.Count(result, int.MaxValue, $"1 to {int.MaxValue}"),
        Description = "How many iterations at most; from two on, values have standard errors. "
            + $"Default: {EstimationOptions.DefaultIterations}, or no limit with --tolerance, --budget or --time.",
        HelpName = "N",
    };

    private static readonly Option<double?> Tolerance = new("--tolerance")
    {
        CustomParser = ParseTolerance,
        Description = "Stop when the largest standard error, relative to the mean |φ|, is below this: '5%' or 0.05.",
        HelpName = "X",
    };

    private static readonly Option<long?> Budget = new("--budget")
    {
        CustomParser = result => Parsing.Count(result, long.MaxValue, "a whole number of head evaluations, at least 1"),
        Description = "How many head evaluations at most; the first iteration is always done.",
        HelpName = "N",
    };

    private static readonly Option<TimeSpan?> Time = new("--time")
    {
        CustomParser = ParseTime,
        Description = "Begin no iteration later than this: '500ms', '10s', '2m', '1h'. The result then depends on the "
            + "machine's speed.",
        HelpName = "DURATION",
    };

    private static readonly Option<ulong?> Seed = new("--seed")
    {
        CustomParser = result => Parsing.Integer(result, 0UL, MaxSeed, $"0 to {MaxSeed}"),
        Description = "Fixes every random choice. Default: 0.",
        HelpName = "N",
    };

    private static readonly (string Suffix, double Seconds)[] TimeUnits =
        [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)];

    /// <summary>The options, in the order of the help; all but the first are about sampling.</summary>
    public static IReadOnlyList<Option> Options { get; } =
        [Estimator, Samples, Iterations, Seed, Tolerance, Budget, Time];

    /// <param name="maxScale">n_max of the model; null if it takes any length by itself.</param>
    /// <param name="score">Which score is attributed.</param>
    /// <exception cref="UsageException">Exact values were asked for, and how to sample them.</exception>
    public static EstimationOptions Read(ParseResult arguments, int? maxScale, ScoreKind score)
    {
        string? estimator = arguments.GetValue(Estimator);
        string? samplingOption =
            Options.Skip(1).FirstOrDefault(option => arguments.GetResult(option) is not null)?.Name;
        if (estimator == ExactEsv.EstimatorName && samplingOption is not null)
        {
            throw new UsageException(
                $"{samplingOption} is about sampling, and --estimator {estimator} does not sample. Leave out one of "
                + "the two.");
        }

        return new EstimationOptions
        {
            Estimator = estimator ?? (samplingOption is null ? null : Estimators.DefaultSampler(maxScale, score)),
            Samples = arguments.GetValue(Samples),
            Iterations = arguments.GetValue(Iterations),
            Seed = arguments.GetValue(Seed) ?? Default.Seed,
            Tolerance = arguments.GetValue(Tolerance),
            Budget = arguments.GetValue(Budget),
            Time = arguments.GetValue(Time),
        };
    }

    private static string? ParseEstimator(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (Estimators.Names.Contains(text, StringComparer.Ordinal))
            return text;
        result.AddError(
            $"{Parsing.OptionName(result)} is '{text}'; expected one of {string.Join(", ", Estimators.Names)}.");
        return null;
    }

    private static double? ParseTolerance(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        bool isPercent = text.EndsWith('%');
        // Above 1 it would be no limit worth the name, and most likely a percentage without its sign.
        if (TryParse(isPercent ? text[..^1] : text, out double number)
            && (isPercent ? number / 100 : number) is > 0 and <= 1 and double tolerance)
        {
            return tolerance;
        }

        result.AddError(
            $"{Parsing.OptionName(result)} is '{text}'; expected a relative standard error such as 5% or 0.05, above "
            + "0 and at most 100%.");
        return null;
    }

    private static TimeSpan? ParseTime(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        foreach ((string suffix, double seconds) in TimeUnits)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal) && TryParse(text[..^suffix.Length], out double number)
                && number * seconds is >= 0.001 and < 1e9 and double duration)
            {
                return TimeSpan.FromSeconds(duration);
            }
        }

        result.AddError(
            $"{Parsing.OptionName(result)} is '{text}'; expected a duration with its unit, at least 1ms: 500ms, 10s, "
            + "2m, 1h.");
        return null;
    }

    private static bool TryParse(string text, out double number) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
}
