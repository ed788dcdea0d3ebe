using System.Globalization;
using System.Text;

namespace PlayFair.Client;

/// <summary>A path with its query; values are escaped, and absent ones left out.</summary>
internal sealed class QueryBuilder(string path)
{
    private readonly StringBuilder _text = new(path);
    private char _separator = '?';

    /// <summary>A path's parts, each escaped.</summary>
    public static string Path(params string[] parts) =>
        "api/v1/" + string.Join('/', parts.Select(Uri.EscapeDataString));

    public QueryBuilder Add(string name, string? value)
    {
        if (value is null)
            return this;
        _text.Append(_separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
        _separator = '&';
        return this;
    }

    public QueryBuilder Add(string name, IEnumerable<string>? values)
    {
        foreach (string value in values ?? [])
            Add(name, value);
        return this;
    }

    public QueryBuilder Add(string name, DateTimeOffset? time) =>
        Add(name, time?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));

    public override string ToString() => _text.ToString();
}
