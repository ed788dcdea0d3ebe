namespace PlayFair.Attribution.Tests;

/// <summary>A head whose model is the same whatever the features are; it has one feature and no derivatives.</summary>
internal sealed class TableHead(ISubsequenceModel model) : ITemporalHead
{
    public int FeatureSize => 1;

    public int ClassCount => model.ClassCount;

    public ISubsequenceModel Project(ReadOnlySpan<float> features, int frameCount)
    {
        Assert.Equal(model.FrameCount, frameCount);
        return model;
    }

    public AttributionProblem Problem(double[] prior, ScoreKind score) =>
        new(this, new float[model.FrameCount], model.FrameCount, prior, score);
}
