using System.Globalization;
using PlayFair.Engine;
using Spectre.Console;

namespace PlayFair.Cli;

/// <summary>An attribution drawn for a terminal: a line for each frame, with a signed bar for each class.</summary>
internal sealed class TerminalView(IAnsiConsole console)
{
    private const int HalfBar = 8;

    // Blue and orange: told apart by every kind of colour vision, and by the side of the zero line.
    private const string Supporting = "dodgerblue1";
    private const string Distracting = "darkorange";

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
            + $"{document.Settings.Estimator}, {document.EvaluationCount} head evaluations");
        foreach (string warning in document.Warnings)
            Line($"[{Distracting}]warning:[/] {Escape(warning)}");
        Line("");
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
        string bar = new(' ', 2 * HalfBar);
        string titles = $"[dim] frame     time  {"φ of a",-10}{bar}";
        if (second is not null)
            titles += $"   {"φ of b",-10}{bar}   δ = φa − φb";
        Line(titles + "[/]");
        foreach (AttributedFrame frame in document.Frames)
        {
            double a = first.Esv[frame.Position];
            string time = frame.TimeSeconds is { } seconds ? Text($"{seconds,7:0.00}s") : $"{"",8}";
            string line = $"{frame.Index,6} {time}  {Signed(a)} {Bar(a, largest)}";
            if (second is not null)
            {
                double b = second.Esv[frame.Position];
                line += $"  {Signed(b)} {Bar(b, largest)}  {Signed(a - b)}";
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

    private void Sum(string name, AttributedClass c) => Line(Text(
        $"Σφ of {name} = {c.EsvSum:+0.000000;-0.000000} = f(X) − f(∅) = {c.Score - c.Prior:+0.000000;-0.000000}  (gap {Math.Abs(c.EfficiencyGap):0.0e+0})"));

    /// <summary>A bar to the right of the zero line for a supporting value, to the left for a distracting one.</summary>
    private static string Bar(double value, double largest)
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

    private static string Signed(double value) => value.ToString("+0.0000;-0.0000; 0.0000", CultureInfo.InvariantCulture);

    private static AttributedClass Find(AttributionDocument document, int index) =>
        document.Classes.Single(c => c.Index == index);

    private static string Escape(string text) => Markup.Escape(Terminals.OneLine(text));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private void Line(string markup) => console.MarkupLine(markup);
}
