namespace PlayFair.Attribution.Exact;

/// <summary>Binomial coefficients C(n, k), from a table: enumerations look up several per subsequence.</summary>
internal sealed class BinomialTable
{
    private readonly long[] _table;
    private readonly int _width;

    /// <param name="maxN">The largest n.</param>
    /// <param name="maxK">The largest k.</param>
    public BinomialTable(int maxN, int maxK)
    {
        _width = maxK + 1;
        _table = new long[(maxN + 1) * _width];
        for (int n = 0; n <= maxN; n++)
        {
            _table[n * _width] = 1;
            for (int k = 1; k <= Math.Min(n, maxK); k++)
            {
                long above = _table[((n - 1) * _width) + k - 1];
                long beside = _table[((n - 1) * _width) + k];
                _table[(n * _width) + k] = above > long.MaxValue - beside ? long.MaxValue : above + beside;
            }
        }
    }

    /// <summary>C(n, k); 0 for k &gt; n; <see cref="long.MaxValue"/> if it is larger than that.</summary>
    public long this[int n, int k] => _table[(n * _width) + k];
}
