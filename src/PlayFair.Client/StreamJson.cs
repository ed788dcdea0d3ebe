using System.Text.Json;
using System.Text.Json.Serialization;

namespace PlayFair.Client;

/// <summary>Problem details, RFC 9457; the server adds the field.</summary>
internal sealed record Problem(string? Title = null, string? Detail = null, string? Field = null);

/// <summary>The data of a <c>removed</c> event.</summary>
internal sealed record RemovedData(string Video);

/// <summary>The data of a <c>gap</c> event.</summary>
internal sealed record GapData(string Video, long FromSequence, long ToSequence);

/// <summary>How what is not in the contracts is read.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(RemovedData))]
[JsonSerializable(typeof(GapData))]
internal sealed partial class StreamJson : JsonSerializerContext;
