using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;

namespace PlayFair.Cli;

/// <summary>A result could not be written where the user asked for it.</summary>
[SuppressMessage("Roslynator", "RCS1194", Justification = "Only ever thrown with its facts.")]
internal sealed class OutputException(string path, Exception cause)
    : Exception($"Cannot write {Place(path)}: {Reason(cause)}. {Remedy(cause)}", cause)
{
    public bool IsDiskFull { get; } = OutputTarget.IsDiskFull(cause);

    private static string Place(string path) =>
        path == OutputTarget.StandardOutput ? "to standard output" : $"'{path}'";

    private static string Reason(Exception cause) => cause switch
    {
        _ when OutputTarget.IsDiskFull(cause) => "the disk is full",
        _ when OutputTarget.IsClosed(cause) => "it is closed",
        DirectoryNotFoundException => "its folder does not exist",
        UnauthorizedAccessException => "no permission",
        PathTooLongException => "its name is too long",
        FileNotFoundException => "no file can be made there",
        // The runtime adds the path, which is the temporary file's.
        _ => cause.Message.Split(" : '")[0].TrimEnd('.'),
    };

    private static string Remedy(Exception cause) => cause switch
    {
        _ when OutputTarget.IsDiskFull(cause) => "Free some space, or name another place.",
        _ when OutputTarget.IsClosed(cause) => "Open it, or name a file and --quiet.",
        DirectoryNotFoundException => "Make the folder, or name another place.",
        _ => "Name another place, or change its permissions.",
    };
}

/// <summary>Where one result goes: a file that appears whole or not at all, or standard output (<c>-</c>).</summary>
internal static class OutputTarget
{
    public const string StandardOutput = "-";

    private const int StandardOutputDescriptor = 1;

    // ENOSPC and EDQUOT, as the runtime passes them on, and Windows's ERROR_DISK_FULL.
    private static readonly int[] DiskFullCodes = [28, 122, unchecked((int)0x80070070)];

    // EBADF.
    private const int BadDescriptorCode = 9;

    // EPIPE, and Windows's ERROR_BROKEN_PIPE and ERROR_NO_DATA.
    private static readonly int[] BrokenPipeCodes = [32, unchecked((int)0x8007006D), unchecked((int)0x800700E8)];

    public static bool IsDiskFull(Exception failure) =>
        failure is IOException && DiskFullCodes.Contains(failure.HResult);

    /// <summary>Whether a descriptor was not open for writing: standard output, the only one not opened here.</summary>
    public static bool IsClosed(Exception failure) =>
        failure is UnauthorizedAccessException { InnerException: IOException { HResult: BadDescriptorCode } };

    /// <summary>Whether the reader of a pipe has gone.</summary>
    public static bool IsBrokenPipe(Exception failure) =>
        failure is IOException && BrokenPipeCodes.Contains(failure.HResult);

    /// <summary>
    /// Standard output as a stream whose writes fail once its reader has gone: the console's own one pretends that they
    /// succeed, and a stream of updates would go on for nobody.
    /// </summary>
    /// <exception cref="OutputException">It is closed.</exception>
    public static Stream OpenStandardOutput()
    {
        if (OperatingSystem.IsWindows())
            return Console.OpenStandardOutput();
        try
        {
            return new FileStream(
                new SafeFileHandle(StandardOutputDescriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new OutputException(StandardOutput, cause);
        }
    }

    /// <summary>Writes through a neighbouring temporary file, so that no reader ever sees half a result.</summary>
    /// <exception cref="OutputException">The file cannot be written.</exception>
    public static void Write(string path, Action<Stream> write) => Guard(path, () =>
    {
        if (path == StandardOutput)
        {
            using Stream output = Console.OpenStandardOutput();
            write(output);
        }
        else if (OpenDevice(path) is { } device)
        {
            using (device)
                write(device);
        }
        else
        {
            WriteFile(path, write);
        }
    });

    /// <summary>Makes a folder, and those above it, unless it is there.</summary>
    /// <exception cref="OutputException">It cannot be made.</exception>
    public static void CreateFolder(string path) => Guard(path, () => Directory.CreateDirectory(path));

    /// <summary>
    /// The full path of what is written when this path is: a link's target, as others do, since a rename would put the
    /// file in the link's place.
    /// </summary>
    public static string FinalPath(string path)
    {
        // The runtime takes a relative link's target from the root folder unless the link's own path is full.
        string fullPath = Path.GetFullPath(path);
        try
        {
            return File.ResolveLinkTarget(fullPath, returnFinalTarget: true)?.FullName ?? fullPath;
        }
        catch (IOException)
        {
            // Links in a circle, which lead nowhere.
            return fullPath;
        }
    }

    private static void WriteFile(string path, Action<Stream> write)
    {
        if (Directory.Exists(path))
            throw new IOException("it is a folder");
        path = FinalPath(path);
        string temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write))
                write(file);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            // A no-op once it has been moved.
            File.Delete(temporary);
        }
    }

    /// <summary>
    /// A device or pipe (/dev/null, a named pipe) opened for writing as it is, since a rename would put a file in its
    /// place; null for a regular file, or where there is none yet. Opened once only: a pipe's reader takes the first
    /// closing for the end.
    /// </summary>
    private static FileStream? OpenDevice(string path)
    {
        if (OperatingSystem.IsWindows() || !File.Exists(path))
            return null;
        try
        {
            var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            if (!IsRegularFile(stream))
                return stream;
            stream.Dispose();
        }
        catch (FileNotFoundException)
        {
            // A link to a file that is yet to be made "exists".
        }

        return null;
    }

    /// <summary>
    /// Whether it is a file on a disk: it can be given the length it has. The runtime does not show a file's type, and
    /// devices such as /dev/null let themselves be seeked in.
    /// </summary>
    private static bool IsRegularFile(FileStream stream)
    {
        if (!stream.CanSeek)
            return false;
        try
        {
            stream.SetLength(stream.Length);
            return true;
        }
        catch (IOException)
        {
            return false;
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
            throw new OutputException(path, cause);
        }
    }
}
