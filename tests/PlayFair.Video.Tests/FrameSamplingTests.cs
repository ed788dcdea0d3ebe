namespace PlayFair.Video.Tests;

public class FrameSamplingTests
{
    [Fact]
    public void Uniform_keeps_the_middle_of_each_segment()
    {
        for (long frameCount = 1; frameCount <= 70; frameCount++)
        {
            for (int n = 1; n <= frameCount; n++)
            {
                var sampling = (UniformSampling)FrameSampling.Uniform(n);
                // ⌊iL/n + L/2n⌋ over one denominator: ⌊(2iL + L) / 2n⌋.
                long[] expected =
                    [.. Enumerable.Range(0, n).Select(i => ((2 * i * frameCount) + frameCount) / (2 * n))];
                Assert.Equal(expected, Kept(sampling, frameCount));
                Assert.Equal(n, expected.Distinct().Count());
            }
        }
    }

    [Theory]
    [InlineData(8, 49, new long[] { 3, 9, 15, 21, 27, 33, 39, 45 })]
    [InlineData(4, 10, new long[] { 1, 3, 6, 8 })]
    [InlineData(3, 3, new long[] { 0, 1, 2 })]
    [InlineData(1, 7, new long[] { 3 })]
    public void Uniform_agrees_with_indices_worked_by_hand(int n, long frameCount, long[] expected) =>
        Assert.Equal(expected, Kept(FrameSampling.Uniform(n), frameCount));

    [Fact]
    public void Uniform_indices_do_not_overflow() =>
        Assert.Equal(3_000_000_000_000_000_000, new UniformSampling(2).IndexOf(1, 4_000_000_000_000_000_000));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(100)]
    public void Every_kth_starts_at_the_first_frame(int k) => Assert.Equal(
        Enumerable.Range(0, 50).Where(i => i % k == 0).Select(i => (long)i),
        Kept(FrameSampling.EveryKth(k), 50));

    [Theory]
    [InlineData(1.0)]
    [InlineData(3.0)]
    [InlineData(7.3)]
    [InlineData(50.0)]
    public void Rate_keeps_the_first_frame_at_or_after_each_tick(double hz)
    {
        var random = new Random(1);
        double[] times = new double[200];
        for (int i = 1; i < times.Length; i++)
            times[i] = Math.Round(times[i - 1] + (random.NextDouble() * (i % 40 == 0 ? 3 : 0.1)) + 0.002, 3);

        var expected = new SortedSet<long>();
        for (int j = 0; j / hz <= times[^1] + 0.0005; j++)
            expected.Add(Array.FindIndex(times, time => time + 0.0005 >= j / hz));

        Func<long, TimeSpan, bool> keeps = FrameSampling.Rate(hz).StartPass(0);
        Assert.Equal(
            expected,
            Enumerable.Range(0, times.Length).Select(i => (long)i)
                .Where(i => keeps(i, TimeSpan.FromSeconds(times[i]))));
    }

    [Fact]
    public void Rate_is_not_thrown_off_by_times_in_whole_milliseconds()
    {
        Func<long, TimeSpan, bool> keeps = FrameSampling.Rate(3).StartPass(0);
        long[] kept = [.. Enumerable.Range(0, 31).Select(i => (long)i)
            .Where(i => keeps(i, TimeSpan.FromMilliseconds(Math.Round(i * 1000 / 30.0))))];
        Assert.Equal([0, 10, 20, 30], kept);
    }

    [Fact]
    public void A_sampling_describes_itself()
    {
        Assert.Equal("all", FrameSampling.All.ToString());
        Assert.Equal("uniform 8", FrameSampling.Uniform(8).ToString());
        Assert.Equal("every 5", FrameSampling.EveryKth(5).ToString());
        Assert.Equal("rate 4 Hz", FrameSampling.Rate(4).ToString());
        Assert.Equal("rate 2.5 Hz", FrameSampling.Rate(2.5).ToString());
    }

    [Fact]
    public void Samplings_without_sense_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => FrameSampling.Uniform(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => FrameSampling.EveryKth(0));
        foreach (double hz in (double[])[0, -1, double.NaN, double.PositiveInfinity])
            Assert.Throws<ArgumentOutOfRangeException>(() => FrameSampling.Rate(hz));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FrameFormat(0, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FrameFormat(4, 4) with { Height = 100_000 });
    }

    private static long[] Kept(FrameSampling sampling, long frameCount)
    {
        Func<long, TimeSpan, bool> keeps = sampling.StartPass(frameCount);
        return [.. Enumerable.Range(0, (int)frameCount).Select(i => (long)i)
            .Where(i => keeps(i, TimeSpan.FromSeconds(i / 25.0)))];
    }
}
