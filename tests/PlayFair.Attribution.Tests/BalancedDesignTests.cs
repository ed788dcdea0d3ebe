using PlayFair.Attribution.Exact;
using PlayFair.Attribution.Sampling;

namespace PlayFair.Attribution.Tests;

public class BalancedDesignTests
{
    [Theory]
    [InlineData(4, 2, 1)]
    [InlineData(6, 3, 2)]
    [InlineData(8, 4, 3)]
    [InlineData(7, 5, 2)]
    [InlineData(16, 8, 5)]
    [InlineData(49, 8, 20)]
    [InlineData(65, 3, 4)]
    [InlineData(512, 8, 2)]
    [InlineData(130, 129, 1)]
    public void Each_frame_is_in_equally_many_subsequences_and_none_occurs_twice(int n, int s, int blockCount)
    {
        for (ulong seed = 0; seed < 5; seed++)
        {
            int[][] rows = Draw(n, s, blockCount, seed);

            Assert.Equal(n * blockCount, rows.Length);
            Assert.All(rows, row => Assert.Equal(row.Order().Distinct(), row));
            Assert.All(rows, row => Assert.InRange(row[0] + n - row[^1], 1, n));
            Assert.Equal(rows.Length, Texts(rows).Distinct(StringComparer.Ordinal).Count());
            for (int frame = 0; frame < n; frame++)
                Assert.Equal(s * blockCount, rows.Count(row => row.Contains(frame)));
        }
    }

    [Theory]
    [InlineData(16, 5, 64)]
    [InlineData(49, 8, 20)]
    [InlineData(20, 4, 10)]
    public void Pairs_of_frames_meet_nearly_equally_often(int n, int s, int blockCount)
    {
        int[][] rows = Draw(n, s, blockCount, seed: 3);

        var meetings = new double[n, n];
        foreach (int[] row in rows)
        {
            foreach (int i in row)
            {
                foreach (int j in row)
                    meetings[i, j]++;
            }
        }

        double mean = (double)rows.Length * s * (s - 1) / n / (n - 1);
        double spread = Enumerable.Range(0, n * n).Where(k => k / n != k % n)
            .Average(k => Math.Pow(meetings[k / n, k % n] - mean, 2));
        // Independent draws would have a variance of nearly the mean, consecutive places of a random order more.
        Assert.InRange(spread, 0, 0.25 * mean);
    }

    [Fact]
    public void All_subsequences_of_a_size_are_equally_likely()
    {
        const int SeedCount = 3000;
        int[] counts = new int[1 << 6];
        for (ulong seed = 0; seed < SeedCount; seed++)
        {
            foreach (int[] row in Draw(6, 3, blockCount: 2, seed))
                counts[row.Sum(i => 1 << i)]++;
        }

        // 12 of 20 a design: a count's variance is at most 3000·0.6·0.4 = 720. 20 normal variables: one in 3,000 sets
        // of other seeds would exceed 4.5 standard errors.
        Assert.Equal(20, counts.Count(count => count > 0));
        Assert.All(
            counts.Where(count => count > 0),
            count => Assert.InRange(count, 1800 - (4.5 * Math.Sqrt(720)), 1800 + (4.5 * Math.Sqrt(720))));
    }

    [Fact]
    public void More_blocks_than_there_are_repeat_some()
    {
        // Of the 70 subsequences of 4 of 8 frames 6 have fewer than 8 rotations, which leaves 8 blocks.
        int[][] rows = Draw(8, 4, blockCount: 10, seed: 1);

        Assert.Equal(80, rows.Length);
        Assert.Equal(64, Texts(rows).Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(9, 9)]
    [InlineData(12, 6)]
    public void All_subsequences_are_listed_once_from_any_place(int n, int s)
    {
        var list = new AllSubsequences(n, s, new BinomialTable(n, s));

        int[][] rows = Read(list);

        int[][] expected =
        [
            .. Enumerable.Range(0, 1 << n)
                .Select(subset => Enumerable.Range(0, n).Where(i => (subset >> i & 1) == 1).ToArray())
                .Where(row => row.Length == s),
        ];
        Assert.Equal(Texts(expected).Order(StringComparer.Ordinal), Texts(rows).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Texts(int[][] rows) => rows.Select(row => string.Join(',', row));

    private static int[][] Draw(int n, int s, int blockCount, ulong seed)
    {
        var random = new SeededRandom(seed, 0);
        return Read(new BalancedDesign(n, s, blockCount, ref random));
    }

    /// <summary>Reads in uneven pieces, as threads do.</summary>
    private static int[][] Read(ISubsequenceList list)
    {
        var rows = new List<int[]>();
        for (int step = 1; rows.Count < list.Count; step++)
        {
            int count = (int)Math.Min(step, list.Count - rows.Count);
            var positions = new int[count * list.Size];
            list.Write(rows.Count, positions);
            rows.AddRange(positions.Chunk(list.Size));
        }

        return [.. rows];
    }
}
