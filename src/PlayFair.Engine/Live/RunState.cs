using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using PlayFair.Contracts;
using PlayFair.Video;

namespace PlayFair.Engine;

/// <summary>
/// What is stored with a video so that it goes on where it was: a run is one reading of its source under one definition.
/// </summary>
/// <param name="Definition">What the run's updates depend on, as text: under another the file is read anew.</param>
/// <param name="FirstSequence">The run's first update.</param>
/// <param name="Identity">Which file it is; null while not known, and for live sources.</param>
/// <param name="Facts">What is known of a looped file.</param>
/// <param name="HasEnded">Whether all of the file has been attributed.</param>
internal sealed record RunState(
    string Definition, long FirstSequence, string? Identity = null, FileFacts? Facts = null, bool HasEnded = false)
{
    /// <summary>The part of a definition that the updates of a file follow from.</summary>
    public static string Fingerprint(VideoDefinition definition)
    {
        JsonObject json = JsonSerializer.SerializeToNode(
            definition with { Title = null, Group = null, Pace = default, Transport = default },
            ContractJson.Lines.VideoDefinition)!.AsObject();
        // Stores that are older than this member hold texts without it.
        json.Remove("paused");
        return json.ToJsonString(ContractJson.Lines.Options);
    }

    public string ToJson() => JsonSerializer.Serialize(this, RunStateJson.Default.RunState);

    /// <summary>Null for what another version wrote: the video then begins a new run.</summary>
    public static RunState? FromJson(string? json)
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize(json, RunStateJson.Default.RunState);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(RunState))]
internal sealed partial class RunStateJson : JsonSerializerContext;
