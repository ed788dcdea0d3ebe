using System.Globalization;
using System.Text;

namespace PlayFair.Server;

/// <summary>Metrics as Prometheus reads them: text format 0.0.4.</summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();

    /// <summary>Begins a metric.</summary>
    /// <param name="type"><c>counter</c>, <c>gauge</c> or <c>histogram</c>.</param>
    public void Begin(string name, string type, string? help)
    {
        string words = (help ?? name).Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal);
        _text.Append("# HELP ").Append(name).Append(' ').Append(words).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
    }

    /// <param name="labels">As <see cref="Labels"/> makes them; empty for none.</param>
    public void Sample(string name, string labels, double value)
    {
        _text.Append(name);
        if (labels.Length > 0)
            _text.Append('{').Append(labels).Append('}');
        _text.Append(' ').Append(Number(value)).Append('\n');
    }

    public override string ToString() => _text.ToString();

    /// <summary>
    /// A name in Prometheus' style: <c>playfair.update.latency</c> in s is <c>playfair_update_latency_seconds</c>.
    /// </summary>
    public static string NameOf(string instrument, string? unit, bool isCounter)
    {
        string name = string.Concat(instrument.Select(Legal));
        if (name.Length == 0 || char.IsAsciiDigit(name[0]))
            name = $"_{name}";
        string suffix = unit switch
        {
            "s" => "_seconds",
            "ms" => "_milliseconds",
            "By" or "bytes" => "_bytes",
            _ => "",
        };
        if (!name.EndsWith(suffix, StringComparison.Ordinal))
            name += suffix;
        return isCounter && !name.EndsWith("_total", StringComparison.Ordinal) ? $"{name}_total" : name;
    }

    /// <summary>
    /// Tags as labels, without the braces; of several that make one label the first. Labels named twice would have
    /// Prometheus refuse everything.
    /// </summary>
    public static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
            return "";
        var labels = new StringBuilder();
        for (int i = 0; i < tags.Length; i++)
        {
            (string key, object? value) = tags[i];
            if (IsNamed(tags[..i], key))
                continue;
            if (labels.Length > 0)
                labels.Append(',');
            if (key.Length == 0 || char.IsAsciiDigit(key[0]))
                labels.Append('_');
            foreach (char c in key)
                labels.Append(Legal(c));
            labels.Append("=\"");
            foreach (char c in Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")
            {
                _ = c switch
                {
                    '\\' => labels.Append("\\\\"),
                    '"' => labels.Append("\\\""),
                    '\n' => labels.Append("\\n"),
                    _ => labels.Append(c),
                };
            }

            labels.Append('"');
        }

        return labels.ToString();
    }

    private static char Legal(char c) => char.IsAsciiLetterOrDigit(c) ? c : '_';

    /// <summary>Whether one of the tags makes the same label. Allocates nothing: it is asked for every measurement.</summary>
    private static bool IsNamed(ReadOnlySpan<KeyValuePair<string, object?>> tags, string key)
    {
        foreach ((string other, object? _) in tags)
        {
            int same = 0;
            while (same < key.Length && same < other.Length && Legal(other[same]) == Legal(key[same]))
                same++;
            if (same == key.Length && same == other.Length)
                return true;
        }

        return false;
    }

    public static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
