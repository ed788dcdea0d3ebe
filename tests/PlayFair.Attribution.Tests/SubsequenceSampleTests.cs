using PlayFair.Attribution.Sampling;

namespace PlayFair.Attribution.Tests;

public class SubsequenceSampleTests
{
    [Theory]
    [InlineData(1, 5)]
    [InlineData(6, 1)]
    [InlineData(7, 4)]
    [InlineData(10, 30)]
    [InlineData(16, 64)]
    [InlineData(63, 8)]
    [InlineData(64, 40)]
    [InlineData(65, 20)]
    [InlineData(200, 3)]
    public void Sizes_hold_the_smaller_of_m_and_the_pool_and_each_subsequence_knows_its_children(int n, int m)
    {
        var sample = Draw(n, m, seed: 1);

        var previous = new List<HashSet<int>>();
        for (int s = 1; s <= n; s++)
        {
            var level = sample[s];
            List<HashSet<int>> current = [.. Rows(level).Select(row => row.ToHashSet())];
            int pool = s == 1 ? n : Pool(previous, n);
            Assert.Equal(Math.Min(m, pool), level.Count);
            Assert.Equal(level.Count, Distinct(Rows(level)));
            Assert.All(Rows(level), row => Assert.Equal(s, row.Length));
            for (int i = 0; i < level.Count && s > 1; i++)
            {
                int[] expected =
                    [.. Enumerable.Range(0, previous.Count).Where(child => previous[child].IsSubsetOf(current[i]))];
                Assert.NotEmpty(expected);
                Assert.Equal(expected, level.Children(i).ToArray().Order());
                // The first child and what it lacks: sums over the sample follow these.
                Assert.Equal(level.Children(i)[0], level.FirstChild(i));
                Assert.Equal([level.Added(i)], current[i].Except(previous[level.FirstChild(i)]));
            }

            previous = current;
        }
    }

    /// <summary>m of 2 draws larger sizes by rejection (pools of more than 4·m), m of 8 from the pool.</summary>
    [Theory]
    [InlineData(6, 2)]
    [InlineData(6, 3)]
    [InlineData(6, 8)]
    public void All_subsequences_of_a_size_are_equally_likely(int n, int m)
    {
        const int SeedCount = 4000;
        var counts = new int[1 << n];
        int[] levelCounts = new int[n + 1];
        for (ulong seed = 0; seed < SeedCount; seed++)
        {
            var sample = Draw(n, m, seed);
            for (int s = 1; s <= n; s++)
            {
                levelCounts[s] += sample[s].Count;
                foreach (int[] row in Rows(sample[s]))
                    counts[row.Sum(i => 1 << i)]++;
            }
        }

        for (int subset = 1; subset < counts.Length; subset++)
        {
            int s = int.PopCount(subset);
            int ofSize = Enumerable.Range(0, 1 << n).Count(t => int.PopCount(t) == s);
            double p = levelCounts[s] / (double)SeedCount / ofSize;
            // A subset is in a sample or not. 63 normal variables: one in 2,300 runs with other seeds would exceed 4.5.
            double error = Math.Sqrt(SeedCount * p * (1 - p)) + 1e-9;
            Assert.InRange((counts[subset] - (SeedCount * p)) / error, -4.5, 4.5);
        }
    }

    [Fact]
    public void The_next_size_is_uniform_over_the_pool_whether_drawn_by_rejection_or_from_it()
    {
        // {0}, {1}, {2} of 9 frames: pairs of them have two children, the others one; 21 pairs in all. m = 5 rejects,
        // as 24 candidates are more than 4·5, and m = 6 writes the pool out.
        foreach (int m in new[] { 5, 6 })
        {
            const int SeedCount = 6000;
            var counts = new Dictionary<string, int>(StringComparer.Ordinal);
            var singles = new SubsequenceSample.Level(9, 1, capacity: 3);
            foreach (int frame in new[] { 0, 1, 2 })
                singles.AddGrown(null, -1, frame);
            for (ulong seed = 0; seed < SeedCount; seed++)
            {
                var random = new SeededRandom(seed, 1);
                var level = LevelSampler.DrawNext(singles, m, ref random);
                Assert.Equal(m, level.Count);
                foreach (int[] row in Rows(level))
                {
                    string key = string.Join(',', row);
                    counts[key] = counts.GetValueOrDefault(key) + 1;
                }
            }

            double p = m / 21.0;
            Assert.Equal(21, counts.Count);
            // 21 normal variables: one in 7,000 runs with other seeds would exceed 4.5.
            Assert.All(
                counts.Values,
                count => Assert.InRange((count - (SeedCount * p)) / Math.Sqrt(SeedCount * p * (1 - p)), -4.5, 4.5));
        }
    }

