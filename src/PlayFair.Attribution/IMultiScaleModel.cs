namespace PlayFair.Attribution;

/// <summary>
/// The single-scale models f^1..f^n_max on the frames of one window. Together they make the multi-scale model of the
/// paper's Eq. 8: the mean over scales s = 1..min(|X|, n_max) of the mean of f^s over the size-s subsequences of X.
/// </summary>
/// <remarks>
/// <para>
/// TSN is the case n_max = 1: f^1 gives a frame's logits, so the multi-scale mean is the mean of the frames' logits,
/// and its softmax is TSN's score. (Averaging softmaxes instead is the score <see cref="ScoreKind.MeanOfSoftmax"/>.)
/// </para>
/// <para>
/// This is all that estimators know of a model. Implementations do whatever can be done once per frame before they
/// are handed over, and must allow <see cref="Evaluate"/> to run on several threads at once.
/// </para>
/// </remarks>
public interface IMultiScaleModel
{
    /// <summary>n: how many frames the window has, at least 1.</summary>
    int FrameCount { get; }

    /// <summary>C: how many classes are scored, at least 1.</summary>
    int ClassCount { get; }

    /// <summary>n_max: the longest subsequence that a single-scale model takes, at least 1. May exceed n.</summary>
    int MaxScale { get; }

    /// <summary>Evaluates f^scale on a batch of subsequences.</summary>
    /// <param name="scale">s, from 1 to the smaller of <see cref="MaxScale"/> and <see cref="FrameCount"/>.</param>
    /// <param name="subsequences">
    /// [count × s], row-major: each row holds 0-based frame positions in ascending order.
    /// </param>
    /// <param name="logits">[count × C], row-major, overwritten; the caller owns it.</param>
    /// <exception cref="ArgumentException">
    /// The scale is out of range, a length does not fit, or a row is not ascending.
    /// </exception>
    void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> logits);
}
