using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace PlayFair.Video;

/// <summary>The file behind a source, opened to be played as it is. Whoever receives it disposes it.</summary>
/// <remarks>
/// Only containers of videos, known by their first bytes: a folder whose videos may be attributed may hold other files,
/// which nobody meant to hand out, and no browser is to take a file for a page.
/// </remarks>
public sealed class MediaFile : IAsyncDisposable
{
    private MediaFile(FileStream content, string contentType)
    {
        Content = content;
        ContentType = contentType;
        SafeFileHandle handle = content.SafeFileHandle;
        ModifiedAt = new DateTimeOffset(File.GetLastWriteTimeUtc(handle), TimeSpan.Zero);
        Identity = string.Create(
            CultureInfo.InvariantCulture, $"{RandomAccess.GetLength(handle):x}-{ModifiedAt.UtcTicks:x}");
    }

    /// <summary>The file from its start; it can be sought in.</summary>
    public Stream Content { get; }

    /// <summary>Such as <c>video/mp4</c>.</summary>
    public string ContentType { get; }

    public DateTimeOffset ModifiedAt { get; }

    /// <summary>Size and time of change: a file of another identity is another file.</summary>
    public string Identity { get; }

    /// <summary>Checks the source against the policy, as it is now, and opens its file.</summary>
    /// <exception cref="SourceException"><see cref="SourceErrorKind.Forbidden"/>.</exception>
    /// <exception cref="VideoException">There is no such file, it cannot be read, or is none that is played.</exception>
    public static async Task<MediaFile> OpenAsync(
        VideoSource source, SourcePolicy policy, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(policy);
        await policy.CheckAsync(source, cancellationToken).ConfigureAwait(false);
        string path = policy.AllowedPath(source.Address);
        // Before opening: a pipe would wait for its writer.
        VideoProbe.CheckFile(path);
        FileStream content = Open(path);
        try
        {
            byte[] head = new byte[512];
            int length = await content.ReadAtLeastAsync(
                head, head.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            content.Position = 0;
            return new MediaFile(content, TypeOf(head.AsSpan(0, length)) ?? throw new VideoException(
                VideoErrorKind.NotAVideo,
                path,
                $"'{path}' is in no container that is played: expected MP4, QuickTime, WebM, Matroska, AVI, Ogg, FLV, "
                + "ASF or MPEG. Convert it to MP4."));
        }
        catch
        {
            await content.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public ValueTask DisposeAsync() => Content.DisposeAsync();

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(
                path,
                new FileStreamOptions
                {
                    Share = FileShare.ReadWrite | FileShare.Delete,
                    Options = FileOptions.Asynchronous,
                    BufferSize = 0,
                });
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new VideoException(
                VideoErrorKind.NotFound, path, $"'{path}' does not exist. Expected a video file; check the path.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new VideoException(
                VideoErrorKind.NoPermission, path, $"'{path}' may not be read by this user. Expected read permission.", e);
        }
    }

    /// <summary>A container's media type, by the bytes that it begins with; null: none of the known.</summary>
    private static string? TypeOf(ReadOnlySpan<byte> head)
    {
        const int packet = 188;
        if (head.Length < 16)
            return null;
        if (head[4..8].SequenceEqual("ftyp"u8))
            return head[8..12].SequenceEqual("qt  "u8) ? "video/quicktime" : "video/mp4";
        if (head[4..8].SequenceEqual("moov"u8) || head[4..8].SequenceEqual("mdat"u8))
            return "video/quicktime";
        if (head.StartsWith((ReadOnlySpan<byte>)[0x1A, 0x45, 0xDF, 0xA3]))
            return head.IndexOf("webm"u8) >= 0 ? "video/webm" : "video/x-matroska";
        if (head.StartsWith("RIFF"u8) && head[8..11].SequenceEqual("AVI"u8))
            return "video/x-msvideo";
        if (head.StartsWith("OggS"u8))
            return "video/ogg";
        if (head.StartsWith("FLV"u8))
            return "video/x-flv";
        if (head.StartsWith((ReadOnlySpan<byte>)[0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11]))
            return "video/x-ms-wmv";
        if (head.StartsWith((ReadOnlySpan<byte>)[0, 0, 1, 0xBA]) || head.StartsWith((ReadOnlySpan<byte>)[0, 0, 1, 0xB3]))
            return "video/mpeg";
        return head.Length > packet && head[0] == 0x47 && head[packet] == 0x47 ? "video/mp2t" : null;
    }
}
