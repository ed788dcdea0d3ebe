using System.Text;
using PlayFair.Client;
using PlayFair.Contracts;
using Spectre.Console;
using Spectre.Console.Rendering;
using static PlayFair.Cli.Watch.VideoText;

namespace PlayFair.Cli.Watch;

/// <summary>One video's part of the terminal: how it is doing, and its newest update.</summary>
internal sealed class VideoPanel(string id)
{
    /// <summary>A frame, its sides and the spaces beside these.</summary>
    private const int Sides = 4;

    /// <summary>Lines above and below the content.</summary>
    private const int Borders = 2;

    private VideoStatus? _status;
    private AttributionUpdate? _update;
    private long _missing;

    public void Take(VideoStatus status) => _status = status;

    public void Take(AttributionUpdate update) => _update = update;

    public void Take(StreamGap gap) => _missing += gap.ToSequence - gap.FromSequence + 1;

    /// <summary>As much as fits: a line for each frame, else a column for each, else one line in all.</summary>
    public IRenderable Draw(int width, int height)
    {
        List<string> head = Head(width - Sides);
        int rest = height - Borders - head.Count;
        IEnumerable<string> frames = _update switch
        {
            null => [],
            { FrameCount: var count } update when rest > count => FrameLines(update),
            { } update => FrameColumns(update, width - Sides),
        };
        List<string> lines = [.. head, .. frames];
        if (lines.Count + Borders > height)
            return new Markup(Line());
        return new Panel(new Markup(string.Join('\n', lines)))
        {
            Header = new PanelHeader(Title()),
            Border = BoxBorder.Rounded,
            Expand = true,
        };
    }

    private string Title()
    {
        string? title = _status?.Definition.Title;
        // Without a title of its own a video is called by its id.
        return title is null || title == id ? $" [bold]{Escape(id)}[/] " : $" [bold]{Escape(id)}[/] {Escape(title)} ";
    }

    private List<string> Head(int width)
    {
        var lines = new List<string>();
        if (_status is { } status)
        {
            string missing = _missing > 0 ? Text($"   {_missing} lost") : "";
            lines.Add(
                $"{StateMarkup(status.State)}   {UpdatesPerSecond(status)} updates/s   "
                + $"p95 {Milliseconds(status.Latency)}   {status.DroppedFrames} dropped   "
                + $"quality {Quality(status.Quality)}{missing}");
            foreach (string? reason in new[] { status.Reason, status.Quality.Reason })
            {
                if (reason is not null)
                    lines.AddRange(
                        Wrap(Terminals.OneLine(reason), width).Select(part => $"[dim]{Markup.Escape(part)}[/]"));
            }
        }

        if (_update is not { } update)
        {
            lines.Add("[dim]no update yet[/]");
            return lines;
        }

        string how = update.Samples is { } m ? Text($"{m} samples × {update.Iterations}") : "exact";
        lines.Add(
            Text($"update {update.Sequence}, {update.FrameCount} frames to {update.FrameTimes[^1]:0.00} s, ")
            + $"{Escape(update.Score)}, {how}");
        foreach (ReportedClass c in update.Classes)
        {
            string name = Escape(Cut(c.Name, width - 30));
            if (c.Index == update.TopClass)
                name = $"[bold]{name}[/]";
            lines.Add(Text($"{c.Score,9:0.0000}  {name}  [dim](prior {c.Prior:0.0000})[/]"));
        }

        return lines;
    }

    /// <summary>As 'playfair attribute' draws them.</summary>
    private static IEnumerable<string> FrameLines(AttributionUpdate update)
    {
        float[] esv = update.Classes[0].Esv;
        double largest = esv.Max(Math.Abs);
        for (int i = 0; i < esv.Length; i++)
        {
            yield return Text($"{update.FrameIndices[i],8} {update.FrameTimes[i],8:0.00}s  ")
                + $"{TerminalView.Signed(esv[i])} {TerminalView.Bar(esv[i], largest)}";
        }
    }

    /// <summary>
    /// Two lines, with a column for each of the newest frames: how far it supports, and how far it distracts.
    /// </summary>
    private static IEnumerable<string> FrameColumns(AttributionUpdate update, int width)
    {
        float[] esv = update.Classes[0].Esv;
        float[] newest = esv[^Math.Min(esv.Length, Math.Max(1, width - 4))..];
        double largest = esv.Max(Math.Abs);
        yield return $"φ + [{TerminalView.Supporting}]{Columns(newest, largest)}[/]";
        yield return $"  − [{TerminalView.Distracting}]{Columns(newest.Select(v => -v), largest)}[/]";
    }

    private string Line()
    {
        string state = _status is { } status
            ? $"{StateMarkup(status.State)}  p95 {Milliseconds(status.Latency)}  "
            : "";
        return _update is { Classes: [var top, ..] }
            ? Text($"[bold]{Escape(id)}[/]  {state}{top.Score:0.00} {Escape(Cut(top.Name, 30))}")
            : $"[bold]{Escape(id)}[/]  {state}no update yet";
    }

    /// <summary>A block for each value above 0, in eighths of the largest.</summary>
    private static string Columns(IEnumerable<float> values, double largest)
    {
        const string Blocks = " ▁▂▃▄▅▆▇█";
        var text = new StringBuilder();
        foreach (float value in values)
            text.Append(value > 0 && largest > 0 ? Blocks[(int)Math.Ceiling(value / largest * 8)] : ' ');
        return text.ToString();
    }

    private static string StateMarkup(VideoState state)
    {
        string colour = state switch
        {
            VideoState.Live => "green",
            VideoState.Failed => "red",
            VideoState.Ended or VideoState.Paused => "dim",
            _ => "yellow",
        };
        return $"[{colour}]● {State(state)}[/]";
    }

    private static string Cut(string text, int width) =>
        text.Length <= width ? text : text[..Math.Max(1, width - 1)] + "…";

    /// <summary>Lines of at most this width, broken between words where that goes.</summary>
    private static IEnumerable<string> Wrap(string text, int width)
    {
        width = Math.Max(10, width);
        while (text.Length > width)
        {
            int end = text.LastIndexOf(' ', width) is var space and > 0 ? space : width;
            yield return text[..end];
            text = text[end..].TrimStart();
        }

        yield return text;
    }

    private static string Escape(string text) => Markup.Escape(Terminals.OneLine(text));
}
