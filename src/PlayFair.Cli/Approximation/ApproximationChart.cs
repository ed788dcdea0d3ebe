using System.Globalization;
using System.Text;

namespace PlayFair.Cli.Approximation;

/// <summary>
/// Draws relative error against evaluations, both logarithmic, as an SVG picture: a panel for each score.
/// </summary>
internal static class ApproximationChart
{
    /// <summary>The picture's style; a page that shows the picture admits it by its hash.</summary>
    public const string Style =
        """
        .chart { color-scheme: light dark; --page: #ffffff; --grid: #e4e4df; --ink: #1d2126; --muted: #5a626b;
          --series-0: #1d2126; --series-1: #7b3fa3; --series-2: #00756a; --series-3: #b3256e;
          font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
        @media (prefers-color-scheme: dark) {
          .chart { --page: #1a1e22; --grid: #31373d; --ink: #e6e8eb; --muted: #9ca5af;
            --series-0: #e6e8eb; --series-1: #c69be6; --series-2: #4fc7b4; --series-3: #f08db9; }
        }
        .chart .page { fill: var(--page); }
        .chart text { fill: var(--ink); }
        .chart .tick { fill: var(--muted); font-size: 12px; font-variant-numeric: tabular-nums; }
        .chart .title { font-weight: 600; font-size: 14px; }
        .chart .grid { stroke: var(--grid); }
        .chart .axis { stroke: var(--muted); fill: none; }
        .chart .exact { stroke: var(--muted); stroke-dasharray: 5 4; }
        .chart .line { fill: none; stroke-width: 2; }
        .chart .s0 { stroke: var(--series-0); } .chart .m0 { fill: var(--series-0); }
        .chart .s1 { stroke: var(--series-1); } .chart .m1 { fill: var(--series-1); }
        .chart .s2 { stroke: var(--series-2); } .chart .m2 { fill: var(--series-2); }
        .chart .s3 { stroke: var(--series-3); } .chart .m3 { fill: var(--series-3); }
        """;

    private const double PanelWidth = 500;
    private const double PanelHeight = 380;
    private const double Left = 64;
    private const double Right = 30;
    private const double Top = 76;
    private const double Bottom = 52;

    /// <summary>Two names fit above one panel.</summary>
    private const double LegendWidth = 220;

    /// <summary>Rounding: an estimate that came out exact has no place on a logarithmic axis.</summary>
    private const double LeastError = 1e-5;

    /// <summary>Each has its colour and mark in every panel.</summary>
    private static readonly string[] Estimators =
        ["subsequence-sampling", "closed-form-sampling", "permutation", "leverage-regression"];

