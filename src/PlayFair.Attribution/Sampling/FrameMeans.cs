using System.Numerics.Tensors;
using PlayFair.Attribution.Kernels;

namespace PlayFair.Attribution.Sampling;

/// <summary>For each frame the mean score of those of some subsequences of one size that hold it.</summary>
/// <remarks>
/// The list is cut into strips, which depend on its length only, and their sums are added in their order: the number of
/// threads does not change a bit of the result.
/// </remarks>
internal sealed class FrameMeans : IPartedWork
{
    private const int BatchSize = 64;
    private const int MaxStripCount = 16;

    /// <summary>So many scores are summed in float before they join the sums in double.</summary>
    private const int FoldAfter = 256;

    private readonly Game _game;
    private readonly RowKernels _kernels = RowKernels.Best;
    private readonly int _frameCount;
    private readonly int _classCount;
    private readonly int _stride;
    private readonly int _threadCount;
    private readonly Scratch?[] _scratch = new Scratch?[Workers.MaxCount];

    private ISubsequenceList _list = null!;
    private int _stripCount;
    private double[] _sums = [];
    private CancellationToken _ct;

    /// <param name="game">Its score is the mean of its single-scale models' scores.</param>
    /// <param name="threadCount">The most threads; 0: as many as there are cores.</param>
    public FrameMeans(Game game, int threadCount)
    {
        _game = game;
        _frameCount = game.FrameCount;
        _classCount = game.ClassCount;
        _stride = Rows.Stride(_classCount);
        _threadCount = threadCount;
    }

    /// <summary>Evaluates all subsequences of a list.</summary>
    /// <param name="means">[frame × class], overwritten.</param>
    public void Compute(ISubsequenceList list, Span<double> means, CancellationToken ct)
    {
        _list = list;
        _ct = ct;
        // A strip's sums are worth their memory if each frame is in some of its subsequences.
        _stripCount = (int)Math.Clamp(list.Count / Math.Max(BatchSize, _frameCount), 1, MaxStripCount);
        int length = _frameCount * _stride;
        if (_sums.Length < _stripCount * length)
            _sums = new double[_stripCount * length];
        Workers.Run(this, _stripCount, _threadCount);

        Span<double> sums = _sums.AsSpan(0, length);
        for (int strip = 1; strip < _stripCount; strip++)
            TensorPrimitives.Add(sums, _sums.AsSpan(strip * length, length), sums);
        double countWithFrame = (double)list.Count * list.Size / _frameCount;
        for (int frame = 0; frame < _frameCount; frame++)
        {
            TensorPrimitives.Divide(
                sums.Slice(frame * _stride, _classCount), countWithFrame,
                means.Slice(frame * _classCount, _classCount));
        }
    }

    /// <inheritdoc/>
    void IPartedWork.Run(int part, int worker)
    {
        Scratch scratch = _scratch[worker] ??= new Scratch(_game);
        int s = _list.Size;
        long end = _list.Count * (part + 1) / _stripCount;
        Span<double> sums = _sums.AsSpan(part * _frameCount * _stride, _frameCount * _stride);
        sums.Clear();
        int unfolded = 0;
        for (long first = _list.Count * part / _stripCount; first < end;)
        {
            _ct.ThrowIfCancellationRequested();
            int count = (int)Math.Min(BatchSize, end - first);
            Span<int> positions = scratch.Positions.AsSpan(0, count * s);
            Span<float> logits = scratch.Logits.AsSpan(0, count * _classCount);
            _list.Write(first, positions);
            _game.Evaluate(s, positions, logits);
            for (int b = 0; b < count; b++)
            {
                ref float score = ref Score(logits.Slice(b * _classCount, _classCount), scratch);
                AddTo(scratch.With, positions.Slice(b * s, s), ref score);
            }

            first += count;
            unfolded += count;
            if (unfolded < FoldAfter && first < end)
                continue;
            RowKernels.AddWidened(scratch.With.Span(0, _frameCount), sums);
            scratch.With.Clear();
            unfolded = 0;
        }
    }

    /// <summary>A subsequence's score, [stride].</summary>
    private ref float Score(ReadOnlySpan<float> logits, Scratch scratch)
    {
        logits.CopyTo(scratch.Own.Span(0));
        if (_game.Score == ScoreKind.Logit)
            return ref scratch.Own.First;
        _kernels.Softmax(ref scratch.Own.First, ref scratch.Score.First, _stride);
        return ref scratch.Score.First;
    }

    private void AddTo(RowBuffer rows, ReadOnlySpan<int> positions, ref float score)
    {
        int p = 0;
        for (; p + 1 < positions.Length; p += 2)
            _kernels.AddToBoth(ref score, ref rows.Row(positions[p]), ref rows.Row(positions[p + 1]), _stride);
        if (p < positions.Length)
            _kernels.Add(ref score, ref rows.Row(positions[p]), ref rows.Row(positions[p]), _stride);
    }

    /// <summary>What one thread writes to.</summary>
    private sealed class Scratch
    {
        public Scratch(Game game)
        {
            int stride = Rows.Stride(game.ClassCount);
            Positions = new int[BatchSize * Math.Min(game.Model.MaxScale, game.FrameCount)];
            Logits = new float[BatchSize * game.ClassCount];
            Own = Rows.Allocate(1, stride);
            Score = Rows.Allocate(1, stride);
            With = Rows.Allocate(game.FrameCount, stride);
            if (game.Score != ScoreKind.Logit)
                Own.Span(0).Fill(Rows.PaddingLogit);
        }

        public int[] Positions { get; }

        public float[] Logits { get; }

        /// <summary>One row: logits, and in the padding what their score leaves aside.</summary>
        public RowBuffer Own { get; }

        public RowBuffer Score { get; }

        /// <summary>Row i: the sum over subsequences with frame i, since the last fold.</summary>
        public RowBuffer With { get; }
    }
}
