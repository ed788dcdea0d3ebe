namespace PlayFair.Attribution;

/// <summary>A model that takes a subsequence of any length: its logits are those of that subsequence, f(X').</summary>
/// <remarks>
/// Its own scores are <see cref="ScoreKind.SoftmaxOfMean"/>, the softmax of the logits, and
/// <see cref="ScoreKind.Logit"/>, the logits themselves. It has no scales to average over, so
/// <see cref="ScoreKind.MeanOfSoftmax"/> is refused.
/// </remarks>
public interface IVariableLengthModel : ISubsequenceModel
{
    /// <inheritdoc/>
    int ISubsequenceModel.MaxScale => FrameCount;
}
