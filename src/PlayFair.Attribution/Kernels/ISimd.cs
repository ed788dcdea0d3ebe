using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PlayFair.Attribution.Kernels;

/// <summary>
/// What kernels ask of a vector of floats, so that each is written once and compiled for every width. The scalar one is
/// the reference that the others are tested against.
/// </summary>
internal interface ISimd<T>
    where T : struct
{
    /// <summary>How many floats, a divisor of <see cref="Rows.Alignment"/>.</summary>
    static abstract int Width { get; }

    static abstract T Create(float value);

    static abstract T Load(ref float source, nuint offset);

    static abstract void Store(T value, ref float target, nuint offset);

    static abstract T Add(T a, T b);

    static abstract T Subtract(T a, T b);

    static abstract T Multiply(T a, T b);

    static abstract T Max(T a, T b);

    /// <summary>a·b + c, rounded once where the machine can.</summary>
    static abstract T MultiplyAdd(T a, T b, T c);

    static abstract float Sum(T value);

    static abstract float MaxOf(T value);

    /// <summary>value·2^exponent for integral exponents from −126 to 127.</summary>
    static abstract T Scale(T value, T exponent);

    static abstract T Round(T value);
}

/// <summary>Sixteen floats: AVX-512.</summary>
internal readonly struct Simd512 : ISimd<Vector512<float>>
{
    public static int Width => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Create(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref float source, nuint offset) => Vector512.LoadUnsafe(ref source, offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> value, ref float target, nuint offset) => value.StoreUnsafe(ref target, offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Vector512.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) =>
        Vector512.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> value) => Vector512.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxOf(Vector512<float> value) =>
        Simd256.MaxOf(Vector256.MaxNative(value.GetLower(), value.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(Vector512<float> value, Vector512<float> exponent) =>
        value * ((Vector512.ConvertToInt32Native(exponent) + Vector512.Create(127)) << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Round(Vector512<float> value) => Vector512.Round(value);
}

/// <summary>Eight floats: AVX2.</summary>
internal readonly struct Simd256 : ISimd<Vector256<float>>
{
    public static int Width => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Create(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(ref float source, nuint offset) => Vector256.LoadUnsafe(ref source, offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> value, ref float target, nuint offset) => value.StoreUnsafe(ref target, offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Vector256.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
        Vector256.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> value) => Vector256.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxOf(Vector256<float> value)
    {
        Vector128<float> four = Vector128.MaxNative(value.GetLower(), value.GetUpper());
        Vector128<float> two = Vector128.MaxNative(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(two, Vector128.Shuffle(two, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(Vector256<float> value, Vector256<float> exponent) =>
        value * ((Vector256.ConvertToInt32Native(exponent) + Vector256.Create(127)) << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Round(Vector256<float> value) => Vector256.Round(value);
}

/// <summary>One float: any machine.</summary>
internal readonly struct SimdScalar : ISimd<float>
{
    public static int Width => 1;

    public static float Create(float value) => value;

    public static float Load(ref float source, nuint offset) => Unsafe.Add(ref source, offset);

    public static void Store(float value, ref float target, nuint offset) => Unsafe.Add(ref target, offset) = value;

    public static float Add(float a, float b) => a + b;

    public static float Subtract(float a, float b) => a - b;

    public static float Multiply(float a, float b) => a * b;

    public static float Max(float a, float b) => a > b ? a : b;

    public static float MultiplyAdd(float a, float b, float c) => (a * b) + c;

    public static float Sum(float value) => value;

    public static float MaxOf(float value) => value;

    public static float Scale(float value, float exponent) =>
        value * BitConverter.Int32BitsToSingle(((int)exponent + 127) << 23);

    public static float Round(float value) => MathF.Round(value);
}
