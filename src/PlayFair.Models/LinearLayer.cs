using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PlayFair.Attribution.Kernels;

namespace PlayFair.Models;

/// <summary>y = W·x + b for many x at once: the matrix product of rows with fixed weights.</summary>
/// <remarks>
/// Weights are packed once, 16 outputs side by side: [panel × input × 16]. A tile of 8 rows × 48 outputs (4 × 24 without
/// AVX-512) is kept in registers. Products add up in float, in the order of the inputs, so a row's result depends on
/// nothing but the row.
/// </remarks>
internal sealed class LinearLayer
{
    private const int PanelWidth = Rows.Alignment;

    private readonly float[] _panels;
    private readonly float[] _bias;

    /// <summary>Packs a part of a row-major weight matrix: columns start .. start + inputSize of every row.</summary>
    /// <param name="inputSize">How many weights an output has.</param>
    /// <param name="inputStride">Floats of an input row, at least inputSize; those past the size meet zeros.</param>
    /// <param name="weights">[outputSize × stride], row-major.</param>
    /// <param name="bias">[outputSize], or empty for none.</param>
    public LinearLayer(
        int inputSize, int inputStride, int outputSize, ReadOnlySpan<float> weights, int start, int stride,
        ReadOnlySpan<float> bias)
    {
        InputStride = inputStride;
        OutputSize = outputSize;
        int panelCount = (outputSize + PanelWidth - 1) / PanelWidth;
        _panels = new float[panelCount * inputStride * PanelWidth];
        _bias = new float[panelCount * PanelWidth];
        bias.CopyTo(_bias);
        for (int output = 0; output < outputSize; output++)
        {
            var row = weights.Slice((output * stride) + start, inputSize);
            int target = (output / PanelWidth * inputStride * PanelWidth) + (output % PanelWidth);
            for (int input = 0; input < inputSize; input++)
                _panels[target + (input * PanelWidth)] = row[input];
        }
    }

    public LinearLayer(int inputSize, int outputSize, ReadOnlySpan<float> weights, ReadOnlySpan<float> bias)
        : this(inputSize, inputSize, outputSize, weights, 0, inputSize, bias)
    {
    }

    /// <summary>Floats of an input row.</summary>
    public int InputStride { get; }

    public int OutputSize { get; }

    /// <summary>Overwrites <paramref name="outputs"/> with the layer's values.</summary>
    /// <param name="rowCount">How many rows, 0 or more.</param>
    /// <param name="inputs">[rowCount × InputStride], row-major.</param>
    /// <param name="outputs">[rowCount × outputStride], row-major; zeros where a vector goes past the last output.</param>
    /// <param name="outputStride">Floats of an output row, at least OutputSize.</param>
    public void Apply(int rowCount, ReadOnlySpan<float> inputs, Span<float> outputs, int outputStride)
    {
        // The kernel reads through references: these two slices are its bounds checks.
        inputs = inputs[..(rowCount * InputStride)];
        outputs = outputs[..(rowCount * outputStride)];
        if (Vector512.IsHardwareAccelerated && rowCount == 1)
            Apply<Simd512, Vector512<float>, One>(rowCount, inputs, outputs, outputStride);
        else if (Vector512.IsHardwareAccelerated)
            Apply<Simd512, Vector512<float>, Eight>(rowCount, inputs, outputs, outputStride);
        else if (Vector256.IsHardwareAccelerated)
            Apply<Simd256, Vector256<float>, Four>(rowCount, inputs, outputs, outputStride);
        else
            Apply<SimdScalar, float, Four>(rowCount, inputs, outputs, outputStride);
    }

