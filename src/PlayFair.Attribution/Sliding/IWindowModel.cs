namespace PlayFair.Attribution;

/// <summary>A model on a window over a stream: its n frames have slots, and a new frame takes the slot of the oldest.</summary>
/// <remarks>
/// It is an <see cref="IMultiScaleModel"/> or an <see cref="IVariableLengthModel"/> too, over the slots. Time does not begin
/// at slot 0, so <see cref="ISubsequenceModel.Evaluate"/> gets distinct slots in the order of time, not ascending ones.
/// </remarks>
public interface IWindowModel : ISubsequenceModel
{
    /// <summary>D: how many features a frame has.</summary>
    int FeatureSize { get; }

    /// <summary>Puts a frame into a slot, in place of the one there. Not while the model is evaluated.</summary>
    /// <param name="slot">0 to n − 1.</param>
    /// <param name="features">[D], finite; copied.</param>
    /// <exception cref="ArgumentException">No such slot, another length, or a feature that is not finite.</exception>
    void SetFrame(int slot, ReadOnlySpan<float> features);
}
