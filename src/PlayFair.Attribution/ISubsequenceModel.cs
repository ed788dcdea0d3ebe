namespace PlayFair.Attribution;

/// <summary>A model on the frames of one window, as estimators see it: subsequences in, class logits out.</summary>
/// <remarks>
/// What the logits of a subsequence mean for longer ones is said by the two kinds of model:
/// <see cref="IMultiScaleModel"/> and <see cref="IVariableLengthModel"/>. Implementations do whatever can be done once
/// per frame before they are handed over, and must allow <see cref="Evaluate"/> to run on several threads at once.
/// </remarks>
public interface ISubsequenceModel
{
    /// <summary>n: how many frames the window has, at least 1.</summary>
    int FrameCount { get; }

    /// <summary>C: how many classes are scored, at least 1.</summary>
    int ClassCount { get; }

    /// <summary>The longest subsequence that <see cref="Evaluate"/> takes, at least 1. May exceed n.</summary>
    int MaxScale { get; }

    /// <summary>Evaluates the model on a batch of subsequences of one length.</summary>
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
