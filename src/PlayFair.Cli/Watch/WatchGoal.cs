using System.Runtime.CompilerServices;
using PlayFair.Client;
using PlayFair.Contracts;

namespace PlayFair.Cli.Watch;

/// <summary>When a watch is over by itself: no video is left of which something may come.</summary>
/// <param name="videos">The videos that are waited for; null: it is never over.</param>
/// <param name="isOnce">Whether one update of each is enough.</param>
internal sealed class WatchGoal(IReadOnlyList<string>? videos, bool isOnce)
{
    private readonly HashSet<string>? _open = videos?.ToHashSet(StringComparer.Ordinal);

    /// <summary>Why a video's update never came, in words; null if all came.</summary>
    public string? Missed { get; private set; }

    /// <summary>The events up to the one that reaches the goal.</summary>
    public async IAsyncEnumerable<StreamEvent> LimitAsync(
        IAsyncEnumerable<StreamEvent> events, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (StreamEvent arrived in events.WithCancellation(cancellationToken))
        {
            yield return arrived;
            if (_open is null)
                continue;
            switch (arrived)
            {
                case StreamUpdate { Update.Video: var video } when isOnce:
                    _open.Remove(video);
                    break;
                case StreamStatus
                {
                    Status: { State: VideoState.Ended or VideoState.Failed or VideoState.Paused } status,
                }
                    when isOnce && status.LastSequence is null:
                    string reason = status.Reason is { } words ? $": {words}" : "";
                    string became = status.State == VideoState.Paused ? "is" : "has";
                    Miss(status.Definition.Id, $"{became} {VideoText.State(status.State)} without an update{reason}");
                    break;
                case StreamRemoved { Video: var video }:
                    Miss(video, "was removed");
                    break;
                default:
                    break;
            }

            if (_open.Count == 0)
                yield break;
        }
    }

    private void Miss(string video, string what)
    {
        if (_open!.Remove(video))
            Missed = $"Video '{video}' {what}";
    }
}
