namespace PlayFair.Attribution.Sampling;

/// <summary>
/// Draws, uniformly and as a set, from the pool of all subsequences of size s grown by one frame (Algorithm 1).
/// </summary>
/// <remarks>
/// A large pool is not written out. A random subsequence grown by a random frame is each member of the pool with a probability
/// that is proportional to the number of its children in the sample; accepted with one over that number, all members are
/// equally likely. What was drawn before is rejected. The children have to be found anyway.
/// </remarks>
internal static class LevelSampler
{
    /// <summary>A pool of at most this many times the wanted number of candidates is written out.</summary>
    private const int SmallPool = 4;

    /// <summary>
    /// After this many times the wanted number of rejections in all, the pool is written out after all. Rejections depend on
    /// numbers only, not on which subsequences were drawn, so the law is still uniform.
    /// </summary>
    private const int Patience = 32;

    public static SubsequenceSample.Level DrawNext(
        SubsequenceSample.Level smaller, int maxCount, ref SeededRandom random)
    {
        int frameCount = smaller.FrameCount;
        long candidateCount = (long)smaller.Count * (frameCount - smaller.Size);
        return candidateCount > (long)SmallPool * maxCount
            ? DrawByRejection(smaller, maxCount, ref random) ?? DrawFromPool(smaller, candidateCount, maxCount, ref random)
            : DrawFromPool(smaller, candidateCount, maxCount, ref random);
    }

    private static SubsequenceSample.Level? DrawByRejection(
        SubsequenceSample.Level smaller, int count, ref SeededRandom random)
    {
        int frameCount = smaller.FrameCount;
        var level = new SubsequenceSample.Level(frameCount, smaller.Size + 1, count);
        var members = new ulong[smaller.Members(0).Length];
        var children = new int[level.Size];
        for (long attempt = 0; attempt < (long)Patience * count; attempt++)
        {
            int parent = random.Next(smaller.Count);
            int frame = random.Next(frameCount);
            if (smaller.Contains(parent, frame))
                continue;
            smaller.Members(parent).CopyTo(members);
            members[frame >> 6] |= 1UL << (frame & 63);
            ulong hash = smaller.Hash(parent) ^ FrameHash.Of(frame);
            if (level.Find(hash, members) >= 0)
                continue;
            int childCount = smaller.FindChildrenOf(members, hash, children, out int added);
            if (childCount > 1 && random.Next(childCount) != 0)
                continue;
            level.AddGrown(smaller, children[0], added, children.AsSpan(0, childCount));
            if (level.Count == count)
                return level;
        }

        return null;
    }

    private static SubsequenceSample.Level DrawFromPool(
        SubsequenceSample.Level smaller, long candidateCount, int maxCount, ref SeededRandom random)
    {
        int frameCount = smaller.FrameCount;
        var pool = new SubsequenceSample.Level(frameCount, smaller.Size + 1, (int)Math.Min(maxCount, candidateCount));
        var members = new ulong[smaller.Members(0).Length];
        for (int i = 0; i < smaller.Count; i++)
        {
            for (int frame = 0; frame < frameCount; frame++)
            {
                if (smaller.Contains(i, frame))
                    continue;
                smaller.Members(i).CopyTo(members);
                members[frame >> 6] |= 1UL << (frame & 63);
                if (pool.Find(smaller.Hash(i) ^ FrameHash.Of(frame), members) < 0)
                    pool.AddGrown(smaller, i, frame);
            }
        }

        if (pool.Count > maxCount)
            pool = pool.Choose(maxCount, ref random);
        pool.FindChildren(smaller);
        return pool;
    }
}
