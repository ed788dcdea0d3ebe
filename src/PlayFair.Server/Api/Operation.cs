using Microsoft.OpenApi;

namespace PlayFair.Server;

/// <summary>A parameter of an operation.</summary>
/// <param name="Name">As it is written in the address.</param>
/// <param name="Type">Its JSON type.</param>
/// <param name="Description">What it means, with range and default.</param>
/// <param name="IsRepeatable">Whether it may be given several times.</param>
/// <param name="Format">A JSON schema format, such as <c>date-time</c>.</param>
internal sealed record Parameter(
    string Name, JsonSchemaType Type, string Description, bool IsRepeatable = false, string? Format = null);

/// <summary>What one address and method do: for the document, and to refuse parameters that it has not.</summary>
internal sealed record Operation(string Name, string Summary)
{
    public string Description { get; init; } = "";

    /// <summary>Parameters of the query; those of the path are the same everywhere.</summary>
    public IReadOnlyList<Parameter> Query { get; init; } = [];

    /// <summary>Statuses of the problems it may answer with, besides those that any may.</summary>
    public IReadOnlyList<int> Problems { get; init; } = [];

    /// <summary>Refuses parameters that nobody reads: they are likely typing errors.</summary>
    /// <exception cref="RequestException">There is one; status 400.</exception>
    public void CheckQuery(IQueryCollection query)
    {
        foreach (string name in query.Keys)
        {
            if (Query.Any(parameter => parameter.Name == name))
                continue;
            string expected = Query.Count == 0
                ? "none"
                : $"one of: {string.Join(", ", Query.Select(known => known.Name))}";
            throw RequestException.Invalid(name, "an unknown parameter", expected);
        }
    }
}
