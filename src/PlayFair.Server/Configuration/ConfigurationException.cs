namespace PlayFair.Server;

/// <summary>A setting that is not as it must be.</summary>
/// <param name="Field">The setting, such as <c>limits.videos</c>.</param>
/// <param name="Origin">Where it was set: a file, a variable or a flag.</param>
/// <param name="Found">What is there; never a secret.</param>
/// <param name="Expected">What should be there.</param>
/// <param name="Remedy">What to do, in a sentence; null where that is plain.</param>
public sealed record ConfigurationProblem(
    string Field, string Origin, string Found, string Expected, string? Remedy = null)
{
    public override string ToString() =>
        $"{Field} ({Origin}): found {Found}, expected {Expected}.{(Remedy is null ? "" : $" {Remedy}")}";
}

/// <summary>The configuration is wrong; says all that is.</summary>
#pragma warning disable RCS1194 // Without problems it would say nothing.
public sealed class ConfigurationException(IReadOnlyList<ConfigurationProblem> problems)
    : Exception(string.Join(' ', problems))
#pragma warning restore RCS1194
{
    public IReadOnlyList<ConfigurationProblem> Problems { get; } = problems;
}
