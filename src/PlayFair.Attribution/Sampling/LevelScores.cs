using PlayFair.Attribution.Kernels;

namespace PlayFair.Attribution.Sampling;

/// <summary>
/// Scores the subsequences of a sample, one size after the other: the multi-scale mean F over the sampled children
/// (Algorithm 1), or the model's own F where that is to be had (paper Eq. 48).
/// </summary>
/// <remarks>
/// <para>
/// F at s = 1 is f^1; at s ≤ n_max (f^s + (s−1)·mean of F over the sampled children) / s; above, the mean over the children.
/// </para>
/// <para>
/// A model of any length has its own F. So has one with n_max = 1 (TSN): the mean over the frames, which is the mean over any
/// one child's frames with one more frame.
/// </para>
/// <para>Every row is computed by itself, so the number of threads does not matter.</para>
/// </remarks>
internal sealed class LevelScores : IPartedWork
{
    private const int BatchSize = 64;

    private readonly Game _game;
    private readonly RowKernels _kernels = RowKernels.Best;
    private readonly bool _combines;

    /// <summary>Where n_max = 1: f^1 of every frame, [frame].</summary>
    private readonly RowBuffer? _frames;
    private readonly int _classCount;
    private readonly int _stride;
    private readonly int _threadCount;
    private readonly Scratch[] _scratch = new Scratch[Workers.MaxCount];

    private SubsequenceSample.Level _level = null!;
    private int[] _rows = [];
    private int _rowCount;
    private int _newest;
    private RowBuffer _previous = null!;
    private RowBuffer _means = null!;
    private RowBuffer _scores = null!;
    private RowBuffer? _changes;
    private Action[] _beside = [];
    private CancellationToken _ct;

    public LevelScores(Game game, int threadCount)
    {
        _game = game;
        _combines = game.Model is IMultiScaleModel;
        _classCount = game.ClassCount;
        _stride = Rows.Stride(_classCount);
        _threadCount = threadCount;
        if (_combines && game.Model.MaxScale == 1)
            _frames = Rows.Allocate(game.FrameCount, _stride);
        for (int worker = 0; worker < (threadCount == 0 ? _scratch.Length : Math.Min(threadCount, _scratch.Length)); worker++)
            _scratch[worker] = new Scratch(game);
    }

    /// <summary>Looks at frames that are new, before anything is computed from them.</summary>
    /// <param name="newest">The position of the newest frame.</param>
    /// <param name="count">How many frames, up to the newest, are new.</param>
    /// <returns>The number of model evaluations.</returns>
    public long SetFrames(int newest, int count)
    {
        if (_frames is null)
            return 0;
        Scratch scratch = _scratch[0];
        for (int age = 0; age < count; age++)
        {
            int frame = newest >= age ? newest - age : newest - age + _game.FrameCount;
            scratch.Positions[0] = frame;
            Span<float> logits = scratch.Logits.AsSpan(0, _classCount);
            _game.Evaluate(1, scratch.Positions.AsSpan(0, 1), logits);
            Own(logits, scratch.Own);
            scratch.Own.Span(0).CopyTo(_frames.Span(frame));
        }

        return count;
    }

    /// <summary>Computes F and the score of some subsequences of one size.</summary>
    /// <param name="level">The subsequences of this size.</param>
    /// <param name="rows">The indices of those to compute; the first <paramref name="rowCount"/> count.</param>
    /// <param name="newest">The position that holds the newest frame; n − 1 if positions are in time order.</param>
    /// <param name="previous">F of the subsequences of one size less; not read at size 1.</param>
    /// <param name="means">F, [index]; written.</param>
    /// <param name="scores">Scores, [index]; written.</param>
    /// <param name="changes">By how much the scores change, [place in rows]; written. Null: nobody asks.</param>
    /// <param name="beside">What else is to be done meanwhile, each once, on any thread.</param>
    /// <param name="ct">Ends the computation early.</param>
    /// <returns>The number of model evaluations.</returns>
    public long Update(
        SubsequenceSample.Level level, int[] rows, int rowCount, int newest, RowBuffer previous, RowBuffer means,
        RowBuffer scores, RowBuffer? changes, Action[] beside, CancellationToken ct)
    {
        _level = level;
        _rows = rows;
        _rowCount = rowCount;
        _newest = newest;
        _previous = previous;
        _means = means;
        _scores = scores;
        _changes = changes;
        _beside = beside;
        _ct = ct;
        Workers.Run(this, ((rowCount + BatchSize - 1) / BatchSize) + beside.Length, _threadCount);
        return IsEvaluated(level.Size) ? rowCount : 0;
    }

