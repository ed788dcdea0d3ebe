using System.Text.Json;
using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>Which videos a subscriber follows, and from where.</summary>
/// <param name="Videos">Ids; null: all there are, and those that are added.</param>
/// <param name="After">
/// For each video the last sequence number that the subscriber has; videos that are not named start with their latest
/// update, if there is one.
/// </param>
/// <param name="StatusOnly">
/// Whether no updates are wanted: for what watches over the service. It does not count among the subscribers.
/// </param>
/// <param name="MaxRateHz">
/// The most updates a second of each video, <see cref="MinRate"/> to <see cref="MaxRate"/>: always the newest, and no
/// <see cref="GapEvent"/> for those between. A reader that is slow then misses some, and is never behind. Null: all.
/// </param>
/// <param name="HereOnly">
/// Whether only videos are followed that run in the process asked, not those that other processes of a cluster run.
/// </param>
public sealed record Subscription(
    IReadOnlyList<string>? Videos = null,
    IReadOnlyDictionary<string, long>? After = null,
    bool StatusOnly = false,
    double? MaxRateHz = null,
    bool HereOnly = false)
{
    public const double MinRate = 0.1;

    public const double MaxRate = 120;
}

/// <summary>What a subscriber is told.</summary>
/// <param name="Video">The video's id.</param>
public abstract record VideoEvent(string Video);

/// <summary>A new update, or an old one that the subscriber does not have yet.</summary>
public sealed record UpdateEvent(AttributionUpdate Update) : VideoEvent(Update.Video)
{
    private byte[]? _json;

    /// <summary>The update as UTF-8 JSON on one line: made once, whatever the number of subscribers.</summary>
    public ReadOnlyMemory<byte> Json =>
        _json ??= JsonSerializer.SerializeToUtf8Bytes(Update, ContractJson.Lines.AttributionUpdate);
}

/// <summary>The video's present status; only the newest one matters.</summary>
public sealed record StatusEvent(VideoStatus Status) : VideoEvent(Status.Definition.Id)
{
    private byte[]? _json;

    /// <summary>The status as UTF-8 JSON on one line.</summary>
    public ReadOnlyMemory<byte> Json =>
        _json ??= JsonSerializer.SerializeToUtf8Bytes(Status, ContractJson.Lines.VideoStatus);
}

/// <summary>
/// The video was removed, or, where <see cref="Subscription.HereOnly"/> is asked for, runs elsewhere; nothing follows of it.
/// </summary>
public sealed record RemovedEvent(string Video) : VideoEvent(Video);

/// <summary>
/// Updates that the subscriber does not have and that can no longer be had: retention has deleted them, or they could not
/// be stored.
/// </summary>
/// <param name="FromSequence">The first of them.</param>
/// <param name="ToSequence">The last of them.</param>
public sealed record GapEvent(string Video, long FromSequence, long ToSequence) : VideoEvent(Video);
