using System.Diagnostics.CodeAnalysis;

namespace PlayFair.Models;

/// <summary>A model package is refused: which field, what was found, what was expected and what to do.</summary>
[SuppressMessage("Roslynator", "RCS1194", Justification = "The message is made of the facts.")]
public sealed class ModelPackageException : Exception
{
    public ModelPackageException(
        string folder, string field, string found, string expected, string remedy, Exception? cause = null)
        : base($"Model package {folder}: {field}: found {found}, expected {expected}. {remedy}", cause)
    {
        Folder = folder;
        Field = field;
        Found = found;
        Expected = expected;
    }

    /// <summary>The package's folder, as given.</summary>
    public string Folder { get; }

    /// <summary>
    /// The field of model.json, such as <c>backbone.std[1]</c>; <c>folder</c> or <c>model.json</c> where no field can
    /// be named.
    /// </summary>
    public string Field { get; }

    /// <summary>What the package has there.</summary>
    public string Found { get; }

    /// <summary>What would have been right.</summary>
    public string Expected { get; }
}
