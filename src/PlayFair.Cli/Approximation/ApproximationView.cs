using System.Globalization;
using Spectre.Console;

namespace PlayFair.Cli.Approximation;

/// <summary>
/// The evaluation for a terminal: the paper's three tables with its numbers below, then the estimators.
/// </summary>
internal sealed class ApproximationView(IAnsiConsole console)
{
    public void Show(ApproximationDocument document)
    {
        console.WriteLine(
            $"{Terminals.OneLine(document.Model)} ({document.Head.ToUpperInvariant()}), {document.Frames} frames, "
            + $"{document.Videos} videos, {document.Cases} classes with f(X) ≥ "
            + document.LeastScore.ToString(CultureInfo.InvariantCulture)
            + (document.SkippedVideos > 0 ? $"; {document.SkippedVideos} videos have none" : ""));
        console.WriteLine($"Algorithm 1, {document.Grid.First().Score}; paper: {document.Paper}");
        console.WriteLine();
        foreach (Measure measure in Measure.All)
            Grid(document, measure);
        Estimators(document);
    }

    private void Grid(ApproximationDocument document, Measure measure)
    {
        console.WriteLine($"{measure.Title} ({measure.Hint})");
        Table table = NewTable("m", "subsequences");
        int iterations = document.Grid.Max(line => line.Iterations);
        for (int i = 1; i <= iterations; i++)
            table.AddColumn(new TableColumn(i == 1 ? "1 iteration" : Text($"{i}")).RightAligned().NoWrap());
        foreach (IGrouping<int, ApproximationLine> row in document.Grid.GroupBy(line => line.MaxCount))
        {
            string used = Text($"{row.First().ShareOfSubsequences:0.00%}");
            table.AddRow([Text($"{row.Key}"), used, .. row.Select(measure.Text)]);
            if (row.Any(line => measure.Paper(line) is not null))
            {
                string share = Text($"{Attribution.PaperApproximation.FindShare(row.Key):0.00%}");
                IEnumerable<string> cells = row.Select(measure.PaperText).Prepend(share).Prepend("paper");
                table.AddRow([.. cells.Select(cell => $"[dim]{cell}[/]")]);
            }
        }

        console.Write(table);
        console.WriteLine();
    }

    private void Estimators(ApproximationDocument document)
    {
        console.WriteLine(
            $"Estimators at Algorithm 1's budgets; exact values take {document.ExactEvaluations} evaluations");
        Table table = NewTable(
            "score", "estimator", "m", "iterations", "evaluations", "subsequences", "relative error", "slope", "r");
        foreach (ApproximationLine line in document.Compared)
        {
            table.AddRow(
                line.Score, line.Estimator, Text($"{line.MaxCount}"), Text($"{line.Iterations}"),
                Text($"{line.Evaluations:0}"), Text($"{line.Subsequences:0}"), Text($"{line.RelativeError:0.00%}"),
                Text($"{line.LadSlope:0.000}"), Text($"{line.Correlation:0.0000}"));
        }

        console.Write(table);
        if (document.MaxScale > 1)
        {
            console.WriteLine(
                "permutation, leverage-regression: a subsequence counts as all evaluations of the head that its "
                + "score is made of.");
        }
    }

    private static Table NewTable(params string[] titles)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (string title in titles)
        {
            var column = new TableColumn(title).NoWrap();
            table.AddColumn(title is "score" or "estimator" ? column : column.RightAligned());
        }

        return table;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
