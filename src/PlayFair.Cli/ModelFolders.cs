using PlayFair.Models;

namespace PlayFair.Cli;

/// <summary>Where model packages are found by name: the folder in PLAYFAIR_MODELS, else those that ship.</summary>
internal static class ModelFolders
{
    public const string Variable = "PLAYFAIR_MODELS";
    public const string DefaultModel = "moves-trn";

    /// <summary>The folder that holds the packages.</summary>
    public static string Root => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder
        ? folder
        : Path.Combine(AppContext.BaseDirectory, "models");

    /// <summary>Folders of all packages, by name.</summary>
    /// <exception cref="ModelPackageException">The folder that holds them cannot be read.</exception>
    public static IReadOnlyList<string> List()
    {
        try
        {
            return Directory.Exists(Root)
                ? [.. Directory.EnumerateDirectories(Root)
                    .Where(folder => File.Exists(Path.Combine(folder, "model.json"))).Order(StringComparer.Ordinal)]
                : [];
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new ModelPackageException(
                Root, "folder", cause is IOException ? cause.Message : "no permission to list it",
                "a readable folder of packages", $"Change its permissions, or name another in {Variable}.", cause);
        }
    }

    /// <summary>Loads a package by its folder's name among <see cref="List"/>, or by path.</summary>
    /// <exception cref="ModelPackageException">There is no such package, or it is refused.</exception>
    public static ModelPackage Load(string nameOrPath)
    {
        bool isName = nameOrPath.AsSpan().IndexOfAny('/', '\\') < 0;
        string named = Path.Combine(Root, nameOrPath);
        if (isName && Directory.Exists(named))
            return ModelPackage.Load(named);
        if (isName && !Directory.Exists(nameOrPath) && !File.Exists(nameOrPath))
        {
            string known = string.Join(", ", List().Select(Path.GetFileName));
            throw new ModelPackageException(
                nameOrPath, "name", "no package of this name",
                known.Length > 0 ? $"one of {known} (in {Root})" : $"a package in {Root}, which holds none",
                "Name one, or give a package's folder.");
        }

        return ModelPackage.Load(nameOrPath);
    }
}
