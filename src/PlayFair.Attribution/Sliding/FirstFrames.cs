namespace PlayFair.Attribution.Sliding;

/// <summary>A window's model while only its first slots have frames: these are in time order.</summary>
internal abstract class FirstFrames(IWindowModel window, int frameCount) : ISubsequenceModel
{
    public int FrameCount => frameCount;

    public int ClassCount => window.ClassCount;

    public int MaxScale => window.MaxScale;

    public static FirstFrames Of(IWindowModel window, int frameCount) => window is IMultiScaleModel
        ? new MultiScale(window, frameCount)
        : new VariableLength(window, frameCount);

    public void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> logits) =>
        window.Evaluate(scale, subsequences, logits);

    private sealed class MultiScale(IWindowModel window, int frameCount)
        : FirstFrames(window, frameCount), IMultiScaleModel;

    private sealed class VariableLength(IWindowModel window, int frameCount)
        : FirstFrames(window, frameCount), IVariableLengthModel;
}
