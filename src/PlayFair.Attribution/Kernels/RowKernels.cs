using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace PlayFair.Attribution.Kernels;

/// <summary>Arithmetic on padded rows (<see cref="Rows"/>), for the widest vectors that the machine has.</summary>
/// <remarks>Lengths are multiples of <see cref="Rows.Alignment"/>; nothing is checked here, callers own the buffers.</remarks>
internal abstract class RowKernels
{
    /// <summary>The kernels for this machine.</summary>
    public static RowKernels Best { get; } =
        Vector512.IsHardwareAccelerated ? new RowKernels<Simd512, Vector512<float>>()
        : Vector256.IsHardwareAccelerated ? new RowKernels<Simd256, Vector256<float>>()
        : new RowKernels<SimdScalar, float>();

    /// <summary>probabilities ← softmax(logits). Padding that holds <see cref="Rows.PaddingLogit"/> counts as nothing.</summary>
    public abstract void Softmax(ref float logits, ref float probabilities, int length);

    /// <summary>target ← ownWeight·own + childWeight·Σ rows of <paramref name="children"/>.</summary>
    /// <param name="children">Indices of rows of <paramref name="rows"/>.</param>
    public abstract void Combine(
        ref float own, float ownWeight, ref float rows, ReadOnlySpan<int> children, float childWeight, ref float target,
        int length);

    /// <summary>target ← weight·Σ rows of <paramref name="children"/>.</summary>
    public abstract void Combine(
        ref float rows, ReadOnlySpan<int> children, float weight, ref float target, int length);

    /// <summary>target ← max(Σ rows of <paramref name="indices"/>, 0).</summary>
    public abstract void SumRectified(ref float rows, ReadOnlySpan<int> indices, ref float target, int length);

    /// <summary>a ← a + row, b ← b + row.</summary>
    public abstract void AddToBoth(ref float row, ref float a, ref float b, int length);

    /// <summary>sum ← sum + row, copy ← row.</summary>
    public abstract void AddAndCopy(ref float row, ref float sum, ref float copy, int length);

    /// <summary>change ← value − target, target ← value.</summary>
    public abstract void Replace(ref float target, ref float value, ref float change, int length);

    /// <summary>a ← a + row, b ← b + row, row ← 0.</summary>
    public abstract void MoveToBoth(ref float row, ref float a, ref float b, int length);

    /// <summary>target ← a + b.</summary>
    public abstract void Add(ref float a, ref float b, ref float target, int length);

    /// <summary>target ← a·b.</summary>
    public abstract void Multiply(ref float a, ref float b, ref float target, int length);

    /// <summary>value ← max(a + b, 0); sum ← sum + value; total ← total + value.</summary>
    public abstract void AddRectified(ref float a, ref float b, ref float sum, ref float total, int length);

    /// <summary>value ← a·b / Σ a·b; sum ← sum + value; total ← total + value.</summary>
    /// <param name="scratch">A row of its own.</param>
    public abstract void AddNormalized(
        ref float a, ref float b, ref float sum, ref float total, ref float scratch, int length);

    /// <summary>row ← exp(row), for values that are not above 88.</summary>
    public abstract void Exp(ref float row, int length);

    /// <summary>target ← target + row, in double.</summary>
    public static void AddWidened(ReadOnlySpan<float> row, Span<double> target) => AddWeighted(row, 1, target);

    /// <summary>target ← target + weight·row, in double.</summary>
    public static void AddWeighted(ReadOnlySpan<float> row, double weight, Span<double> target)
    {
        ref double t = ref MemoryMarshal.GetReference(target[..row.Length]);
        nuint i = 0;
        for (; i + 8 <= (nuint)row.Length; i += 8)
        {
            (Vector256<double> low, Vector256<double> high) =
                Vector256.Widen(Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(row), i));
            Vector256.MultiplyAddEstimate(low, Vector256.Create(weight), Vector256.LoadUnsafe(ref t, i))
                .StoreUnsafe(ref t, i);
            Vector256.MultiplyAddEstimate(high, Vector256.Create(weight), Vector256.LoadUnsafe(ref t, i + 4))
                .StoreUnsafe(ref t, i + 4);
        }

        for (; i < (nuint)row.Length; i++)
            target[(int)i] += weight * row[(int)i];
    }

    /// <summary>target ← target + rowWeight·row + otherWeight·other, in double.</summary>
    public static void AddWeighted(
        ReadOnlySpan<float> row, double rowWeight, ReadOnlySpan<double> other, double otherWeight, Span<double> target)
    {
        ref double t = ref MemoryMarshal.GetReference(target[..row.Length]);
        ref double o = ref MemoryMarshal.GetReference(other[..row.Length]);
        Vector256<double> weight = Vector256.Create(otherWeight);
        AddWeighted(row, rowWeight, target);
        nuint i = 0;
        for (; i + 4 <= (nuint)row.Length; i += 4)
        {
            Vector256.MultiplyAddEstimate(Vector256.LoadUnsafe(ref o, i), weight, Vector256.LoadUnsafe(ref t, i))
                .StoreUnsafe(ref t, i);
        }

        for (; i < (nuint)row.Length; i++)
            target[(int)i] += otherWeight * other[(int)i];
    }
}

