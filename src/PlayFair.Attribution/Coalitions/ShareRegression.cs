using System.Numerics.Tensors;

namespace PlayFair.Attribution;

/// <summary>
/// Weighted least squares of what coalitions score beyond equal shares, on which frames they have, all frames'
/// coefficients summing to zero. Its coefficients over all coalitions are φ_i − (f(X) − f(∅))/n.
/// </summary>
/// <remarks>
/// The constraint is projected out: with P = I − 11ᵀ/n and a coalition's indicator z, the normal equations are
/// P(Σ w·z·zᵀ)P β = P Σ w·z·y. Both sums are kept unprojected, as z has few ones. A pair of a coalition and its
/// complement, whose indicators are opposite under P, is one term of weight 2w with the mean of y and −y' in place of y.
/// </remarks>
internal sealed class ShareRegression
{
    /// <summary>
    /// Over all coalitions P(Σ w·z·zᵀ)P = P/n; times n, a pivot is of the order of 1. One this small is rounding error:
    /// the sample does not tell that frame from those before it.
    /// </summary>
    private const double SmallestPivot = 1e-9;

    private readonly int _frameCount;
    private readonly int _classCount;
    private readonly double[] _gram;
    private readonly double[] _moments;

    public ShareRegression(int frameCount, int classCount)
    {
        _frameCount = frameCount;
        _classCount = classCount;
        _gram = new double[frameCount * frameCount];
        _moments = new double[frameCount * classCount];
    }

    public void Clear()
    {
        Array.Clear(_gram);
        Array.Clear(_moments);
    }

    /// <summary>Adds all that another regression of the same shape holds.</summary>
    public void Add(ShareRegression other)
    {
        TensorPrimitives.Add(_gram, other._gram, _gram);
        TensorPrimitives.Add(_moments, other._moments, _moments);
    }

    /// <summary>Adds a coalition and its complement.</summary>
    /// <param name="coalition">Frame positions; the smaller half is the cheaper one.</param>
    /// <param name="weight">w, of each of the two.</param>
    /// <param name="difference">y of the coalition less y of the complement, [class].</param>
    public void AddPair(ReadOnlySpan<int> coalition, double weight, ReadOnlySpan<double> difference)
    {
        foreach (int i in coalition)
        {
            var row = _gram.AsSpan(i * _frameCount, _frameCount);
            foreach (int j in coalition)
                row[j] += 2 * weight;
            var moments = _moments.AsSpan(i * _classCount, _classCount);
            TensorPrimitives.MultiplyAdd(difference, weight, moments, moments);
        }
    }

    /// <summary>β, [frame × class], each class summing to zero; 0 for a frame that the coalitions leave open.</summary>
    public void Solve(Span<double> shares)
    {
        double[] factor = ProjectedGram();
        TensorPrimitives.Multiply(_moments, _frameCount, shares);
        SubtractMean(shares);
        Factorize(factor);
        for (int i = 0; i < _frameCount; i++)
            Eliminate(factor, shares, i, 0, i, isTransposed: false);
        for (int i = _frameCount - 1; i >= 0; i--)
            Eliminate(factor, shares, i, i + 1, _frameCount, isTransposed: true);
        SubtractMean(shares);
    }

    /// <summary>
    /// β ← β + n·P(Σ w·z·y − (Σ w·z·zᵀ)·β). The sums' expected values are those over all coalitions, so for any β that
    /// does not depend on this sample the result's expected value is the solution over all coalitions.
    /// </summary>
    /// <param name="shares">β, [frame × class], each class summing to zero; overwritten.</param>
    public void Correct(Span<double> shares)
    {
        var residual = (double[])_moments.Clone();
        for (int i = 0; i < _frameCount; i++)
        {
            var row = residual.AsSpan(i * _classCount, _classCount);
            for (int j = 0; j < _frameCount; j++)
            {
                TensorPrimitives.MultiplyAdd(
                    shares.Slice(j * _classCount, _classCount), -_gram[(i * _frameCount) + j], row, row);
            }
        }

        SubtractMean(residual);
        TensorPrimitives.MultiplyAdd(residual, _frameCount, shares, shares);
    }

    /// <summary>n·P(Σ w·z·zᵀ)P + 11ᵀ/n, [frame × frame]: the last term only makes it invertible.</summary>
    private double[] ProjectedGram()
    {
        int n = _frameCount;
        var projected = (double[])_gram.Clone();
        var means = new double[n];
        for (int i = 0; i < n; i++)
            means[i] = TensorPrimitives.Sum<double>(_gram.AsSpan(i * n, n)) / n;
        double mean = TensorPrimitives.Sum<double>(means) / n;
        for (int i = 0; i < n; i++)
        {
            var row = projected.AsSpan(i * n, n);
            TensorPrimitives.Subtract(row, means, row);
            TensorPrimitives.Add(row, mean - means[i], row);
            TensorPrimitives.Multiply(row, n, row);
            TensorPrimitives.Add(row, 1.0 / n, row);
        }

        return projected;
    }

    /// <summary>Replaces the lower triangle by that of Cholesky's factor L.</summary>
    private void Factorize(double[] matrix)
    {
        int n = _frameCount;
        for (int i = 0; i < n; i++)
        {
            var row = matrix.AsSpan(i * n, n);
            for (int j = 0; j < i; j++)
            {
                double dot = TensorPrimitives.Dot<double>(row[..j], matrix.AsSpan(j * n, j));
                row[j] = (row[j] - dot) / matrix[(j * n) + j];
            }

            double pivot = row[i] - TensorPrimitives.SumOfSquares<double>(row[..i]);
            // Dividing by infinity gives the open direction zeros.
            row[i] = pivot < SmallestPivot ? double.PositiveInfinity : Math.Sqrt(pivot);
        }
    }

    /// <summary>One row of the substitution by L, or by its transpose.</summary>
    private void Eliminate(double[] factor, Span<double> shares, int i, int start, int end, bool isTransposed)
    {
        int n = _frameCount;
        var row = shares.Slice(i * _classCount, _classCount);
        for (int j = start; j < end; j++)
        {
            double entry = isTransposed ? factor[(j * n) + i] : factor[(i * n) + j];
            TensorPrimitives.MultiplyAdd(shares.Slice(j * _classCount, _classCount), -entry, row, row);
        }

        TensorPrimitives.Divide(row, factor[(i * n) + i], row);
    }

    /// <summary>Applies P to each class.</summary>
    private void SubtractMean(Span<double> shares)
    {
        var mean = new double[_classCount];
        for (int i = 0; i < _frameCount; i++)
            TensorPrimitives.Add(mean, shares.Slice(i * _classCount, _classCount), mean);
        TensorPrimitives.Divide(mean, _frameCount, mean);
        for (int i = 0; i < _frameCount; i++)
        {
            var row = shares.Slice(i * _classCount, _classCount);
            TensorPrimitives.Subtract(row, mean, row);
        }
    }
}
