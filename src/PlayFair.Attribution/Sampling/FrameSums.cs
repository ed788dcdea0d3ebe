using PlayFair.Attribution.Kernels;

namespace PlayFair.Attribution.Sampling;

/// <summary>
/// For each frame the sum of scores over the sampled subsequences of one size that hold it, and their number.
/// </summary>
/// <remarks>
/// <para>
/// A subsequence of size s would be added to s rows. Here it is added to the row of the one frame that its first child
/// lacks, and passed on to that child, where it meets those of its siblings; and so on down to size 1. Lines of descent
/// coalesce as those of a Wright-Fisher population do: of m subsequences some 2m/d ancestors are left d generations back. So a
/// size costs some 2m·ln s row additions, not m·s, and a whole sample is nearly linear in n.
/// </para>
/// <para>One thread does it, while others score the next size.</para>
/// </remarks>
internal sealed class FrameSums
{
    private readonly RowKernels _kernels = RowKernels.Best;
    private readonly int _stride;
    private readonly RowBuffer[] _carried;

    /// <summary>Where a subsequence stands in the list of the present generation, by its index.</summary>
    private readonly int[] _places;

    /// <summary>For each generation, concatenated: the frame each adds to, and where its first child stands in the next.</summary>
    private int[] _frames = [];
    private int[] _next = [];
    private readonly int[] _starts;

    /// <summary>How many of the summed subsequences descend from each of the present generation, and of the next.</summary>
    private int[] _weights;
    private int[] _nextWeights;
    private int _generationCount;

    /// <param name="frameCount">n.</param>
    /// <param name="carried">Two buffers with a row for each subsequence of one size; whatever they hold.</param>
    public FrameSums(int frameCount, (RowBuffer Even, RowBuffer Odd) carried)
    {
        int maxCount = carried.Even.RowCount;
        _stride = carried.Even.Stride;
        _carried = [carried.Even, carried.Odd];
        _places = new int[maxCount];
        _starts = new int[frameCount + 1];
        _weights = new int[maxCount];
        _nextWeights = new int[maxCount];
        Sums = Rows.Allocate(frameCount, _stride);
        Counts = new int[frameCount];
        Total = new double[_stride];
    }

    /// <summary>After <see cref="Add"/>: [frame].</summary>
    public RowBuffer Sums { get; }

    /// <summary>After <see cref="Add"/>: how many of the subsequences hold each frame.</summary>
    public int[] Counts { get; }

    /// <summary>Room for the sum over all of them.</summary>
    public double[] Total { get; }

    /// <summary>Sums the values of some subsequences of one size.</summary>
    /// <param name="sample">The sample that they belong to.</param>
    /// <param name="size">s.</param>
    /// <param name="rows">The indices of the subsequences; the first <paramref name="rowCount"/> count.</param>
    /// <param name="values">Their values, [place in rows].</param>
    public void Add(SubsequenceSample sample, int size, int[] rows, int rowCount, RowBuffer values)
    {
        Trace(sample, size, rows, rowCount);
        Sums.Clear();
        for (int generation = 0; generation < _generationCount; generation++)
        {
            int start = _starts[generation];
            int count = _starts[generation + 1] - start;
            RowBuffer carried = _carried[generation & 1];
            bool isLast = generation == _generationCount - 1;
            for (int i = 0; i < count; i++)
            {
                ref float value = ref values.Row(i);
                ref float sum = ref Sums.Row(_frames[start + i]);
                int place = _next[start + i];
                if (isLast)
                    _kernels.Add(ref value, ref sum, ref sum, _stride);
                else if (place < 0)
                    _kernels.AddAndCopy(ref value, ref sum, ref carried.Row(~place), _stride);
                else
                    _kernels.AddToBoth(ref value, ref sum, ref carried.Row(place), _stride);
            }

            values = carried;
        }
    }

    /// <summary>Follows the first children down, and counts.</summary>
    private void Trace(SubsequenceSample sample, int size, int[] rows, int rowCount)
    {
        Array.Clear(Counts);
        _generationCount = 0;
        _starts[0] = 0;
        Reserve(rowCount);
        // The nodes of a generation stand in _next until their first children's places replace them.
        rows.AsSpan(0, rowCount).CopyTo(_next);
        _weights.AsSpan(0, rowCount).Fill(1);
        int count = rowCount;
        for (int s = size; s >= 1; s--)
        {
            SubsequenceSample.Level level = sample[s];
            int start = _starts[_generationCount];
            int end = start + count;
            Reserve(end + count);
            int nextCount = 0;
            for (int i = 0; i < count; i++)
            {
                int index = _next[start + i];
                int frame = level.Added(index);
                _frames[start + i] = frame;
                Counts[frame] += _weights[i];
                if (s == 1)
                    continue;
                int child = level.FirstChild(index);
                int place = _places[child] - 1;
                if (place < 0)
                {
                    place = nextCount++;
                    _places[child] = place + 1;
                    _next[end + place] = child;
                    _nextWeights[place] = 0;
                    // The first to arrive brings its value; the others add theirs.
                    _next[start + i] = ~place;
                }
                else
                {
                    _next[start + i] = place;
                }

                _nextWeights[place] += _weights[i];
            }

            for (int i = 0; i < nextCount; i++)
                _places[_next[end + i]] = 0;
            _starts[++_generationCount] = end;
            count = nextCount;
            (_weights, _nextWeights) = (_nextWeights, _weights);
        }
    }

    private void Reserve(int length)
    {
        if (_next.Length >= length)
            return;
        Array.Resize(ref _next, 2 * length);
        Array.Resize(ref _frames, 2 * length);
    }
}
