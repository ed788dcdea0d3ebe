namespace PlayFair.Engine;

/// <summary>
/// The runs of a period, taken one after the other: so many of them as a picture can show, and which updates there are.
/// </summary>
/// <param name="most">So many runs stay in the end.</param>
internal sealed class RunList(int most)
{
    /// <summary>A video whose top class changes with every update has as many runs as updates.</summary>
    private const int MostInMemory = 1 << 16;

    private List<TopRun> _runs = [];
    private int _addedCount;

    /// <summary>The updates that the runs are of.</summary>
    public SequenceRanges Updates { get; } = new();

    /// <summary>Adds a run that comes after all before.</summary>
    public void Add(TopRun run)
    {
        Updates.Add(run.FirstSequence, run.LastSequence);
        if (_runs.Count > 0 && _runs[^1].GoesOnWith(run))
        {
            _runs[^1] = _runs[^1].JoinNext(run);
            return;
        }

        if (_runs.Count >= Math.Max(MostInMemory, 2 * most))
            _runs = Join(_runs, _runs.Count / 2);
        _runs.Add(run);
        _addedCount++;
    }

    /// <summary>The runs, at most as many as asked for, and how many were joined into others for that.</summary>
    public (List<TopRun> Runs, int JoinedCount) Take()
    {
        _runs = Join(_runs, most);
        return (_runs, _addedCount - _runs.Count);
    }

    /// <summary>Joins the shortest runs into their longer neighbour until few enough are left.</summary>
    /// <remarks>
    /// In rounds, none of which takes two neighbours: otherwise one run would grow over all that follow. Joining one may
    /// join two more, so the last rounds take half of what is too much.
    /// </remarks>
    private static List<TopRun> Join(List<TopRun> runs, int most)
    {
        bool isStuck = false;
        while (runs.Count > most)
        {
            int excess = runs.Count - most;
            int left = excess > most / 4 ? excess : (excess + 1) / 2;
            // Where only the last is short, any other has to do.
            (long length, int quotaOfLength, int countOfLength) =
                isStuck ? (long.MaxValue, 0, 1) : Shortest(runs, left);
            var joined = new List<TopRun>(runs.Count);
            bool mayJoin = true;
            int seenOfLength = 0;
            for (int i = 0; i < runs.Count; i++)
            {
                TopRun run = runs[i];
                bool isChosen = run.Length < length;
                if (run.Length == length)
                {
                    // Evenly over all runs of this length.
                    isChosen = (long)(seenOfLength + 1) * quotaOfLength / countOfLength
                        > (long)seenOfLength * quotaOfLength / countOfLength;
                    seenOfLength++;
                }

                // The last may still go on.
                if (isChosen && mayJoin && left > 0 && i + 1 < runs.Count)
                {
                    left--;
                    if (joined.Count > 0 && joined[^1].Length >= runs[i + 1].Length)
                        joined[^1] = joined[^1].JoinNext(run);
                    else
                        runs[i + 1] = runs[i + 1].JoinPrevious(run);
                    mayJoin = false;
                    continue;
                }

                mayJoin = true;
                if (joined.Count > 0 && joined[^1].GoesOnWith(run))
                    joined[^1] = joined[^1].JoinNext(run);
                else
                    joined.Add(run);
            }

            isStuck = joined.Count == runs.Count;
            runs = joined;
        }

        return runs;
    }

    /// <summary>The length up to which the so many shortest runs go, and how many of this very length are among them.
    /// </summary>
    private static (long Length, int Quota, int Count) Shortest(List<TopRun> runs, int quota)
    {
        // Longer ones are all alike.
        const int longest = 4096;
        var counts = new int[longest + 1];
        foreach (TopRun run in runs)
            counts[Math.Min(run.Length, longest)]++;
        int length = 0, left = quota;
        while (left > counts[length] && length < longest)
            left -= counts[length++];
        return length < longest
            ? (length, left, counts[length])
            : (long.MaxValue, 0, 1);
    }
}
