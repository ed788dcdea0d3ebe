namespace PlayFair.Attribution;

/// <summary>Scores a batch of subsequences of one length; may be called on several threads at once.</summary>
/// <param name="length">How many frames each subsequence has, from 1 to n.</param>
/// <param name="subsequences">
/// [count × length], row-major: each row holds 0-based frame positions in ascending order.
/// </param>
/// <param name="logits">[count × C], row-major, to be overwritten with finite numbers; the caller owns it.</param>
public delegate void ScoreSubsequences(int length, ReadOnlySpan<int> subsequences, Span<float> logits);

/// <summary>A model of any kind, brought as code.</summary>
public sealed class DelegateModel : IVariableLengthModel
{
    private readonly ScoreSubsequences _score;

    /// <param name="frameCount">n: how many frames the window has, at least 1.</param>
    /// <param name="classCount">C: how many classes are scored, at least 1.</param>
    /// <param name="score">Scores the window's subsequences.</param>
    /// <exception cref="ArgumentOutOfRangeException">A count is below 1.</exception>
    public DelegateModel(int frameCount, int classCount, ScoreSubsequences score)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frameCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(classCount, 1);
        ArgumentNullException.ThrowIfNull(score);
        FrameCount = frameCount;
        ClassCount = classCount;
        _score = score;
    }

    /// <inheritdoc/>
    public int FrameCount { get; }

    /// <inheritdoc/>
    public int ClassCount { get; }

    /// <inheritdoc/>
    public void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> logits)
    {
        if (scale < 1 || scale > FrameCount)
        {
            throw new ArgumentException(
                $"The subsequences have {scale} frames, expected 1 to {FrameCount}.", nameof(scale));
        }

        int count = subsequences.Length / scale;
        if (count * scale != subsequences.Length || logits.Length != (long)count * ClassCount)
        {
            throw new ArgumentException(
                $"There are {subsequences.Length} positions and {logits.Length} logits, expected {scale} positions and "
                + $"{ClassCount} logits for each subsequence.");
        }

        for (int k = 0; k < subsequences.Length; k++)
        {
            int least = k % scale == 0 ? 0 : subsequences[k - 1] + 1;
            if (subsequences[k] < least || subsequences[k] >= FrameCount)
            {
                throw new ArgumentException(
                    $"Position {k % scale} of subsequence {k / scale} is frame {subsequences[k]}, expected {least} to "
                    + $"{FrameCount - 1}: positions ascend.",
                    nameof(subsequences));
            }
        }

        _score(scale, subsequences, logits);
    }
}
