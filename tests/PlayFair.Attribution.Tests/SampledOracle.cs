namespace PlayFair.Attribution.Tests;

/// <summary>
/// Algorithm 1 on given subsequences straight from its definition, in double and with dictionaries: F over the sampled
/// children (the frames' mean for n_max = 1), sums and counts for each frame and size over all
/// iterations. Nothing in it is shared with what it checks.
/// </summary>
internal static class SampledOracle
{
    /// <param name="iterations">For each iteration and size from 1 to n: ascending positions.</param>
    /// <returns>φ, [frame × class].</returns>
    public static double[] Compute(
        ISubsequenceModel model, double[] prior, ScoreKind score,
        IReadOnlyList<IReadOnlyList<IReadOnlyList<int[]>>> iterations)
    {
        int n = model.FrameCount;
        int classCount = model.ClassCount;
        var with = new Dictionary<(int Frame, int Size), List<double[]>>();
        var without = new Dictionary<(int Frame, int Size), List<double[]>>();
        foreach (var levels in iterations)
        {
            var previous = new Dictionary<string, double[]>(StringComparer.Ordinal);
            for (int s = 1; s <= n; s++)
            {
                var current = new Dictionary<string, double[]>(StringComparer.Ordinal);
                foreach (int[] subsequence in levels[s - 1])
                {
                    double[] f = Combine(model, score, subsequence, previous);
                    current.Add(Key(subsequence), f);
                    double[] v = score == ScoreKind.SoftmaxOfMean ? Softmax(f) : f;
                    for (int i = 0; i < n; i++)
                        ListOf(subsequence.Contains(i) ? with : without, i, s).Add(v);
                }

                previous = current;
            }
        }

        double[] empty = score == ScoreKind.Logit ? Array.ConvertAll(prior, Math.Log) : prior;
        var values = new double[n * classCount];
        for (int i = 0; i < n; i++)
        {
            for (int s = 1; s <= n; s++)
            {
                for (int c = 0; c < classCount; c++)
                {
                    double marginal = Mean(ListOf(with, i, s), c);
                    marginal -= s == 1 ? empty[c] : Mean(ListOf(without, i, s - 1), c);
                    values[(i * classCount) + c] += marginal / n;
                }
            }
        }

        return values;
    }

    private static double[] Combine(
        ISubsequenceModel model, ScoreKind score, int[] subsequence, Dictionary<string, double[]> previous)
    {
        int s = subsequence.Length;
        // Eq. 48: where F is to be had, no children stand in for it.
        if (s > 1 && model is IMultiScaleModel && model.MaxScale == 1)
        {
            List<double[]> frames = [.. subsequence.Select(t => Combine(model, score, [t], previous))];
            return [.. Enumerable.Range(0, model.ClassCount).Select(c => Mean(frames, c))];
        }

        double[]? own = null;
        if (s <= model.MaxScale)
        {
            var logits = new float[model.ClassCount];
            model.Evaluate(s, subsequence, logits);
            own = Array.ConvertAll(logits, z => (double)z);
            if (score == ScoreKind.MeanOfSoftmax)
                own = Softmax(own);
        }

        if (s == 1 || model is IVariableLengthModel)
            return own!;
        List<double[]> children =
        [
            .. subsequence.Select(left => Key([.. subsequence.Where(t => t != left)]))
                .Where(previous.ContainsKey).Select(key => previous[key]),
        ];
        var f = new double[model.ClassCount];
        for (int c = 0; c < f.Length; c++)
        {
            double mean = Mean(children, c);
            f[c] = own is null ? mean : (own[c] + ((s - 1) * mean)) / s;
        }

        return f;
    }

    private static double Mean(List<double[]> rows, int c) => rows.Count == 0 ? 0 : rows.Average(row => row[c]);

    private static List<double[]> ListOf(Dictionary<(int Frame, int Size), List<double[]>> lists, int frame, int size)
    {
        if (!lists.TryGetValue((frame, size), out var list))
            lists.Add((frame, size), list = []);
        return list;
    }

    private static string Key(int[] subsequence) => string.Join(',', subsequence);

    private static double[] Softmax(double[] z)
    {
        double[] e = Array.ConvertAll(z, x => Math.Exp(x - z.Max()));
        return Array.ConvertAll(e, x => x / e.Sum());
    }
}
