using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PlayFair.Server;

/// <summary>The data of a <c>removed</c> event.</summary>
internal sealed record RemovedData(string Video);

/// <summary>The data of a <c>gap</c> event.</summary>
internal sealed record GapData(string Video, long FromSequence, long ToSequence);

/// <summary>What /health/* answers.</summary>
/// <param name="Status"><c>live</c>, <c>ready</c>, <c>degraded</c> or <c>stopping</c>.</param>
/// <param name="Problem">What is degraded, for those who may know; null otherwise.</param>
internal sealed record Health(string Status, string? Problem = null);

/// <summary>JSON of what the server itself says, written as the contracts are.</summary>
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(RemovedData))]
[JsonSerializable(typeof(GapData))]
[JsonSerializable(typeof(Health))]
[JsonSerializable(typeof(ReloadReport))]
internal sealed partial class ServerJson : JsonSerializerContext
{
    public static ServerJson Lines { get; } = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
