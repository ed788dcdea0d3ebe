namespace PlayFair.Attribution;

/// <summary>
/// The paper's baselines for discarding frames (Fig. 3): an order that looks at no feature, as values. The frame that
/// is discarded first has the value n, the last one 1, for every class; so <see cref="FrameAttributions.Ranking"/> is
/// the order.
/// </summary>
public sealed class DiscardOrder : IFrameAttribution
{
    private readonly Func<int, int[]> _order;

    private DiscardOrder(string name, Func<int, int[]> order)
    {
        Name = name;
        _order = order;
    }

    /// <summary>The centre frame first, then outwards; of two equally far from the centre, the earlier first.</summary>
    public static DiscardOrder CentreOut { get; } = new(
        "centre-out", n => [.. Enumerable.Range(0, n).OrderBy(t => DistanceFromCentre(t, n))]);

    /// <summary>
    /// The first and the last frame, then inwards; of two equally far from the centre, the earlier first.
    /// </summary>
    public static DiscardOrder EdgesIn { get; } = new(
        "edges-in", n => [.. Enumerable.Range(0, n).OrderByDescending(t => DistanceFromCentre(t, n))]);

    /// <summary>
    /// Each time the frame without which those left are spread most evenly over the window, the earliest of several. A
    /// frame belongs in the middle of its share of the window, as uniform sampling puts it, so the window's ends count
    /// as half a gap.
    /// </summary>
    public static DiscardOrder Uniform { get; } = new("uniform", ThinEvenly);

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Every order equally likely.</summary>
    /// <param name="seed">Fixes the order; another video wants another seed.</param>
    public static DiscardOrder Random(ulong seed) => new("random", n =>
    {
        int[] order = [.. Enumerable.Range(0, n)];
        new SeededRandom(seed, stream: 0).Shuffle(order);
        return order;
    });

    /// <inheritdoc/>
    public FrameAttributions Attribute(AttributionProblem problem, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        int n = problem.FrameCount;
        int[] order = _order(n);
        var values = new double[n * problem.ClassCount];
        for (int rank = 0; rank < n; rank++)
            values.AsSpan(order[rank] * problem.ClassCount, problem.ClassCount).Fill(n - rank);
        return new FrameAttributions
        {
            Method = Name,
            FrameCount = n,
            ClassCount = problem.ClassCount,
            Values = values,
            EvaluationCount = 0,
        };
    }

    /// <summary>In half frames, so that it is an integer.</summary>
    private static int DistanceFromCentre(int frame, int frameCount) => Math.Abs((2 * frame) - (frameCount - 1));

    private static int[] ThinEvenly(int frameCount)
    {
        var kept = Enumerable.Range(0, frameCount).ToList();
        var order = new int[frameCount];
        for (int rank = 0; rank < frameCount; rank++)
        {
            int best = 0;
            for (int i = 1; i < kept.Count; i++)
            {
                if (UnevennessAdded(kept, i, frameCount) < UnevennessAdded(kept, best, frameCount))
                    best = i;
            }

            order[rank] = kept[best];
            kept.RemoveAt(best);
        }

        return order;
    }

    /// <summary>
    /// How much the sum of the squared gaps between frames grows without the i-th kept frame; in half frames, which
    /// makes it an integer. An end is half of a gap as wide again, (2·end)²/2.
    /// </summary>
    private static long UnevennessAdded(List<int> kept, int i, int frameCount)
    {
        long end = 2L * frameCount;
        long place = (2L * kept[i]) + 1;
        long? before = i > 0 ? (2L * kept[i - 1]) + 1 : null;
        long? after = i < kept.Count - 1 ? (2L * kept[i + 1]) + 1 : null;
        return (before, after) switch
        {
            (long left, long right) => Square(right - left) - Square(place - left) - Square(right - place),
            (null, long right) => (2 * Square(right)) - (2 * Square(place)) - Square(right - place),
            (long left, null) => (2 * Square(end - left)) - (2 * Square(end - place)) - Square(place - left),
            _ => 0,
        };
    }

    private static long Square(long length) => length * length;
}