    public static string Draw(ApproximationDocument document)
    {
        ApproximationLine[] lines = [.. document.Compared.Where(line => line.RelativeError > LeastError)];
        string[] scores = [.. document.Scores];
        double width = scores.Length * PanelWidth;
        double height = Top + PanelHeight;
        var svg = new StringBuilder();
        svg.Append("<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" ");
        svg.Append("aria-label=\"Relative error against evaluations, for each estimator\" ");
        svg.Append(Text($"viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n"));
        svg.Append("<style>").Append(Style).Append("</style>\n");
        svg.Append(Text($"<rect class=\"page\" width=\"{width}\" height=\"{height}\"/>\n"));
        Legend(svg, lines);
        if (lines.Length > 0)
        {
            var x = LogAxis.Over([.. lines.Select(line => line.Evaluations), document.ExactEvaluations]);
            var y = LogAxis.Over([.. lines.Select(line => line.RelativeError)]);
            for (int panel = 0; panel < scores.Length; panel++)
            {
                ApproximationLine[] own = [.. lines.Where(line => line.Score == scores[panel])];
                Panel(svg, document, own, scores[panel], panel * PanelWidth, x, y);
            }
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Legend(StringBuilder svg, ApproximationLine[] lines)
    {
        int place = 0;
        for (int e = 0; e < Estimators.Length; e++)
        {
            if (!Array.Exists(lines, line => line.Estimator == Estimators[e]))
                continue;
            double x = Left + (place % 2 * LegendWidth);
            double y = 20 + (place / 2 * 22);
            place++;
            svg.Append(Text($"<path class=\"line s{e}\" d=\"M{x} {y}h26\"/>"));
            Mark(svg, e, x + 13, y);
            svg.Append(Text($"<text x=\"{x + 34}\" y=\"{y + 4}\">{Estimators[e]}</text>\n"));
        }
    }

    private static void Panel(
        StringBuilder svg, ApproximationDocument document, ApproximationLine[] lines, string score, double left,
        LogAxis x, LogAxis y)
    {
        double x0 = left + Left;
        double x1 = left + PanelWidth - Right;
        double y0 = Top + PanelHeight - Bottom;
        double y1 = Top + 24;
        double X(double value) => x0 + (x.Place(value) * (x1 - x0));
        double Y(double value) => y0 + (y.Place(value) * (y1 - y0));

        svg.Append(Text($"<text class=\"title\" x=\"{x0}\" y=\"{Top + 8}\">{score}: relative error</text>\n"));
        foreach (double tick in x.Ticks)
        {
            svg.Append(Text($"<path class=\"grid\" d=\"M{X(tick):0.0} {y0}V{y1}\"/>"));
            Label(svg, "middle", X(tick), y0 + 18, Count(tick));
        }

        foreach (double tick in y.Ticks)
        {
            svg.Append(Text($"<path class=\"grid\" d=\"M{x0} {Y(tick):0.0}H{x1}\"/>"));
            Label(svg, "end", x0 - 8, Y(tick) + 4, Text($"{100 * tick:0.####} %"));
        }

        svg.Append(Text($"<path class=\"axis\" d=\"M{x0} {y1}V{y0}H{x1}\"/>\n"));
        string what = document.MaxScale > 1 ? "evaluations of the single-scale models" : "subsequences evaluated";
        Label(svg, "middle", (x0 + x1) / 2, y0 + 40, what);
        double exact = X(document.ExactEvaluations);
        svg.Append(Text($"<path class=\"exact\" d=\"M{exact:0.0} {y0}V{y1}\"/>"));
        Label(svg, "end", exact - 6, y1 + 10, "exact");

        for (int e = 0; e < Estimators.Length; e++)
        {
            ApproximationLine[] own =
                [.. lines.Where(line => line.Estimator == Estimators[e]).OrderBy(line => line.Evaluations)];
            if (own.Length == 0)
                continue;
            string path = string.Join(
                'L', own.Select(line => Text($"{X(line.Evaluations):0.0} {Y(line.RelativeError):0.0}")));
            svg.Append(Text($"<path class=\"line s{e}\" d=\"M{path}\"/>\n"));
            foreach (ApproximationLine line in own)
            {
                string words = Text($"{line.Estimator}: {line.Evaluations:0} evaluations, {line.RelativeError:0.00%}");
                svg.Append(Text($"<g><title>{words}</title>"));
                Mark(svg, e, X(line.Evaluations), Y(line.RelativeError));
                svg.Append("</g>\n");
            }
        }
    }

    private static void Label(StringBuilder svg, string anchor, double x, double y, string words) =>
        svg.Append(Text($"<text class=\"tick\" text-anchor=\"{anchor}\" x=\"{x:0.0}\" y=\"{y:0.0}\">{words}</text>\n"));

    private static void Mark(StringBuilder svg, int series, double x, double y)
    {
        string shape = series switch
        {
            0 => Text($"M{x - 4:0.0} {y:0.0}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0"),
            1 => Text($"M{x - 4:0.0} {y - 4:0.0}h8v8h-8z"),
            2 => Text($"M{x:0.0} {y - 5:0.0}l5 9h-10z"),
            _ => Text($"M{x:0.0} {y - 5.5:0.0}l5.5 5.5l-5.5 5.5l-5.5 -5.5z"),
        };
        svg.Append(Text($"<path class=\"m{series}\" d=\"{shape}\"/>"));
    }

    private static string Count(double value) => value switch
    {
        >= 1e9 => Text($"{value / 1e9:0.#} G"),
        >= 1e6 => Text($"{value / 1e6:0.#} M"),
        >= 1e3 => Text($"{value / 1e3:0.#} k"),
        _ => Text($"{value:0.#}"),
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// From the tick below the least value to the one above the largest; ticks at 1 and, over few decades, 3.
    /// </summary>
    private sealed class LogAxis
    {
        private readonly double _low;
        private readonly double _high;

        private LogAxis(double low, double high, bool hasThirds)
        {
            double[] steps = hasThirds ? [1, 3] : [1];
            int decadeCount = (int)Math.Ceiling(Math.Log10(high / low)) + 3;
            double[] all = [.. Enumerable.Range((int)Math.Floor(Math.Log10(low)), decadeCount)
                .SelectMany(decade => steps.Select(step => step * Math.Pow(10, decade)))];
            // A hair's breadth is left, so that rounding moves no value past its own tick.
            int first = Array.FindLastIndex(all, tick => tick <= low * (1 + 1e-9));
            int last = Array.FindIndex(all, tick => tick >= high * (1 - 1e-9));
            Ticks = all[first..(Math.Max(last, first + 1) + 1)];
            _low = Math.Log(Ticks[0]);
            _high = Math.Log(Ticks[^1]);
        }

        public double[] Ticks { get; }

        public static LogAxis Over(double[] values) =>
            new(values.Min(), values.Max(), hasThirds: values.Max() / values.Min() < 1e4);

        /// <summary>0 at the low end, 1 at the high one.</summary>
        public double Place(double value) => (Math.Log(value) - _low) / (_high - _low);
    }
}
