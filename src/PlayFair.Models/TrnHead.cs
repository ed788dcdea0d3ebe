using System.Buffers;
using System.Numerics.Tensors;
using PlayFair.Attribution;

namespace PlayFair.Models;

/// <summary>The weights of one single-scale model f^s of a TRN head, all row-major.</summary>
/// <param name="W1">[H × s·D]: the input is the s features concatenated in time order.</param>
/// <param name="B1">[H].</param>
/// <param name="W2">[C × H].</param>
/// <param name="B2">[C].</param>
public sealed record TrnScale(float[] W1, float[] B1, float[] W2, float[] B2);

/// <summary>
/// Temporal relation network head: for every scale s = 1..n_max a model of s features in time order,
/// f^s = W2·relu(W1·[x_t1; ..; x_ts] + b1) + b2. The features themselves enter without a ReLU.
/// </summary>
/// <remarks>
/// B. Zhou et al., "Temporal Relational Reasoning in Videos", ECCV 2018, with every scale's model trained on its own as
/// "Play Fair" does. <see cref="TemporalHead.Project"/> multiplies each frame by each position's part of W1 once, so a
/// subsequence's hidden layer is a sum of s vectors of H floats.
/// </remarks>
public sealed class TrnHead : TemporalHead
{
    /// <summary>The head's name in files.</summary>
    public const string KindName = "trn";

    private readonly TrnScale[] _scales;
    private readonly int _hiddenSize;

    /// <summary>[s − 1][p]: the part of W1 that the frame at position p meets; the first position carries b1.</summary>
    private readonly LinearLayer[][] _firstLayers;
    private readonly LinearLayer[] _secondLayers;

    /// <param name="featureSize">D.</param>
    /// <param name="hiddenSize">H.</param>
    /// <param name="classCount">C.</param>
    /// <param name="scales">The models f^1..f^n_max, at least one; their arrays are kept, not copied.</param>
    /// <exception cref="ArgumentException">A size is below 1, no scale is there, or a length is wrong.</exception>
    public TrnHead(int featureSize, int hiddenSize, int classCount, IReadOnlyList<TrnScale> scales)
        : base(featureSize, classCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(hiddenSize, 1);
        ArgumentNullException.ThrowIfNull(scales);
        if (scales.Count == 0)
            throw new ArgumentException("No scale, expected at least one.", nameof(scales));

        _hiddenSize = hiddenSize;
        _scales = [.. scales];
        _firstLayers = new LinearLayer[_scales.Length][];
        _secondLayers = new LinearLayer[_scales.Length];
        for (int s = 1; s <= _scales.Length; s++)
        {
            var (w1, b1, w2, b2) = _scales[s - 1];
            CheckLength(w1, (long)hiddenSize * s * featureSize, $"scale{s}.w1");
            CheckLength(b1, hiddenSize, $"scale{s}.b1");
            CheckLength(w2, (long)classCount * hiddenSize, $"scale{s}.w2");
            CheckLength(b2, classCount, $"scale{s}.b2");
            _secondLayers[s - 1] = new LinearLayer(hiddenSize, classCount, w2, b2);
            _firstLayers[s - 1] = new LinearLayer[s];
            for (int p = 0; p < s; p++)
            {
                _firstLayers[s - 1][p] = new LinearLayer(
                    featureSize, hiddenSize, w1, p * featureSize, s * featureSize, p == 0 ? b1 : []);
            }
        }
    }

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <inheritdoc/>
    public override int MaxScale => _scales.Length;

    /// <inheritdoc/>
    public override int? HiddenSize => _hiddenSize;

