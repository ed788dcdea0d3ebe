using System.Collections.Concurrent;

namespace PlayFair.Grains;

/// <summary>
/// A silo's videos, each for one activation of its grain at a time: one whose entry in the directory got lost may still be
/// ending, with updates to be stored and counted, when another is begun here.
/// </summary>
internal sealed class VideoPlaces
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _taken = new(StringComparer.Ordinal);

    /// <summary>Takes a video's place, once it is free.</summary>
    public async Task EnterAsync(string id, CancellationToken cancellationToken)
    {
        var own = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        while (_taken.GetOrAdd(id, own) is var taken && taken != own)
            await taken.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Gives it back.</summary>
    public void Leave(string id)
    {
        if (_taken.TryRemove(id, out TaskCompletionSource? own))
            own.SetResult();
    }
}
