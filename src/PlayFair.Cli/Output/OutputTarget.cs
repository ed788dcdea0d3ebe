using System.Diagnostics.CodeAnalysis;

namespace PlayFair.Cli;

/// <summary>A result could not be written where the user asked for it.</summary>
[SuppressMessage("Roslynator", "RCS1194", Justification = "Only ever thrown with its facts.")]
internal sealed class OutputException(string path, string reason, bool isDiskFull, Exception cause)
    : Exception(
        $"Cannot write '{path}': {reason}. Nothing is left there; " +
        (isDiskFull ? "free some space, or name another place." : "name another place, or change its permissions."),
        cause)
{
    public bool IsDiskFull { get; } = isDiskFull;
}

/// <summary>Where one result goes: a file that appears whole or not at all, or standard output (<c>-</c>).</summary>
internal static class OutputTarget
{
    public const string StandardOutput = "-";

    // ENOSPC and EDQUOT, as the runtime passes them on, and Windows's ERROR_DISK_FULL.
    private static readonly int[] DiskFullCodes = [28, 122, unchecked((int)0x80070070)];

    /// <summary>Writes through a neighbouring temporary file, so that no reader ever sees half a result.</summary>
    /// <exception cref="OutputException">The file cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        if (path == StandardOutput)
        {
            Guard(path, () =>
            {
                using Stream output = Console.OpenStandardOutput();
                write(output);
                output.Flush();
            });
            return;
        }

        // A device or pipe (such as /dev/stdout) is written to as it is: it cannot be replaced.
        if (File.Exists(path) && !IsRegularFile(path))
        {
            Guard(path, () =>
            {
                using var device = new FileStream(path, FileMode.Open, FileAccess.Write);
                write(device);
            });
            return;
        }

        string temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            Guard(path, () =>
            {
                if (Directory.Exists(path))
                    throw new IOException("it is a folder");
                using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write))
                    write(file);
                File.Move(temporary, path, overwrite: true);
            });
        }
        finally
        {
            if (File.Exists(temporary))
                File.Delete(temporary);
        }
    }

    private static void Guard(string path, Action action)
    {
        try
        {
            action();
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            bool isDiskFull = DiskFullCodes.Contains(cause.HResult);
            string reason = cause switch
            {
                _ when isDiskFull => "the disk is full",
                DirectoryNotFoundException => "its folder does not exist",
                UnauthorizedAccessException => "no permission",
                _ => cause.Message.TrimEnd('.'),
            };
            throw new OutputException(path, reason, isDiskFull, cause);
        }
    }

    private static bool IsRegularFile(string path)
    {
        // The runtime tells devices from files on Unix by what they are, not by their attributes.
        if (OperatingSystem.IsWindows())
            return true;
        using var probe = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        return probe.CanSeek;
    }
}
