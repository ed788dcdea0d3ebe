using System.Numerics;
using PlayFair.Attribution.Exact;

namespace PlayFair.Attribution.Sampling;

/// <summary>Subsequences of one size such that each frame is in equally many of them.</summary>
internal interface ISubsequenceList
{
    /// <summary>s.</summary>
    int Size { get; }

    /// <summary>How many subsequences there are; each frame is in Count·s/n of them.</summary>
    long Count { get; }

    /// <summary>Writes consecutive ones. May run on several threads at once.</summary>
    /// <param name="first">The index of the first.</param>
    /// <param name="positions">[count × s], overwritten with ascending positions.</param>
    void Write(long first, Span<int> positions);
}

/// <summary>All subsequences of a size.</summary>
internal sealed class AllSubsequences(int frameCount, int size, BinomialTable choose) : ISubsequenceList
{
    public int Size => size;

    public long Count => choose[frameCount, size];

    public void Write(long first, Span<int> positions)
    {
        Colex.Unrank(first, frameCount, choose, positions[..size]);
        for (int at = size; at < positions.Length; at += size)
        {
            Span<int> next = positions.Slice(at, size);
            positions.Slice(at - size, size).CopyTo(next);
            Colex.Next(next, frameCount);
        }
    }
}

/// <summary>
/// A random sample of subsequences of one size in which each frame occurs equally often, and each pair of frames nearly
/// so: the n rotations of some blocks on a circle on which the frames are seated at random.
/// </summary>
/// <remarks>
/// <para>
/// As the seating is uniform, so is each subsequence, whatever the blocks: means over those with (or without) a frame
/// are unbiased. n rotations hold each frame s times, and two frames at distance d as often as the block has two
/// members at distance d. Blocks are chosen such that distances occur about equally often, so what another frame
/// contributes to the scores of a frame's subsequences is the same for all, and cancels. With blocks of consecutive
/// places instead (a random order cut into blocks), neighbours meet s − 1 times in n and most frames never.
/// </para>
/// <para>No two subsequences are the same, unless nearly all there are were asked for.</para>
/// </remarks>
internal sealed class BalancedDesign : ISubsequenceList
{
    /// <summary>Of so many blocks the one that evens out the distances best is taken; more help no further.</summary>
    private const int CandidateCount = 8;

    /// <summary>After so many draws a block that was there before is taken, if all were.</summary>
    private const int MaxDrawCount = 64;

    private readonly int _frameCount;

    /// <summary>The frame at each place of the circle.</summary>
    private readonly int[] _frames;

    /// <summary>[block × s]: ascending places.</summary>
    private readonly int[] _blocks;

    /// <param name="frameCount">n.</param>
    /// <param name="size">s, from 1 to n − 1.</param>
    /// <param name="blockCount">How many blocks, at least 1: n times as many subsequences.</param>
    /// <param name="random">Where the randomness comes from.</param>
    public BalancedDesign(int frameCount, int size, int blockCount, ref SeededRandom random)
    {
        _frameCount = frameCount;
        Size = size;
        _frames = [.. Enumerable.Range(0, frameCount)];
        random.Shuffle(_frames);
        _blocks = new int[checked(blockCount * size)];
        DrawBlocks(ref random);
    }

    public int Size { get; }

    public long Count => (long)_blocks.Length / Size * _frameCount;

    public void Write(long first, Span<int> positions)
    {
        for (int at = 0; at < positions.Length; at += Size)
        {
            (long block, long rotation) = Math.DivRem(first++, _frameCount);
            Span<int> row = positions.Slice(at, Size);
            for (int p = 0; p < Size; p++)
            {
                int place = _blocks[(block * Size) + p] + (int)rotation;
                row[p] = _frames[place < _frameCount ? place : place - _frameCount];
            }

            row.Sort();
        }
    }

    private void DrawBlocks(ref SeededRandom random)
    {
        int[] places = [.. Enumerable.Range(0, _frameCount)];
        var candidate = new int[Size];
        // How often each distance occurs so far.
        var distances = new int[(_frameCount / 2) + 1];
        var seen = new HashSet<ulong>();
        for (int start = 0; start < _blocks.Length; start += Size)
        {
            Span<int> best = _blocks.AsSpan(start, Size);
            // Consecutive places are a block whose rotations all differ.
            for (int p = 0; p < Size; p++)
                best[p] = p;
            (bool IsRepeat, long Cost, ulong Hash) bestRank = (true, long.MaxValue, 0);
            int freshCount = 0;
            for (int draw = 0; draw < MaxDrawCount && freshCount < CandidateCount; draw++)
            {
                for (int p = 0; p < Size; p++)
                {
                    int other = p + random.Next(_frameCount - p);
                    (places[p], places[other]) = (places[other], places[p]);
                    candidate[p] = places[p];
                }

                candidate.AsSpan().Sort();
                if (HashOfRotations(candidate) is not ulong hash)
                    continue;
                bool isRepeat = seen.Contains(hash);
                freshCount += isRepeat ? 0 : 1;
                var rank = (isRepeat, CostOf(candidate, distances), hash);
                if (rank.CompareTo(bestRank) >= 0)
                    continue;
                bestRank = rank;
                candidate.CopyTo(best);
            }

            seen.Add(bestRank.Hash);
            CountDistances(best, distances, 1);
        }
    }

    /// <summary>
    /// By how much the sum over pairs of frames of the square of how often they meet, over n, grows with a block.
    /// </summary>
    private long CostOf(ReadOnlySpan<int> block, int[] distances)
    {
        long cost = 0;
        for (int p = 1; p < block.Length; p++)
        {
            for (int q = 0; q < p; q++)
            {
                int distance = DistanceOf(block[p] - block[q]);
                // Opposite places: half as many pairs, and each meets twice.
                cost += ((2L * distances[distance]++) + 1) * (2 * distance == _frameCount ? 2 : 1);
            }
        }

        CountDistances(block, distances, -1);
        return cost;
    }

    private void CountDistances(ReadOnlySpan<int> block, int[] distances, int count)
    {
        for (int p = 1; p < block.Length; p++)
        {
            for (int q = 0; q < p; q++)
                distances[DistanceOf(block[p] - block[q])] += count;
        }
    }

    private int DistanceOf(int difference) => Math.Min(difference, _frameCount - difference);

    /// <summary>
    /// The same number for all rotations of a block, which another block has by a rare, harmless chance; null if two of
    /// its rotations are the same.
    /// </summary>
    private ulong? HashOfRotations(ReadOnlySpan<int> block)
    {
        int size = block.Length;
        // A rotation shifts the gaps between members; the least shift stands for all.
        int least = 0;
        for (int start = 1; start < size; start++)
        {
            int p = 0;
            while (p < size && Gap(block, start + p) == Gap(block, least + p))
                p++;
            if (p == size)
                return null;
            if (Gap(block, start + p) < Gap(block, least + p))
                least = start;
        }

        ulong hash = 0;
        for (int p = 0; p < size; p++)
            hash = (BitOperations.RotateLeft(hash, 29) ^ (ulong)Gap(block, least + p)) * 0x9E3779B97F4A7C15;
        return hash;
    }

    private int Gap(ReadOnlySpan<int> block, int index)
    {
        int p = index % block.Length;
        return p + 1 < block.Length ? block[p + 1] - block[p] : block[0] + _frameCount - block[p];
    }
}
