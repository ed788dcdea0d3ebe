namespace PlayFair.Grains;

/// <summary>
/// Where Orleans would end the process with a stack trace, tells who started the silo that it takes no part any more. What
/// it still computes the store refuses, once others have claimed its videos.
/// </summary>
internal sealed class Expulsion(ClusterOptions cluster, ILogger<Expulsion> log) : IFatalErrorHandler
{
    private readonly TaskCompletionSource<string> _expelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends with why, in words for a user.</summary>
    public Task<string> Expelled => _expelled.Task;

    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(
        object? sender = null, string? context = null, Exception? exception = null)
    {
        log.LogDebug(exception, "This silo takes no part in its cluster any more: {Context}", context);
        // Without an exception it has read of its end in the table of members.
        string reason = exception is null
            ? "did not answer the others in time and was declared dead: they run its videos"
            : $"cannot go on: {ClusterFailure.ReasonOf(exception.GetBaseException())}. Others take its videos over";
        _expelled.TrySetResult($"Silo '{cluster.SiloName}' of cluster '{cluster.Name}' {reason}. Start it again.");
    }
}
