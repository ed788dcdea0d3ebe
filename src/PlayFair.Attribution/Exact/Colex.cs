namespace PlayFair.Attribution.Exact;

/// <summary>
/// Subsequences of one size in colexicographic order: t_0 &lt; t_1 &lt; … has rank Σ_j C(t_j, j + 1), and the first
/// positions change fastest.
/// </summary>
internal static class Colex
{
    /// <summary>Writes the subsequence of a rank.</summary>
    public static void Unrank(long rank, int frameCount, BinomialTable choose, Span<int> positions)
    {
        int t = frameCount - 1;
        for (int j = positions.Length - 1; j >= 0; j--)
        {
            while (choose[t, j + 1] > rank)
                t--;
            positions[j] = t;
            rank -= choose[t, j + 1];
            t--;
        }
    }

    /// <summary>Goes to the next subsequence.</summary>
    /// <returns>The last index whose position changed; the size if there was no next one.</returns>
    public static int Next(Span<int> positions, int frameCount)
    {
        int last = positions.Length - 1;
        for (int j = 0; j <= last; j++)
        {
            int limit = j < last ? positions[j + 1] : frameCount;
            if (positions[j] + 1 < limit)
            {
                positions[j]++;
                return j;
            }

            positions[j] = j;
        }

        return positions.Length;
    }

    /// <summary>
    /// The ranks of the children, each without one position, among the subsequences of one size less: later members of a
    /// child move one place down.
    /// </summary>
    public static void WriteChildren(ReadOnlySpan<int> positions, BinomialTable choose, Span<int> children)
    {
        long rank = 0;
        for (int j = 1; j < positions.Length; j++)
            rank += choose[positions[j], j];
        children[0] = (int)rank;
        for (int i = 1; i < positions.Length; i++)
        {
            rank += choose[positions[i - 1], i] - choose[positions[i], i];
            children[i] = (int)rank;
        }
    }
}
