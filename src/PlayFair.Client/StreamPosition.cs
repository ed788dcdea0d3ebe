using System.Globalization;

namespace PlayFair.Client;

/// <summary>Up to where a follower has each video's updates: what it asks for when it connects again.</summary>
/// <param name="videos">The videos followed; null: all.</param>
internal sealed class StreamPosition(IReadOnlyList<string>? videos, IReadOnlyDictionary<string, long>? after)
{
    private readonly SortedDictionary<string, long> _last = after is null
        ? new(StringComparer.Ordinal)
        : new(after.ToDictionary(), StringComparer.Ordinal);

    /// <summary>Videos of which the present connection has told anything.</summary>
    private readonly HashSet<string> _heard = new(StringComparer.Ordinal);

    /// <summary>Videos of which updates came: a position that was only given may lie in the future.</summary>
    private readonly HashSet<string> _followed = new(StringComparer.Ordinal);

    /// <summary>
    /// As the server writes event ids: the sequence number where one video was asked for, else <c>a:17,b:9</c>; null:
    /// none.
    /// </summary>
    public string? LastEventId
    {
        get
        {
            if (_last.Count == 0)
                return null;
            return videos is [var only]
                ? _last.TryGetValue(only, out long sequence) ? Text(sequence) : null
                : string.Join(',', _last.Select(pair => $"{pair.Key}:{Text(pair.Value)}"));
        }
    }

    /// <summary>A new connection begins.</summary>
    public void Connected() => _heard.Clear();

    /// <summary>What the follower is to be told of an event that arrived: nothing of an update it has.</summary>
    public IEnumerable<StreamEvent> Take(StreamEvent arrived)
    {
        switch (arrived)
        {
            case StreamUpdate { Update: var update }:
                _heard.Add(update.Video);
                if (_last.TryGetValue(update.Video, out long last))
                {
                    if (update.Sequence <= last)
                        yield break;
                    // The server says where updates are gone; were one ever to be missing silently, it would be told
                    // too.
                    if (update.Sequence > last + 1)
                        yield return new StreamGap(update.Video, last + 1, update.Sequence - 1);
                }

                _last[update.Video] = update.Sequence;
                _followed.Add(update.Video);
                break;
            case StreamGap gap:
                _last[gap.Video] = Math.Max(gap.ToSequence, _last.GetValueOrDefault(gap.Video, -1));
                break;
            case StreamRemoved removed:
                _last.Remove(removed.Video);
                _followed.Remove(removed.Video);
                break;
            default:
                break;
        }

        yield return arrived;
    }

    /// <summary>
    /// Whether a status says that a video has begun anew while the connection was lost: it was removed and added again,
    /// or the server stores nothing. Its updates are then asked for from the first on.
    /// </summary>
    public bool HasBegunAnew(StreamEvent arrived)
    {
        if (arrived is not StreamStatus { Status: var status } || !_heard.Add(status.Definition.Id)
            || !_followed.Contains(status.Definition.Id) || (status.LastSequence ?? -1) >= _last[status.Definition.Id])
        {
            return false;
        }

        _last[status.Definition.Id] = -1;
        return true;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
