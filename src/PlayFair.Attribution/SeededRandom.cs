using System.Numerics;

namespace PlayFair.Attribution;

/// <summary>
/// A stream of random numbers that a seed and a stream number fix for ever, on every platform: xoshiro256** by D. Blackman
/// and S. Vigna (2018), its state filled by SplitMix64. Streams of one seed are independent for all purposes here.
/// </summary>
public struct SeededRandom
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    public SeededRandom(ulong seed, ulong stream)
    {
        ulong state = seed;
        // A stream starts where no other seed's or stream's does, but for one chance in 2^64.
        state = Mix(ref state) ^ Mix(ref stream);
        _a = Mix(ref state);
        _b = Mix(ref state);
        _c = Mix(ref state);
        _d = Mix(ref state);
    }

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        ulong result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        ulong shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>Uniform on 0 .. <paramref name="count"/> − 1, without bias (D. Lemire, 2019).</summary>
    /// <param name="count">At least 1.</param>
    public int Next(int count)
    {
        ulong product = (NextBits() >> 32) * (uint)count;
        if ((uint)product < (uint)count)
        {
            uint threshold = (0u - (uint)count) % (uint)count;
            while ((uint)product < threshold)
                product = (NextBits() >> 32) * (uint)count;
        }

        return (int)(product >> 32);
    }

    /// <summary>Uniform on [0, 1), in steps of 2^−53.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Brings the items into a uniformly random order.</summary>
    public void Shuffle(Span<int> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = Next(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Mix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
