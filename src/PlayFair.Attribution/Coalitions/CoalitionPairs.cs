using System.Numerics;

namespace PlayFair.Attribution;

/// <summary>
/// Draws pairs of a coalition and its complement without replacement, such that each size of coalition is equally
/// likely (leverage-score sampling), and gives each pair its weight in the regression whose solution is the Shapley
/// values.
/// </summary>
/// <remarks>
/// <para>
/// The regression weighs a coalition S of s frames by w_S = 1/(s·(n−s)·C(n, s)). Its leverage score is 1/C(n, s): all
/// sizes weigh the same in the sum, so each is given equally many coalitions, up to all that it has; what it lacks goes
/// to the others (C. Musco and R. T. Witter, "Provably Accurate Shapley Value Estimation via Leverage Score Sampling",
/// 2024, Algorithm 1). A sampled coalition is weighted by w_S over its probability to be in the sample.
/// </para>
/// <para>
/// The paper draws how many coalitions a size gets, and each sample has another number in all. Here the expected
/// numbers are rounded up or down together (systematic sampling): the probabilities are the same, and all samples cost
/// the same.
/// </para>
/// </remarks>
internal sealed class CoalitionPairs
{
    private readonly int _frameCount;

    // By size s = 1..n/2, index s − 1: pairs (S, complement) that exist, infinity where they cannot be exhausted, and
    // the expected number that is drawn.
    private readonly double[] _available;
    private readonly double[] _expected;

    /// <param name="frameCount">n, at least 2.</param>
    /// <param name="pairCount">How many pairs a sample has, at least 1; more than there are means all.</param>
    public CoalitionPairs(int frameCount, int pairCount)
    {
        _frameCount = frameCount;
        _available = new double[frameCount / 2];
        _expected = new double[frameCount / 2];
        double binomial = 1;
        double total = 0;
        for (int s = 1; s <= _available.Length; s++)
        {
            // Exact below 2^53, which is more pairs than an integer counts.
            binomial = binomial * (frameCount - s + 1) / s;
            if (binomial > 1L << 50)
                binomial = double.PositiveInfinity;
            _available[s - 1] = IsMiddle(s) ? binomial / 2 : binomial;
            total += _available[s - 1];
        }

        IsComplete = total <= pairCount;
        PairCount = IsComplete ? (int)total : pairCount;
        Allocate();
    }

    /// <summary>True if a sample has all pairs.</summary>
    public bool IsComplete { get; }

    /// <summary>How many pairs each sample has.</summary>
    public int PairCount { get; }

    /// <summary>The largest size of a pair's smaller half: ⌊n/2⌋.</summary>
    public int MaxSize => _available.Length;

    /// <summary>
    /// The weight of a sampled pair whose smaller half has <paramref name="size"/> frames: of either half, w_S over the
    /// probability to be sampled.
    /// </summary>
    public double Weight(int size)
    {
        // C(n, s) cancels: the probability is expected/C(n, s), or twice that where a pair holds two sets of the size.
        double coalitions = IsMiddle(size) ? 2 * _expected[size - 1] : _expected[size - 1];
        return 1 / ((double)size * (_frameCount - size) * coalitions);
    }

    /// <summary>How many pairs of each size a sample has; index s − 1. They sum to <see cref="PairCount"/>.</summary>
    public int[] DrawCounts(ref SeededRandom random)
    {
        double offset = random.NextDouble();
        var counts = new int[MaxSize];
        double expectedSoFar = 0;
        int countSoFar = 0;
        for (int s = 1; s <= MaxSize; s++)
        {
            expectedSoFar += _expected[s - 1];
            int count = s == MaxSize ? PairCount : (int)(expectedSoFar + offset);
            counts[s - 1] = count - countSoFar;
            countSoFar = count;
        }

        return counts;
    }

    /// <summary>Distinct coalitions of one size, as many as the rows: each is a pair's smaller half.</summary>
    /// <param name="size">
    /// s, from 1 to <see cref="MaxSize"/>. Of 2·s = n frames, the half with frame 0 is drawn.
    /// </param>
    /// <param name="rows">[count × s], overwritten with frame positions, each row ascending.</param>
    /// <param name="random">
    /// Where the randomness comes from; not used if the rows hold all coalitions of the size.
    /// </param>
    public void Draw(int size, Span<int> rows, ref SeededRandom random)
    {
        int fixedCount = IsMiddle(size) ? 1 : 0;
        int count = rows.Length / size;
        if (count == _available[size - 1])
        {
            DrawAll(size, fixedCount, rows);
            return;
        }

        var order = new int[_frameCount];
        for (int i = 0; i < order.Length; i++)
            order[i] = i;
        var seen = new HashSet<BigInteger>();
        Span<byte> bits = new byte[(_frameCount + 7) / 8];
        while (seen.Count < count)
        {
            // The first places of a shuffle; it may go on from any order.
            for (int i = fixedCount; i < size; i++)
            {
                int j = i + random.Next(_frameCount - i);
                (order[i], order[j]) = (order[j], order[i]);
            }

            bits.Clear();
            foreach (int frame in order.AsSpan(0, size))
                bits[frame >> 3] |= (byte)(1 << (frame & 7));
            var row = rows.Slice(seen.Count * size, size);
            if (!seen.Add(new BigInteger(bits, isUnsigned: true)))
                continue;
            order.AsSpan(0, size).CopyTo(row);
            row.Sort();
        }
    }

    /// <summary>The frames that a coalition lacks, ascending.</summary>
    public static void Complement(ReadOnlySpan<int> coalition, Span<int> complement)
    {
        int written = 0;
        int next = 0;
        for (int frame = 0; written < complement.Length; frame++)
        {
            if (next < coalition.Length && coalition[next] == frame)
                next++;
            else
                complement[written++] = frame;
        }
    }

    /// <summary>Gives each size the same number of coalitions, two for a pair, as far as it has them.</summary>
    private void Allocate()
    {
        double pairsLeft = PairCount;
        // A pair of sizes s and n − s serves two sizes, one in the middle only one.
        double sharesLeft = _frameCount - 1;
        for (int s = 1; s <= MaxSize; s++)
        {
            // Smaller sizes run out first, so what they leave over is known when the larger ones' turn comes.
            double shares = IsMiddle(s) ? 1 : 2;
            _expected[s - 1] = Math.Min(_available[s - 1], pairsLeft * shares / sharesLeft);
            pairsLeft -= _expected[s - 1];
            sharesLeft -= shares;
        }
    }

    /// <summary>All ascending rows that begin with the first <paramref name="fixedCount"/> frames, in order.</summary>
    private void DrawAll(int size, int fixedCount, Span<int> rows)
    {
        var row = rows[..size];
        for (int i = 0; i < size; i++)
            row[i] = i;
        for (int at = size; at < rows.Length; at += size)
        {
            var next = rows.Slice(at, size);
            row.CopyTo(next);
            int i = size - 1;
            while (i > fixedCount && next[i] == _frameCount - size + i)
                i--;
            next[i]++;
            for (int j = i + 1; j < size; j++)
                next[j] = next[j - 1] + 1;
            row = next;
        }
    }

    private bool IsMiddle(int size) => 2 * size == _frameCount;
}