    /// <summary>The same for a given width of vectors and number of rows in a tile.</summary>
    internal void Apply<TSimd, T, TRows>(
        int rowCount, ReadOnlySpan<float> inputs, Span<float> outputs, int outputStride)
        where TSimd : struct, ISimd<T>
        where T : struct
        where TRows : struct, ICount
    {
        const int WidestTile = 3 * PanelWidth;
        Span<float> ragged = stackalloc float[TRows.Value * WidestTile];
        int vectorCount = (OutputSize + TSimd.Width - 1) / TSimd.Width;
        for (int vector = 0; vector < vectorCount;)
        {
            // Three vectors at a time while they come out even; four are two of two rather than three and one.
            int left = vectorCount - vector;
            int width = left is 1 or 2 or 4 ? Math.Min(left, 2) : 3;
            int output = vector * TSimd.Width;
            int outputCount = Math.Min(width * TSimd.Width, OutputSize - output);
            bool isFull = output + (width * TSimd.Width) <= outputStride;
            for (int row = 0; row < rowCount; row += TRows.Value)
            {
                int tileRows = Math.Min(TRows.Value, rowCount - row);
                ref readonly float x = ref inputs[row * InputStride];
                ref float target = ref isFull ? ref outputs[(row * outputStride) + output] : ref ragged[0];
                int stride = isFull ? outputStride : WidestTile;
                if (width == 3)
                    Tile<TSimd, T, TRows, Three>(ref Unsafe.AsRef(in x), tileRows, vector, ref target, stride);
                else if (width == 2)
                    Tile<TSimd, T, TRows, Two>(ref Unsafe.AsRef(in x), tileRows, vector, ref target, stride);
                else
                    Tile<TSimd, T, TRows, One>(ref Unsafe.AsRef(in x), tileRows, vector, ref target, stride);
                for (int i = 0; i < tileRows && !isFull; i++)
                {
                    ragged.Slice(i * WidestTile, outputCount)
                        .CopyTo(outputs[(((row + i) * outputStride) + output)..]);
                }
            }

            vector += width;
        }
    }

