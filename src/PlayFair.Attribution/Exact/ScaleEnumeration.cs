using System.Numerics.Tensors;
using PlayFair.Attribution.Kernels;

namespace PlayFair.Attribution.Exact;

/// <summary>
/// Evaluates every subsequence, one size after the other, and sums the scores of each size for each frame over the
/// subsequences that hold it.
/// </summary>
/// <remarks>
/// A size is cut into strips of consecutive ranks. Their number depends on the size only and their sums are added in their
/// order, so the number of threads does not change a bit of the result.
/// </remarks>
internal sealed class ScaleEnumeration : IPartedWork, IDisposable
{
    private const int BatchSize = 64;
    private const int FoldAfter = 256;
    private const int MinStripLength = 512;
    private const int MaxStripCount = 64;

    private readonly Game _game;
    private readonly RowKernels _kernels = RowKernels.Best;
    private readonly BinomialTable _choose;
    private readonly int _frameCount;
    private readonly int _stride;
    private readonly int _threadCount;
    private readonly Scratch?[] _scratch = new Scratch?[Workers.MaxCount];
    private readonly CancellationToken _ct;

    /// <summary>F of every subsequence of the present size and of the one before, [colex rank × stride].</summary>
    private RowBuffer? _current;
    private RowBuffer? _previous;

    private double[] _stripSums = [];
    private int _scale;
    private long _count;
    private int _stripCount;

    /// <param name="game">What is enumerated.</param>
    /// <param name="choose">For n and all sizes that are asked for.</param>
    /// <param name="combines">
    /// Whether the score is the softmax of the multi-scale mean F, built bottom-up (paper Eq. 9), rather than the
    /// evaluated subsequence's own.
    /// </param>
    public ScaleEnumeration(Game game, BinomialTable choose, bool combines, int threadCount, CancellationToken ct)
    {
        _game = game;
        _choose = choose;
        _frameCount = game.FrameCount;
        _stride = Rows.Stride(game.ClassCount);
        _threadCount = threadCount;
        _ct = ct;
        Sums = new double[_frameCount * _stride];
        if (combines)
        {
            long largest = choose[_frameCount, _frameCount / 2];
            _current = Rows.Rent(largest, _stride);
            _previous = Rows.Rent(largest, _stride);
        }
    }

    /// <summary>After <see cref="Run"/>: for each frame the sum over the size's subsequences that hold it, [frame × stride].</summary>
    public double[] Sums { get; }

    /// <summary>Floats from one row of <see cref="Sums"/> to the next.</summary>
    public int Stride => _stride;

    /// <summary>Enumerates the subsequences of one size; for a mean over scales, sizes come in order from 1.</summary>
    /// <returns>The number of model evaluations.</returns>
    public long Run(int scale)
    {
        _scale = scale;
        _count = _choose[_frameCount, scale];
        _stripCount = (int)Math.Clamp(_count / MinStripLength, 1, MaxStripCount);
        int length = Sums.Length;
        if (_stripSums.Length < _stripCount * length)
            _stripSums = new double[_stripCount * length];
        _stripSums.AsSpan(0, _stripCount * length).Clear();
        Workers.Run(this, _stripCount, _threadCount);
        Sums.AsSpan().Clear();
        for (int strip = 0; strip < _stripCount; strip++)
        {
            TensorPrimitives.Add(Sums, _stripSums.AsSpan(strip * length, length), Sums);
        }

        (_current, _previous) = (_previous, _current);
        return scale <= _game.Model.MaxScale ? _count : 0;
    }

    public void Dispose()
    {
        _current?.Dispose();
        _previous?.Dispose();
    }

