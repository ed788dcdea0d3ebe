namespace PlayFair.Engine;

/// <summary>Ascending sequence numbers, those without a gap as one range.</summary>
internal sealed class SequenceRanges
{
    private readonly List<(long First, long Last)> _ranges = [];

    public long Count { get; private set; }

    /// <summary>Adds numbers above all before.</summary>
    public void Add(long first, long last)
    {
        Count += last - first + 1;
        if (_ranges.Count > 0 && _ranges[^1].Last + 1 == first)
            _ranges[^1] = (_ranges[^1].First, last);
        else
            _ranges.Add((first, last));
    }

    /// <summary>So many of them at most, evenly spaced, the first and the last among them; of one, the last.</summary>
    public IEnumerable<long> Spread(int most)
    {
        int count = (int)Math.Min(most, Count);
        int range = 0;
        long before = 0;
        for (int i = 0; i < count; i++)
        {
            long rank = count == 1 ? Count - 1 : (long)((Int128)i * (Count - 1) / (count - 1));
            while (rank - before > _ranges[range].Last - _ranges[range].First)
            {
                before += _ranges[range].Last - _ranges[range].First + 1;
                range++;
            }

            yield return _ranges[range].First + rank - before;
        }
    }
}
