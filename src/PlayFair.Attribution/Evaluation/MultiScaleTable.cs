using System.Numerics;
using System.Numerics.Tensors;
using PlayFair.Attribution.Exact;
using PlayFair.Attribution.Kernels;

namespace PlayFair.Attribution;

/// <summary>
/// A multi-scale model as one that takes subsequences of any length: f^ms of every subsequence (paper Eq. 8), computed
/// once, so that estimators for such models can be tried on it.
/// </summary>
/// <remarks>
/// Memory: 2^n·C floats. What it is asked for costs nothing any more; <see cref="HeadEvaluationCount"/> says what it
/// would have cost.
/// </remarks>
public sealed class MultiScaleTable : IVariableLengthModel
{
    /// <summary>The most frames whose subsequences are all kept.</summary>
    public const int MaxFrameCount = 16;

    private const int BatchSize = 1024;

    /// <summary>The least normal float: below it a score has no exact logarithm.</summary>
    private const float SmallestScore = 1.17549435e-38f;

    private readonly RowBuffer _rows;
    private readonly long[] _costs;
    private long _headEvaluationCount;

    /// <param name="model">The model on the window's frames, at most <see cref="MaxFrameCount"/>.</param>
    /// <param name="score">The score that is to be attributed.</param>
    /// <exception cref="ArgumentException">There are more frames, or a logit is not finite.</exception>
    public MultiScaleTable(IMultiScaleModel model, ScoreKind score, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.FrameCount is < 1 or > MaxFrameCount)
        {
            throw new ArgumentException(
                $"The window has {model.FrameCount} frames, expected 1 to {MaxFrameCount}: the scores of all "
                + "subsequences are kept. Use fewer frames.",
                nameof(model));
        }

        FrameCount = model.FrameCount;
        ClassCount = model.ClassCount;
        Score = score == ScoreKind.Logit ? ScoreKind.Logit : ScoreKind.SoftmaxOfMean;
        _rows = Rows.Allocate(1 << FrameCount, ClassCount);
        _costs = CostsOf(model);
        Fill(model, score == ScoreKind.MeanOfSoftmax, ct);
    }

    /// <inheritdoc/>
    public int FrameCount { get; }

    /// <inheritdoc/>
    public int ClassCount { get; }

    /// <summary>
    /// What a <see cref="Game"/> on this model must attribute, to attribute the score that the table was made for. For
    /// <see cref="ScoreKind.MeanOfSoftmax"/> the logits are logarithms of the scores, whose softmax they are.
    /// </summary>
    public ScoreKind Score { get; }

    /// <summary>
    /// How many single-scale scores the subsequences that were asked for take by the definition: Σ_{s ≤ n_max} C(k, s)
    /// for one of k frames, each by itself.
    /// </summary>
    public long HeadEvaluationCount => Interlocked.Read(ref _headEvaluationCount);

    /// <inheritdoc/>
    public void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> logits)
    {
        int count = scale < 1 ? 0 : subsequences.Length / scale;
        if (scale < 1 || scale > FrameCount || count * scale != subsequences.Length
            || logits.Length != count * ClassCount)
        {
            throw new ArgumentException(
                $"There are {subsequences.Length} positions of subsequences of {scale} frames and {logits.Length} "
                + $"logits, expected 1 to {FrameCount} frames, and {ClassCount} logits for each.");
        }

        for (int i = 0; i < count; i++)
        {
            int set = 0;
            foreach (int frame in subsequences.Slice(i * scale, scale))
                set |= 1 << frame;
            if (BitOperations.PopCount((uint)set) != scale || set >> FrameCount != 0)
            {
                throw new ArgumentException(
                    $"Subsequence {i} is not {scale} different frames from 0 to {FrameCount - 1}.",
                    nameof(subsequences));
            }

            _rows.Span(set).CopyTo(logits.Slice(i * ClassCount, ClassCount));
        }

        Interlocked.Add(ref _headEvaluationCount, count * _costs[scale - 1]);
    }

    /// <summary>
    /// Bottom-up: F = (f^s + (s−1)·mean of F over the children) / s, and the mean alone above n_max (Eq. 9).
    /// </summary>
    private void Fill(IMultiScaleModel model, bool isOfSoftmax, CancellationToken ct)
    {
        for (int s = 1; s <= FrameCount; s++)
        {
            int[] sets = [.. Enumerable.Range(0, 1 << FrameCount).Where(set => BitOperations.PopCount((uint)set) == s)];
            foreach (int[] batch in sets.Chunk(BatchSize))
            {
                ct.ThrowIfCancellationRequested();
                bool isEvaluated = s <= model.MaxScale;
                float[] own = isEvaluated ? Own(model, s, batch, isOfSoftmax) : [];
                for (int i = 0; i < batch.Length; i++)
                {
                    Span<float> row = _rows.Span(batch[i]);
                    // The children's mean counts (s − 1)/s at s ≤ n_max.
                    float childWeight = isEvaluated ? (s - 1f) / s / s : 1f / s;
                    for (int rest = batch[i]; s > 1 && rest != 0; rest &= rest - 1)
                        TensorPrimitives.MultiplyAdd(_rows.Span(batch[i] & ~(rest & -rest)), childWeight, row, row);
                    if (isEvaluated)
                        TensorPrimitives.MultiplyAdd(own.AsSpan(i * ClassCount, ClassCount), 1f / s, row, row);
                }
            }
        }

        if (!isOfSoftmax)
            return;
        for (int set = 1; set < 1 << FrameCount; set++)
            TensorPrimitives.Log(_rows.Span(set), _rows.Span(set));
    }

    /// <summary>f^s of the sets, [set × class].</summary>
    private float[] Own(IMultiScaleModel model, int s, int[] sets, bool isOfSoftmax)
    {
        var positions = new int[sets.Length * s];
        int place = 0;
        foreach (int set in sets)
        {
            for (int rest = set; rest != 0; rest &= rest - 1)
                positions[place++] = BitOperations.TrailingZeroCount(rest);
        }

        var logits = new float[sets.Length * ClassCount];
        model.Evaluate(s, positions, logits);
        for (int i = 0; isOfSoftmax && i < sets.Length; i++)
        {
            Span<float> row = logits.AsSpan(i * ClassCount, ClassCount);
            TensorPrimitives.Subtract(row, TensorPrimitives.Max<float>(row), row);
            TensorPrimitives.SoftMax(row, row);
            // Below, the logarithm would be that of zero or of a denormal number.
            TensorPrimitives.Max(row, SmallestScore, row);
        }

        return logits;
    }

    private static long[] CostsOf(IMultiScaleModel model)
    {
        var costs = new long[model.FrameCount];
        for (int k = 1; k <= costs.Length; k++)
        {
            int maxScale = Math.Min(k, model.MaxScale);
            var choose = new BinomialTable(k, maxScale);
            for (int s = 1; s <= maxScale; s++)
                costs[k - 1] += choose[k, s];
        }

        return costs;
    }
}
