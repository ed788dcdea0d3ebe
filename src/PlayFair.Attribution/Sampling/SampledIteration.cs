using System.Numerics.Tensors;
using PlayFair.Attribution.Kernels;

namespace PlayFair.Attribution.Sampling;

/// <summary>One iteration of Algorithm 1 after the other: scores a sample, size by size, and sums for each frame.</summary>
internal sealed class SampledIteration : IDisposable
{
    private readonly Game _game;
    private readonly LevelScores _levelScores;
    private readonly FrameSums _frameSums;
    private readonly (RowBuffer Even, RowBuffer Odd) _carried;
    private RowBuffer _scores;
    private RowBuffer _lastScores;
    private readonly int[] _rows;
    private RowBuffer _means;
    private RowBuffer _previous;

    /// <param name="game">What is attributed.</param>
    /// <param name="maxCount">The most subsequences of one size.</param>
    /// <param name="threadCount">The most threads; 0: as many as there are cores.</param>
    public SampledIteration(Game game, int maxCount, int threadCount)
    {
        int stride = Rows.Stride(game.ClassCount);
        _game = game;
        _levelScores = new LevelScores(game, threadCount);
        _carried = (Rows.Rent(maxCount, stride), Rows.Rent(maxCount, stride));
        _frameSums = new FrameSums(game.FrameCount, _carried);
        _scores = Rows.Rent(maxCount, stride);
        _lastScores = Rows.Rent(maxCount, stride);
        _means = Rows.Rent(maxCount, stride);
        _previous = Rows.Rent(maxCount, stride);
        _rows = [.. Enumerable.Range(0, maxCount)];
    }

    public void Dispose()
    {
        _carried.Even.Dispose();
        _carried.Odd.Dispose();
        _scores.Dispose();
        _lastScores.Dispose();
        _means.Dispose();
        _previous.Dispose();
    }

    /// <param name="sample">The iteration's subsequences; what is not drawn yet is, while the size before is scored.</param>
    /// <param name="values">φ of this iteration, [frame × class], zeros to be overwritten.</param>
    /// <param name="scores">The estimate of f(X), [class].</param>
    /// <param name="sums">Gets the sums and counts too, unless null.</param>
    /// <param name="ct">Ends the computation early.</param>
    /// <returns>The number of model evaluations.</returns>
    public long Run(
        SubsequenceSample sample, double[] values, Span<double> scores, IterationSums? sums, CancellationToken ct)
    {
        int n = _game.FrameCount;
        long evaluationCount = _levelScores.SetFrames(n - 1, n);
        IterationSums.AddPrior(_game, values);
        for (int s = 1; s <= n; s++)
        {
            // While a size is scored, the next one is drawn and the last one is summed.
            int last = s - 1;
            var beside = new List<Action>(2);
            if (!sample.IsComplete)
                beside.Add(sample.DrawNext);
            if (last > 0)
                beside.Add(() => SumSize(sample, last, _lastScores, values, sums));
            evaluationCount += _levelScores.Update(
                sample[s], _rows, sample[s].Count, n - 1, _previous, _means, _scores, changes: null, [.. beside], ct);
            (_previous, _means) = (_means, _previous);
            (_lastScores, _scores) = (_scores, _lastScores);
        }

        SumSize(sample, n, _lastScores, values, sums);
        // Of size n there is one: all frames.
        TensorPrimitives.ConvertTruncating<float, double>(_lastScores.Span(0)[..scores.Length], scores);
        return evaluationCount;
    }

    private void SumSize(SubsequenceSample sample, int s, RowBuffer scores, double[] values, IterationSums? sums)
    {
        int count = sample[s].Count;
        _frameSums.Add(sample, s, _rows, count, scores);
        IterationSums.AddSize(s, _frameSums, _frameSums.Counts, count, _game, values);
        sums?.Add(s, _frameSums, count);
    }
}

/// <summary>The sums S, S̄ and counts N, N̄ of Algorithm 1 over iterations.</summary>
internal sealed class IterationSums(Game game)
{
    private readonly int _classCount = game.ClassCount;

    /// <summary>S, [(s − 1) × frame × class].</summary>
    private readonly double[] _with =
        new double[game.FrameCount * game.FrameCount * game.ClassCount];

