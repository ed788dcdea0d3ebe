namespace PlayFair.Attribution;

/// <summary>
/// The single-scale models f^1..f^n_max on the frames of one window. Together they make the multi-scale model of the
/// paper's Eq. 8: the mean over scales s = 1..min(|X|, n_max) of the mean of f^s over the size-s subsequences of X.
/// </summary>
/// <remarks>
/// <see cref="ISubsequenceModel.MaxScale"/> is n_max. TSN is the case n_max = 1: f^1 gives a frame's logits, so the
/// multi-scale mean is the mean of the frames' logits, and its softmax is TSN's score. (Averaging softmaxes instead is
/// the score <see cref="ScoreKind.MeanOfSoftmax"/>.)
/// </remarks>
public interface IMultiScaleModel : ISubsequenceModel;
