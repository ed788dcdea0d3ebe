using System.Runtime.Intrinsics;
using PlayFair.Attribution.Kernels;

namespace PlayFair.Models.Tests;

/// <summary>The matrix kernel at each width against a plain loop. Missing widths run in software.</summary>
public class LinearLayerTests
{
    /// <summary>257 additions, each rounded by at most 1e-6 in sums up to 32: some 16·0.5e-6 at random.</summary>
    private const double Tolerance = 5e-5;

    private delegate void Apply(
        LinearLayer layer, int rowCount, ReadOnlySpan<float> inputs, Span<float> outputs, int outputStride);

    private static readonly Apply[] Widths =
    [
        (layer, rowCount, inputs, outputs, stride) =>
            layer.Apply<Simd512, Vector512<float>, LinearLayer.Eight>(rowCount, inputs, outputs, stride),
        (layer, rowCount, inputs, outputs, stride) =>
            layer.Apply<Simd256, Vector256<float>, LinearLayer.Four>(rowCount, inputs, outputs, stride),
        (layer, rowCount, inputs, outputs, stride) =>
            layer.Apply<SimdScalar, float, LinearLayer.Four>(rowCount, inputs, outputs, stride),
        (layer, rowCount, inputs, outputs, stride) =>
            layer.Apply<Simd512, Vector512<float>, LinearLayer.One>(rowCount, inputs, outputs, stride),
        (layer, rowCount, inputs, outputs, stride) => layer.Apply(rowCount, inputs, outputs, stride),
    ];

    public static TheoryData<int, int> Shapes
    {
        get
        {
            // Outputs around one, two and three vectors of each width, and the paper's 174 classes and 256 units.
            var shapes = new TheoryData<int, int>();
            foreach (int outputSize in new[] { 1, 7, 8, 9, 16, 17, 31, 32, 33, 47, 48, 49, 64, 65, 96, 97, 174 })
            {
                foreach (int inputSize in new[] { 1, 3, 256 })
                    shapes.Add(inputSize, outputSize);
            }

            return shapes;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Outputs_are_those_of_a_loop(int inputSize, int outputSize)
    {
        int[] rowCounts = inputSize < 256
            ? [.. Enumerable.Range(0, 34)]
            : [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33];
        int[] outputStrides = [outputSize, outputSize + 3, (outputSize + 15) / 16 * 16];
        foreach (int inputStride in new[] { inputSize, inputSize + 5 })
        {
            var random = new Random(inputSize + outputSize);
            float[] weights = RandomHeads.Numbers(random, inputSize * outputSize);
            float[] bias = RandomHeads.Numbers(random, outputSize);
            float[] inputs = RandomHeads.Numbers(random, 33 * inputStride);
            var layer = new LinearLayer(inputSize, inputStride, outputSize, weights, 0, inputSize, bias);
            double[] expected = Expected(weights, bias, inputs, inputSize, inputStride);
            foreach (int outputStride in outputStrides)
            {
                foreach (int rowCount in rowCounts)
                {
                    foreach (Apply apply in Widths)
                    {
                        // What lies behind the rows belongs to others.
                        float[] outputs = [.. Enumerable.Repeat(float.NaN, (rowCount * outputStride) + 40)];

                        apply(layer, rowCount, inputs, outputs.AsSpan(0, rowCount * outputStride), outputStride);

                        for (int i = 0; i < rowCount * outputSize; i++)
                        {
                            float actual = outputs[(i / outputSize * outputStride) + (i % outputSize)];
                            if (!(Math.Abs(expected[i] - actual) <= Tolerance))
                                Assert.Fail($"Value {i} of {rowCount} rows: {actual}, not {expected[i]}.");
                        }

                        Assert.True(outputs.AsSpan(rowCount * outputStride).IndexOfAnyExcept(float.NaN) < 0);
                    }
                }
            }
        }
    }

    [Fact]
    public void A_part_of_a_matrix_is_its_columns_from_a_start_and_no_bias_is_zero()
    {
        var random = new Random(1);
        float[] weights = RandomHeads.Numbers(random, 20 * 12);
        float[] inputs = RandomHeads.Numbers(random, 6 * 5);
        // Columns 4 to 8 of rows of 12.
        float[] part = [.. Enumerable.Range(0, 20 * 5).Select(k => weights[(k / 5 * 12) + 4 + (k % 5)])];
        double[] expected = Expected(part, new float[20], inputs, 5, 5);

        var outputs = new float[6 * 20];
        new LinearLayer(5, 5, 20, weights, start: 4, stride: 12, bias: []).Apply(6, inputs, outputs, 20);

        for (int i = 0; i < outputs.Length; i++)
            Assert.Equal(expected[i], outputs[i], Tolerance);
    }

    [Fact]
    public void Too_few_inputs_or_too_little_room_are_refused()
    {
        var layer = new LinearLayer(3, 2, new float[6], new float[2]);

        Assert.Throws<ArgumentOutOfRangeException>(() => layer.Apply(2, new float[5], new float[4], 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => layer.Apply(2, new float[6], new float[3], 2));
    }

    [Fact]
    public void A_rows_result_depends_on_nothing_but_the_row()
    {
        var random = new Random(2);
        var layer = new LinearLayer(40, 53, RandomHeads.Numbers(random, 40 * 53), RandomHeads.Numbers(random, 53));
        float[] inputs = RandomHeads.Numbers(random, 21 * 40);
        foreach (Apply apply in Widths)
        {
            var together = new float[21 * 53];
            apply(layer, 21, inputs, together, 53);
            for (int row = 0; row < 21; row++)
            {
                var alone = new float[53];
                apply(layer, 1, inputs.AsSpan(row * 40, 40), alone, 53);
                Assert.Equal(alone, together.AsSpan(row * 53, 53).ToArray());
            }
        }
    }

    /// <summary>[33 × outputSize].</summary>
    private static double[] Expected(float[] weights, float[] bias, float[] inputs, int inputSize, int inputStride)
    {
        int outputSize = bias.Length;
        var expected = new double[inputs.Length / inputStride * outputSize];
        for (int i = 0; i < expected.Length; i++)
        {
            double sum = bias[i % outputSize];
            for (int k = 0; k < inputSize; k++)
                sum += (double)weights[(i % outputSize * inputSize) + k] * inputs[(i / outputSize * inputStride) + k];
            expected[i] = sum;
        }

        return expected;
    }
}