    void IPartedWork.Run(int part, int worker)
    {
        _ct.ThrowIfCancellationRequested();
        // First, since these take longest.
        if (part < _beside.Length)
        {
            _beside[part]();
            return;
        }

        part -= _beside.Length;
        Scratch scratch = _scratch[worker];
        int s = _level.Size;
        int first = part * BatchSize;
        int count = Math.Min(BatchSize, _rowCount - first);
        bool isEvaluated = IsEvaluated(s);
        Span<float> logits = scratch.Logits.AsSpan(0, count * _classCount);
        if (isEvaluated)
        {
            Span<int> positions = scratch.Positions.AsSpan(0, count * s);
            for (int i = 0; i < count; i++)
                _level.WritePositions(_rows[first + i], _newest, positions.Slice(i * s, s));
            _game.Evaluate(s, positions, logits);
        }

        for (int i = 0; i < count; i++)
        {
            int index = _rows[first + i];
            ref float mean = ref _means.Row(index);
            if (_frames is not null)
            {
                CombineWithFrame(index, ref mean);
                Score(ref mean, index, first + i, scratch);
                continue;
            }

            if (isEvaluated)
                Own(logits.Slice(i * _classCount, _classCount), scratch.Own);
            if (s == 1 || !_combines)
                scratch.Own.Span(0).CopyTo(_means.Span(index));
            else if (isEvaluated)
                Combine(ref scratch.Own.First, s, _level.Children(index), ref mean);
            else
                Combine(_level.Children(index), ref mean);
            Score(ref mean, index, first + i, scratch);
        }
    }

    private void Score(ref float mean, int index, int place, Scratch scratch)
    {
        bool isSoftmax = _game.Score == ScoreKind.SoftmaxOfMean;
        ref float target = ref _scores.Row(index);
        if (_changes is null)
        {
            if (isSoftmax)
                _kernels.Softmax(ref mean, ref target, _stride);
            else
                _means.Span(index).CopyTo(_scores.Span(index));
            return;
        }

        if (isSoftmax)
            _kernels.Softmax(ref mean, ref scratch.Score.First, _stride);
        _kernels.Replace(
            ref target, ref isSoftmax ? ref scratch.Score.First : ref mean, ref _changes.Row(place), _stride);
    }

    /// <summary>f^s in the form that is averaged: logits, or their softmax for <see cref="ScoreKind.MeanOfSoftmax"/>.</summary>
    private void Own(ReadOnlySpan<float> logits, RowBuffer own)
    {
        logits.CopyTo(own.Span(0));
        if (_game.Score != ScoreKind.MeanOfSoftmax)
            return;
        own.Span(0)[_classCount..].Fill(Rows.PaddingLogit);
        _kernels.Softmax(ref own.First, ref own.First, _stride);
        own.Span(0)[_classCount..].Clear();
    }

    private bool IsEvaluated(int s) => _frames is null && s <= _game.Model.MaxScale;

    /// <summary>F = (f^1 of a frame + (s−1)·F of all but that frame) / s.</summary>
    private void CombineWithFrame(int index, ref float mean)
    {
        int s = _level.Size;
        ReadOnlySpan<int> others = s == 1 ? [] : _level.Children(index)[..1];
        _kernels.Combine(
            ref _frames!.Row(_level.Added(index)), 1f / s, ref _previous.First, others, (s - 1f) / s, ref mean, _stride);
    }

    private void Combine(ref float own, int s, ReadOnlySpan<int> children, ref float mean) => _kernels.Combine(
        ref own, 1f / s, ref _previous.First, children, (float)((s - 1.0) / s / children.Length), ref mean, _stride);

    private void Combine(ReadOnlySpan<int> children, ref float mean) =>
        _kernels.Combine(ref _previous.First, children, 1f / children.Length, ref mean, _stride);

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
            if (game.Score == ScoreKind.SoftmaxOfMean)
                Own.Span(0).Fill(Rows.PaddingLogit);
        }

        public int[] Positions { get; }

        public float[] Logits { get; }

        /// <summary>One row, with the padding of the means.</summary>
        public RowBuffer Own { get; }

        public RowBuffer Score { get; }
    }
}
