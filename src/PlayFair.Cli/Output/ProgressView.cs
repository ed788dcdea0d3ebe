using PlayFair.Engine;
using Spectre.Console;

namespace PlayFair.Cli;

/// <summary>A progress bar on standard error while a person watches; nothing in a pipe.</summary>
internal static class ProgressView
{
    public static async Task<AttributionDocument> ShowAsync(
        string video, bool isQuiet, Func<IProgress<ClipProgress>?, Task<AttributionDocument>> work)
    {
        if (isQuiet || Console.IsErrorRedirected)
            return await work(null);
        return await Terminals.Error().Progress()
            .AutoClear(true)
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn())
            .StartAsync(context =>
            {
                string name = Markup.Escape(Terminals.OneLine(Path.GetFileName(video)));
                ProgressTask bar = context.AddTask(name, maxValue: 1);
                bar.IsIndeterminate = true;
                return work(new Watcher(progress =>
                {
                    bar.Description = progress.Stage switch
                    {
                        ClipStage.Opening => $"{name}: opening",
                        ClipStage.Decoding => $"{name}: decoding",
                        _ => $"{name}: attributing {progress.FrameCount} frames",
                    };
                    bar.IsIndeterminate = progress.DecodedShare is null;
                    bar.Value = progress.DecodedShare ?? 0;
                }));
            });
    }

    // Progress<T> would post to the thread pool and could report after the bar is gone.
    private sealed class Watcher(Action<ClipProgress> report) : IProgress<ClipProgress>
    {
        public void Report(ClipProgress value) => report(value);
    }
}
