using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using PlayFair.Attribution;

namespace PlayFair.Cli.Approximation;

/// <summary>
/// The evaluation as one self-contained HTML page without script: the picture, the paper's tables, all estimators.
/// </summary>
internal static class ApproximationPage
{
    private const string Style =
        """
        :root { color-scheme: light dark; --page: #f7f7f5; --panel: #ffffff; --rule: #dededa; --ink: #1d2126;
          --muted: #5a626b;
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
        @media (prefers-color-scheme: dark) {
          :root { --page: #121518; --panel: #1a1e22; --rule: #32383f; --ink: #e6e8eb; --muted: #9ca5af; }
        }
        body { margin: 0 auto; padding: 2rem clamp(0.75rem, 3vw, 2rem) 4rem; max-width: 76rem; background: var(--page);
          color: var(--ink); }
        h1 { font-size: 1.6rem; line-height: 1.25; margin: 0; }
        h2 { font-size: 1rem; margin: 0; }
        p { margin: 0.25rem 0 0; color: var(--muted); }
        section { margin-top: 1rem; padding: 1rem 1.25rem 1.25rem; border: 1px solid var(--rule); border-radius: 8px;
          background: var(--panel); overflow-x: auto; }
        .chart { max-width: 100%; height: auto; }
        table { margin-top: 0.75rem; border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { padding: 0.2rem 0.7rem; text-align: right; white-space: nowrap; }
        th { font-weight: 600; }
        th.name, td.name { text-align: left; }
        thead th, tr.last > * { border-bottom: 1px solid var(--rule); }
        .paper > * { color: var(--muted); font-weight: 400; font-size: 0.867rem; }
        """;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Writes UTF-8; the stream stays open.</summary>
    public static void Write(ApproximationDocument document, Stream output)
    {
        using var writer = new StreamWriter(output, Utf8, leaveOpen: true) { NewLine = "\n" };
        string style = Style.ReplaceLineEndings("\n");
        writer.WriteLine("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">");
        writer.WriteLine(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
            + $"style-src '{Hash(style)}' '{Hash(ApproximationChart.Style)}'; base-uri 'none'; form-action 'none'\">");
        writer.WriteLine("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        writer.WriteLine($"<title>Approximation: {Escape(document.Model)}</title>");
        writer.WriteLine($"<link rel=\"icon\" href=\"data:,\">\n<style>{style}</style>\n</head>\n<body>");
        writer.WriteLine($"<h1>How far approximate values are from exact ones</h1>");
        writer.WriteLine(Text(
            $"<p>{Escape(document.Model)} ({document.Head.ToUpperInvariant()}), {document.Frames} frames, ")
            + Text($"{document.Videos} videos, {document.Cases} classes with <i>f</i>(X) ≥ {document.LeastScore}. ")
            + "Means over the videos of means over their classes.</p>");
        writer.WriteLine("<section>\n<h2>Error against evaluations</h2>");
        writer.Write(ApproximationChart.Draw(document));
        if (document.MaxScale > 1)
        {
            writer.WriteLine(
                "<p>permutation and leverage-regression take whole subsequences: one of <i>k</i> frames counts as the "
                + "Σ<sub>s ≤ n_max</sub> C(<i>k</i>, <i>s</i>) evaluations of the head that its score is made of.</p>");
        }

        writer.WriteLine("</section>");
        foreach (Measure measure in Measure.All)
            WriteGrid(document, measure, writer);
        WriteEstimators(document, writer);
        writer.WriteLine("</body>\n</html>");
    }

    private static void WriteGrid(ApproximationDocument document, Measure measure, StreamWriter writer)
    {
        int iterations = document.Grid.Max(line => line.Iterations);
        writer.WriteLine($"<section>\n<h2>{Escape(measure.Title)}</h2>");
        writer.WriteLine(
            $"<p>Algorithm 1 (subsequence-sampling), {document.Grid.First().Score}, by m and iterations; "
            + $"{measure.Hint}. Paper: {Escape(document.Paper)}.</p>");
        writer.Write("<table><thead><tr><th class=\"name\">m</th><th>subsequences</th>");
        for (int i = 1; i <= iterations; i++)
            writer.Write(Text($"<th>{i}</th>"));
        writer.WriteLine("</tr></thead><tbody>");
        foreach (IGrouping<int, ApproximationLine> row in document.Grid.GroupBy(line => line.MaxCount))
        {
            bool hasPaper = row.Any(line => measure.Paper(line) is not null);
            writer.Write(Text(
                $"<tr{(hasPaper ? "" : " class=\"last\"")}><th class=\"name\">{row.Key}</th>")
                + Text($"<td>{row.First().ShareOfSubsequences:0.00%}</td>"));
            WriteCells(row.Select(measure.Text), writer);
            if (!hasPaper)
                continue;
            writer.Write(Text(
                $"<tr class=\"paper last\"><th class=\"name\">paper</th>")
                + Text($"<td>{PaperApproximation.FindShare(row.Key):0.00%}</td>"));
            WriteCells(row.Select(measure.PaperText), writer);
        }

        writer.WriteLine("</tbody></table>\n</section>");
    }

    private static void WriteEstimators(ApproximationDocument document, StreamWriter writer)
    {
        writer.WriteLine(Text(
            $"<section>\n<h2>Estimators at Algorithm 1's budgets</h2>\n<p>Exact values take ")
            + Text($"{document.ExactEvaluations} evaluations.</p>"));
        writer.WriteLine(
            "<table><thead><tr><th class=\"name\">score</th><th class=\"name\">estimator</th><th>m</th>"
            + "<th>iterations</th><th>evaluations</th><th>subsequences</th><th>relative error</th><th>slope</th>"
            + "<th>r</th></tr></thead><tbody>");
        foreach (ApproximationLine line in document.Compared)
        {
            writer.Write($"<tr><td class=\"name\">{line.Score}</td><td class=\"name\">{line.Estimator}</td>");
            WriteCells(
                [
                    Text($"{line.MaxCount}"), Text($"{line.Iterations}"), Text($"{line.Evaluations:0}"),
                    Text($"{line.Subsequences:0}"), Text($"{line.RelativeError:0.00%}"), Text($"{line.LadSlope:0.000}"),
                    Text($"{line.Correlation:0.0000}"),
                ],
                writer);
        }

        writer.WriteLine("</tbody></table>\n</section>");
    }

    private static void WriteCells(IEnumerable<string> cells, StreamWriter writer)
    {
        foreach (string cell in cells)
            writer.Write($"<td>{cell}</td>");
        writer.WriteLine("</tr>");
    }

    private static string Hash(string text) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Utf8.GetBytes(text)))}";

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
