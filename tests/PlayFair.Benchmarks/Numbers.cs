using PlayFair.Attribution;
using PlayFair.Attribution.Kernels;

namespace PlayFair.Benchmarks;

/// <summary>Random numbers, the same in every run.</summary>
internal static class Numbers
{
    /// <summary>Uniform on −1 to 1.</summary>
    public static float[] Array(int count)
    {
        var numbers = new float[count];
        Fill(numbers);
        return numbers;
    }

    /// <summary>[rowCount × stride], uniform on −1 to 1.</summary>
    public static RowBuffer Rows(int rowCount, int stride)
    {
        RowBuffer rows = Attribution.Kernels.Rows.Allocate(rowCount, stride);
        Fill(rows.Span(0, rowCount));
        return rows;
    }

    private static void Fill(Span<float> numbers)
    {
        var random = new SeededRandom(1, 0);
        foreach (ref float number in numbers)
            number = (float)((2 * random.NextDouble()) - 1);
    }
}
