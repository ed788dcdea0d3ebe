using PlayFair.Attribution.Kernels;
using PlayFair.Attribution.Sampling;

namespace PlayFair.Attribution.Sliding;

/// <summary>
/// One sample of subsequences over a window's slots, with F and the score of each, and the φ that follow from them.
/// </summary>
/// <remarks>
/// The law of a sample does not change under a permutation of the frames, so it is as good for the next window, in which the
/// newest frame has the slot of the oldest. Only subsequences that hold that slot have new scores: s/n of those of size s. φ
/// is updated by the differences.
/// </remarks>
internal sealed class SlidingSample
{
    private readonly Game _game;
    private readonly LevelScores _levelScores;
    private readonly FrameSums _sums;
    private readonly SubsequenceSample _sample;

    /// <summary>[s − 1]: F and the score of every subsequence of size s.</summary>
    private readonly RowBuffer[] _means;
    private readonly RowBuffer[] _scores;

    /// <summary>[s − 1][slot]: N, how many subsequences of size s hold a slot.</summary>
    private readonly int[][] _counts;

    /// <summary>
    /// The subsequences of the present size that have new scores, and by how much these change; by odd and even sizes, as
    /// one size is summed while the next is scored.
    /// </summary>
    private readonly int[][] _rows;
    private readonly RowBuffer[] _changes;
    private readonly int[] _rowCounts = new int[2];

    /// <summary>Sums the changes of the size before the present one.</summary>
    private readonly Action[] _sumLast;
    private int _size;

    /// <param name="game">The model on the window's slots.</param>
    /// <param name="sample">Which subsequences.</param>
    /// <param name="threadCount">The most threads; 0: as many as there are cores.</param>
    public SlidingSample(Game game, SubsequenceSample sample, int threadCount)
    {
        int n = game.FrameCount;
        int stride = Rows.Stride(game.ClassCount);
        int maxCount = sample.MaxCount;
        _game = game;
        _sample = sample;
        _levelScores = new LevelScores(game, threadCount);
        _sums = new FrameSums(
            n, (Rows.Allocate(maxCount, stride), Rows.Allocate(maxCount, stride)));
        _means = new RowBuffer[n];
        _scores = new RowBuffer[n];
        _counts = new int[n][];
        _rows = [new int[maxCount], new int[maxCount]];
        _changes = [Rows.Allocate(maxCount, stride), Rows.Allocate(maxCount, stride)];
        _sumLast = [() => SumChanges(_size - 1)];
        Values = new double[n * game.ClassCount];
        for (int s = 1; s <= n; s++)
        {
            _means[s - 1] = Rows.Allocate(sample[s].Count, stride);
            _scores[s - 1] = Rows.Allocate(sample[s].Count, stride);
            _counts[s - 1] = new int[n];
            for (int i = 0; i < sample[s].Count; i++)
            {
                for (int slot = 0; slot < n; slot++)
                    _counts[s - 1][slot] += sample[s].Contains(i, slot) ? 1 : 0;
            }
        }
    }

    /// <summary>φ, [slot × class].</summary>
    public double[] Values { get; }

    /// <summary>f(X), the first C floats.</summary>
    public ReadOnlySpan<float> Scores => _scores[^1].Span(0)[.._game.ClassCount];

    /// <summary>Scores everything.</summary>
    /// <returns>The number of model evaluations.</returns>
    public long Fill(int newest, CancellationToken ct)
    {
        long evaluationCount = _levelScores.SetFrames(newest, _game.FrameCount);
        for (int s = 1; s <= _game.FrameCount; s++)
        {
            SelectAll(s);
            evaluationCount += UpdateSize(s, newest, [], ct);
        }

        Sum();
        return evaluationCount;
    }

    /// <summary>Scores what holds one of the slots whose frames are new, and updates φ by the differences.</summary>
    /// <param name="newest">The slot of the newest frame.</param>
    /// <param name="newCount">How many slots, up to the newest, have new frames.</param>
    /// <returns>The number of model evaluations.</returns>
    public long Update(int newest, int newCount, CancellationToken ct)
    {
        long evaluationCount = _levelScores.SetFrames(newest, newCount);
        for (_size = 1; _size <= _game.FrameCount; _size++)
        {
            Select(_size, newest, newCount);
            evaluationCount += UpdateSize(_size, newest, _size > 1 ? _sumLast : [], ct);
        }

        SumChanges(_game.FrameCount);
        return evaluationCount;
    }

    /// <summary>Sums φ from the scores, without the rounding errors of former differences.</summary>
    public void Sum()
    {
        Array.Clear(Values);
        IterationSums.AddPrior(_game, Values);
        for (int s = 1; s <= _game.FrameCount; s++)
        {
            SelectAll(s);
            _sums.Add(_sample, s, _rows[s & 1], _sample[s].Count, _scores[s - 1]);
            AddTerms(s);
        }
    }

    private long UpdateSize(int s, int newest, Action[] beside, CancellationToken ct) => _levelScores.Update(
        _sample[s], _rows[s & 1], _rowCounts[s & 1], newest, _means[Math.Max(s - 2, 0)], _means[s - 1], _scores[s - 1],
        _changes[s & 1], beside, ct);

    private void SumChanges(int s)
    {
        _sums.Add(_sample, s, _rows[s & 1], _rowCounts[s & 1], _changes[s & 1]);
        AddTerms(s);
    }

    private void SelectAll(int s)
    {
        int count = _sample[s].Count;
        for (int i = 0; i < count; i++)
            _rows[s & 1][i] = i;
        _rowCounts[s & 1] = count;
    }

    private void Select(int s, int newest, int newCount)
    {
        int n = _game.FrameCount;
        SubsequenceSample.Level level = _sample[s];
        int[] rows = _rows[s & 1];
        int count = 0;
        for (int i = 0; i < level.Count; i++)
        {
            bool isNew = false;
            for (int age = 0; age < newCount && !isNew; age++)
                isNew = level.Contains(i, newest >= age ? newest - age : newest - age + n);
            if (isNew)
                rows[count++] = i;
        }

        _rowCounts[s & 1] = count;
    }

    private void AddTerms(int s) =>
        IterationSums.AddSize(s, _sums, _counts[s - 1], _sample[s].Count, _game, Values);
}
