using System.Globalization;
using PlayFair.Attribution;
using PlayFair.Engine;
using Spectre.Console;

namespace PlayFair.Cli;

/// <summary>A progress bar on standard error while a person watches; nothing in a pipe.</summary>
internal static class ProgressView
{
    /// <summary>Forecasts beyond this say no more than that it is long.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

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
                        _ => $"{name}: attributing {progress.FrameCount} frames{Describe(progress.Forecast)}",
                    };
                    double? share = progress.DecodedShare ?? Share(progress.Forecast);
                    bar.IsIndeterminate = share is null;
                    bar.Value = share ?? 0;
                }));
            });
    }

    /// <summary>Such as <c>, 12 iterations, error 3.4 %, 5 s to go until tolerance</c>; empty for none.</summary>
    private static string Describe(EstimateForecast? forecast)
    {
        if (forecast is null)
            return "";
        string error = forecast.RelativeError is { } relative ? $", error {TerminalView.Percent(relative)}" : "";
        string remaining = forecast.Remaining < Longest
            ? $", {Math.Ceiling(forecast.Remaining.TotalSeconds).ToString(CultureInfo.InvariantCulture)} s to go until"
            : ", long to go until";
        return $", {TerminalView.Count(forecast.SampleCount, "iteration")}{error}{remaining} "
            + forecast.WillStopBy.ToString().ToLowerInvariant();
    }

    private static double? Share(EstimateForecast? forecast) =>
        forecast is { Remaining: var remaining, Elapsed: var elapsed } && remaining < Longest
            ? elapsed / (elapsed + remaining)
            : null;

    // Progress<T> would post to the thread pool and could report after the bar is gone.
    private sealed class Watcher(Action<ClipProgress> report) : IProgress<ClipProgress>
    {
        public void Report(ClipProgress value) => report(value);
    }
}
