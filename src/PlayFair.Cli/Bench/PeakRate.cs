using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PlayFair.Cli.Bench;

/// <summary>
/// How many floating-point operations a second the machine does at most: fused multiply-adds on the widest vectors, in
/// registers, in more independent chains than an FMA takes cycles on every port.
/// </summary>
internal static class PeakRate
{
    private const int ChainCount = 12;
    private const int RoundCount = 8;

    /// <summary>Long enough for clock rates to settle, short enough to fall between other programs' turns.</summary>
    private const double RoundSeconds = 0.04;

    /// <summary>The name of the vectors that are used.</summary>
    public static string Vectors =>
        Vector512.IsHardwareAccelerated ? "512-bit"
        : Vector256.IsHardwareAccelerated ? "256-bit"
        : Vector128.IsHardwareAccelerated ? "128-bit"
        : "none";

    /// <summary>The best of several rounds, in operations a second; a multiply-add counts as two.</summary>
    /// <param name="threadCount">How many threads work at once.</param>
    public static double Measure(int threadCount)
    {
        if (Vector512.IsHardwareAccelerated)
            return Measure<Lanes512>(threadCount);
        if (Vector256.IsHardwareAccelerated)
            return Measure<Lanes256>(threadCount);
        return Vector128.IsHardwareAccelerated ? Measure<Lanes128>(threadCount) : Measure<OneLane>(threadCount);
    }

    private static double Measure<T>(int threadCount)
        where T : struct, ILanes<T>
    {
        // Also brings the loop to its final code: it is compiled anew while it runs.
        long count = 1 << 16;
        double seconds;
        while ((seconds = Round<T>(threadCount, count)) < RoundSeconds)
            count = seconds < RoundSeconds / 8 ? 4 * count : 2 * count;

        double best = 0;
        for (int round = 0; round < RoundCount; round++)
            best = Math.Max(best, 2.0 * ChainCount * T.Width * count * threadCount / Round<T>(threadCount, count));
        return best;
    }

    /// <summary>The time from the common start to the last thread's end.</summary>
    private static double Round<T>(int threadCount, long count)
        where T : struct, ILanes<T>
    {
        var sums = new float[threadCount];
        using var start = new Barrier(threadCount);
        var threads = new Thread[threadCount - 1];
        for (int i = 0; i < threads.Length; i++)
        {
            int index = i + 1;
            threads[i] = new Thread(() =>
            {
                start.SignalAndWait();
                sums[index] = MultiplyAdd<T>(count);
            });
            threads[i].Start();
        }

        start.SignalAndWait();
        long begin = Stopwatch.GetTimestamp();
        sums[0] = MultiplyAdd<T>(count);
        foreach (Thread thread in threads)
            thread.Join();
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        // Looked at, so that no compiler can find the loop useless.
        return float.IsNaN(sums.Sum()) ? double.PositiveInfinity : seconds;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float MultiplyAdd<T>(long count)
        where T : struct, ILanes<T>
    {
        // x ← 0.5·x + 1 stays near 2 for ever: no overflow, no denormal numbers.
        T half = T.Create(0.5f);
        T one = T.Create(1);
        T a = one, b = one, c = one, d = one, e = one, f = one, g = one, h = one, i = one, j = one, k = one, l = one;
        for (long n = 0; n < count; n++)
        {
            a = T.MultiplyAdd(a, half, one);
            b = T.MultiplyAdd(b, half, one);
            c = T.MultiplyAdd(c, half, one);
            d = T.MultiplyAdd(d, half, one);
            e = T.MultiplyAdd(e, half, one);
            f = T.MultiplyAdd(f, half, one);
            g = T.MultiplyAdd(g, half, one);
            h = T.MultiplyAdd(h, half, one);
            i = T.MultiplyAdd(i, half, one);
            j = T.MultiplyAdd(j, half, one);
            k = T.MultiplyAdd(k, half, one);
            l = T.MultiplyAdd(l, half, one);
        }

        return T.Sum(a) + T.Sum(b) + T.Sum(c) + T.Sum(d) + T.Sum(e) + T.Sum(f)
            + T.Sum(g) + T.Sum(h) + T.Sum(i) + T.Sum(j) + T.Sum(k) + T.Sum(l);
    }

    private interface ILanes<T>
        where T : struct
    {
        static abstract int Width { get; }

        static abstract T Create(float value);

        static abstract T MultiplyAdd(T a, T b, T c);

        static abstract float Sum(T value);
    }

    private readonly struct Lanes512(Vector512<float> value) : ILanes<Lanes512>
    {
        private readonly Vector512<float> _value = value;

        public static int Width => Vector512<float>.Count;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Lanes512 Create(float value) => new(Vector512.Create(value));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Lanes512 MultiplyAdd(Lanes512 a, Lanes512 b, Lanes512 c) =>
            new(Vector512.MultiplyAddEstimate(a._value, b._value, c._value));

        public static float Sum(Lanes512 value) => Vector512.Sum(value._value);
    }

    private readonly struct Lanes256(Vector256<float> value) : ILanes<Lanes256>
    {
        private readonly Vector256<float> _value = value;

        public static int Width => Vector256<float>.Count;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Lanes256 Create(float value) => new(Vector256.Create(value));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Lanes256 MultiplyAdd(Lanes256 a, Lanes256 b, Lanes256 c) =>
            new(Vector256.MultiplyAddEstimate(a._value, b._value, c._value));

        public static float Sum(Lanes256 value) => Vector256.Sum(value._value);
    }

    private readonly struct Lanes128(Vector128<float> value) : ILanes<Lanes128>
    {
        private readonly Vector128<float> _value = value;

        public static int Width => Vector128<float>.Count;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Lanes128 Create(float value) => new(Vector128.Create(value));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Lanes128 MultiplyAdd(Lanes128 a, Lanes128 b, Lanes128 c) =>
            new(Vector128.MultiplyAddEstimate(a._value, b._value, c._value));

        public static float Sum(Lanes128 value) => Vector128.Sum(value._value);
    }

    private readonly struct OneLane(float value) : ILanes<OneLane>
    {
        private readonly float _value = value;

        public static int Width => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static OneLane Create(float value) => new(value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static OneLane MultiplyAdd(OneLane a, OneLane b, OneLane c) => new((a._value * b._value) + c._value);

        public static float Sum(OneLane value) => value._value;
    }
}