    [Fact]
    public void Rejection_gives_way_to_the_pool_where_most_candidates_are_the_same()
    {
        // All 9 subsequences of 8 of 9 frames make one candidate of 9: its pool is smaller than m.
        var all = SubsequenceSample.All(9);

        var random = new SeededRandom(1, 1);
        var level = LevelSampler.DrawNext(all[8], 2, ref random);

        Assert.Equal(1, level.Count);
        Assert.Equal(9, level.Children(0).Length);

        // 84 subsequences of 3 frames, grown: 504 candidates, of which only 126 differ. m = 125 needs many draws.
        var nearlyAll = LevelSampler.DrawNext(all[3], 125, ref random);
        Assert.Equal(125, nearlyAll.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(9)]
    public void All_holds_every_subsequence_with_all_its_children(int n)
    {
        var all = SubsequenceSample.All(n);

        Assert.Equal((1 << n) - 1, Enumerable.Range(1, n).Sum(s => all[s].Count));
        for (int s = 1; s <= n; s++)
        {
            Assert.Equal(all[s].Count, Distinct(Rows(all[s])));
            for (int i = 0; i < all[s].Count && s > 1; i++)
            {
                Assert.Equal(s, all[s].Children(i).Length);
                Assert.Equal(Rows(all[s])[i][^1], all[s].LastFrame(i));
            }
        }
    }

    [Fact]
    public void Positions_come_in_the_order_of_slots_that_the_newest_frame_ends()
    {
        var sample = SubsequenceSample.Of(70, Chain(70));
        var positions = new int[70];

        sample[70].WritePositions(0, newest: 69, positions);
        Assert.Equal(Enumerable.Range(0, 70), positions);

        sample[70].WritePositions(0, newest: 64, positions);
        Assert.Equal([65, 66, 67, 68, 69, .. Enumerable.Range(0, 65)], positions);
    }

    [Fact]
    public void Sums_along_first_children_are_those_over_all_members()
    {
        foreach (var (n, m) in new[] { (1, 1), (5, 3), (16, 40), (66, 12) })
        {
            const int Stride = 32;
            var sample = Draw(n, m, seed: 4);
            var sums = new FrameSums(
                n, (Kernels.Rows.Allocate(m, Stride), Kernels.Rows.Allocate(m, Stride)));
            for (int s = 1; s <= n; s++)
            {
                // Small whole numbers: sums of floats are exact in any order. Every second subsequence is left out.
                int[] rows = [.. Enumerable.Range(0, sample[s].Count).Where(i => i % 2 == 0 || s % 2 == 0)];
                var values = Kernels.Rows.Allocate(m, Stride);
                for (int place = 0; place < rows.Length; place++)
                {
                    for (int c = 0; c < Stride; c++)
                        values.Span(place)[c] = (rows[place] * 7 % 11) + c;
                }

                sums.Add(sample, s, rows, rows.Length, values);

                int[][] members = Rows(sample[s]);
                for (int frame = 0; frame < n; frame++)
                {
                    int[] with = [.. rows.Where(row => members[row].Contains(frame))];
                    Assert.Equal(with.Length, sums.Counts[frame]);
                    for (int c = 0; c < Stride; c++)
                        Assert.Equal(with.Sum(row => (row * 7 % 11) + c), sums.Sums.Span(frame)[c]);
                }
            }
        }
    }

    private static SubsequenceSample Draw(int n, int m, ulong seed)
    {
        var random = new SeededRandom(seed, 0);
        return SubsequenceSample.Draw(n, m, ref random);
    }

    private static int[][][] Chain(int n) =>
        [.. Enumerable.Range(1, n).Select(s => new[] { Enumerable.Range(0, s).ToArray() })];

    private static int[][] Rows(SubsequenceSample.Level level)
    {
        var rows = new int[level.Count][];
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = new int[level.Size];
            level.WritePositions(i, level.FrameCount - 1, rows[i]);
        }

        return rows;
    }

    private static int Distinct(IEnumerable<int[]> rows) =>
        rows.Select(row => string.Join(',', row)).ToHashSet(StringComparer.Ordinal).Count;

    /// <summary>How many distinct subsequences grown by one frame there are.</summary>
    private static int Pool(List<HashSet<int>> smaller, int n) => Distinct(smaller
        .SelectMany(set => Enumerable.Range(0, n).Where(i => !set.Contains(i))
            .Select(i => set.Append(i).Order().ToArray())));
}
