using System.Numerics;

namespace PlayFair.Attribution.Sampling;

/// <summary>
/// Subsequences of every size, chosen so that each of more than one frame has at least one child (itself without one of its
/// frames) among those of one size less: what the paper's Algorithm 1 draws, or all there are.
/// </summary>
/// <remarks>
/// It knows frames as positions only. Which frame a position stands for, and in which order they come in time, is up to the
/// user: its law does not change under a permutation of the positions.
/// </remarks>
internal sealed class SubsequenceSample
{
    /// <summary>The first <see cref="_size"/> are there. An array, so that one may be added while others are read.</summary>
    private readonly Level[] _levels;
    private SeededRandom _random;
    private int _maxCount;
    private int _size;

    private SubsequenceSample(int frameCount)
    {
        FrameCount = frameCount;
        _levels = new Level[frameCount];
    }

    /// <summary>n.</summary>
    public int FrameCount { get; }

    /// <summary>Whether all sizes are there.</summary>
    public bool IsComplete => _size == FrameCount;

    /// <summary>The subsequences of size s, 1 to n.</summary>
    public Level this[int s] => _levels[s - 1];

    /// <summary>The largest number of subsequences of one size.</summary>
    public int MaxCount => _levels.Max(level => level.Count);

    /// <summary>
    /// Draws as Algorithm 1 does: at size 1 all frames; at size s + 1 every subsequence of size s grown by one frame, as a set;
    /// of each size no more than <paramref name="maxCount"/>, chosen uniformly.
    /// </summary>
    /// <param name="maxCount">m, at least 1.</param>
    public static SubsequenceSample Draw(int frameCount, int maxCount, ref SeededRandom random)
    {
        SubsequenceSample sample = Begin(frameCount, maxCount, random);
        while (!sample.IsComplete)
            sample.DrawNext();
        random = sample._random;
        return sample;
    }

    /// <summary>The same, of which only size 1 is drawn yet.</summary>
    public static SubsequenceSample Begin(int frameCount, int maxCount, SeededRandom random)
    {
        var sample = new SubsequenceSample(frameCount) { _random = random, _maxCount = maxCount };
        var first = new Level(frameCount, 1, frameCount);
        foreach (int frame in Choose(frameCount, Math.Min(maxCount, frameCount), ref sample._random))
            first.AddGrown(null, -1, frame);
        sample.Add(first);
        return sample;
    }

    /// <summary>Draws the next size.</summary>
    public void DrawNext() => Add(LevelSampler.DrawNext(this[_size], _maxCount, ref _random));

    /// <summary>All 2^n − 1 subsequences. A subsequence's first child lacks its last frame.</summary>
    /// <param name="frameCount">1 to <see cref="ExactEsv.MaxFrameCount"/>.</param>
    public static SubsequenceSample All(int frameCount)
    {
        var sample = new SubsequenceSample(frameCount);
        var first = new Level(frameCount, 1, frameCount);
        for (int frame = 0; frame < frameCount; frame++)
            first.AddGrown(null, -1, frame);
        sample.Add(first);
        for (int s = 2; s <= frameCount; s++)
        {
            Level smaller = sample[s - 1];
            var level = new Level(frameCount, s, smaller.Count);
            for (int i = 0; i < smaller.Count; i++)
            {
                for (int frame = smaller.LastFrame(i) + 1; frame < frameCount; frame++)
                    level.AddGrown(smaller, i, frame);
            }

            level.FindChildren(smaller);
            sample.Add(level);
        }

        return sample;
    }