    /// <summary>
    /// Reads, for s = 1..<paramref name="maxScale"/>, the tensors <c>scale{s}.w1</c> [H, s·D], <c>scale{s}.b1</c> [H],
    /// <c>scale{s}.w2</c> [C, H] and <c>scale{s}.b2</c> [C].
    /// </summary>
    /// <exception cref="SafetensorsException">
    /// A tensor is missing, has another shape or a value that is not finite, or does not belong to the head.
    /// </exception>
    public static TrnHead Read(SafetensorsFile file, int featureSize, int hiddenSize, int classCount, int maxScale)
    {
        ArgumentNullException.ThrowIfNull(file);
        var names = Enumerable.Range(1, maxScale)
            .SelectMany(s => new[] { $"scale{s}.w1", $"scale{s}.b1", $"scale{s}.w2", $"scale{s}.b2" });
        file.RequireOnly([.. names], $"a trn head with {maxScale} scales");
        var scales = new TrnScale[maxScale];
        for (int s = 1; s <= maxScale; s++)
        {
            scales[s - 1] = new TrnScale(
                file.ReadWeights($"scale{s}.w1", [hiddenSize, s * featureSize]),
                file.ReadWeights($"scale{s}.b1", [hiddenSize]),
                file.ReadWeights($"scale{s}.w2", [classCount, hiddenSize]),
                file.ReadWeights($"scale{s}.b2", [classCount]));
        }

        return new TrnHead(featureSize, hiddenSize, classCount, scales);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<SafetensorsTensor> ToTensors()
    {
        var tensors = new List<SafetensorsTensor>();
        for (int s = 1; s <= _scales.Length; s++)
        {
            var (w1, b1, w2, b2) = _scales[s - 1];
            tensors.Add(new($"scale{s}.w1", [_hiddenSize, s * FeatureSize], w1));
            tensors.Add(new($"scale{s}.b1", [_hiddenSize], b1));
            tensors.Add(new($"scale{s}.w2", [ClassCount, _hiddenSize], w2));
            tensors.Add(new($"scale{s}.b2", [ClassCount], b2));
        }

        return tensors;
    }

    private protected override IMultiScaleModel ProjectChecked(ReadOnlySpan<float> features, int frameCount)
    {
        int scaleCount = Math.Min(MaxScale, frameCount);
        var projections = new float[scaleCount][][];
        for (int s = 1; s <= scaleCount; s++)
        {
            projections[s - 1] = new float[s][];
            int rowCount = frameCount - s + 1;
            for (int p = 0; p < s; p++)
            {
                // Position p of a size-s subsequence can only be one of the frames p .. n − s + p.
                var rows = new float[rowCount * _hiddenSize];
                _firstLayers[s - 1][p].Apply(rowCount, features[(p * FeatureSize)..], rows);
                projections[s - 1][p] = rows;
            }
        }

        return new Projected(this, frameCount, projections);
    }

    /// <param name="projections">
    /// [s − 1][p]: frame t's share of the hidden layer at position p, [(t − p) × H], row-major.
    /// </param>
    private sealed class Projected(TrnHead head, int frameCount, float[][][] projections) : IMultiScaleModel
    {
        private const int BlockSize = 64;

        public int FrameCount => frameCount;

        public int ClassCount => head.ClassCount;

        public int MaxScale => head.MaxScale;

        public void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> logits)
        {
            int count = CheckBatch(this, scale, subsequences, logits);
            int hiddenSize = head._hiddenSize;
            float[] rented = ArrayPool<float>.Shared.Rent(BlockSize * hiddenSize);
            try
            {
                for (int first = 0; first < count; first += BlockSize)
                {
                    int blockCount = Math.Min(BlockSize, count - first);
                    var hidden = rented.AsSpan(0, blockCount * hiddenSize);
                    for (int i = 0; i < blockCount; i++)
                    {
                        AddHidden(
                            projections[scale - 1], subsequences.Slice((first + i) * scale, scale),
                            hidden.Slice(i * hiddenSize, hiddenSize));
                    }

                    TensorPrimitives.Max(hidden, 0, hidden);
                    head._secondLayers[scale - 1].Apply(blockCount, hidden, logits[(first * ClassCount)..]);
                }
            }
            finally
            {
                ArrayPool<float>.Shared.Return(rented);
            }
        }

        private static void AddHidden(float[][] positions, ReadOnlySpan<int> subsequence, Span<float> hidden)
        {
            positions[0].AsSpan(subsequence[0] * hidden.Length, hidden.Length).CopyTo(hidden);
            for (int p = 1; p < subsequence.Length; p++)
            {
                var share = positions[p].AsSpan((subsequence[p] - p) * hidden.Length, hidden.Length);
                TensorPrimitives.Add(hidden, share, hidden);
            }
        }
    }
}
