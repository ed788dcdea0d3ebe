using PlayFair.Contracts;
using PlayFair.Models;

namespace PlayFair.Engine;

/// <summary>Counts what a definition costs, without computing anything.</summary>
internal static class VideoPlanner
{
    /// <param name="complete">A complete definition.</param>
    public static VideoPlan Plan(VideoDefinition complete, ModelPackage model)
    {
        int samples = complete.Samples is null ? 1 : complete.Iterations;
        (double first, double step) = Evaluations(complete, model);
        double perUpdate = samples * step;
        // Every so many steps one of the samples is drawn anew, and evaluated as at first.
        if (samples > 1)
            perUpdate += (first - step) / WindowOptions.RedrawAfter;
        double updatesPerSecond = complete.RateHz / complete.Stride;
        return new VideoPlan
        {
            Definition = complete,
            IsExact = complete.Samples is null,
            EvaluationsPerUpdate = perUpdate,
            FirstEvaluations = samples * first,
            EvaluationsPerSecond = perUpdate * updatesPerSecond,
            UpdatesPerSecond = updatesPerSecond,
            WindowSeconds = complete.Window / complete.RateHz,
            Bytes = (long)DefinitionRules.SampleBytes(complete, model),
            MaxWindowExact = DefinitionRules.MaxExactWindow(model),
        };
    }

    /// <summary>Head evaluations of one sample: of a whole window, and of one that has moved on by a stride.</summary>
    private static (double First, double Step) Evaluations(VideoDefinition complete, ModelPackage model)
    {
        int n = complete.Window, moved = complete.Stride;
        // Of a head of one frame each frame is evaluated once, and what it gives is combined.
        if (model.Head?.MaxScale == 1)
            return (n, moved);
        double first = 0, step = 0;
        // The share of the subsequences of size s that hold none of the new frames, C(n − moved, s) / C(n, s).
        double oldShare = 1;
        int maxScale = model.Head?.MaxScale ?? n;
        foreach ((int before, double count) in DefinitionRules.SampleCounts(complete).Take(maxScale).Index())
        {
            oldShare *= Math.Max(0, n - moved - before) / (double)(n - before);
            first += count;
            step += count * (1 - oldShare);
        }

        return (first, step);
    }
}
