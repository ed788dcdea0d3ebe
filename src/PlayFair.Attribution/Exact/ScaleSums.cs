using PlayFair.Attribution.Kernels;

namespace PlayFair.Attribution.Exact;

/// <summary>
/// For each frame the sum of scores over the subsequences of one size that hold it, when these come in colexicographic order.
/// </summary>
/// <remarks>
/// Subsequences with the same tail follow each other. A score is added to the row of its first frame and to the sum of its
/// tail; the tail's sum goes to its own first frame's row, and to the sum of its own tail, when the tail ends. That is two
/// row additions a subsequence and some four in all, not one for each member. Short runs are summed in float, those in double.
/// </remarks>
internal sealed class ScaleSums
{
    private readonly RowKernels _kernels = RowKernels.Best;
    private readonly int _stride;
    private readonly int _frameCount;

    /// <summary>Row i: the sum over subsequences with frame i, since the last fold.</summary>
    private readonly RowBuffer _with;

    /// <summary>Row j: the sum over subsequences with the present tail t_j, t_j+1, …</summary>
    private readonly RowBuffer _tails;

    public ScaleSums(int frameCount, int maxScale, int stride)
    {
        _frameCount = frameCount;
        _stride = stride;
        _with = Rows.Allocate(frameCount, stride);
        _tails = Rows.Allocate(maxScale + 1, stride);
    }

    /// <summary>The tails up to the one that starts at <paramref name="changed"/> have ended: their sums move on.</summary>
    /// <param name="positions">The subsequence last added.</param>
    public void EndTails(ReadOnlySpan<int> positions, int changed)
    {
        for (int j = 1; j <= changed; j++)
            _kernels.MoveToBoth(ref _tails.Row(j), ref _with.Row(positions[j]), ref _tails.Row(j + 1), _stride);
    }

    /// <summary>Adds the score of a subsequence.</summary>
    public void Add(ReadOnlySpan<int> positions, ref float score) =>
        _kernels.AddToBoth(ref score, ref _with.Row(positions[0]), ref _tails.Row(1), _stride);

    /// <summary>Moves all sums so far to <paramref name="sums"/>, [frame × stride].</summary>
    /// <param name="positions">The subsequence last added.</param>
    public void Fold(ReadOnlySpan<int> positions, Span<double> sums)
    {
        EndTails(positions, positions.Length - 1);
        RowKernels.AddWidened(_with.Span(0, _frameCount), sums);
        _with.Clear();
        _tails.Span(positions.Length).Clear();
    }
}