    /// <summary>A sample that was drawn elsewhere.</summary>
    /// <param name="levels">For each size from 1 to n, its subsequences: ascending positions.</param>
    /// <exception cref="ArgumentException">
    /// A size is missing, a subsequence is not ascending, occurs twice or has no child.
    /// </exception>
    public static SubsequenceSample Of(int frameCount, IReadOnlyList<IReadOnlyList<int[]>> levels)
    {
        if (levels.Count != frameCount)
        {
            throw new ArgumentException(
                $"Subsequences of {levels.Count} sizes, expected sizes 1 to {frameCount}.", nameof(levels));
        }

        var sample = new SubsequenceSample(frameCount);
        for (int s = 1; s <= frameCount; s++)
        {
            var level = new Level(frameCount, s, levels[s - 1].Count);
            foreach (int[] positions in levels[s - 1])
                level.AddGiven(positions);
            if (level.Count == 0)
                throw new ArgumentException($"No subsequence of size {s}, expected at least one.", nameof(levels));
            if (s > 1)
                level.FindChildren(sample[s - 1]);
            sample.Add(level);
        }

        return sample;
    }

    private void Add(Level level) => _levels[_size++] = level;

    private static int[] Choose(int count, int chosen, ref SeededRandom random)
    {
        int[] items = [.. Enumerable.Range(0, count)];
        for (int i = 0; i < chosen && chosen < count; i++)
        {
            int j = i + random.Next(count - i);
            (items[i], items[j]) = (items[j], items[i]);
        }

        return items[..chosen];
    }

    /// <summary>Distinct subsequences of one size, found by their members.</summary>
    internal sealed class Level
    {
        private readonly int _words;
        private ulong[] _members;
        private ulong[] _hashes;
        private int[] _added;
        private int[] _childStarts;
        private int[] _children = [];
        private int _childCount;

        /// <summary>A hash table with open addressing: index + 1, or 0 where there is nothing.</summary>
        private int[] _slots;

        /// <summary>
        /// One bit for each hash modulo its length, 64 bits for each subsequence: most searches are in vain, and end here
        /// without a branch that is hard to foresee.
        /// </summary>
        private ulong[] _filter;

        /// <param name="frameCount">n.</param>
        /// <param name="size">s.</param>
        /// <param name="capacity">How many are expected.</param>
        public Level(int frameCount, int size, int capacity)
        {
            capacity = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(capacity, 16));
            FrameCount = frameCount;
            Size = size;
            _words = (frameCount + 63) / 64;
            _members = new ulong[capacity * _words];
            _hashes = new ulong[capacity];
            _added = new int[capacity];
            _childStarts = new int[capacity + 1];
            _slots = new int[2 * capacity];
            _filter = new ulong[capacity];
        }

        /// <summary>n.</summary>
        public int FrameCount { get; }

        /// <summary>s.</summary>
        public int Size { get; }

        public int Count { get; private set; }

        /// <summary>The members as bits, [word].</summary>
        public ReadOnlySpan<ulong> Members(int index) => _members.AsSpan(index * _words, _words);

        /// <summary>The sampled subsequences of one size less that it contains, as indices; at least one for s &gt; 1.</summary>
        public ReadOnlySpan<int> Children(int index) =>
            _children.AsSpan(_childStarts[index], _childStarts[index + 1] - _childStarts[index]);

        /// <summary>The one child through which sums over the sample are gathered; −1 at size 1.</summary>
        public int FirstChild(int index) => Size == 1 ? -1 : _children[_childStarts[index]];

        /// <summary>The frame that the first child lacks.</summary>
        public int Added(int index) => _added[index];

        public bool Contains(int index, int frame) => (_members[(index * _words) + (frame >> 6)] >> (frame & 63) & 1) != 0;

        public int LastFrame(int index)
        {
            int word = _words - 1;
            while (Members(index)[word] == 0)
                word--;
            return (64 * word) + 63 - BitOperations.LeadingZeroCount(Members(index)[word]);
        }

        /// <summary>Writes the members in ascending order, those after <paramref name="newest"/> first.</summary>
        /// <param name="newest">The slot that holds the newest frame; n − 1 if slots are in time order.</param>
        public void WritePositions(int index, int newest, Span<int> positions)
        {
            ReadOnlySpan<ulong> members = Members(index);
            int count = 0;
            int first = 0;
            for (int w = 0; w < members.Length; w++)
            {
                for (ulong bits = members[w]; bits != 0; bits &= bits - 1)
                {
                    int frame = (64 * w) + BitOperations.TrailingZeroCount(bits);
                    if (frame <= newest)
                        first++;
                    positions[count++] = frame;
                }
            }

            if (first < count)
                Rotate(positions[..count], first);
        }

