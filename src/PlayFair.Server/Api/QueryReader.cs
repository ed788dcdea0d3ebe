using System.Globalization;

namespace PlayFair.Server;

/// <summary>A request's query, whose wrong values are refused by name.</summary>
internal readonly struct QueryReader(IQueryCollection query)
{
    private static readonly string[] TimeFormats =
        ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>All values of a parameter that may be given several times; null if it is absent.</summary>
    public IReadOnlyList<string>? Texts(string name) =>
        query.TryGetValue(name, out var values) ? [.. values.Select(value => value ?? "")] : null;

    /// <summary>The value of a parameter; null if it is absent.</summary>
    public string? Text(string name)
    {
        if (!query.TryGetValue(name, out var values))
            return null;
        return values.Count == 1 && values[0] is { Length: > 0 } value
            ? value
            : throw RequestException.Invalid(
                name, values.Count == 1 ? "nothing" : $"{values.Count} values", "one value");
    }

    public long? Number(string name, long min = 0, long max = long.MaxValue)
    {
        if (Text(name) is not { } text)
            return null;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            && number >= min && number <= max
            ? number
            : throw RequestException.Invalid(
                name, $"'{text}'", $"a whole number from {min}{(max == long.MaxValue ? "" : $" to {max}")}");
    }

    /// <summary>A number with or without a fraction.</summary>
    public double? Real(string name, double min, double max = double.MaxValue)
    {
        if (Text(name) is not { } text)
            return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && double.IsFinite(number) && number >= min && number <= max
            ? number
            : throw RequestException.Invalid(
                name, $"'{text}'", string.Create(
                    CultureInfo.InvariantCulture,
                    $"a number from {min}{(max == double.MaxValue ? ", such as 2.5" : $" to {max}")}"));
    }

    /// <summary>A time; one without an offset is UTC.</summary>
    public DateTimeOffset? Time(string name)
    {
        if (Text(name) is not { } text)
            return null;
        // Not encoded, '+' arrives as a space.
        string plus = text.Length > 6 && text[^6] == ' ' ? $"{text[..^6]}+{text[^5..]}" : text;
        return DateTimeOffset.TryParseExact(
            plus, TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time.ToUniversalTime()
            : throw RequestException.Invalid(
                name, $"'{text}'", "a time such as 2026-01-31T18:30:00Z or 2026-01-31T18:30:00+02:00");
    }

    /// <summary>One of the given words; null if it is absent.</summary>
    public string? Choice(string name, params string[] choices)
    {
        string? text = Text(name);
        return text is null || choices.Contains(text)
            ? text
            : throw RequestException.Invalid(name, $"'{text}'", $"one of: {string.Join(", ", choices)}");
    }
}
