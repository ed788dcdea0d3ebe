using PlayFair.Client;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace PlayFair.Cli.Watch;

/// <summary>Videos drawn on a terminal, again and again in the same place.</summary>
internal sealed class LiveView(IAnsiConsole console, Uri address, TimeProvider time)
{
    /// <summary>A person sees no more pictures a second, and slow terminals draw no more.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly SortedDictionary<string, VideoPanel> _panels = new(StringComparer.Ordinal);
    private StreamConnection? _lost;
    private bool _isConnected;

    /// <summary>Draws until the events end.</summary>
    public Task ShowAsync(IAsyncEnumerable<StreamEvent> events, CancellationToken cancellationToken) =>
        console.Live(new Text(""))
            .Overflow(VerticalOverflow.Crop)
            .StartAsync(context => DrawAsync(context, events, cancellationToken));

    private async Task DrawAsync(
        LiveDisplayContext context, IAsyncEnumerable<StreamEvent> events, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        IAsyncEnumerator<StreamEvent> arriving = events.GetAsyncEnumerator(stop.Token);
        Task<bool> next = arriving.MoveNextAsync().AsTask();
        Task tick = Task.CompletedTask;
        bool isNew = true;
        try
        {
            while (true)
            {
                await Task.WhenAny(next, tick);
                if (next.IsCompleted)
                {
                    if (!await next)
                        break;
                    Take(arriving.Current);
                    isNew = true;
                    next = arriving.MoveNextAsync().AsTask();
                }

                if (!tick.IsCompleted)
                    continue;
                await tick;
                // While the connection is lost the seconds are counted down.
                if (isNew || _lost is not null)
                    context.UpdateTarget(Draw());
                isNew = false;
                tick = Task.Delay(Interval, time, stop.Token);
            }

            context.UpdateTarget(Draw());
        }
        finally
        {
            // An enumerator may only be disposed of when it does nothing.
            await stop.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await arriving.DisposeAsync();
        }
    }

    private void Take(StreamEvent arrived)
    {
        switch (arrived)
        {
            case StreamUpdate { Update: var update }:
                Panel(update.Video).Take(update);
                break;
            case StreamStatus { Status: var status }:
                Panel(status.Definition.Id).Take(status);
                break;
            case StreamGap gap:
                Panel(gap.Video).Take(gap);
                break;
            case StreamRemoved removed:
                _panels.Remove(removed.Video);
                break;
            case StreamConnection connection:
                _isConnected = connection.IsConnected;
                _lost = connection.IsConnected ? null : connection;
                break;
            default:
                break;
        }
    }

    private VideoPanel Panel(string id)
    {
        if (!_panels.TryGetValue(id, out VideoPanel? panel))
            _panels.Add(id, panel = new VideoPanel(id));
        return panel;
    }

    private Rows Draw()
    {
        var rows = new List<IRenderable>();
        // One line is the cursor's, and one the connection's.
        int height = console.Profile.Height - 2;
        if (_panels.Count == 0 && _isConnected)
            rows.Add(new Markup("[dim]No videos yet. Add one: playfair videos add SOURCE --id ID.[/]"));
        foreach (VideoPanel panel in _panels.Values)
            rows.Add(panel.Draw(console.Profile.Width, height / _panels.Count));
        if (_lost is { NextAttemptAt: { } attempt, Reason: { } reason })
        {
            string words =
                $"{Terminals.OneLine(reason).TrimEnd('.')}. Next attempt {VideoText.In(attempt - time.GetUtcNow())}.";
            rows.Add(new Markup($"[{TerminalView.Distracting}]{Markup.Escape(words)}[/]"));
        }
        else
        {
            rows.Add(new Markup($"[dim]{Markup.Escape($"{address}  Ctrl-C ends this.")}[/]"));
        }

        return new Rows(rows);
    }
}
