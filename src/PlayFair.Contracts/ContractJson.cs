using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PlayFair.Contracts;

/// <summary>How the contracts are written as JSON: camelCase, enumerations as words ("connecting"), nothing for
/// null, all on one line.</summary>
[JsonSerializable(typeof(VideoDefinition))]
[JsonSerializable(typeof(IReadOnlyList<VideoDefinition>))]
[JsonSerializable(typeof(VideoPlan))]
[JsonSerializable(typeof(ProbeRequest))]
[JsonSerializable(typeof(SourceProbe))]
[JsonSerializable(typeof(VideoStatus))]
[JsonSerializable(typeof(IReadOnlyList<VideoStatus>))]
[JsonSerializable(typeof(AttributionUpdate))]
[JsonSerializable(typeof(IReadOnlyList<AttributionUpdate>))]
[JsonSerializable(typeof(FrameTrack))]
[JsonSerializable(typeof(IReadOnlyList<FrameTrack>))]
[JsonSerializable(typeof(ModelInfo))]
[JsonSerializable(typeof(IReadOnlyList<ModelInfo>))]
[JsonSerializable(typeof(ServiceStatus))]
[JsonSerializable(typeof(ClusterStatus))]
[JsonSerializable(typeof(Session))]
[JsonSerializable(typeof(StatisticsQuery))]
[JsonSerializable(typeof(StatisticsReport))]
[JsonSerializable(typeof(Timeline))]
[JsonSerializable(typeof(MomentList))]
public sealed partial class ContractJson : JsonSerializerContext
{
    /// <summary>The one to use.</summary>
    public static ContractJson Lines { get; } = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
    });
}
