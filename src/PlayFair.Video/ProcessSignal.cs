namespace PlayFair.Video;

internal static class ProcessSignal
{
    /// <summary>The signal that ended a process, from the exit code that .NET reports for it (128 + signal).</summary>
    public static int? Of(int exitCode) => exitCode is > 128 and < 160 ? exitCode - 128 : null;
}
