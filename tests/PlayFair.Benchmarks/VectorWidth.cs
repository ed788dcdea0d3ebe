using System.Runtime.Intrinsics;

namespace PlayFair.Benchmarks;

/// <summary>How many floats a vector holds.</summary>
public enum VectorWidth
{
    Scalar = 1,
    Eight = 8,
    Sixteen = 16,
}

internal static class VectorWidths
{
    /// <summary>Those that this machine has instructions for.</summary>
    public static IEnumerable<VectorWidth> OnThisMachine()
    {
        yield return VectorWidth.Scalar;
        if (Vector256.IsHardwareAccelerated)
            yield return VectorWidth.Eight;
        if (Vector512.IsHardwareAccelerated)
            yield return VectorWidth.Sixteen;
    }
}