        /// <summary>Adds a subsequence of one size less, grown by a frame. Its children are yet to be found.</summary>
        public void AddGrown(Level? smaller, int child, int frame)
        {
            Reserve();
            Span<ulong> members = _members.AsSpan(Count * _words, _words);
            members.Clear();
            if (smaller is not null)
                smaller.Members(child).CopyTo(members);
            members[frame >> 6] |= 1UL << (frame & 63);
            _added[Count] = frame;
            Insert((smaller is null ? 0 : smaller._hashes[child]) ^ FrameHash.Of(frame));
        }

        /// <summary>Adds a subsequence with the children that it is known to have.</summary>
        public void AddGrown(Level smaller, int child, int frame, ReadOnlySpan<int> children)
        {
            AddGrown(smaller, child, frame);
            if (_children.Length < _childCount + children.Length)
                Array.Resize(ref _children, Math.Max(2 * _children.Length, _childCount + children.Length + 64));
            children.CopyTo(_children.AsSpan(_childCount));
            _childCount += children.Length;
            _childStarts[Count] = _childCount;
        }

        public void AddGiven(ReadOnlySpan<int> positions)
        {
            if (positions.Length != Size)
                throw new ArgumentException($"[{Text(positions)}] has {positions.Length} frames, expected {Size}.");
            Reserve();
            Span<ulong> members = _members.AsSpan(Count * _words, _words);
            members.Clear();
            ulong hash = 0;
            int last = -1;
            foreach (int frame in positions)
            {
                if (frame <= last || frame >= FrameCount)
                {
                    throw new ArgumentException(
                        $"[{Text(positions)}] is no subsequence of {FrameCount} frames: expected ascending positions from "
                        + "0.");
                }

                members[frame >> 6] |= 1UL << (frame & 63);
                hash ^= FrameHash.Of(frame);
                last = frame;
            }

            if (Find(hash, members) >= 0)
                throw new ArgumentException($"[{Text(positions)}] occurs twice, expected once.");
            _added[Count] = last;
            Insert(hash);
        }

        /// <summary>Finds the children of all.</summary>
        /// <exception cref="ArgumentException">One has none.</exception>
        public void FindChildren(Level smaller)
        {
            var found = new int[Size];
            _childCount = 0;
            for (int i = 0; i < Count; i++)
            {
                int count = smaller.FindChildrenOf(Members(i), _hashes[i], found, out int added);
                if (count == 0)
                {
                    var positions = new int[Size];
                    WritePositions(i, FrameCount - 1, positions);
                    throw new ArgumentException(
                        $"[{Text(positions)}] has no child: none of the subsequences of {Size - 1} frames is part of it.");
                }

                if (_children.Length < _childCount + count)
                    Array.Resize(ref _children, Math.Max(2 * _children.Length, _childCount + count + 64));
                found.AsSpan(0, count).CopyTo(_children.AsSpan(_childCount));
                _childCount += count;
                _childStarts[i + 1] = _childCount;
                _added[i] = added;
            }
        }

        /// <summary>The subsequences here that a larger one by one frame contains.</summary>
        /// <param name="members">The larger one's.</param>
        /// <param name="found">Their indices, the lowest first.</param>
        /// <param name="added">The frame that the first one lacks.</param>
        /// <returns>How many there are.</returns>
        public int FindChildrenOf(ReadOnlySpan<ulong> members, ulong hash, Span<int> found, out int added)
        {
            int count = 0;
            added = -1;
            for (int w = 0; w < members.Length; w++)
            {
                for (ulong bits = members[w]; bits != 0; bits &= bits - 1)
                {
                    int frame = (64 * w) + BitOperations.TrailingZeroCount(bits);
                    int child = FindWithout(hash ^ FrameHash.Of(frame), members, frame);
                    if (child < 0)
                        continue;
                    // Sums meet early where all choose the lowest index.
                    if (count > 0 && child < found[0])
                    {
                        found[count] = found[0];
                        found[0] = child;
                        added = frame;
                    }
                    else
                    {
                        found[count] = child;
                        added = count == 0 ? frame : added;
                    }

                    count++;
                }
            }

            return count;
        }

