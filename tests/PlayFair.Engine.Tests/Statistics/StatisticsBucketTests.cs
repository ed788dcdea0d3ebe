using PlayFair.Contracts;

namespace PlayFair.Engine.Tests.Statistics;

public class StatisticsBucketTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Order_and_splitting_do_not_change_a_single_bit(int seed)
    {
        var random = new Random(seed);
        AttributionUpdate[] updates = OneModel(seed, count: 200);
        byte[] expected = Count(updates).ToBytes();
        Assert.True(expected.Length > 1000);

        for (int round = 0; round < 5; round++)
        {
            random.Shuffle(updates);
            StatisticsBucket[] parts =
            [
                .. updates.GroupBy(_ => random.Next(1 + round)).Select(part => Count([.. part])),
            ];
            random.Shuffle(parts);
            StatisticsBucket merged = Empty();
            foreach (StatisticsBucket part in parts)
                merged.Merge(part);

            Assert.Equal(expected, merged.ToBytes());
            Assert.Equal(200, merged.UpdateCount);
        }
    }

    [Fact]
    public void Bytes_hold_all_of_a_bucket()
    {
        AttributionUpdate[] updates = OneModel(seed: 5, count: 100);
        StatisticsBucket bucket = Count(updates);

        var read = StatisticsBucket.FromBytes("moves 1", "lobby", RandomUpdates.Noon, bucket.ToBytes());

        Assert.Equal(("moves 1", "lobby", RandomUpdates.Noon), (read.Model, read.Video, read.Start));
        Assert.Equal(100, read.UpdateCount);
        Assert.Equal(bucket.ToBytes(), read.ToBytes());
        read.Add(updates[0]);
        bucket.Add(updates[0]);
        Assert.Equal(bucket.ToBytes(), read.ToBytes());
    }

    [Fact]
    public void Bytes_cut_short_or_too_long_are_refused()
    {
        byte[] bytes = Count(OneModel(seed: 6, count: 4)).ToBytes();
        for (int length = 0; length < bytes.Length; length++)
            Assert.Throws<InvalidDataException>(() => Read(bytes[..length]));
        Assert.Throws<InvalidDataException>(() => Read([.. bytes, 0]));
    }

    [Fact]
    public void Damaged_bytes_are_refused_or_read_and_nothing_else_happens()
    {
        byte[] bytes = Count(OneModel(seed: 7, count: 20)).ToBytes();
        var random = new Random(7);
        int refused = 0;
        for (int round = 0; round < 3000; round++)
        {
            byte[] damaged = [.. bytes];
            for (int b = random.Next(1, 6); b > 0; b--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                Read(damaged);
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1, 2999);
    }

    [Fact]
    public void A_newer_format_is_refused_in_words()
    {
        byte[] bytes = Count(OneModel(seed: 8, count: 1)).ToBytes();
        bytes[0] = 2;
        var error = Assert.Throws<InvalidDataException>(() => Read(bytes));
        Assert.Equal("Found format 2, expected 1.", error.Message);
    }

    [Fact]
    public void Counting_what_was_seen_before_allocates_nothing()
    {
        AttributionUpdate[] updates = OneModel(seed: 9, count: 100);
        StatisticsBucket bucket = Count(updates);
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (AttributionUpdate update in updates)
            bucket.Add(update);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void An_update_that_does_not_fit_is_refused_and_leaves_no_trace()
    {
        StatisticsBucket bucket = Empty();
        AttributionUpdate good = RandomUpdates.With(
            "lobby", 0, RandomUpdates.Noon, null, (0.5f, [1, 2]), (0.1f, [3, 4]));
        Assert.Throws<ArgumentException>(() => bucket.Add(good with { Video = "yard" }));
        Assert.Throws<ArgumentException>(() => bucket.Add(good with { Model = "moves 2" }));
        Assert.Throws<ArgumentException>(() => bucket.Add(good with { TopClass = 1 }));
        Assert.Throws<ArgumentException>(() => bucket.Add(good with { Classes = [] }));
        Assert.Throws<ArgumentException>(
            () => bucket.Add(good with { Classes = [good.Classes[0], good.Classes[1] with { Esv = [1] }] }));
        Assert.Equal(Empty().ToBytes(), bucket.ToBytes());
    }

    [Fact]
    public void Buckets_of_different_models_are_not_merged() =>
        Assert.Throws<ArgumentException>(
            () => Empty().Merge(new StatisticsBucket("moves 2", "lobby", RandomUpdates.Noon)));

    private static AttributionUpdate[] OneModel(int seed, int count) =>
        [.. RandomUpdates.Of(seed, count, "lobby").Select(update => update with { Model = "moves 1" })];

    private static StatisticsBucket Empty() => new("moves 1", "lobby", RandomUpdates.Noon);

    private static StatisticsBucket Read(byte[] bytes) =>
        StatisticsBucket.FromBytes("moves 1", "lobby", RandomUpdates.Noon, bytes);

    private static StatisticsBucket Count(AttributionUpdate[] updates)
    {
        StatisticsBucket bucket = Empty();
        foreach (AttributionUpdate update in updates)
            bucket.Add(update);
        return bucket;
    }
}
