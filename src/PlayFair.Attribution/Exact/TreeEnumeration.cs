using System.Numerics.Tensors;
using PlayFair.Attribution.Kernels;

namespace PlayFair.Attribution.Exact;

/// <summary>
/// What a subsequence's row is made of: its prefix's row, extended by one frame. Rows are padded (<see cref="Rows"/>).
/// </summary>
internal interface ITreeRows
{
    /// <summary>The length of a row.</summary>
    int Stride { get; }

    /// <summary>target ← the row of a prefix of <paramref name="position"/> frames, extended by one frame.</summary>
    /// <param name="scale">The size of the subsequences that are built.</param>
    void Extend(int scale, int position, int frame, ref float prefix, ref float target);

    /// <summary>Adds a whole subsequence's row, its prefix's extended by its last frame, to both sums.</summary>
    void Finish(int scale, int frame, ref float prefix, ref float sum, ref float total, ref float scratch);

    /// <summary>The row of the empty prefix.</summary>
    float EmptyValue { get; }
}

/// <summary>
/// Visits every subsequence of the sizes 1..m depth first, as a tree of prefixes, and sums their rows for each size and frame
/// over those that hold it. Sums are gathered on the way back up: one addition a node.
/// </summary>
/// <remarks>
/// The tree of a size is cut into strips of leaves, which depends on n and the size only, and the strips' sums are added in
/// their order: the number of threads does not change a bit of the result.
/// </remarks>
internal sealed class TreeEnumeration<TRows> : IPartedWork
    where TRows : struct, ITreeRows
{
    private const int StripLength = 8192;
    private const int MaxStripCount = 64;

    /// <summary>So many rows are summed in float before they join the sums in double.</summary>
    private const int FoldAfter = 256;

    private readonly RowKernels _kernels = RowKernels.Best;
    private readonly TRows _rows;
    private readonly int _frameCount;
    private readonly int _stride;
    private readonly BinomialTable _choose;
    private readonly List<(int Scale, long First, long End)> _strips = [];
    private readonly double[][] _stripSums;
    private readonly Scratch?[] _scratch = new Scratch?[Workers.MaxCount];
    private readonly CancellationToken _ct;

    private TreeEnumeration(TRows rows, int frameCount, int maxScale, BinomialTable choose, CancellationToken ct)
    {
        _rows = rows;
        _frameCount = frameCount;
        _stride = rows.Stride;
        _choose = choose;
        _ct = ct;
        for (int s = 1; s <= maxScale; s++)
        {
            long count = choose[frameCount, s];
            long stripCount = Math.Clamp(count / StripLength, 1, MaxStripCount);
            for (long i = 0; i < stripCount; i++)
                _strips.Add((s, count * i / stripCount, count * (i + 1) / stripCount));
        }

        _stripSums = new double[_strips.Count][];
    }

    /// <summary>Visits all subsequences of the sizes 1..<paramref name="maxScale"/>.</summary>
    /// <param name="choose">For n and all these sizes.</param>
    /// <returns>For size s at s − 1, for each frame the sum over the subsequences that hold it: [frame × stride].</returns>
    public static double[][] Sum(
        TRows rows, int frameCount, int maxScale, BinomialTable choose, int threadCount, CancellationToken ct)
    {
        var tree = new TreeEnumeration<TRows>(rows, frameCount, maxScale, choose, ct);
        Workers.Run(tree, tree._strips.Count, threadCount);
        var sums = new double[maxScale][];
        for (int i = 0; i < tree._strips.Count; i++)
        {
            int s = tree._strips[i].Scale;
            if (sums[s - 1] is { } sum)
                TensorPrimitives.Add(sum, tree._stripSums[i], sum);
            else
                sums[s - 1] = tree._stripSums[i];
        }

        return sums;
    }

    /// <inheritdoc/>
    void IPartedWork.Run(int part, int worker)
    {
        Scratch scratch = _scratch[worker] ??= new Scratch(_frameCount, _stride, _rows.EmptyValue);
        (int scale, long first, long end) = _strips[part];
        var sums = new double[_frameCount * _stride];
        for (long from = first; from < end; from += FoldAfter)
        {
            _ct.ThrowIfCancellationRequested();
            Visit(scale, 0, 0, from, Math.Min(from + FoldAfter, end), scratch);
            RowKernels.AddWidened(scratch.With.Span(0, _frameCount), sums);
            scratch.With.Clear();
            scratch.Totals.Span(0).Clear();
        }

        _stripSums[part] = sums;
    }

    /// <summary>Visits the leaves first .. end − 1 of the tree under a prefix.</summary>
    /// <param name="position">How many frames the prefix has.</param>
    /// <param name="frame">The first frame that may follow.</param>
    private void Visit(int scale, int position, int frame, long first, long end, Scratch scratch)
    {
        ref float prefix = ref scratch.Prefixes.Row(position);
        ref float total = ref scratch.Totals.Row(position);
        if (position == scale - 1)
        {
            for (int last = frame + (int)first; last < frame + (int)end; last++)
                _rows.Finish(scale, last, ref prefix, ref scratch.With.Row(last), ref total, ref scratch.Leaf.First);
            return;
        }

        int left = scale - position - 1;
        for (; end > 0; frame++)
        {
            long leafCount = _choose[_frameCount - 1 - frame, left];
            if (first < leafCount)
            {
                _rows.Extend(scale, position, frame, ref prefix, ref scratch.Prefixes.Row(position + 1));
                Visit(scale, position + 1, frame + 1, first, Math.Min(end, leafCount), scratch);
                _kernels.MoveToBoth(
                    ref scratch.Totals.Row(position + 1), ref scratch.With.Row(frame), ref total, _stride);
            }

            first = Math.Max(first - leafCount, 0);
            end -= leafCount;
        }
    }

    /// <summary>What one thread writes to.</summary>
    private sealed class Scratch
    {
        public Scratch(int frameCount, int stride, float empty)
        {
            With = Rows.Allocate(frameCount, stride);
            Totals = Rows.Allocate(frameCount, stride);
            Prefixes = Rows.Allocate(frameCount, stride);
            Prefixes.Span(0).Fill(empty);
            Leaf = Rows.Allocate(1, stride);
        }

        /// <summary>Row i: the sum over visited subsequences with frame i.</summary>
        public RowBuffer With { get; }

        /// <summary>Row p: the sum over the visited part of the tree under the present prefix of p frames.</summary>
        public RowBuffer Totals { get; }

        /// <summary>Row p: the present prefix of p frames.</summary>
        public RowBuffer Prefixes { get; }

        public RowBuffer Leaf { get; }
    }
}

