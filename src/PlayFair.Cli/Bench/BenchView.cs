using System.Globalization;
using Spectre.Console;

namespace PlayFair.Cli.Bench;

/// <summary>Benchmark results as a table; columns of text without lines where no person is looking.</summary>
internal sealed class BenchView(IAnsiConsole console)
{
    public void Show(BenchDocument document)
    {
        BenchMachine machine = document.Machine;
        BenchSettings settings = document.Settings;
        console.WriteLine(
            $"{machine.Processor ?? "unknown processor"}, {machine.Cores} cores, {machine.Vectors} vectors; "
            + $"{machine.OperatingSystem}; {machine.Runtime}");
        console.WriteLine(
            $"D = {settings.FeatureSize}, H = {settings.HiddenSize}, {settings.ClassCount} classes, n_max = "
            + $"{settings.MaxScale}, random weights, {Counted(settings.Threads, "thread")}; peak "
            + Text($"{document.Peak.GigaflopsPerSecond:0} GFLOP/s")
            + (settings.IsQuick ? "; quick: few runs, times are rough" : ""));
        console.WriteLine();

        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        table.AddColumn(new TableColumn("row").NoWrap());
        foreach (string title in new[]
        {
            "median", "fastest", "runs", "evaluations", "a second", "subsequences", "each", "GFLOP/s", "of peak",
            "plain", "ratio", "paper",
        })
        {
            table.AddColumn(new TableColumn(title).RightAligned().NoWrap());
        }

        foreach (BenchRow row in document.Rows)
        {
            table.AddRow(
                Markup.Escape(row.Name), Time(row.MedianSeconds), Time(row.FastestSeconds), Text($"{row.Runs}"),
                Text($"{row.Evaluations:0}"), Count(row.EvaluationsPerSecond), Text($"{row.Subsequences:0}"),
                Time(row.SecondsPerSubsequence), Text($"{row.GigaflopsPerSecond:0.0}"), Text($"{row.ShareOfPeak:0.0%}"),
                row.Baseline is { } plain ? Time(plain.MedianSeconds) : "",
                row.Baseline is { } compared ? Text($"{compared.Ratio:0}×") : "",
                row.PaperSeconds is { } paper ? Time(paper) : "");
        }

        console.Write(table);
        console.WriteLine();
        foreach (string line in Notes(document))
            console.WriteLine(line);
    }

    private static IEnumerable<string> Notes(BenchDocument document)
    {
        yield return "Times are from features to all values, the projection of every frame included.";
        yield return "step: a full window takes one new frame.";
        yield return "evaluations: single-scale scores by the head.";
        yield return "subsequences: those that get a score; each: time over them.";
        yield return "GFLOP/s: 2 × multiply-adds of the model (projection of frames, second layer), nothing else.";
        yield return "of peak: relative to fused multiply-adds in registers, the fastest in this run.";
        double difference = document.Rows.Max(row => row.Baseline?.LargestDifference ?? 0);
        yield return "plain: the definitions in plain loops, one thread, this run; "
            + Text($"its values differ by at most {difference:0.0e+0}.");
        yield return "paper: W. Price and D. Damen 2020, Table 1, GTX 1080 Ti.";
    }

    private static string Counted(int count, string what) => count == 1 ? $"1 {what}" : Text($"{count} {what}s");

    private static string Time(double seconds) => seconds switch
    {
        >= 1 => Text($"{seconds:0.00} s"),
        >= 1e-2 => Text($"{seconds * 1e3:0.0} ms"),
        >= 1e-3 => Text($"{seconds * 1e3:0.00} ms"),
        >= 1e-5 => Text($"{seconds * 1e6:0.0} µs"),
        >= 1e-6 => Text($"{seconds * 1e6:0.00} µs"),
        _ => Text($"{seconds * 1e9:0} ns"),
    };

    private static string Count(double value) => value switch
    {
        >= 1e6 => Text($"{value / 1e6:0.00} M"),
        >= 1e3 => Text($"{value / 1e3:0.0} k"),
        _ => Text($"{value:0}"),
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
