using System.Globalization;
using PlayFair.Attribution;
using PlayFair.Engine;
using Spectre.Console;

namespace PlayFair.Cli;

/// <summary>An attribution drawn for a terminal: a line for each frame, with a signed bar for each class.</summary>
internal sealed class TerminalView(IAnsiConsole console)
{
    private const int HalfBar = 8;
    private const int ErrorWidth = 8;

    /// <summary>A larger difference between Σφ and f(X) − f(∅) is no rounding.</summary>
    private const double RoundingGap = 1e-6;

    // Blue and orange: told apart by every kind of colour vision, and by the side of the zero line.
    public const string Supporting = "dodgerblue1";
    public const string Distracting = "darkorange";

    public void Show(AttributionDocument document)
    {
        AttributedClass first = Find(document, document.Selected[0]);
        AttributedClass? second = document.Selected.Count > 1
            ? Find(document, document.Selected[1])
            : document.Classes.FirstOrDefault(c => c.Index != first.Index);

        Heading(document);
        Scores(document, first, second);
        Frames(document, first, second);
        Sums(document, first, second);
    }

    private void Heading(AttributionDocument document)
    {
        if (document.Video is { } video)
        {
            string rate = video.FrameRateHz is { } hz ? Text($", {hz:0.##} frames/s") : "";
            Line($"[bold]{Escape(video.Path)}[/]  {video.Width}×{video.Height}, {video.FrameCount} frames{rate}");
        }
        else
        {
            FeatureSummary features = document.Features!;
            Line($"[bold]{Escape(features.Path)}[/]  {features.FrameCount} frames of {features.FeatureSize} features");
        }

        Line(
            $"{Escape(document.Model.Name)} {Escape(document.Model.Version)} ({document.Model.Head.ToUpperInvariant()}), "
            + $"{document.Frames.Count} frames ({document.Settings.Sampling}), {document.Settings.Score}, "
            + document.Settings.Estimator
            // A sampler that had to take all subsequences is as exact.
            + (document.IsExact && document.Settings.Estimator != ExactEsv.EstimatorName ? " (exact)" : "")
            + (document.IsExact ? Text($", {document.EvaluationCount} head evaluations") : ""));
        if (!document.IsExact)
            Line(Sampling(document));
        foreach (string warning in document.Warnings)
            Line($"[{Distracting}]warning:[/] {Escape(warning)}");
        Line("");
    }

    /// <summary>How it was sampled, what stopped it and what errors are left.</summary>
    private static string Sampling(AttributionDocument document)
    {
        AttributionSettings settings = document.Settings;
        string tooMany = ScoreKinds.TryParse(settings.Score, out ScoreKind score)
            && !Estimators.IsExactFeasible(settings.FrameCount, document.Model.MaxScale, score)
                ? "too many frames for exact values: "
                : "";
        string error = document switch
        {
            { Iterations: 1 } => "standard errors need two iterations",
            { RelativeStandardError: { } relative } =>
                $"largest standard error {Percent(relative)} of the mean |φ|",
            _ => "all φ are 0 on average",
        };
        return $"{tooMany}{Count(document.Iterations!.Value, "iteration")} of {Grouped(settings.Samples!.Value)}, "
            + $"{Count(document.EvaluationCount, "evaluation")}, stopped by: {document.StopReason}; {error}";
    }

    private void Scores(AttributionDocument document, AttributedClass first, AttributedClass? second)
    {
        Line($"recognised: [bold]{Escape(document.Classes[0].Name)}[/]");
        Line(Text($"  a  {first.Score,9:0.0000}  {Escape(first.Name)}  [dim](prior {first.Prior:0.0000})[/]"));
        if (second is not null)
            Line(Text($"  b  {second.Score,9:0.0000}  {Escape(second.Name)}  [dim](prior {second.Prior:0.0000})[/]"));
        foreach (int index in document.Selected.Skip(2))
        {
            AttributedClass c = Find(document, index);
            Line(Text($"     {c.Score,9:0.0000}  {Escape(c.Name)}  [dim](prior {c.Prior:0.0000})[/]"));
        }

        Line("");
    }

