namespace PlayFair.Contracts;

/// <summary>A model package that videos may name.</summary>
/// <param name="Head"><c>trn</c>, <c>tsn</c> or <c>onnx</c>.</param>
/// <param name="MaxScale">n_max; null for an ONNX head, which takes any length.</param>
/// <param name="FeatureSize">D: features of a frame.</param>
/// <param name="Score">The score that is attributed unless a definition names another.</param>
/// <param name="IsDefault">Whether it is the one for definitions that name none.</param>
public sealed record ModelInfo(
    string Name,
    string Version,
    string Description,
    string Head,
    int? MaxScale,
    int FeatureSize,
    string Score,
    IReadOnlyList<string> Classes,
    bool IsDefault)
{
    /// <summary>Frequency of each class in the training set, as a probability; of each of <see cref="Classes"/>.</summary>
    public IReadOnlyList<double> Prior { get; init; } = [];

    /// <summary>How good the model was measured to be; null where nobody says.</summary>
    public ModelAccuracy? Accuracy { get; init; }

    /// <summary>How it was trained; null where nobody says.</summary>
    public ModelTraining? Training { get; init; }

    /// <summary>Columns of the pictures that the backbone sees.</summary>
    public int InputWidth { get; init; }

    /// <summary>Rows of these.</summary>
    public int InputHeight { get; init; }

    /// <summary>H: hidden units of each scale; null for heads without a hidden layer or whose layers are not known.</summary>
    public int? HiddenSize { get; init; }

    /// <summary>How many frames, sampled uniformly, stand for a clip unless a user asks for another number.</summary>
    public int? Frames { get; init; }

    /// <summary>The scores that a definition may name.</summary>
    public IReadOnlyList<string> Scores { get; init; } = [];
}

/// <summary>A measured accuracy.</summary>
/// <param name="Metric">What was measured, such as <c>top-1</c>.</param>
/// <param name="Value">In [0, 1].</param>
/// <param name="Frames">How many frames of each video the model saw.</param>
/// <param name="Split">Which videos.</param>
/// <param name="VideoCount">How many.</param>
public sealed record ModelAccuracy(string Metric, double Value, int Frames, string Split, int VideoCount);

/// <summary>How a model was trained.</summary>
/// <param name="Data">On what.</param>
/// <param name="Script">What trained it.</param>
/// <param name="Seed">The script's random seed.</param>
/// <param name="Duration">How long it took, in words.</param>
public sealed record ModelTraining(string Data, string Script, long Seed, string Duration);
