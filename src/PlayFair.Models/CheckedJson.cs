using System.Text.Json;

namespace PlayFair.Models;

/// <summary>Makes the exception for a field that is not as it must be.</summary>
/// <param name="field">The field's path, such as <c>backbone.std[1]</c>; empty for the whole document.</param>
internal delegate Exception JsonFailure(string field, string found, string expected);

/// <summary>
/// A value of a JSON document together with its path, read with checks whose failures name the field, what was found
/// and what was expected.
/// </summary>
internal readonly struct CheckedJson(JsonElement element, string path, JsonFailure fail)
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false };

    /// <summary>Parses a document whose root must be an object.</summary>
    /// <exception cref="JsonException">The text is not JSON, or an object has a name twice.</exception>
    public static CheckedJson Parse(string text, JsonFailure fail)
    {
        using var document = JsonDocument.Parse(text, Options);
        var root = new CheckedJson(document.RootElement.Clone(), "", fail);
        root.Require(JsonValueKind.Object, "an object");
        return root;
    }

    /// <summary>A member that must be there.</summary>
    public CheckedJson this[string name] => Find(name) ?? throw fail(MemberPath(name), "nothing", "this field");

    /// <summary>A member, or null if it is absent.</summary>
    public CheckedJson? Find(string name)
    {
        Require(JsonValueKind.Object, "an object");
        return element.TryGetProperty(name, out var value) ? new CheckedJson(value, MemberPath(name), fail) : null;
    }

    /// <summary>Refuses members other than the given ones: a field nobody reads is likely a typing error.</summary>
    public void AllowOnly(params ReadOnlySpan<string> names)
    {
        Require(JsonValueKind.Object, "an object");
        foreach (var member in element.EnumerateObject())
        {
            if (names.Contains(member.Name))
                continue;
            string nearest = names[0];
            foreach (string name in names)
            {
                if (EditDistance(name, member.Name) < EditDistance(nearest, member.Name))
                    nearest = name;
            }

            throw fail(
                MemberPath(member.Name), "an unknown field",
                $"one of: {string.Join(", ", names!)} (nearest: {nearest})");
        }
    }

    /// <summary>Text with at least one character that is not white space.</summary>
    public string Text()
    {
        string text = String("text");
        if (string.IsNullOrWhiteSpace(text))
            throw Fail("empty text", "text");
        return text;
    }

    /// <summary>One of the given texts; returns its index.</summary>
    public int Choice(params IReadOnlyList<string> choices)
    {
        string expected = $"one of: {string.Join(", ", choices)}";
        string text = String(expected);
        for (int i = 0; i < choices.Count; i++)
        {
            if (string.Equals(choices[i], text, StringComparison.Ordinal))
                return i;
        }

        throw Fail($"\"{text}\"", expected);
    }

    public bool Boolean()
    {
        if (element.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            throw Fail(Found(), "true or false");
        return element.GetBoolean();
    }

    public int Integer(int min, int max) => (int)Integer((long)min, max);

    public long Integer(long min, long max)
    {
        string expected = $"a whole number from {min} to {max}";
        Require(JsonValueKind.Number, expected);
        return element.TryGetInt64(out long number) && number >= min && number <= max
            ? number
            : throw Fail(element.GetRawText(), expected);
    }

    /// <summary>A number that fits a float, for which <paramref name="accepts"/> is true.</summary>
    public double Number(string expected = "a finite number", Func<double, bool>? accepts = null)
    {
        Require(JsonValueKind.Number, expected);
        double number = element.GetDouble();
        return float.IsFinite((float)number) && (accepts is null || accepts(number))
            ? number
            : throw Fail(element.GetRawText(), expected);
    }

    /// <summary>An array's items; with a count, exactly so many.</summary>
    public CheckedJson[] Items(string what, int? count = null)
    {
        Require(JsonValueKind.Array, count is null ? $"an array of {what}" : $"an array of {count} {what}");
        var items = new CheckedJson[element.GetArrayLength()];
        if (count is not null && items.Length != count)
            throw Fail($"an array of {items.Length}", $"an array of {count} {what}");
        int index = 0;
        foreach (var item in element.EnumerateArray())
        {
            items[index] = new CheckedJson(item, $"{path}[{index}]", fail);
            index++;
        }

        return items;
    }

    /// <summary>An array of rows, each an array of numbers that fit a float; the result is row-major.</summary>
    public double[] Matrix(int rowCount, int columnCount)
    {
        var values = new double[checked(rowCount * columnCount)];
        int index = 0;
        foreach (var row in Items("rows", rowCount))
        {
            row.Vector(columnCount).CopyTo(values.AsSpan(index));
            index += columnCount;
        }

        return values;
    }

    /// <summary>An array of <paramref name="count"/> numbers that fit a float.</summary>
    public double[] Vector(int count)
    {
        string expected = $"an array of {count} numbers";
        Require(JsonValueKind.Array, expected);
        if (element.GetArrayLength() != count)
            throw Fail($"an array of {element.GetArrayLength()}", expected);
        var values = new double[count];
        int index = 0;
        foreach (var item in element.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !float.IsFinite((float)item.GetDouble()))
                throw new CheckedJson(item, $"{path}[{index}]", fail).Unexpected("a finite number");
            values[index++] = item.GetDouble();
        }

        return values;
    }

    public Exception Fail(string found, string expected) => fail(path, found, expected);

    private string String(string expected)
    {
        Require(JsonValueKind.String, expected);
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Fail($"{element.GetRawText()}, which is not Unicode", expected);
        }
    }

    private Exception Unexpected(string expected) => Fail(Found(), expected);

    private void Require(JsonValueKind kind, string expected)
    {
        if (element.ValueKind != kind)
            throw Unexpected(expected);
    }

    private string Found() => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => $"an array of {element.GetArrayLength()}",
        JsonValueKind.String => $"the text {element.GetRawText()}",
        _ => element.GetRawText(),
    };

    private string MemberPath(string name) => path.Length == 0 ? name : $"{path}.{name}";

    /// <summary>How many letters must be added, removed or changed to turn a into b (Levenshtein).</summary>
    private static int EditDistance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