    private void Frames(AttributionDocument document, AttributedClass first, AttributedClass? second)
    {
        double largest = first.Esv.Concat(second?.Esv ?? []).Max(Math.Abs);
        bool hasErrors = first.StandardErrors is not null;
        string bar = new(' ', (2 * HalfBar) + (hasErrors ? ErrorWidth : 0));
        string titles = $"[dim] frame     time  {"φ of a",-10}{bar}";
        if (second is not null)
            titles += $"   {"φ of b",-10}{bar}   δ = φa − φb";
        Line(titles + "[/]");
        foreach (AttributedFrame frame in document.Frames)
        {
            double a = first.Esv[frame.Position];
            string time = frame.TimeSeconds is { } seconds ? Text($"{seconds,7:0.00}s") : $"{"",8}";
            string line = $"{frame.Index,6} {time}  {Signed(a)}{Error(first, frame)} {Bar(a, largest)}";
            if (second is not null)
            {
                double b = second.Esv[frame.Position];
                line += $"  {Signed(b)}{Error(second, frame)} {Bar(b, largest)}  {Signed(a - b)}";
            }

            Line(line);
        }

        Line("");
    }

    private void Sums(AttributionDocument document, AttributedClass first, AttributedClass? second)
    {
        int supporting = first.Esv.Count(v => v > 0);
        Line($"{supporting} supporting and {first.Esv.Count - supporting} distracting frames for a");
        Sum("a", first);
        if (second is not null)
            Sum("b", second);
        AttributionTimings t = document.Timings;
        Line(Text(
            $"[dim]decode {t.DecodeSeconds * 1000:0} ms, features {t.FeatureSeconds * 1000:0} ms, attribution {t.AttributionSeconds * 1000:0.0} ms, in all {t.TotalSeconds * 1000:0} ms[/]"));
    }

    private void Sum(string name, AttributedClass c)
    {
        bool holds = Math.Abs(c.EfficiencyGap) <= RoundingGap;
        string gap = holds
            ? Text($"gap {Math.Abs(c.EfficiencyGap):0.0e+0}")
            : Text($"gap {c.EfficiencyGap:+0.0e+0;-0.0e+0}: samples do not keep the sum");
        Line(Text($"Σφ of {name} = {c.EsvSum:+0.000000;-0.000000} {(holds ? '=' : '≠')} f(X) − f(∅) = ")
            + Text($"{c.Score - c.Prior:+0.000000;-0.000000}  ({gap})"));
    }

    /// <summary>A share in percent, to two digits.</summary>
    public static string Percent(double share) => share switch
    {
        0 => "0 %",
        >= 0.1 => Text($"{share * 100:0} %"),
        >= 0.0001 => Text($"{share * 100:0.0#} %"),
        _ => Text($"{share * 100:0.0e+0} %"),
    };

    /// <summary>A number and its noun, as <c>1 iteration</c> and <c>58 160 evaluations</c>.</summary>
    public static string Count(long number, string noun) => $"{Grouped(number)} {noun}{(number == 1 ? "" : "s")}";

    private static string Grouped(long number) =>
        number < 10_000
            ? number.ToString(CultureInfo.InvariantCulture)
            : number.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' ');

    /// <summary>The standard error after a value, <see cref="ErrorWidth"/> wide; nothing where there is none.</summary>
    private static string Error(AttributedClass c, AttributedFrame frame)
    {
        if (c.StandardErrors is not { } errors)
            return "";
        double error = errors[frame.Position];
        return error is > 0 and < 0.00005 ? Text($" ±{error,-6:0e+0}") : Text($" ±{error,-6:0.0000}");
    }

    /// <summary>A bar to the right of the zero line for a supporting value, to the left for a distracting one.</summary>
    public static string Bar(double value, double largest)
    {
        double share = largest > 0 ? Math.Abs(value) / largest : 0;
        int eighths = (int)Math.Round(share * HalfBar * 8), whole = eighths / 8, rest = eighths % 8;
        const string Blocks = " ▏▎▍▌▋▊▉";
        if (value > 0)
        {
            string right = new string('█', whole) + (rest > 0 ? Blocks[rest].ToString() : "");
            return $"{new string(' ', HalfBar)}│[{Supporting}]{right.PadRight(HalfBar)}[/]";
        }

        // There are no characters for blocks that grow from the right but the half one.
        string left = (rest >= 4 ? "▐" : "") + new string('█', whole);
        return $"[{Distracting}]{left.PadLeft(HalfBar)}[/]│{new string(' ', HalfBar)}";
    }

    /// <summary>A value with its sign, in a fixed width.</summary>
    public static string Signed(double value) => value.ToString("+0.0000;-0.0000; 0.0000", CultureInfo.InvariantCulture);

    private static AttributedClass Find(AttributionDocument document, int index) =>
        document.Classes.Single(c => c.Index == index);

    private static string Escape(string text) => Markup.Escape(Terminals.OneLine(text));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private void Line(string markup) => console.MarkupLine(markup);
}
