using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using PlayFair.Contracts;

namespace PlayFair.Server;

/// <summary>What bodies and the configuration hold, read strictly.</summary>
internal static class StrictJson
{
    public static readonly StrictJson<VideoDefinition> Definition = new("a video");

    public static readonly StrictJson<ProbeRequest> Probe = new("a source");

    /// <summary>A definition of which anything may be missing.</summary>
    public static readonly StrictJson<VideoDefinition> Draft = new("a video", isDraft: true);
}

/// <summary>Reads objects of one kind, and says of a wrong one which member is wrong, how and where.</summary>
/// <param name="what">What an object describes.</param>
/// <param name="isDraft">Whether members that are required may be missing; they are null then.</param>
internal sealed class StrictJson<T>(string what, bool isDraft = false)
{
    private readonly JsonTypeInfo<T> _type = CreateType(isDraft);

    /// <summary>Reads one.</summary>
    /// <param name="path">
    /// What comes before the member's name in errors, such as <c>videos[0].</c>; empty for a body, where errors say at
    /// which line too.
    /// </param>
    /// <exception cref="RequestException">It is none; status 400.</exception>
    public T Read(ReadOnlySpan<byte> json, string path = "")
    {
        // The parser looks at texts only when they are asked for, and then throws something else.
        if (!Utf8.IsValid(json))
        {
            throw new RequestException(
                StatusCodes.Status400BadRequest, "The JSON holds bytes that are not UTF-8; expected UTF-8.");
        }

        try
        {
            CheckMembers(json, path);
            return JsonSerializer.Deserialize(json, _type)!;
        }
        catch (JsonException failure)
        {
            throw Wrong(json, path, failure);
        }
        catch (InvalidOperationException)
        {
            throw new RequestException(
                StatusCodes.Status400BadRequest, "The JSON holds text that is not Unicode; expected UTF-8.");
        }
    }

    private static JsonTypeInfo<T> CreateType(bool isDraft)
    {
        var options = new JsonSerializerOptions(ContractJson.Lines.Options)
        {
            // Generated code sets every member of a record, those that are absent to nothing: defaults would be lost.
            TypeInfoResolver = new DefaultJsonTypeInfoResolver
            {
                Modifiers =
                {
                    type =>
                    {
                        foreach (JsonPropertyInfo property in type.Properties)
                            property.IsRequired &= !isDraft;
                    },
                },
            },
            PropertyNameCaseInsensitive = false,
            NumberHandling = JsonNumberHandling.Strict,
            RespectNullableAnnotations = true,
        };
        return (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
    }

    private void CheckMembers(ReadOnlySpan<byte> json, string path)
    {
        var reader = new Utf8JsonReader(json);
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        if (reader.BytesConsumed < json.Length)
            reader.Read(); // Throws where anything follows.
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw RequestException.Invalid(
                path.Length == 0 ? "body" : path.TrimEnd('.'), Found(root), $"an object that describes {what}");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonProperty member in root.EnumerateObject())
        {
            if (!seen.Add(member.Name))
                throw RequestException.Invalid(path + member.Name, "the member twice", "it once");
            if (!_type.Properties.Any(property => property.Name == member.Name))
            {
                throw RequestException.Invalid(
                    path + member.Name, "an unknown member",
                    $"one of: {string.Join(", ", _type.Properties.Select(property => property.Name))}");
            }
        }

        foreach (JsonPropertyInfo property in _type.Properties)
        {
            bool isThere = root.TryGetProperty(property.Name, out JsonElement value);
            if (property.IsRequired && !isThere)
                throw RequestException.Invalid(path + property.Name, "nothing", Expected(property.PropertyType));
            if (isThere && value.ValueKind == JsonValueKind.Null && !property.IsSetNullable)
                throw RequestException.Invalid(path + property.Name, "null", Expected(property.PropertyType));
        }
    }

    private RequestException Wrong(ReadOnlySpan<byte> json, string path, JsonException failure)
    {
        string place = path.Length == 0 && failure.LineNumber is { } line
            ? $" at line {line + 1}, byte {failure.BytePositionInLine + 1}"
            : "";
        // "$.classes[0]": the member's name ends at the index.
        string member = failure.Path is { Length: > 2 } at ? at[2..] : "";
        string name = member.Split('[')[0];
        JsonPropertyInfo? property = _type.Properties.FirstOrDefault(property => property.Name == name);
        if (property is null)
        {
            // The words before the parser's own account of the place.
            string reason = failure.Message.Split(" Path: ")[0].Split(" LineNumber: ")[0].TrimEnd('.');
            return new RequestException(
                StatusCodes.Status400BadRequest, $"The body is not JSON{place}: {reason}.");
        }

        var reader = new Utf8JsonReader(json);
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        string found = Found(document.RootElement.GetProperty(name));
        return RequestException.Invalid(path + member, found, Expected(property.PropertyType), place);
    }

    private static string Found(JsonElement value)
    {
        string text = value.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => $"an array of {value.GetArrayLength()}",
            _ => value.GetRawText(),
        };
        return text.Length <= 60 ? text : $"{text[..60]}…";
    }

    private static string Expected(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsEnum)
        {
            string names = string.Join(", ", Enum.GetNames(type).Select(JsonNamingPolicy.KebabCaseLower.ConvertName));
            return $"one of: {names}";
        }

        return System.Type.GetTypeCode(type) switch
        {
            TypeCode.String => "text",
            TypeCode.Boolean => "true or false",
            TypeCode.Double => "a number",
            TypeCode.Object => "an array of texts",
            TypeCode.UInt64 => "a whole number from 0",
            _ => "a whole number",
        };
    }
}