    /// <inheritdoc/>
    void IPartedWork.Run(int part, int worker)
    {
        Scratch scratch = _scratch[worker] ??= new Scratch(_frameCount, _game.ClassCount);
        long first = _count * part / _stripCount;
        long end = _count * (part + 1) / _stripCount;
        int s = _scale;
        bool isEvaluated = s <= _game.Model.MaxScale;
        Span<double> sums = _stripSums.AsSpan(part * Sums.Length, Sums.Length);
        Span<int> next = scratch.Positions.AsSpan(BatchSize * s, s);
        Span<int> current = scratch.Positions.AsSpan(0, s);
        Colex.Unrank(first, _frameCount, _choose, next);
        int changed = 0;
        int unfolded = 0;
        for (long rank = first; rank < end;)
        {
            _ct.ThrowIfCancellationRequested();
            int batchCount = (int)Math.Min(BatchSize, end - rank);
            Span<int> batch = scratch.Positions.AsSpan(0, batchCount * s);
            for (int b = 0; b < batchCount; b++)
            {
                next.CopyTo(batch[(b * s)..]);
                scratch.Changed[b] = changed;
                changed = Colex.Next(next, _frameCount);
            }

            Span<float> logits = scratch.Logits.AsSpan(0, batchCount * _game.ClassCount);
            if (isEvaluated)
                _game.Evaluate(s, batch, logits);
            for (int b = 0; b < batchCount; b++)
            {
                Span<int> positions = batch.Slice(b * s, s);
                if (unfolded > 0)
                    scratch.Sums.EndTails(current, scratch.Changed[b]);
                Span<float> own = isEvaluated ? logits.Slice(b * _game.ClassCount, _game.ClassCount) : [];
                scratch.Sums.Add(positions, ref Score((int)(rank + b), positions, own, scratch));
                current = positions;
                if (++unfolded == FoldAfter)
                {
                    scratch.Sums.Fold(current, sums);
                    unfolded = 0;
                }
            }

            // The next batch overwrites the positions, but not those of the tails that are not yet ended.
            current.CopyTo(scratch.Last);
            current = scratch.Last.AsSpan(0, s);
            rank += batchCount;
        }

        if (unfolded > 0)
            scratch.Sums.Fold(current, sums);
    }

    /// <summary>The score of a subsequence, [stride]; F goes to its place.</summary>
    private ref float Score(int rank, ReadOnlySpan<int> positions, ReadOnlySpan<float> own, Scratch scratch)
    {
        if (_current is null)
        {
            own.CopyTo((_game.Score == ScoreKind.Logit ? scratch.Score : scratch.Own).Span(0));
            if (_game.Score != ScoreKind.Logit)
                _kernels.Softmax(ref scratch.Own.First, ref scratch.Score.First, _stride);
            return ref scratch.Score.First;
        }

        // F = (f^s + (s−1)·mean of F over the children) / s, above n_max the mean over the children alone.
        int s = positions.Length;
        ref float mean = ref _current.Row(rank);
        if (s == 1)
        {
            own.CopyTo(_current.Span(rank));
            _current.Span(rank)[own.Length..].Fill(Rows.PaddingLogit);
        }
        else
        {
            Span<int> children = scratch.Children.AsSpan(0, s);
            Colex.WriteChildren(positions, _choose, children);
            if (own.IsEmpty)
            {
                _kernels.Combine(ref _previous!.First, children, 1f / s, ref mean, _stride);
            }
            else
            {
                own.CopyTo(scratch.Own.Span(0));
                _kernels.Combine(
                    ref scratch.Own.First, 1f / s, ref _previous!.First, children, (s - 1f) / s / s, ref mean, _stride);
            }
        }

        _kernels.Softmax(ref mean, ref scratch.Score.First, _stride);
        return ref scratch.Score.First;
    }

    /// <summary>What one thread writes to.</summary>
    private sealed class Scratch
    {
        public Scratch(int frameCount, int classCount)
        {
            int stride = Rows.Stride(classCount);
            Positions = new int[(BatchSize + 1) * frameCount];
            Last = new int[frameCount];
            Children = new int[frameCount];
            Logits = new float[BatchSize * classCount];
            Own = Rows.Allocate(1, stride);
            Own.Span(0).Fill(Rows.PaddingLogit);
            Score = Rows.Allocate(1, stride);
            Sums = new ScaleSums(frameCount, frameCount, stride);
        }

        public int[] Positions { get; }

        /// <summary>Which index changed before each subsequence of the batch.</summary>
        public int[] Changed { get; } = new int[BatchSize];

        public int[] Last { get; }

        public int[] Children { get; }

        public float[] Logits { get; }

        /// <summary>One row, whose padding is a padding logit.</summary>
        public RowBuffer Own { get; }

        /// <summary>One row, whose padding is zero.</summary>
        public RowBuffer Score { get; }

        public ScaleSums Sums { get; }
    }
}
