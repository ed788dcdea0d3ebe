namespace PlayFair.Attribution;

/// <summary>
/// A multi-scale model whose f^s = W·relu(Σ_p share(s, p, t_p)) + b. Its last layer commutes with means, so for
/// <see cref="ScoreKind.Logit"/> hidden layers are averaged, not logits.
/// </summary>
internal interface IHiddenLayerModel : IMultiScaleModel
{
    /// <summary>Floats of a padded hidden layer; the padding is zero.</summary>
    int HiddenStride { get; }

    /// <summary>The first float of what a frame at a position (from 0) adds to the hidden layer of f^scale.</summary>
    ref float HiddenShare(int scale, int position, int frame);

    /// <summary>The last layer of f^scale in double precision.</summary>
    /// <param name="hidden">[rows × <see cref="HiddenStride"/>].</param>
    /// <param name="logits">[rows × C], overwritten.</param>
    void ReadOut(int scale, ReadOnlySpan<double> hidden, Span<double> logits);
}
