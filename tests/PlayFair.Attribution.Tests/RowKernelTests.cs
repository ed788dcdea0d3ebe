using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PlayFair.Attribution.Kernels;

namespace PlayFair.Attribution.Tests;

/// <summary>Each kernel at each width against a plain loop. Widths that a machine lacks run in software.</summary>
public class RowKernelTests
{
    private const double Tolerance = 2e-6;

    private static readonly int[] Lengths = [16, 32, 48, 64, 80, 96, 112, 128, 144, 176, 256, 272];

    private static readonly (string Name, RowKernels Kernels)[] All =
    [
        ("512", new RowKernels<Simd512, Vector512<float>>()),
        ("256", new RowKernels<Simd256, Vector256<float>>()),
        ("scalar", new RowKernels<SimdScalar, float>()),
    ];

    [Fact]
    public void The_widest_vectors_of_the_machine_are_used()
    {
        string expected = Vector512.IsHardwareAccelerated ? "512" : Vector256.IsHardwareAccelerated ? "256" : "scalar";

        Assert.IsType(All.Single(width => width.Name == expected).Kernels.GetType(), RowKernels.Best);
    }

    [Fact]
    public void The_exponential_is_right_to_two_units_in_the_last_place()
    {
        foreach (var (_, kernels) in All)
        {
            const int Count = 1 << 16;
            RowBuffer row = Rows.Allocate(1, Count);
            var x = new float[Count];
            for (int i = 0; i < Count; i++)
                x[i] = -87 + (175f * i / (Count - 1));
            // The ends, around zero, and where n·ln 2 changes.
            float[] special = [-87, 88, 0, -0f, 1e-30f, -1e-30f, 0.34657f, 0.34658f, -0.34657f, -0.34658f, 1, -1];
            special.CopyTo(x, 100);
            x.CopyTo(row.Span(0));

            kernels.Exp(ref row.First, Count);

            double worst = 0;
            for (int i = 0; i < Count; i++)
                worst = Math.Max(worst, Math.Abs((row.Span(0)[i] / Math.Exp(x[i])) - 1));
            Assert.InRange(worst, 0, 2 * Math.Pow(2, -23));
        }
    }

    [Fact]
    public void The_exponential_of_what_is_far_below_is_next_to_nothing()
    {
        foreach (var (_, kernels) in All)
        {
            RowBuffer row = Rows.Allocate(1, 16);
            float[] low = [-87.1f, -88, -100, -1000, -1e10f, Rows.PaddingLogit, float.MinValue, float.NegativeInfinity];
            low.CopyTo(row.Span(0));

            kernels.Exp(ref row.First, 16);

            Assert.All(row.Span(0)[..low.Length].ToArray(), value => Assert.InRange(value, 0, 1.7e-38f));
        }
    }

    [Fact]
    public void Softmax_is_right_for_small_equal_and_hugely_spread_values_and_ignores_padding()
    {
        foreach (var (_, kernels) in All)
        {
            foreach (int length in Lengths)
            {
                foreach (int padding in new[] { 0, 1, 15 })
                {
                    foreach (double spread in new[] { 0, 1, 60, 1000, 1e6, 1e30 })
                    {
                        int count = length - padding;
                        float[] logits = Numbers(length + padding, count, spread);
                        RowBuffer rows = Filled(1, length, Rows.PaddingLogit);
                        logits.CopyTo(rows.Span(0));
                        RowBuffer probabilities = Rows.Allocate(1, length);

                        kernels.Softmax(ref rows.First, ref probabilities.First, length);
                        // In place too, as the samplers do.
                        kernels.Softmax(ref rows.First, ref rows.First, length);

                        double max = logits.Max();
                        double sum = logits.Sum(z => Math.Exp(z - max));
                        for (int i = 0; i < length; i++)
                        {
                            double expected = i < count ? Math.Exp(logits[i] - max) / sum : 0;
                            Assert.Equal(expected, probabilities.Span(0)[i], 1e-6);
                        }

                        Assert.Equal(probabilities.Span(0), rows.Span(0));
                        Assert.Equal(1, probabilities.Span(0).ToArray().Sum(p => (double)p), 1e-6);
                    }
                }
            }
        }
    }