    /// <summary>Sums over all subsequences of a size, [(s − 1) × class].</summary>
    private readonly double[] _total = new double[game.FrameCount * game.ClassCount];

    /// <summary>N, [(s − 1) × frame].</summary>
    private readonly long[] _withCounts = new long[game.FrameCount * game.FrameCount];
    private readonly long[] _counts = new long[game.FrameCount];

    /// <summary>φ_i ← φ_i − f(∅)/n: the term of S̄[i, 0].</summary>
    public static void AddPrior(Game game, Span<double> values)
    {
        for (int i = 0; i < game.FrameCount; i++)
        {
            Span<double> row = values.Slice(i * game.ClassCount, game.ClassCount);
            for (int c = 0; c < row.Length; c++)
                row[c] -= game.EmptyScores[c] / game.FrameCount;
        }
    }

    /// <summary>Adds the terms of one size of one sample to φ.</summary>
    /// <param name="s">The size.</param>
    /// <param name="sums">Sums over the size's subsequences, or by how much they change.</param>
    /// <param name="counts">N, [frame].</param>
    /// <param name="count">How many subsequences of this size the sample has.</param>
    /// <param name="game">What is attributed.</param>
    /// <param name="values">φ, [frame × class].</param>
    public static void AddSize(int s, FrameSums sums, int[] counts, int count, Game game, Span<double> values)
    {
        int n = game.FrameCount;
        int classCount = game.ClassCount;
        Span<double> total = sums.Total.AsSpan(0, classCount);
        SumTotal(s, sums, total);
        for (int i = 0; i < n; i++)
        {
            (double with, double all) = Weights(s, n, counts[i], count);
            RowKernels.AddWeighted(
                sums.Sums.Span(i)[..classCount], with, total, all, values.Slice(i * classCount, classCount));
        }
    }

    /// <summary>Adds one size of one iteration, after <see cref="AddSize"/>.</summary>
    public void Add(int s, FrameSums sums, int count)
    {
        int n = game.FrameCount;
        Span<double> total = _total.AsSpan((s - 1) * _classCount, _classCount);
        for (int i = 0; i < n; i++)
        {
            RowKernels.AddWidened(
                sums.Sums.Span(i)[.._classCount], _with.AsSpan((((s - 1) * n) + i) * _classCount, _classCount));
            _withCounts[((s - 1) * n) + i] += sums.Counts[i];
        }

        TensorPrimitives.Add(sums.Total.AsSpan(0, _classCount), total, total);
        _counts[s - 1] += count;
    }

    /// <summary>φ from all iterations so far, [frame × class].</summary>
    public void WriteTo(Span<double> values)
    {
        int n = game.FrameCount;
        values.Clear();
        AddPrior(game, values);
        for (int s = 1; s <= n; s++)
        {
            ReadOnlySpan<double> total = _total.AsSpan((s - 1) * _classCount, _classCount);
            for (int i = 0; i < n; i++)
            {
                int row = ((s - 1) * n) + i;
                (double with, double all) = Weights(s, n, _withCounts[row], _counts[s - 1]);
                Span<double> value = values.Slice(i * _classCount, _classCount);
                TensorPrimitives.MultiplyAdd(total, all, value, value);
                TensorPrimitives.MultiplyAdd(_with.AsSpan(row * _classCount, _classCount), with, value, value);
            }
        }
    }

    /// <summary>
    /// What S[i, s] and S[i, s] + S̄[i, s] are multiplied by in φ_i: it gets (S[i, s] / N[i, s] − S̄[i, s] / N̄[i, s]) / n. Size n
    /// is no marginal's base.
    /// </summary>
    public static (double With, double All) Weights(int s, int n, long withCount, long count)
    {
        double with = withCount > 0 ? 1.0 / withCount / n : 0;
        double without = s < n && count > withCount ? -1.0 / (count - withCount) / n : 0;
        return (with - without, without);
    }

    /// <summary>The sum over all subsequences: each is counted for its s frames.</summary>
    private static void SumTotal(int s, FrameSums sums, Span<double> total)
    {
        total.Clear();
        for (int i = 0; i < sums.Counts.Length; i++)
            RowKernels.AddWeighted(sums.Sums.Span(i)[..total.Length], 1.0 / s, total);
    }
}
