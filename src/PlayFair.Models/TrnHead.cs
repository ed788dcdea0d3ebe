using System.Numerics.Tensors;
using PlayFair.Attribution;
using PlayFair.Attribution.Kernels;

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
public sealed partial class TrnHead : TemporalHead
{
    /// <summary>The head's name in files.</summary>
    public const string KindName = "trn";

    private readonly TrnScale[] _scales;
    private readonly int _hiddenSize;

    /// <summary>The length of a hidden layer here, where whole vectors are added: padded with units that are zero.</summary>
    private readonly int _hiddenStride;

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
        _hiddenStride = Rows.Stride(hiddenSize);
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
            _secondLayers[s - 1] = new LinearLayer(hiddenSize, _hiddenStride, classCount, w2, 0, hiddenSize, b2);
            _firstLayers[s - 1] = new LinearLayer[s];
            for (int p = 0; p < s; p++)
            {
                _firstLayers[s - 1][p] = new LinearLayer(
                    featureSize, featureSize, hiddenSize, w1, p * featureSize, s * featureSize, p == 0 ? b1 : []);
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

    private protected override IMultiScaleModel ProjectChecked(
        ReadOnlySpan<float> features, int frameCount, int threadCount) =>
        new Projected(this, features, frameCount, threadCount);

    /// <summary>Logits of mean hidden layers, in double precision.</summary>
    private void ReadOut(int scale, ReadOnlySpan<double> hidden, Span<double> logits)
    {
        var (_, _, w2, b2) = _scales[scale - 1];
        var weights = new double[_hiddenSize];
        for (int c = 0; c < ClassCount; c++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(w2.AsSpan(c * _hiddenSize, _hiddenSize), weights);
            for (int row = 0; row < logits.Length / ClassCount; row++)
            {
                logits[(row * ClassCount) + c] =
                    TensorPrimitives.Dot(weights, hidden.Slice(row * _hiddenStride, _hiddenSize)) + b2[c];
            }
        }
    }

    private protected override IWindowModel CreateWindowChecked(int frameCount, int threadCount) =>
        new Window(this, frameCount, threadCount);

    /// <summary>The single-scale models on frames that have met the first layers.</summary>
    private abstract class Model(TrnHead head, int frameCount, int threadCount) : IHiddenLayerModel, IPartedWork
    {
        private const int BlockSize = 64;

        [ThreadStatic]
        private static RowBuffer? _block;

        public int FrameCount => frameCount;

        public int ClassCount => head.ClassCount;

        public int MaxScale => head.MaxScale;

        public int HiddenStride => head._hiddenStride;

        protected TrnHead Head => head;

        /// <summary>
        /// [s − 1]: row p·<see cref="PositionStride"/> + t is what frame t at position p adds to the hidden layer of f^s.
        /// </summary>
        protected RowBuffer[] Shares { get; } = new RowBuffer[Math.Min(head.MaxScale, frameCount)];

        public ref float HiddenShare(int scale, int position, int frame) =>
            ref Shares[scale - 1].Row((position * PositionStride(scale)) + frame);

        public void ReadOut(int scale, ReadOnlySpan<double> hidden, Span<double> logits) =>
            head.ReadOut(scale, hidden, logits);

        public void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> logits)
        {
            int count = Check(scale, subsequences, logits);
            RowBuffer block = _block?.Stride == HiddenStride
                ? _block
                : _block = Rows.Allocate(BlockSize, HiddenStride);
            int positionStride = PositionStride(scale);
            Span<int> rows = stackalloc int[scale];
            for (int first = 0; first < count; first += BlockSize)
            {
                int blockCount = Math.Min(BlockSize, count - first);
                for (int i = 0; i < blockCount; i++)
                {
                    for (int p = 0; p < scale; p++)
                        rows[p] = (p * positionStride) + subsequences[((first + i) * scale) + p];
                    RowKernels.Best.SumRectified(ref Shares[scale - 1].First, rows, ref block.Row(i), HiddenStride);
                }

                head._secondLayers[scale - 1].Apply(
                    blockCount, block.Span(0, blockCount), logits[(first * ClassCount)..], ClassCount);
            }
        }

        /// <summary>Computes the shares of one pair of a scale and a position; the pairs are counted scale by scale.</summary>
        void IPartedWork.Run(int part, int worker)
        {
            int s = 1;
            while (part >= s)
                part -= s++;
            ApplyFirstLayer(s, part, head._firstLayers[s - 1][part]);
        }

        protected void ApplyFirstLayers() =>
            Workers.Run(this, Shares.Length * (Shares.Length + 1) / 2, threadCount);

        protected abstract void ApplyFirstLayer(int scale, int position, LinearLayer layer);

        protected abstract int PositionStride(int scale);

        protected abstract int Check(int scale, ReadOnlySpan<int> subsequences, ReadOnlySpan<float> logits);
    }

    /// <summary>Frames in time order: position p of a size-s subsequence is one of the frames p .. n − s + p.</summary>
    private sealed class Projected : Model
    {
        private float[] _features;

        public Projected(TrnHead head, ReadOnlySpan<float> features, int frameCount, int threadCount)
            : base(head, frameCount, threadCount)
        {
            for (int s = 1; s <= Shares.Length; s++)
                Shares[s - 1] = Rows.Allocate(s * (frameCount - s + 1), HiddenStride);
            _features = features.ToArray();
            ApplyFirstLayers();
            _features = [];
        }

        protected override int PositionStride(int scale) => FrameCount - scale;

        protected override int Check(int scale, ReadOnlySpan<int> subsequences, ReadOnlySpan<float> logits) =>
            CheckBatch(this, scale, subsequences, logits);

        protected override void ApplyFirstLayer(int scale, int position, LinearLayer layer)
        {
            int rowCount = FrameCount - scale + 1;
            layer.Apply(
                rowCount, _features.AsSpan(position * Head.FeatureSize), Shares[scale - 1].Span(position * rowCount, rowCount),
                HiddenStride);
        }
    }

    /// <summary>Frames in slots: any slot may be at any position.</summary>
    private sealed class Window : Model, IWindowModel
    {
        private readonly float[] _features;
        private int _slot;

        public Window(TrnHead head, int frameCount, int threadCount)
            : base(head, frameCount, threadCount)
        {
            for (int s = 1; s <= Shares.Length; s++)
                Shares[s - 1] = Rows.Allocate(s * frameCount, HiddenStride);
            _features = new float[head.FeatureSize];
        }

        public int FeatureSize => Head.FeatureSize;

        public void SetFrame(int slot, ReadOnlySpan<float> features)
        {
            CheckFrame(this, slot, features);
            features.CopyTo(_features);
            _slot = slot;
            ApplyFirstLayers();
        }

        protected override int PositionStride(int scale) => FrameCount;

        protected override int Check(int scale, ReadOnlySpan<int> subsequences, ReadOnlySpan<float> logits) =>
            CheckSlots(this, scale, subsequences, logits);

        protected override void ApplyFirstLayer(int scale, int position, LinearLayer layer) => layer.Apply(
            1, _features, Shares[scale - 1].Span((position * FrameCount) + _slot), HiddenStride);
    }
}
