namespace PlayFair.Attribution;

/// <summary>
/// What every frame attribution method is given: a head, the features of a window's frames, a prior, a score.
/// </summary>
public sealed class AttributionProblem
{
    private readonly float[] _features;
    private readonly double[] _prior;

    /// <param name="head">The head to explain.</param>
    /// <param name="features">[frameCount × D], row-major, in time order, finite; copied.</param>
    /// <param name="frameCount">n, at least 1.</param>
    /// <param name="prior">Class prior, [class], probabilities: what no frame at all scores.</param>
    /// <param name="score">Which score to attribute.</param>
    /// <exception cref="ArgumentException">
    /// The head refuses the features, or <see cref="Game"/> the prior or score.
    /// </exception>
    public AttributionProblem(
        ITemporalHead head, ReadOnlySpan<float> features, int frameCount, ReadOnlySpan<double> prior, ScoreKind score)
    {
        ArgumentNullException.ThrowIfNull(head);
        Head = head;
        Game = new Game(head.Project(features, frameCount), prior, score);
        _features = features.ToArray();
        _prior = prior.ToArray();
    }

    public ITemporalHead Head { get; }

    /// <summary>
    /// The head on the features, the score and the prior: all that methods which only leave out frames need.
    /// </summary>
    public Game Game { get; }

    /// <summary>[frame × D], row-major, in time order.</summary>
    public ReadOnlySpan<float> Features => _features;

    /// <summary>n.</summary>
    public int FrameCount => Game.FrameCount;

    /// <summary>C.</summary>
    public int ClassCount => Game.ClassCount;

    public ScoreKind Score => Game.Score;

    /// <summary>The game of as many frames with other features.</summary>
    internal Game GameOf(ReadOnlySpan<float> features) => new(Head.Project(features, FrameCount), _prior, Score);
}
