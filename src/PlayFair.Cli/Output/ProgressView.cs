using PlayFair.Engine;
using PlayFair.Video;
using Spectre.Console;

namespace PlayFair.Cli;

/// <summary>A progress bar on standard error while a person watches; nothing in a pipe.</summary>
internal static class ProgressView
{
    public static async Task<AttributionDocument> ShowAsync(
        string video, FrameSampling sampling, bool isQuiet, Func<IProgress<ClipProgress>?, Task<AttributionDocument>> work)
    {
        if (isQuiet || Console.IsErrorRedirected)
            return await work(null);
        return await Terminals.Error().Progress()
            .AutoClear(true)
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn())
            .StartAsync(context =>
            {
                int? expected = (sampling as UniformSampling)?.Count;
                string name = Markup.Escape(Path.GetFileName(video));
                ProgressTask bar = context.AddTask(name, maxValue: expected ?? 1);
                bar.IsIndeterminate = true;
                return work(new Watcher(progress =>
                {
                    string stage = progress.Stage switch
                    {
                        ClipStage.Opening => "opening",
                        ClipStage.Decoding when progress.FrameCount == 0 => "decoding",
                        ClipStage.Decoding => $"features of frame {progress.FrameCount}",
                        _ => $"attributing {progress.FrameCount} frames",
                    };
                    bar.Description = $"{name}: {stage}";
                    bar.IsIndeterminate = expected is null || progress.FrameCount == 0;
                    bar.Value = progress.FrameCount;
                }));
            });
    }

    // Progress<T> would post to the thread pool and could report after the bar is gone.
    private sealed class Watcher(Action<ClipProgress> report) : IProgress<ClipProgress>
    {
        public void Report(ClipProgress value) => report(value);
    }
}