    /// <summary>
    /// Up to 8 rows × 3 vectors of outputs, in as many accumulators. Rows past the last repeat it, which writes the same
    /// values again. Accumulators that a tile does not have are not compiled into it; and nothing is called while they
    /// hold values, since calls would keep them out of registers.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Tile<TSimd, T, TRows, TColumns>(
        ref float x, int rowCount, int vector, ref float target, int targetStride)
        where TSimd : struct, ISimd<T>
        where T : struct
        where TRows : struct, ICount
        where TColumns : struct, ICount
    {
        int last = rowCount - 1;
        nuint r1 = (nuint)Math.Min(1, last);
        nuint r2 = (nuint)Math.Min(2, last);
        nuint r3 = (nuint)Math.Min(3, last);
        nuint r4 = (nuint)Math.Min(4, last);
        nuint r5 = (nuint)Math.Min(5, last);
        nuint r6 = (nuint)Math.Min(6, last);
        nuint r7 = (nuint)Math.Min(7, last);

        ref float wa = ref Weights<TSimd, T>(vector, 0);
        ref float wb = ref Weights<TSimd, T>(vector, TColumns.Value > 1 ? 1 : 0);
        ref float wc = ref Weights<TSimd, T>(vector, TColumns.Value > 2 ? 2 : 0);
        T a0 = Bias<TSimd, T>(vector, 0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
        T b0 = default, b1 = default, b2 = default, b3 = default, b4 = default, b5 = default, b6 = default, b7 = default;
        T c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        if (TColumns.Value > 1)
            b0 = b1 = b2 = b3 = b4 = b5 = b6 = b7 = Bias<TSimd, T>(vector, 1);
        if (TColumns.Value > 2)
            c0 = c1 = c2 = c3 = c4 = c5 = c6 = c7 = Bias<TSimd, T>(vector, 2);

        nuint rowBytes = (nuint)InputStride * sizeof(float);
        nuint x1 = r1 * rowBytes;
        nuint x2 = r2 * rowBytes;
        nuint x3 = r3 * rowBytes;
        nuint x4 = r4 * rowBytes;
        nuint x5 = r5 * rowBytes;
        nuint x6 = r6 * rowBytes;
        nuint x7 = r7 * rowBytes;
        ref float end = ref Unsafe.Add(ref x, InputStride);
        nuint offset = 0;
        while (Unsafe.IsAddressLessThan(ref x, ref end))
        {
            T a = TSimd.Load(ref wa, offset);
            T b = TColumns.Value > 1 ? TSimd.Load(ref wb, offset) : default;
            T c = TColumns.Value > 2 ? TSimd.Load(ref wc, offset) : default;
            MultiplyAdd<TSimd, T, TColumns>(TSimd.Create(x), a, b, c, ref a0, ref b0, ref c0);
            if (TRows.Value > 1)
            {
                MultiplyAdd<TSimd, T, TColumns>(At<TSimd, T>(ref x, x1), a, b, c, ref a1, ref b1, ref c1);
                MultiplyAdd<TSimd, T, TColumns>(At<TSimd, T>(ref x, x2), a, b, c, ref a2, ref b2, ref c2);
                MultiplyAdd<TSimd, T, TColumns>(At<TSimd, T>(ref x, x3), a, b, c, ref a3, ref b3, ref c3);
            }

            if (TRows.Value > 4)
            {
                MultiplyAdd<TSimd, T, TColumns>(At<TSimd, T>(ref x, x4), a, b, c, ref a4, ref b4, ref c4);
                MultiplyAdd<TSimd, T, TColumns>(At<TSimd, T>(ref x, x5), a, b, c, ref a5, ref b5, ref c5);
                MultiplyAdd<TSimd, T, TColumns>(At<TSimd, T>(ref x, x6), a, b, c, ref a6, ref b6, ref c6);
                MultiplyAdd<TSimd, T, TColumns>(At<TSimd, T>(ref x, x7), a, b, c, ref a7, ref b7, ref c7);
            }

            x = ref Unsafe.Add(ref x, 1);
            offset += PanelWidth;
        }

        nuint stride = (nuint)targetStride;
        Store<TSimd, T, TColumns>(a0, b0, c0, ref target, 0);
        if (TRows.Value > 1)
        {
            Store<TSimd, T, TColumns>(a1, b1, c1, ref target, r1 * stride);
            Store<TSimd, T, TColumns>(a2, b2, c2, ref target, r2 * stride);
            Store<TSimd, T, TColumns>(a3, b3, c3, ref target, r3 * stride);
        }

        if (TRows.Value > 4)
        {
            Store<TSimd, T, TColumns>(a4, b4, c4, ref target, r4 * stride);
            Store<TSimd, T, TColumns>(a5, b5, c5, ref target, r5 * stride);
            Store<TSimd, T, TColumns>(a6, b6, c6, ref target, r6 * stride);
            Store<TSimd, T, TColumns>(a7, b7, c7, ref target, r7 * stride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T At<TSimd, T>(ref float x, nuint bytes)
        where TSimd : struct, ISimd<T>
        where T : struct => TSimd.Create(Unsafe.AddByteOffset(ref x, bytes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyAdd<TSimd, T, TColumns>(T v, T a, T b, T c, ref T sumA, ref T sumB, ref T sumC)
        where TSimd : struct, ISimd<T>
        where T : struct
        where TColumns : struct, ICount
    {
        sumA = TSimd.MultiplyAdd(v, a, sumA);
        if (TColumns.Value > 1)
            sumB = TSimd.MultiplyAdd(v, b, sumB);
        if (TColumns.Value > 2)
            sumC = TSimd.MultiplyAdd(v, c, sumC);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TSimd, T, TColumns>(T a, T b, T c, ref float target, nuint offset)
        where TSimd : struct, ISimd<T>
        where T : struct
        where TColumns : struct, ICount
    {
        TSimd.Store(a, ref target, offset);
        if (TColumns.Value > 1)
            TSimd.Store(b, ref target, offset + (nuint)TSimd.Width);
        if (TColumns.Value > 2)
            TSimd.Store(c, ref target, offset + (2 * (nuint)TSimd.Width));
    }

    /// <summary>Where the weights of a vector of outputs begin; they go on every <see cref="PanelWidth"/> floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref float Weights<TSimd, T>(int vector, int next)
        where TSimd : struct, ISimd<T>
        where T : struct
    {
        int output = (vector + next) * TSimd.Width;
        return ref _panels[(output / PanelWidth * InputStride * PanelWidth) + (output % PanelWidth)];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T Bias<TSimd, T>(int vector, int next)
        where TSimd : struct, ISimd<T>
        where T : struct => TSimd.Load(ref _bias[0], (nuint)((vector + next) * TSimd.Width));

    /// <summary>A number that the compiler knows.</summary>
    internal interface ICount
    {
        static abstract int Value { get; }
    }

    internal readonly struct One : ICount
    {
        public static int Value => 1;
    }

    internal readonly struct Two : ICount
    {
        public static int Value => 2;
    }

    internal readonly struct Three : ICount
    {
        public static int Value => 3;
    }

    internal readonly struct Four : ICount
    {
        public static int Value => 4;
    }

    internal readonly struct Eight : ICount
    {
        public static int Value => 8;
    }
}