    [Fact]
    public void Sums_of_rows_are_those_of_a_loop() => ForAll((kernels, length, rows, x) =>
    {
        foreach (int[] indices in new int[][] { [], [3], [0, 2], [4, 4, 1], [0, 1, 2, 3, 4, 3, 2, 1] })
        {
            double Sum(int i) => indices.Sum(row => (double)x(row, i));
            RowBuffer target = Filled(1, length, float.NaN);

            kernels.Combine(ref rows.First, indices, 0.3f, ref target.First, length);
            AssertRow(target.Span(0), i => 0.3 * Sum(i));

            kernels.SumRectified(ref rows.First, indices, ref target.First, length);
            AssertRow(target.Span(0), i => Math.Max(0, Sum(i)));

            kernels.Combine(ref rows.Row(1), 0.7f, ref rows.First, indices, -0.2f, ref target.First, length);
            AssertRow(target.Span(0), i => (0.7 * x(1, i)) - (0.2 * Sum(i)));
        }
    });

    [Fact]
    public void Row_arithmetic_is_that_of_a_loop() => ForAll((kernels, length, rows, x) =>
    {
        RowBuffer work = Copy(rows);
        kernels.AddToBoth(ref work.Row(0), ref work.Row(1), ref work.Row(2), length);
        AssertRow(work.Span(0), i => x(0, i));
        AssertRow(work.Span(1), i => (double)x(0, i) + x(1, i));
        AssertRow(work.Span(2), i => (double)x(0, i) + x(2, i));

        work = Copy(rows);
        kernels.AddAndCopy(ref work.Row(0), ref work.Row(1), ref work.Row(2), length);
        AssertRow(work.Span(0), i => x(0, i));
        AssertRow(work.Span(1), i => (double)x(0, i) + x(1, i));
        AssertRow(work.Span(2), i => x(0, i));

        work = Copy(rows);
        kernels.Replace(ref work.Row(0), ref work.Row(1), ref work.Row(2), length);
        AssertRow(work.Span(0), i => x(1, i));
        AssertRow(work.Span(1), i => x(1, i));
        AssertRow(work.Span(2), i => (double)x(1, i) - x(0, i));

        work = Copy(rows);
        kernels.MoveToBoth(ref work.Row(0), ref work.Row(1), ref work.Row(2), length);
        AssertRow(work.Span(0), _ => 0);
        AssertRow(work.Span(1), i => (double)x(0, i) + x(1, i));
        AssertRow(work.Span(2), i => (double)x(0, i) + x(2, i));

        work = Copy(rows);
        kernels.Add(ref work.Row(0), ref work.Row(1), ref work.Row(2), length);
        kernels.Multiply(ref work.Row(0), ref work.Row(1), ref work.Row(3), length);
        AssertRow(work.Span(2), i => (double)x(0, i) + x(1, i));
        AssertRow(work.Span(3), i => (double)x(0, i) * x(1, i));

        work = Copy(rows);
        kernels.AddRectified(ref work.Row(0), ref work.Row(1), ref work.Row(2), ref work.Row(3), length);
        AssertRow(work.Span(2), i => x(2, i) + Math.Max(0, (double)x(0, i) + x(1, i)));
        AssertRow(work.Span(3), i => x(3, i) + Math.Max(0, (double)x(0, i) + x(1, i)));
        AssertRow(work.Span(4), i => x(4, i));
    });

