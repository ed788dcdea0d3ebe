using System.Diagnostics.CodeAnalysis;

namespace PlayFair.Models;

/// <summary>A safetensors file cannot be read, or does not hold what was asked of it.</summary>
[SuppressMessage("Roslynator", "RCS1194", Justification = "The message is made of the facts.")]
public sealed class SafetensorsException : Exception
{
    public SafetensorsException(string file, string? tensor, string found, string expected, Exception? cause = null)
        : base(
            $"{file}: {(tensor is null ? "" : $"tensor '{tensor}': ")}found {found}, expected {expected}. "
            + "Export the file again, or name another one.",
            cause)
    {
        File = file;
        Tensor = tensor;
        Found = found;
        Expected = expected;
    }

    /// <summary>The file's path, as given.</summary>
    public string File { get; }

    /// <summary>The tensor concerned; null if the file as a whole is.</summary>
    public string? Tensor { get; }

    /// <summary>What the file has.</summary>
    public string Found { get; }

    /// <summary>What would have been right.</summary>
    public string Expected { get; }
}
