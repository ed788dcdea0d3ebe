using PlayFair.Contracts;

namespace PlayFair.Engine.Tests.Statistics;

/// <summary>The same statistics from a list of updates, straight from docs/statistics.md.</summary>
internal static class BatchStatistics
{
    public static StatisticsReport Of(
        IReadOnlyList<AttributionUpdate> all, StatisticsQuery query, TimeSpan bucketLength)
    {
        AttributionUpdate[] asked =
        [
            .. all.Where(u => query.Videos?.Contains(u.Video, StringComparer.Ordinal) ?? true)
                .Where(u => query.Model is null || u.Model == query.Model),
        ];
        AttributionUpdate[] period =
        [
            .. asked.Where(u =>
                (query.From is null || Start(u) >= query.From) && (query.To is null || Start(u) < query.To)),
        ];
        AttributionUpdate[] reference = query.ReferenceFrom is null && query.ReferenceTo is null
            ? []
            :
            [
                .. asked.Where(u =>
                    (query.ReferenceFrom is null || Start(u) >= query.ReferenceFrom)
                    && (query.ReferenceTo is null || Start(u) < query.ReferenceTo)),
            ];
        return new StatisticsReport
        {
            BucketSeconds = bucketLength.TotalSeconds,
            UpdateCount = period.Length,
            Models =
            [
                .. period.GroupBy(u => (u.Model, u.Score))
                    .OrderBy(g => g.Key.Model, StringComparer.Ordinal).ThenBy(g => g.Key.Score, StringComparer.Ordinal)
                    .Select(g => Model(
                        g.Key.Model, g.Key.Score, [.. g],
                        [.. reference.Where(u => u.Model == g.Key.Model && u.Score == g.Key.Score)])),
            ],
        };

        DateTimeOffset Start(AttributionUpdate u) => Floor(u.ArrivedAt, bucketLength);

        ModelStatistics Model(string model, string score, AttributionUpdate[] updates, AttributionUpdate[] then)
        {
            bool isLogit = score == "logit";
            (int Index, string Name)[] classes =
            [
                .. updates.SelectMany(u => u.Classes).Select(c => (c.Index, c.Name)).Distinct().OrderBy(c => c.Index),
            ];
            HashSet<int> wanted = query.Classes is null
                ? [.. Enumerable.Range(0, 1000)]
                : [.. query.Classes.SelectMany(r => Matches(r, classes))];
            return new ModelStatistics(
                model,
                score,
                [
                    .. classes.Where(c => wanted.Contains(c.Index))
                        .Select(c => Class(c.Index, c.Name, updates, then, isLogit)),
                ],
                [
                    .. updates.Where(u => wanted.Contains(u.TopClass))
                        .GroupBy(u => (u.TopClass, Band: isLogit ? 0 : Bin(u.Classes[0].Score, 0, 5, 5)))
                        .OrderBy(g => g.Key)
                        .Select(g => new PredictionStatistics(
                            g.Key.TopClass,
                            g.First().Classes[0].Name,
                            isLogit ? 0 : g.Key.Band / 5.0,
                            isLogit ? 1 : (g.Key.Band + 1) / 5.0,
                            g.Count(),
                            g.SelectMany(u => u.Classes[0].Esv).Average(v => v > 0 ? 1.0 : 0))),
                ],
                [
                    .. updates.Where(u => u.PreviousTopClass is not null)
                        .Where(u => wanted.Contains(u.PreviousTopClass!.Value) || wanted.Contains(u.TopClass))
                        .GroupBy(u => (From: u.PreviousTopClass!.Value, To: u.TopClass))
                        .OrderBy(g => g.Key)
                        .Select(g => new ClassTransition(g.Key.From, g.Key.To, g.Count())),
                ],
                [
                    .. updates.GroupBy(Start).OrderBy(g => g.Key).Select(g => new BucketFrequency(
                        g.Key,
                        g.Count(),
                        g.Where(u => wanted.Contains(u.TopClass)).GroupBy(u => u.TopClass)
                            .OrderBy(t => t.Key).ToDictionary(t => t.Key, t => t.LongCount()))),
                ]);
        }
    }

    private static DateTimeOffset Floor(DateTimeOffset time, TimeSpan length) =>
        new(time.UtcTicks / length.Ticks * length.Ticks, TimeSpan.Zero);

    private static int[] Matches(string request, (int Index, string Name)[] classes)
    {
        int[] named =
            [.. classes.Where(c => c.Name.Equals(request, StringComparison.OrdinalIgnoreCase)).Select(c => c.Index)];
        return named.Length > 0 ? named : int.TryParse(request, out int index) ? [index] : [];
    }

    private static ClassStatistics Class(
        int index, string name, AttributionUpdate[] updates, AttributionUpdate[] then, bool isLogit)
    {
        ReportedClass[] reported = [.. updates.SelectMany(u => u.Classes).Where(c => c.Index == index)];
        ReportedClass[] before = [.. then.SelectMany(u => u.Classes).Where(c => c.Index == index)];
        return new ClassStatistics(
            index,
            name,
            reported.Length,
            updates.Count(u => u.TopClass == index),
            reported.Average(c => (double)c.Score),
            [
                .. reported.GroupBy(c => c.Esv.Length).OrderBy(g => g.Key)
                    .Select(g => Positions(g.Key, [.. g.Select(c => c.Esv)])),
            ],
            before.Length == 0
                ? null
                : Drift([.. reported.Select(c => c.Score)], [.. before.Select(c => c.Score)], isLogit));
    }

    private static PositionStatistics Positions(int length, float[][] windows)
    {
        int[] positions = [.. Enumerable.Range(0, length)];
        return new PositionStatistics(
            length,
            windows.Length,
            [.. positions.Select(i => windows.LongCount(w => Array.IndexOf(w, w.Max()) == i))],
            [.. positions.Select(i => windows.LongCount(w => Array.IndexOf(w, w.Min()) == i))],
            length > 64
                ? []
                : [.. positions.SelectMany(i => positions.Select(j => windows.Average(w => w[i] > w[j] ? 1.0 : 0)))],
            [.. positions.Select(i => windows.Average(w => w[i] > 0 ? 1.0 : 0))],
            [.. positions.Select(i => windows.Average(w => (double)w[i]))],
            windows.Average(w => w.Average(v => Math.Abs((double)v))));
    }

    private static ScoreDrift Drift(float[] now, float[] then, bool isLogit)
    {
        double[] p = Histogram(now, isLogit);
        double[] q = Histogram(then, isLogit);
        return new ScoreDrift(
            then.Length,
            now.Average(s => (double)s) - then.Average(s => (double)s),
            Enumerable.Range(1, p.Length).Max(
                b => Math.Abs((p.Take(b).Sum() / now.Length) - (q.Take(b).Sum() / then.Length))),
            Enumerable.Range(0, p.Length).Sum(b =>
            {
                double a = (p[b] + 0.5) / (now.Length + (0.5 * p.Length));
                double c = (q[b] + 0.5) / (then.Length + (0.5 * p.Length));
                return (a - c) * Math.Log(a / c);
            }));
    }

    private static double[] Histogram(float[] scores, bool isLogit)
    {
        double[] counts = new double[isLogit ? 40 : 20];
        foreach (float score in scores)
            counts[isLogit ? Bin(score, -20, 1, 40) : Bin(score, 0, 20, 20)]++;
        return counts;
    }

    private static int Bin(float score, double from, double perUnit, int count) =>
        (int)Math.Clamp(Math.Floor((score - from) * perUnit), 0, count - 1);
}
