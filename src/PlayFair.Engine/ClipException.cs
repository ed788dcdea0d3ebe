using System.Diagnostics.CodeAnalysis;

namespace PlayFair.Engine;

/// <summary>Why a clip or a feature file cannot be attributed although it could be read.</summary>
public enum ClipErrorKind
{
    /// <summary>More frames than the estimator takes, or than the memory holds.</summary>
    TooManyFrames,

    /// <summary>The estimator does not take this model and score.</summary>
    WrongEstimator,

    /// <summary>The features do not have the size that the model's head takes.</summary>
    WrongFeatureSize,

    /// <summary>The features are so large that the model's scores of them are not finite.</summary>
    TooLargeFeatures,

    /// <summary>The model has no class of that name or index.</summary>
    UnknownClass,
}

/// <summary>A clip cannot be attributed as asked; the message says what was found, what was expected, what to do.</summary>
[SuppressMessage("Roslynator", "RCS1194", Justification = "Without a kind it would say nothing.")]
public sealed class ClipException(ClipErrorKind kind, string message) : Exception(message)
{
    public ClipErrorKind Kind { get; } = kind;
}
