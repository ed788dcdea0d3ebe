namespace PlayFair.Attribution;

/// <summary>All subsequences of one length, one after the other.</summary>
public static class Subsequences
{
    /// <summary>How many there are: C(n, s), exact below 2^53, and 0 for s &gt; n.</summary>
    public static double Count(int frameCount, int scale)
    {
        // Every partial product is itself a binomial coefficient.
        double count = 1;
        for (int j = 1; j <= scale; j++)
            count = count * (frameCount - scale + j) / j;
        return scale > frameCount ? 0 : count;
    }

    /// <summary>Goes on to the next in lexicographic order; 0, 1, .., s − 1 is the first.</summary>
    /// <param name="positions">Ascending frame positions below <paramref name="frameCount"/>; updated in place.</param>
    /// <returns>False, with the positions as they were, if there is no other.</returns>
    public static bool MoveNext(Span<int> positions, int frameCount)
    {
        int p = positions.Length - 1;
        while (p >= 0 && positions[p] == frameCount - positions.Length + p)
            p--;
        if (p < 0)
            return false;
        positions[p]++;
        for (p++; p < positions.Length; p++)
            positions[p] = positions[p - 1] + 1;
        return true;
    }
}