    [Fact]
    public void Products_are_normalised_before_they_are_added() => ForAll((kernels, length, rows, x) =>
    {
        RowBuffer work = Copy(rows);
        kernels.Exp(ref work.Row(0), length);
        kernels.Exp(ref work.Row(1), length);

        kernels.AddNormalized(
            ref work.Row(0), ref work.Row(1), ref work.Row(2), ref work.Row(3), ref work.Row(4), length);

        double mass = Enumerable.Range(0, length).Sum(i => Math.Exp((double)x(0, i) + x(1, i)));
        AssertRow(work.Span(2), i => x(2, i) + (Math.Exp((double)x(0, i) + x(1, i)) / mass));
        AssertRow(work.Span(3), i => x(3, i) + (Math.Exp((double)x(0, i) + x(1, i)) / mass));
    });

    [Fact]
    public void Rows_are_widened_at_any_length()
    {
        foreach (int length in new[] { 0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 33, 176 })
        {
            float[] row = Numbers(length, length, 1);
            double[] target = [.. Enumerable.Range(0, length + 1).Select(i => i * 1e9)];

            RowKernels.AddWidened(row, target);

            for (int i = 0; i < length; i++)
                Assert.Equal((i * 1e9) + row[i], target[i]);
            Assert.Equal(length * 1e9, target[length]);
        }
    }

    [Theory]
    [InlineData(1, 16)]
    [InlineData(16, 16)]
    [InlineData(17, 32)]
    [InlineData(174, 176)]
    public void Rows_are_whole_vectors_long_and_begin_at_a_cache_line(int count, int stride)
    {
        Assert.Equal(stride, Rows.Stride(count));
        for (int rowCount = 1; rowCount < 20; rowCount++)
        {
            RowBuffer rows = Rows.Allocate(rowCount, stride);
            Assert.Equal((rowCount, stride), (rows.RowCount, rows.Stride));
            Assert.Equal(0, AddressOf(ref rows.First) % 64);
            Assert.True(Unsafe.AreSame(ref rows.Row(rowCount - 1), ref rows.Span(rowCount - 1)[0]));
            Assert.Equal(rowCount * stride, rows.Span(0, rowCount).Length);
            Assert.All(rows.Span(0, rowCount).ToArray(), value => Assert.Equal(0, value));
        }
    }

    [Fact]
    public void More_rows_than_an_array_holds_are_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => Rows.Allocate(1L << 31, 16));

        Assert.Contains("2147483648 rows of 16", error.Message, StringComparison.Ordinal);
    }

    private delegate float Value(int row, int i);

    /// <summary>Runs a check at each width and length on five rows of random numbers.</summary>
    private static void ForAll(Action<RowKernels, int, RowBuffer, Value> check)
    {
        foreach (var (_, kernels) in All)
        {
            foreach (int length in Lengths)
            {
                float[] numbers = Numbers(length, 5 * length, 2);
                RowBuffer rows = Rows.Allocate(5, length);
                numbers.CopyTo(rows.Span(0, 5));
                check(kernels, length, rows, (row, i) => numbers[(row * length) + i]);
                Assert.Equal(numbers, rows.Span(0, 5));
            }
        }
    }

    private static void AssertRow(ReadOnlySpan<float> actual, Func<int, double> expected)
    {
        for (int i = 0; i < actual.Length; i++)
            Assert.Equal(expected(i), actual[i], Tolerance * Math.Max(1, Math.Abs(expected(i))));
    }

    private static RowBuffer Copy(RowBuffer rows)
    {
        RowBuffer copy = Rows.Allocate(rows.RowCount, rows.Stride);
        rows.Span(0, rows.RowCount).CopyTo(copy.Span(0, rows.RowCount));
        return copy;
    }

    private static RowBuffer Filled(int rowCount, int stride, float value)
    {
        RowBuffer rows = Rows.Allocate(rowCount, stride);
        rows.Span(0, rowCount).Fill(value);
        return rows;
    }

    private static float[] Numbers(int seed, int count, double scale)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(scale * ((2 * random.NextDouble()) - 1)))];
    }

    private static nint AddressOf(ref float value) => Unsafe.ByteOffset(
        ref Unsafe.NullRef<float>(), ref value);
}
