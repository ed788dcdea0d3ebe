using System.Runtime.Intrinsics;
using BenchmarkDotNet.Attributes;
using PlayFair.Attribution.Kernels;
using PlayFair.Models;

namespace PlayFair.Benchmarks;

/// <summary>
/// 64 subsequences' hidden layers to their logits: 256 inputs, 174 outputs, 2.85 million multiply-adds.
/// </summary>
public class LinearLayerBenchmarks
{
    private const int InputSize = 256;
    private const int OutputSize = 174;
    private const int RowCount = 64;

    private readonly float[] _weights = Numbers.Array(OutputSize * InputSize);
    private readonly float[] _bias = Numbers.Array(OutputSize);
    private readonly float[] _inputs = Numbers.Array(RowCount * InputSize);
    private readonly float[] _outputs = new float[RowCount * OutputSize];
    private LinearLayer _layer = null!;

    public static IEnumerable<VectorWidth> Widths => VectorWidths.OnThisMachine();

    [ParamsSource(nameof(Widths))]
    public VectorWidth Width { get; set; }

    [GlobalSetup]
    public void SetUp() => _layer = new LinearLayer(InputSize, OutputSize, _weights, _bias);

    [Benchmark]
    public void Apply()
    {
        switch (Width)
        {
            case VectorWidth.Scalar:
                _layer.Apply<SimdScalar, float, LinearLayer.Four>(RowCount, _inputs, _outputs, OutputSize);
                break;
            case VectorWidth.Eight:
                _layer.Apply<Simd256, Vector256<float>, LinearLayer.Four>(RowCount, _inputs, _outputs, OutputSize);
                break;
            default:
                _layer.Apply<Simd512, Vector512<float>, LinearLayer.Eight>(RowCount, _inputs, _outputs, OutputSize);
                break;
        }
    }

    /// <summary>What a straightforward loop takes.</summary>
    [Benchmark(Baseline = true)]
    public void Plain()
    {
        for (int row = 0; row < RowCount; row++)
        {
            for (int output = 0; output < OutputSize; output++)
            {
                float sum = _bias[output];
                for (int input = 0; input < InputSize; input++)
                    sum += _weights[(output * InputSize) + input] * _inputs[(row * InputSize) + input];
                _outputs[(row * OutputSize) + output] = sum;
            }
        }
    }
}