/// <inheritdoc/>
internal sealed class RowKernels<TSimd, T> : RowKernels
    where TSimd : struct, ISimd<T>
    where T : struct
{
    private static nuint Step
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (nuint)TSimd.Width;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Softmax(ref float logits, ref float probabilities, int length)
    {
        T max = TSimd.Load(ref logits, 0);
        for (nuint i = Step; i < (nuint)length; i += Step)
            max = TSimd.Max(max, TSimd.Load(ref logits, i));
        T shift = TSimd.Create(TSimd.MaxOf(max));
        T sum = TSimd.Create(0);
        for (nuint i = 0; i < (nuint)length; i += Step)
        {
            T value = ExpOf(TSimd.Subtract(TSimd.Load(ref logits, i), shift));
            sum = TSimd.Add(sum, value);
            TSimd.Store(value, ref probabilities, i);
        }

        T scale = TSimd.Create(1 / TSimd.Sum(sum));
        for (nuint i = 0; i < (nuint)length; i += Step)
            TSimd.Store(TSimd.Multiply(TSimd.Load(ref probabilities, i), scale), ref probabilities, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Combine(
        ref float own, float ownWeight, ref float rows, ReadOnlySpan<int> children, float childWeight, ref float target,
        int length)
    {
        Combine(ref rows, children, childWeight, ref target, length);
        T weight = TSimd.Create(ownWeight);
        for (nuint i = 0; i < (nuint)length; i += Step)
        {
            T scaled = TSimd.MultiplyAdd(TSimd.Load(ref own, i), weight, TSimd.Load(ref target, i));
            TSimd.Store(scaled, ref target, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Combine(
        ref float rows, ReadOnlySpan<int> children, float weight, ref float target, int length) =>
        Sum<Scaling>(ref rows, children, TSimd.Create(weight), ref target, length);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void SumRectified(ref float rows, ReadOnlySpan<int> indices, ref float target, int length) =>
        Sum<Rectifying>(ref rows, indices, TSimd.Create(0), ref target, length);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void AddToBoth(ref float row, ref float a, ref float b, int length)
    {
        for (nuint i = 0; i < (nuint)length; i += Step)
        {
            T value = TSimd.Load(ref row, i);
            TSimd.Store(TSimd.Add(TSimd.Load(ref a, i), value), ref a, i);
            TSimd.Store(TSimd.Add(TSimd.Load(ref b, i), value), ref b, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void AddAndCopy(ref float row, ref float sum, ref float copy, int length)
    {
        for (nuint i = 0; i < (nuint)length; i += Step)
        {
            T value = TSimd.Load(ref row, i);
            TSimd.Store(TSimd.Add(TSimd.Load(ref sum, i), value), ref sum, i);
            TSimd.Store(value, ref copy, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Replace(ref float target, ref float value, ref float change, int length)
    {
        for (nuint i = 0; i < (nuint)length; i += Step)
        {
            T next = TSimd.Load(ref value, i);
            TSimd.Store(TSimd.Subtract(next, TSimd.Load(ref target, i)), ref change, i);
            TSimd.Store(next, ref target, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void MoveToBoth(ref float row, ref float a, ref float b, int length)
    {
        T zero = TSimd.Create(0);
        for (nuint i = 0; i < (nuint)length; i += Step)
        {
            T value = TSimd.Load(ref row, i);
            TSimd.Store(TSimd.Add(TSimd.Load(ref a, i), value), ref a, i);
            TSimd.Store(TSimd.Add(TSimd.Load(ref b, i), value), ref b, i);
            TSimd.Store(zero, ref row, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Add(ref float a, ref float b, ref float target, int length)
    {
        for (nuint i = 0; i < (nuint)length; i += Step)
            TSimd.Store(TSimd.Add(TSimd.Load(ref a, i), TSimd.Load(ref b, i)), ref target, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Multiply(ref float a, ref float b, ref float target, int length)
    {
        for (nuint i = 0; i < (nuint)length; i += Step)
            TSimd.Store(TSimd.Multiply(TSimd.Load(ref a, i), TSimd.Load(ref b, i)), ref target, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void AddRectified(ref float a, ref float b, ref float sum, ref float total, int length)
    {
        T zero = TSimd.Create(0);
        for (nuint i = 0; i < (nuint)length; i += Step)
        {
            T value = TSimd.Max(TSimd.Add(TSimd.Load(ref a, i), TSimd.Load(ref b, i)), zero);
            TSimd.Store(TSimd.Add(TSimd.Load(ref sum, i), value), ref sum, i);
            TSimd.Store(TSimd.Add(TSimd.Load(ref total, i), value), ref total, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void AddNormalized(
        ref float a, ref float b, ref float sum, ref float total, ref float scratch, int length)
    {
        T mass = TSimd.Create(0);
        for (nuint i = 0; i < (nuint)length; i += Step)
        {
            T value = TSimd.Multiply(TSimd.Load(ref a, i), TSimd.Load(ref b, i));
            mass = TSimd.Add(mass, value);
            TSimd.Store(value, ref scratch, i);
        }

        T scale = TSimd.Create(1 / TSimd.Sum(mass));
        for (nuint i = 0; i < (nuint)length; i += Step)
        {
            T value = TSimd.Load(ref scratch, i);
            TSimd.Store(TSimd.MultiplyAdd(value, scale, TSimd.Load(ref sum, i)), ref sum, i);
            TSimd.Store(TSimd.MultiplyAdd(value, scale, TSimd.Load(ref total, i)), ref total, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Exp(ref float row, int length)
    {
        for (nuint i = 0; i < (nuint)length; i += Step)
            TSimd.Store(ExpOf(TSimd.Load(ref row, i)), ref row, i);
    }

    /// <summary>
    /// e^x to 2 units in the last place, and e^−87 below −87. x = n·ln 2 + r with |r| ≤ ln 2 / 2, and e^r by the polynomial of
    /// the Cephes library (S. L. Moshier, expf).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T ExpOf(T x)
    {
        // Below, 2^n would leave the range of normal numbers; e^−87 is 10^−38.
        x = TSimd.Max(x, TSimd.Create(-87));
        T n = TSimd.Round(TSimd.Multiply(x, TSimd.Create(1.44269504088896341f)));
        T r = TSimd.MultiplyAdd(n, TSimd.Create(-0.693359375f), x);
        r = TSimd.MultiplyAdd(n, TSimd.Create(2.12194440e-4f), r);
        T p = TSimd.Create(1.9875691500e-4f);
        p = TSimd.MultiplyAdd(p, r, TSimd.Create(1.3981999507e-3f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Create(8.3334519073e-3f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Create(4.1665795894e-2f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Create(1.6666665459e-1f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Create(5.0000001201e-1f));
        p = TSimd.MultiplyAdd(p, TSimd.Multiply(r, r), r);
        return TSimd.Scale(TSimd.Add(p, TSimd.Create(1)), n);
    }

    /// <summary>Sums rows, four vectors of each at a time: four chains of additions, and one address for the four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum<TFinish>(ref float rows, ReadOnlySpan<int> indices, T operand, ref float target, int length)
        where TFinish : struct, IFinish
    {
        nuint stride = (nuint)length;
        nuint i = 0;
        for (; i + (4 * Step) <= stride; i += 4 * Step)
        {
            T a = TSimd.Create(0);
            T b = a;
            T c = a;
            T d = a;
            foreach (int index in indices)
            {
                nuint offset = ((nuint)index * stride) + i;
                a = TSimd.Add(a, TSimd.Load(ref rows, offset));
                b = TSimd.Add(b, TSimd.Load(ref rows, offset + Step));
                c = TSimd.Add(c, TSimd.Load(ref rows, offset + (2 * Step)));
                d = TSimd.Add(d, TSimd.Load(ref rows, offset + (3 * Step)));
            }

            TSimd.Store(TFinish.Apply(a, operand), ref target, i);
            TSimd.Store(TFinish.Apply(b, operand), ref target, i + Step);
            TSimd.Store(TFinish.Apply(c, operand), ref target, i + (2 * Step));
            TSimd.Store(TFinish.Apply(d, operand), ref target, i + (3 * Step));
        }

        for (; i < stride; i += Step)
        {
            T sum = TSimd.Create(0);
            foreach (int index in indices)
                sum = TSimd.Add(sum, TSimd.Load(ref rows, ((nuint)index * stride) + i));
            TSimd.Store(TFinish.Apply(sum, operand), ref target, i);
        }
    }

    /// <summary>What becomes of a sum before it is stored.</summary>
    private interface IFinish
    {
        static abstract T Apply(T sum, T operand);
    }

    private readonly struct Scaling : IFinish
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Apply(T sum, T operand) => TSimd.Multiply(sum, operand);
    }

    private readonly struct Rectifying : IFinish
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Apply(T sum, T operand) => TSimd.Max(sum, operand);
    }
}
