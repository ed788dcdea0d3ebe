namespace PlayFair.Attribution;

/// <summary>Binomial coefficients, from a table: the enumeration looks up several per subsequence.</summary>
internal static class Binomial
{
    private const int Size = ExactEsv.MaxFrameCount + 1;
    private static readonly int[] Table = CreateTable();

    /// <summary>C(n, k) for 0 ≤ n, k ≤ <see cref="ExactEsv.MaxFrameCount"/>; 0 for k &gt; n.</summary>
    public static int Choose(int n, int k) => Table[(n * Size) + k];

    private static int[] CreateTable()
    {
        var table = new int[Size * Size];
        for (int n = 0; n < Size; n++)
        {
            table[n * Size] = 1;
            for (int k = 1; k <= n; k++)
                table[(n * Size) + k] = table[((n - 1) * Size) + k - 1] + table[((n - 1) * Size) + k];
        }

        return table;
    }
}