/// <summary>
/// The softmax of a mean of frames' logits without an exponential per subsequence: exp(mean z) = Π exp(z_i / s), normalised.
/// </summary>
/// <param name="factors">[(s − 1)·n + frame]: exp((z − max z) / s), padded with zeros.</param>
internal readonly struct SoftmaxProducts(RowBuffer factors, int frameCount) : ITreeRows
{
    public int Stride => factors.Stride;

    public float EmptyValue => 1;

    public void Extend(int scale, int position, int frame, ref float prefix, ref float target) =>
        RowKernels.Best.Multiply(ref prefix, ref Factor(scale, frame), ref target, Stride);

    public void Finish(int scale, int frame, ref float prefix, ref float sum, ref float total, ref float scratch) =>
        RowKernels.Best.AddNormalized(
            ref prefix, ref Factor(scale, frame), ref sum, ref total, ref scratch, Stride);

    private ref float Factor(int scale, int frame) => ref factors.Row(((scale - 1) * frameCount) + frame);
}

/// <summary>The hidden layer of a single-scale model: the rectified sum of the frames' shares.</summary>
internal readonly struct HiddenSums(IHiddenLayerModel model) : ITreeRows
{
    public int Stride => model.HiddenStride;

    public float EmptyValue => 0;

    public void Extend(int scale, int position, int frame, ref float prefix, ref float target) =>
        RowKernels.Best.Add(ref prefix, ref model.HiddenShare(scale, position, frame), ref target, Stride);

    public void Finish(int scale, int frame, ref float prefix, ref float sum, ref float total, ref float scratch) =>
        RowKernels.Best.AddRectified(
            ref prefix, ref model.HiddenShare(scale, scale - 1, frame), ref sum, ref total, Stride);
}
