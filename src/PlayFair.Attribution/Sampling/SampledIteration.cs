using System.Numerics.Tensors;
using PlayFair.Attribution.Kernels;

namespace PlayFair.Attribution.Sampling;

/// <summary>One iteration of Algorithm 1 after the other: scores a sample, size by size, and sums for each frame.</summary>
internal sealed class SampledIteration
{
    private readonly Game _game;
    private readonly LevelScores _levelScores;
    private readonly FrameSums _frameSums;
    private readonly RowBuffer _scores;
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
        _frameSums = new FrameSums(game.FrameCount, maxCount, stride, threadCount);
        _scores = Rows.Allocate(maxCount, stride);
        _means = Rows.Allocate(maxCount, stride);
        _previous = Rows.Allocate(maxCount, stride);
        _rows = [.. Enumerable.Range(0, maxCount)];
    }

    /// <param name="sample">The iteration's subsequences.</param>
    /// <param name="values">φ of this iteration, [frame × class], zeros to be overwritten.</param>
    /// <param name="scores">The estimate of f(X), [class].</param>
    /// <param name="sums">Gets the sums and counts too, unless null.</param>
    /// <param name="ct">Ends the computation early.</param>
    /// <returns>The number of model evaluations.</returns>
    public long Run(
        SubsequenceSample sample, Span<double> values, Span<double> scores, IterationSums? sums, CancellationToken ct)
    {
        int n = _game.FrameCount;
        long evaluationCount = 0;
        IterationSums.AddPrior(_game, values);
        for (int s = 1; s <= n; s++)
        {
            int count = sample[s].Count;
            evaluationCount += _levelScores.Update(
                sample[s], _rows, count, n - 1, _previous, _means, _scores, changes: null, ct);
            _frameSums.Add(sample, s, _rows, count, _scores);
            IterationSums.AddSize(s, _frameSums, count, _game, values);
            sums?.Add(s, _frameSums, count);
            (_previous, _means) = (_means, _previous);
        }

        // Of size n there is one: all frames.
        TensorPrimitives.ConvertTruncating<float, double>(_scores.Span(0)[..scores.Length], scores);
        return evaluationCount;
    }
}

/// <summary>The sums S, S̄ and counts N, N̄ of Algorithm 1 over iterations.</summary>
internal sealed class IterationSums(Game game)
{
    private readonly int _classCount = game.ClassCount;

    /// <summary>S, [(s − 1) × frame × class].</summary>
    private readonly double[] _with =
        new double[checked(game.FrameCount * game.FrameCount * game.ClassCount)];

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

    /// <summary>Adds the terms of one size of one iteration to φ.</summary>
    public static void AddSize(int s, FrameSums sums, int count, Game game, Span<double> values)
    {
        int n = game.FrameCount;
        int classCount = game.ClassCount;
        var total = new double[classCount];
        AddTotal(s, sums, total);
        var with = new double[classCount];
        for (int i = 0; i < n; i++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(sums.Sums.Span(i)[..classCount], with);
            AddTerms(s, n, with, sums.Counts[i], total, count, values.Slice(i * classCount, classCount));
        }
    }

    public void Add(int s, FrameSums sums, int count)
    {
        int n = game.FrameCount;
        for (int i = 0; i < n; i++)
        {
            RowKernels.AddWidened(
                sums.Sums.Span(i)[.._classCount], _with.AsSpan((((s - 1) * n) + i) * _classCount, _classCount));
            _withCounts[((s - 1) * n) + i] += sums.Counts[i];
        }

        AddTotal(s, sums, _total.AsSpan((s - 1) * _classCount, _classCount));
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
                AddTerms(
                    s, n, _with.AsSpan(row * _classCount, _classCount), _withCounts[row], total, _counts[s - 1],
                    values.Slice(i * _classCount, _classCount));
            }
        }
    }

    /// <summary>φ_i ← φ_i + (S[i, s] / N[i, s] − S̄[i, s] / N̄[i, s]) / n; what is not among size n's is no marginal's base.</summary>
    public static void AddTerms(
        int s, int n, ReadOnlySpan<double> with, long withCount, ReadOnlySpan<double> total, long count, Span<double> value)
    {
        double weight = withCount > 0 ? 1.0 / withCount / n : 0;
        double withoutWeight = s < n && count > withCount ? -1.0 / (count - withCount) / n : 0;
        TensorPrimitives.MultiplyAdd(total, withoutWeight, value, value);
        TensorPrimitives.MultiplyAdd(with, weight - withoutWeight, value, value);
    }

    /// <summary>Each subsequence is counted for its s frames.</summary>
    public static void AddTotal(int s, FrameSums sums, Span<double> total)
    {
        for (int i = 0; i < sums.Counts.Length; i++)
        {
            ReadOnlySpan<float> row = sums.Sums.Span(i);
            for (int c = 0; c < total.Length; c++)
                total[c] += (double)row[c] / s;
        }
    }
}
