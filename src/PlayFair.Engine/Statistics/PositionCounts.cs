using System.Numerics;
using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>Where in windows of one length one class finds its support, as integers.</summary>
internal sealed class PositionCounts
{
    private readonly int _length;
    private readonly long[] _mostSupporting;
    private readonly long[] _mostDistracting;
    private readonly long[] _supporting;
    private readonly long[] _greater;
    private readonly Int128[] _esv;
    private Int128 _absoluteEsv;
    private long _windowCount;

    /// <param name="length">n: frames in the window.</param>
    public PositionCounts(int length)
    {
        _length = length;
        _mostSupporting = new long[length];
        _mostDistracting = new long[length];
        _supporting = new long[length];
        _esv = new Int128[length];
        _greater = length <= StatisticsBucket.MaxMatrixLength ? new long[length * length] : [];
    }

    /// <param name="esv">φ, [n].</param>
    /// <returns>How many of them are above 0.</returns>
    public int Add(ReadOnlySpan<float> esv)
    {
        _windowCount++;
        int most = 0;
        int least = 0;
        int supportingCount = 0;
        Int128 absolute = 0;
        for (int i = 0; i < esv.Length; i++)
        {
            float value = esv[i];
            if (value > esv[most])
                most = i;
            if (value < esv[least])
                least = i;
            if (value > 0)
            {
                _supporting[i]++;
                supportingCount++;
            }

            long steps = FixedPoint.Steps(value);
            _esv[i] += steps;
            absolute += Math.Abs(steps);
        }

        if (esv.Length > 0)
        {
            _mostSupporting[most]++;
            _mostDistracting[least]++;
        }

        _absoluteEsv += absolute;
        if (_greater.Length > 0)
            AddGreater(esv);
        return supportingCount;
    }

    /// <summary>Adds what another one wrote.</summary>
    public void Merge(ref CountsReader reader)
    {
        _windowCount += reader.ReadCount();
        reader.AddCounts(_mostSupporting);
        reader.AddCounts(_mostDistracting);
        reader.AddCounts(_supporting);
        reader.AddCounts(_greater);
        for (int i = 0; i < _esv.Length; i++)
            _esv[i] += reader.ReadSum();
        _absoluteEsv += reader.ReadSum();
    }

    public void Write(CountsWriter writer)
    {
        writer.WriteCount(_windowCount);
        writer.WriteCounts(_mostSupporting);
        writer.WriteCounts(_mostDistracting);
        writer.WriteCounts(_supporting);
        writer.WriteCounts(_greater);
        foreach (Int128 sum in _esv)
            writer.WriteSum(sum);
        writer.WriteSum(_absoluteEsv);
    }

    public PositionStatistics Report() => new(
        _length,
        _windowCount,
        [.. _mostSupporting],
        [.. _mostDistracting],
        GreaterThan: Array.ConvertAll(_greater, Share),
        SupportingShare: Array.ConvertAll(_supporting, Share),
        MeanEsv: Array.ConvertAll(_esv, sum => FixedPoint.Mean(sum, _windowCount)),
        MeanAbsoluteEsv: FixedPoint.Mean(_absoluteEsv, _windowCount * _length));

    private double Share(long count) => (double)count / _windowCount;

    /// <summary>Row i counts φ_i &gt; φ_j; a lane is one j, and a true comparison is −1 in it.</summary>
    private void AddGreater(ReadOnlySpan<float> esv)
    {
        // As wide as the counters, and exact.
        Span<double> values = stackalloc double[StatisticsBucket.MaxMatrixLength];
        values = values[..esv.Length];
        for (int i = 0; i < esv.Length; i++)
            values[i] = esv[i];
        for (int i = 0; i < values.Length; i++)
        {
            Span<long> row = _greater.AsSpan(i * values.Length, values.Length);
            var value = new Vector<double>(values[i]);
            int j = 0;
            for (; j <= row.Length - Vector<long>.Count; j += Vector<long>.Count)
            {
                Vector<long> isGreater = Vector.GreaterThan(value, new Vector<double>(values[j..]));
                (new Vector<long>(row[j..]) - isGreater).CopyTo(row[j..]);
            }

            for (; j < row.Length; j++)
                row[j] += values[i] > values[j] ? 1 : 0;
        }
    }
}
