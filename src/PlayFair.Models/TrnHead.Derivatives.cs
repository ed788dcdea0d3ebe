using System.Numerics.Tensors;
using PlayFair.Attribution;

namespace PlayFair.Models;

/// <content>
/// <para>
/// As frame t moves along d_t, the hidden layer of a subsequence T that holds it at position p moves by 1[h &gt; 0] ∘
/// W1[p]·d_t, and its logits by W2 times that. f^ms is the mean over the scales s of the mean over the size-s
/// subsequences (Eq. 8).
/// </para>
/// <para>
/// Where logits are averaged, W2 commutes with the mean, and so does W1[p]·d_t: all that the subsequences must be asked
/// is how often each hidden unit is active with frame t at position p. A mean of softmaxes needs every subsequence's
/// logits.
/// </para>
/// </content>
public sealed partial class TrnHead
{
    /// <summary>Active units are counted in float, which is exact so far.</summary>
    private const int MaxSubsequenceCount = 1 << 24;

    private protected override void DifferentiateChecked(
        ScoreKind score, ReadOnlySpan<float> features, ReadOnlySpan<float> directions, int frameCount,
        Span<double> derivatives, CancellationToken ct)
    {
        int scaleCount = Math.Min(MaxScale, frameCount);
        double count = Enumerable.Range(1, scaleCount).Sum(s => Subsequences.Count(frameCount, s));
        if (count > MaxSubsequenceCount)
        {
            throw new ArgumentException(
                $"A gradient for {frameCount} frames and scales up to {scaleCount} sums over {count:0} subsequences, "
                + $"expected at most {MaxSubsequenceCount}. Use fewer frames.");
        }

        var logitDerivatives = new float[frameCount * ClassCount];
        var meanLogits = new float[ClassCount];
        for (int s = 1; s <= scaleCount; s++)
        {
            double weight = 1 / (scaleCount * Subsequences.Count(frameCount, s));
            var shares = new Shares(this, s, features, directions, frameCount);
            if (score == ScoreKind.MeanOfSoftmax)
                AddSoftmaxDerivatives(shares, weight, derivatives, ct);
            else
                AddLogitDerivatives(shares, (float)weight, 1f / scaleCount, logitDerivatives, meanLogits, ct);
        }

        if (score == ScoreKind.MeanOfSoftmax)
            return;
        if (score == ScoreKind.SoftmaxOfMean)
        {
            Softmax(meanLogits);
            for (int start = 0; start < logitDerivatives.Length; start += ClassCount)
                ToSoftmaxDerivatives(meanLogits, logitDerivatives.AsSpan(start, ClassCount));
        }

        TensorPrimitives.ConvertTruncating<float, double>(logitDerivatives, derivatives);
    }

    /// <summary>Adds one scale's share of the mean logits and of their derivatives, [frame × class].</summary>
    private void AddLogitDerivatives(
        Shares shares, float weight, float biasWeight, Span<float> derivatives, Span<float> meanLogits,
        CancellationToken ct)
    {
        int s = shares.Scale;
        var (_, _, w2, b2) = _scales[s - 1];
        var hidden = new float[_hiddenSize];
        var activeCounts = new float[shares.Hidden.Length];
        int[] subsequence = [.. Enumerable.Range(0, s)];
        do
        {
            ct.ThrowIfCancellationRequested();
            shares.WriteHidden(subsequence, hidden);
            WriteIsActive(hidden, hidden);
            for (int p = 0; p < s; p++)
            {
                var counts = activeCounts.AsSpan(shares.Start(p, subsequence[p]), _hiddenSize);
                TensorPrimitives.Add(counts, hidden, counts);
            }
        }
        while (Subsequences.MoveNext(subsequence, shares.FrameCount));

        // Σ relu(h) over the subsequences is Σ 1[h > 0] ∘ h, and h is the sum of the shares.
        var moved = new float[shares.FrameCount * _hiddenSize];
        hidden.AsSpan().Clear();
        for (int p = 0; p < s; p++)
        {
            for (int t = p; t <= shares.FrameCount - s + p; t++)
            {
                int start = shares.Start(p, t);
                var counts = activeCounts.AsSpan(start, _hiddenSize);
                var sum = moved.AsSpan(t * _hiddenSize, _hiddenSize);
                TensorPrimitives.MultiplyAdd(counts, shares.Moved.AsSpan(start, _hiddenSize), sum, sum);
                TensorPrimitives.MultiplyAdd(counts, shares.Hidden.AsSpan(start, _hiddenSize), hidden, hidden);
            }
        }

        var logits = new float[ClassCount];
        Apply(w2, [], hidden, logits);
        TensorPrimitives.MultiplyAdd(logits, weight, meanLogits, meanLogits);
        TensorPrimitives.MultiplyAdd(b2, biasWeight, meanLogits, meanLogits);
        for (int t = 0; t < shares.FrameCount; t++)
        {
            var frame = derivatives.Slice(t * ClassCount, ClassCount);
            Apply(w2, [], moved.AsSpan(t * _hiddenSize, _hiddenSize), logits);
            TensorPrimitives.MultiplyAdd(logits, weight, frame, frame);
        }
    }