        public ulong Hash(int index) => _hashes[index];

        /// <summary>So many of these, chosen uniformly. Children are yet to be found.</summary>
        public Level Choose(int count, ref SeededRandom random)
        {
            var chosen = new Level(FrameCount, Size, count);
            foreach (int index in SubsequenceSample.Choose(Count, count, ref random))
            {
                chosen.Reserve();
                Members(index).CopyTo(chosen._members.AsSpan(chosen.Count * _words, _words));
                chosen.Insert(_hashes[index]);
            }

            return chosen;
        }

        /// <summary>The index of a subsequence; −1 if it is not here.</summary>
        public int Find(ulong hash, ReadOnlySpan<ulong> members)
        {
            for (int slot = (int)hash & (_slots.Length - 1); _slots[slot] != 0; slot = (slot + 1) & (_slots.Length - 1))
            {
                int index = _slots[slot] - 1;
                if (_hashes[index] == hash && Members(index).SequenceEqual(members))
                    return index;
            }

            return -1;
        }

        private int FindWithout(ulong hash, ReadOnlySpan<ulong> members, int frame)
        {
            if ((_filter[(hash >> 6) & (ulong)(_filter.Length - 1)] >> (int)(hash & 63) & 1) == 0)
                return -1;
            for (int slot = (int)hash & (_slots.Length - 1); _slots[slot] != 0; slot = (slot + 1) & (_slots.Length - 1))
            {
                int index = _slots[slot] - 1;
                if (_hashes[index] == hash && IsWithout(Members(index), members, frame))
                    return index;
            }

            return -1;
        }

        private static bool IsWithout(ReadOnlySpan<ulong> candidate, ReadOnlySpan<ulong> members, int frame)
        {
            for (int w = 0; w < candidate.Length; w++)
            {
                ulong expected = w == frame >> 6 ? members[w] & ~(1UL << (frame & 63)) : members[w];
                if (candidate[w] != expected)
                    return false;
            }

            return true;
        }

        private void Reserve()
        {
            if (Count < _hashes.Length)
                return;
            Array.Resize(ref _hashes, 2 * Count);
            Array.Resize(ref _added, 2 * Count);
            Array.Resize(ref _childStarts, (2 * Count) + 1);
            Array.Resize(ref _members, 2 * Count * _words);
            _slots = new int[4 * Count];
            _filter = new ulong[2 * Count];
            for (int i = 0; i < Count; i++)
                Link(i);
        }

        private void Insert(ulong hash)
        {
            _hashes[Count] = hash;
            Link(Count);
            Count++;
        }

        private void Link(int index)
        {
            int slot = (int)_hashes[index] & (_slots.Length - 1);
            while (_slots[slot] != 0)
                slot = (slot + 1) & (_slots.Length - 1);
            _slots[slot] = index + 1;
            _filter[(_hashes[index] >> 6) & (ulong)(_filter.Length - 1)] |= 1UL << (int)(_hashes[index] & 63);
        }

        private static void Rotate(Span<int> items, int count)
        {
            items[..count].Reverse();
            items[count..].Reverse();
            items.Reverse();
        }

        private static string Text(ReadOnlySpan<int> positions) => string.Join(", ", positions.ToArray());
    }
}

/// <summary>A subsequence's hash is the exclusive or of its frames' (A. L. Zobrist, 1970): a frame goes in or out at once.</summary>
internal static class FrameHash
{
    private static readonly ulong[] Hashes = Create();

    public static ulong Of(int frame) => Hashes[frame];

    private static ulong[] Create()
    {
        var random = new SeededRandom(0, 0);
        var hashes = new ulong[SampledEsv.MaxFrameCount];
        for (int frame = 0; frame < hashes.Length; frame++)
            hashes[frame] = random.NextBits();
        return hashes;
    }
}
