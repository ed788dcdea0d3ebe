using PlayFair.Client;
using PlayFair.Contracts;

namespace PlayFair.Cli.Watch;

/// <summary>
/// Updates on standard output, one line of JSON each as the server sent it; all else on standard error.
/// </summary>
internal static class UpdateLines
{
    /// <summary>Writes until the events end, or nobody reads any more.</summary>
    /// <exception cref="OutputException">Standard output cannot be written.</exception>
    public static async Task WriteAsync(IAsyncEnumerable<StreamEvent> events, CancellationToken cancellationToken)
    {
        await using Stream output = OutputTarget.OpenStandardOutput();
        var states = new Dictionary<string, VideoState>(StringComparer.Ordinal);
        bool isLost = false;
        await foreach (StreamEvent arrived in events.WithCancellation(cancellationToken))
        {
            switch (arrived)
            {
                case StreamUpdate update:
                    if (!await TryWriteAsync(output, update.Json, cancellationToken))
                        return;
                    break;
                case StreamGap gap:
                    Terminals.TellError(
                        $"updates {gap.FromSequence} to {gap.ToSequence} of '{gap.Video}' can no longer be had");
                    break;
                case StreamStatus { Status: var status }:
                    string id = status.Definition.Id;
                    bool isNew = !states.TryGetValue(id, out VideoState known) || known != status.State;
                    states[id] = status.State;
                    if (isNew && status.Reason is { } reason)
                        Terminals.TellError($"'{id}' is {VideoText.State(status.State)}: {reason}");
                    break;
                case StreamConnection { NextAttemptAt: { } next } lost:
                    isLost = true;
                    Terminals.TellError(
                        $"{lost.Reason!.TrimEnd('.')}. Trying again {VideoText.In(next - DateTimeOffset.UtcNow)}.");
                    break;
                case StreamConnection when isLost:
                    isLost = false;
                    Terminals.TellError("connected again");
                    break;
                default:
                    break;
            }
        }
    }

    private static async Task<bool> TryWriteAsync(
        Stream output, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        // At once, so that a reader never has half a line; a reader that does not read holds up nothing but this write.
        byte[] line = [.. json.Span, (byte)'\n'];
        try
        {
            await output.WriteAsync(line, cancellationToken).AsTask().WaitAsync(cancellationToken);
            return true;
        }
        catch (IOException failure) when (OutputTarget.IsBrokenPipe(failure))
        {
            return false;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OutputException(OutputTarget.StandardOutput, failure);
        }
    }
}