    /// <summary>Adds one scale's share of the derivatives of the mean of softmaxes, [frame × class].</summary>
    private void AddSoftmaxDerivatives(Shares shares, double weight, Span<double> derivatives, CancellationToken ct)
    {
        int s = shares.Scale;
        var (_, _, w2, b2) = _scales[s - 1];
        var hidden = new float[_hiddenSize];
        var isActive = new float[_hiddenSize];
        var moved = new float[_hiddenSize];
        var probabilities = new float[ClassCount];
        var row = new float[ClassCount];
        var buffer = new double[ClassCount];
        int[] subsequence = [.. Enumerable.Range(0, s)];
        do
        {
            ct.ThrowIfCancellationRequested();
            shares.WriteHidden(subsequence, hidden);
            WriteIsActive(hidden, isActive);
            TensorPrimitives.Max(hidden, 0, hidden);
            Apply(w2, b2, hidden, probabilities);
            Softmax(probabilities);
            for (int p = 0; p < s; p++)
            {
                int t = subsequence[p];
                TensorPrimitives.Multiply(isActive, shares.Moved.AsSpan(shares.Start(p, t), _hiddenSize), moved);
                Apply(w2, [], moved, row);
                ToSoftmaxDerivatives(probabilities, row);
                AddWeighted(row, weight, buffer, derivatives.Slice(t * ClassCount, ClassCount));
            }
        }
        while (Subsequences.MoveNext(subsequence, shares.FrameCount));
    }

    /// <summary>
    /// The first layer of one scale's model, and how it moves, split into what each frame adds at each position.
    /// </summary>
    private sealed class Shares
    {
        private readonly int _hiddenSize;
        private readonly int _rowCount;

        public Shares(
            TrnHead head, int scale, ReadOnlySpan<float> features, ReadOnlySpan<float> directions, int frameCount)
        {
            Scale = scale;
            FrameCount = frameCount;
            _hiddenSize = head._hiddenSize;

            // Position p of a size-s subsequence can only be one of the frames p .. n − s + p.
            _rowCount = frameCount - scale + 1;
            Hidden = new float[scale * _rowCount * _hiddenSize];
            Moved = new float[Hidden.Length];
            int size = head.FeatureSize;
            var (w1, b1, _, _) = head._scales[scale - 1];
            for (int p = 0; p < scale; p++)
            {
                for (int unit = 0; unit < _hiddenSize; unit++)
                {
                    var weights = w1.AsSpan(((unit * scale) + p) * size, size);
                    for (int t = p; t < p + _rowCount; t++)
                    {
                        int target = Start(p, t) + unit;
                        Hidden[target] = TensorPrimitives.Dot(weights, features.Slice(t * size, size))
                            + (p == 0 ? b1[unit] : 0);
                        Moved[target] = TensorPrimitives.Dot(weights, directions.Slice(t * size, size));
                    }
                }
            }
        }

        public int Scale { get; }

        public int FrameCount { get; }

        /// <summary>W1[p]·x_t, with b1 at the first position, from <see cref="Start"/>(p, t) on.</summary>
        public float[] Hidden { get; }

        /// <summary>W1[p]·d_t, from <see cref="Start"/>(p, t) on.</summary>
        public float[] Moved { get; }

        public int Start(int position, int frame) => ((position * _rowCount) + frame - position) * _hiddenSize;

        /// <summary>Overwrites <paramref name="hidden"/> with a subsequence's hidden layer before its ReLU.</summary>
        public void WriteHidden(ReadOnlySpan<int> subsequence, Span<float> hidden)
        {
            hidden.Clear();
            for (int p = 0; p < subsequence.Length; p++)
                TensorPrimitives.Add(hidden, Hidden.AsSpan(Start(p, subsequence[p]), _hiddenSize), hidden);
        }
    }
}
