using PlayFair.Contracts;

namespace PlayFair.Client;

/// <summary>What a follower of videos is told.</summary>
public abstract record StreamEvent;

/// <summary>An update; each of a video comes once, in order.</summary>
/// <param name="Json">The update as the server wrote it: UTF-8 JSON on one line.</param>
public sealed record StreamUpdate(AttributionUpdate Update, ReadOnlyMemory<byte> Json) : StreamEvent;

/// <summary>A video's present status.</summary>
public sealed record StreamStatus(VideoStatus Status) : StreamEvent;

/// <summary>The video was removed; nothing follows of it.</summary>
public sealed record StreamRemoved(string Video) : StreamEvent;

/// <summary>Updates that can no longer be had.</summary>
/// <param name="FromSequence">The first of them.</param>
/// <param name="ToSequence">The last of them.</param>
public sealed record StreamGap(string Video, long FromSequence, long ToSequence) : StreamEvent;

/// <summary>The stream was connected, or lost.</summary>
/// <param name="IsConnected">Whether it is connected now.</param>
/// <param name="Reason">Why it is not, in words; null if it is.</param>
/// <param name="NextAttemptAt">When the client tries again, UTC; null if it is connected.</param>
public sealed record StreamConnection(bool IsConnected, string? Reason = null, DateTimeOffset? NextAttemptAt = null)
    : StreamEvent;
