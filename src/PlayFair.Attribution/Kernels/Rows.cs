using System.Buffers;
using System.Runtime.CompilerServices;

namespace PlayFair.Attribution.Kernels;

/// <summary>Rows of floats, one lane a class, padded to whole vectors of any width.</summary>
internal static class Rows
{
    /// <summary>Rows are a multiple of this many floats long, and buffers start at a multiple of its bytes.</summary>
    public const int Alignment = 16;

    /// <summary>What stands in the padding of a row of logits: its exponential is zero, and means of it stay finite.</summary>
    public const float PaddingLogit = -1e30f;

    /// <summary>The padded length of a row.</summary>
    public static int Stride(int count) => (count + Alignment - 1) / Alignment * Alignment;

    /// <summary>A zeroed buffer for rows, on a cache line's boundary, at a fixed address.</summary>
    public static RowBuffer Allocate(long rowCount, int stride) => new(rowCount, stride, isRented: false);

    /// <summary>
    /// A buffer for rows that holds anything at first, to be disposed of. Large ones are used again and again: new memory
    /// costs more than what is done with it.
    /// </summary>
    public static RowBuffer Rent(long rowCount, int stride) => new(rowCount, stride, isRented: true);
}

/// <summary>[row × stride] floats. The first float lies on a cache line's boundary; garbage is collected as usual.</summary>
internal sealed class RowBuffer : IDisposable
{
    private readonly int _start;
    private readonly bool _isRented;
    private float[] _floats;

    public RowBuffer(long rowCount, int stride, bool isRented)
    {
        long length = (rowCount * stride) + Rows.Alignment;
        if (length > Array.MaxLength)
        {
            throw new ArgumentException(
                $"{rowCount} rows of {stride} scores are needed at once, expected at most {Array.MaxLength / stride}; "
                + "use fewer frames.",
                nameof(rowCount));
        }

        Stride = stride;
        RowCount = (int)rowCount;
        _isRented = isRented;
        // Pinned, so that its alignment lasts; large arrays of the pool stay where they are too.
        _floats = isRented
            ? ArrayPool<float>.Shared.Rent((int)length)
            : GC.AllocateArray<float>((int)length, pinned: true);
        _start = Misalignment(ref _floats[0]);
    }

    public int Stride { get; }

    public int RowCount { get; }

    /// <summary>The first float of a row. Not checked: kernels run over whole buffers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref float Row(int row) => ref Unsafe.Add(ref First, (nint)row * Stride);

    /// <summary>The first float of the first row.</summary>
    public ref float First
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref Unsafe.Add(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(_floats), _start);
    }

    public Span<float> Span(int row) => _floats.AsSpan(_start + (row * Stride), Stride);

    public Span<float> Span(int row, int rowCount) => _floats.AsSpan(_start + (row * Stride), rowCount * Stride);

    public void Clear() => Array.Clear(_floats);

    /// <summary>Gives a rented buffer back; it must not be used any more.</summary>
    public void Dispose()
    {
        if (_isRented && _floats.Length > 0)
            ArrayPool<float>.Shared.Return(_floats);
        _floats = [];
    }

    private static unsafe int Misalignment(ref float first)
    {
        const int LineBytes = Rows.Alignment * sizeof(float);
        nint address = (nint)Unsafe.AsPointer(ref first);
        return (int)((LineBytes - (address % LineBytes)) % LineBytes) / sizeof(float);
    }
}
