using System.Diagnostics.CodeAnalysis;

namespace PlayFair.Inference;

/// <summary>A backbone cannot be loaded or run as asked.</summary>
/// <remarks>The message is the three facts below in one line.</remarks>
[SuppressMessage("Roslynator", "RCS1194", Justification = "Without its facts it would tell nobody what to do.")]
public sealed class InferenceException : Exception
{
    public InferenceException(string found, string expected, string remedy, Exception? innerException = null)
        : base($"{found}; expected {expected}. {remedy}", innerException)
    {
        Found = found;
        Expected = expected;
        Remedy = remedy;
    }

    /// <summary>What is there, with the file, the tensor or the device it concerns.</summary>
    public string Found { get; }

    /// <summary>What should be there instead.</summary>
    public string Expected { get; }

    /// <summary>What the user can do about it: a sentence.</summary>
    public string Remedy { get; }
}
