namespace PlayFair.Attribution;

/// <summary>A model of frame features that has not seen any features yet.</summary>
public interface ITemporalHead
{
    /// <summary>D: how many features a frame has.</summary>
    int FeatureSize { get; }

    /// <summary>C: how many classes are scored.</summary>
    int ClassCount { get; }

    /// <summary>The model on the given frames. It keeps no reference to <paramref name="features"/>.</summary>
    /// <param name="features">[frameCount × <see cref="FeatureSize"/>], row-major, in time order, finite.</param>
    /// <param name="frameCount">n, at least 1.</param>
    /// <exception cref="ArgumentException">No frame, another length, or a feature that is not finite.</exception>
    ISubsequenceModel Project(ReadOnlySpan<float> features, int frameCount);
}

/// <summary>A head whose scores can be differentiated with respect to the features.</summary>
public interface IDifferentiableHead : ITemporalHead
{
    /// <summary>
    /// For every frame t and class c the derivative of f_c(X), the score of all frames, as frame t alone moves along
    /// its direction d_t: the gradient with respect to x_t, times d_t. Unit directions give the gradient's components.
    /// </summary>
    /// <param name="score">Which score f is.</param>
    /// <param name="features">
    /// [frameCount × <see cref="ITemporalHead.FeatureSize"/>], row-major, in time order, finite.
    /// </param>
    /// <param name="directions">d, of the same shape, finite.</param>
    /// <param name="frameCount">n, at least 1.</param>
    /// <param name="derivatives">[frameCount × <see cref="ITemporalHead.ClassCount"/>], row-major, overwritten.</param>
    /// <param name="ct">Ends the computation early.</param>
    /// <exception cref="ArgumentException">
    /// A length does not fit, a feature or direction is not finite, or there are too many subsequences to sum over.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    void Differentiate(
        ScoreKind score, ReadOnlySpan<float> features, ReadOnlySpan<float> directions, int frameCount,
        Span<double> derivatives, CancellationToken ct = default);
}
