using System.Runtime.Intrinsics;
using BenchmarkDotNet.Attributes;
using PlayFair.Attribution.Kernels;

namespace PlayFair.Benchmarks;

/// <summary>Arithmetic on one row of 174 classes, which is what most subsequences cost.</summary>
public class RowKernelBenchmarks
{
    private const int ClassCount = 174;
    private const int ChildCount = 8;

    private readonly int _stride = Rows.Stride(ClassCount);
    private readonly int[] _children = [.. Enumerable.Range(0, ChildCount)];
    private RowKernels _kernels = null!;
    private RowBuffer _rows = null!;
    private RowBuffer _targets = null!;

    public static IEnumerable<VectorWidth> Widths => VectorWidths.OnThisMachine();

    [ParamsSource(nameof(Widths))]
    public VectorWidth Width { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _kernels = Width switch
        {
            VectorWidth.Scalar => new RowKernels<SimdScalar, float>(),
            VectorWidth.Eight => new RowKernels<Simd256, Vector256<float>>(),
            _ => new RowKernels<Simd512, Vector512<float>>(),
        };
        _rows = Numbers.Rows(ChildCount, _stride);
        _targets = Rows.Allocate(3, _stride);
    }

    [Benchmark]
    public void Softmax() => _kernels.Softmax(ref _rows.Row(0), ref _targets.Row(0), _stride);

    /// <summary>The mean of eight children and a row of its own.</summary>
    [Benchmark]
    public void Combine() => _kernels.Combine(
        ref _rows.Row(0), 0.125f, ref _rows.First, _children, 0.875f / ChildCount, ref _targets.Row(0), _stride);

    /// <summary>The hidden layer of a subsequence of eight frames.</summary>
    [Benchmark]
    public void SumRectified() => _kernels.SumRectified(ref _rows.First, _children, ref _targets.Row(0), _stride);

    /// <summary>
    /// Its sums grow from call to call, and soon stay where a float takes no more: never at infinity.
    /// </summary>
    [Benchmark]
    public void AddNormalized() => _kernels.AddNormalized(
        ref _rows.Row(0), ref _rows.Row(0), ref _targets.Row(0), ref _targets.Row(1), ref _targets.Row(2), _stride);

    [Benchmark]
    public void AddRectified() => _kernels.AddRectified(
        ref _rows.Row(0), ref _rows.Row(1), ref _targets.Row(0), ref _targets.Row(1), _stride);
}
