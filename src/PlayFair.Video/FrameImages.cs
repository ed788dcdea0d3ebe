using System.Globalization;

namespace PlayFair.Video;

/// <summary>Single frames as JPEG images, for people to look at.</summary>
public static class FrameImages
{
    /// <summary>Decodes the video once, up to the last frame asked for, and encodes the frames asked for.</summary>
    /// <param name="path">A file; any name, taken literally.</param>
    /// <param name="indices">Frames in decode order, from 0, as <see cref="VideoFrame.Index"/>; any order.</param>
    /// <param name="maxWidth">Images keep the displayed shape, fit in these bounds and are never enlarged.</param>
    /// <param name="maxHeight">As <paramref name="maxWidth"/>.</param>
    /// <returns>One JPEG file per index, in the order of <paramref name="indices"/>.</returns>
    /// <exception cref="VideoException">
    /// As when reading; <see cref="VideoErrorKind.TooFewFrames"/> for an index past the last frame.
    /// </exception>
    public static async Task<IReadOnlyList<byte[]>> ReadJpegAsync(
        string path,
        IReadOnlyList<long> indices,
        int maxWidth,
        int maxHeight,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(indices);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxWidth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxHeight, 1);
        var wanted = new SortedSet<long>(indices);
        if (wanted.Count == 0)
            return [];
        ArgumentOutOfRangeException.ThrowIfNegative(wanted.Min, nameof(indices));

        VideoProbe.CheckFile(path);
        var tools = FfmpegTools.Find(location: null);
        VideoInfo video = await VideoProbe.ProbeAsync(tools, path, cancellationToken).ConfigureAwait(false);
        FrameFormat format = FitWithin(video, maxWidth, maxHeight);
        await using DecodePass pass = await DecodePass.StartAsync(
            tools, video, format, VideoDecoderOptions.Default, cancellationToken).ConfigureAwait(false);
        await using FfmpegProcess encoder = StartEncoder(tools, format);

        Task<List<byte[]>> reading = ReadImagesAsync(encoder, cancellationToken);
        try
        {
            await WriteFramesAsync(pass, encoder, wanted, video, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await encoder.DisposeAsync().ConfigureAwait(false);
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        List<byte[]> images = await reading.ConfigureAwait(false);

        int exitCode = await encoder.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        if (images.Count != wanted.Count)
        {
            throw new VideoException(
                VideoErrorKind.FfmpegFailed,
                path,
                $"ffmpeg encoded {images.Count} JPEG images of '{path}', expected {wanted.Count}.")
            {
                ExitCode = exitCode,
                LastErrorLines = encoder.LastLines,
            };
        }

        var imageOf = wanted.Zip(images).ToDictionary(pair => pair.First, pair => pair.Second);
        return [.. indices.Select(index => imageOf[index])];
    }

    /// <summary>Encodes one frame.</summary>
    /// <param name="pixels">As <see cref="VideoFrame.Pixels"/>.</param>
    internal static async Task<byte[]> EncodeJpegAsync(
        FfmpegTools tools, FrameFormat format, ReadOnlyMemory<byte> pixels, CancellationToken cancellationToken)
    {
        await using FfmpegProcess encoder = StartEncoder(tools, format);
        // The encoder has taken all of a frame before it writes anything: nobody waits for the other.
        await encoder.Input.WriteAsync(pixels, cancellationToken).ConfigureAwait(false);
        encoder.Input.Close();
        return (await ReadImagesAsync(encoder, cancellationToken).ConfigureAwait(false))[0];
    }

    internal static FrameFormat FitWithin(VideoInfo video, int maxWidth, int maxHeight)
    {
        // Broken headers may name no size; the decoder may still find one.
        double width = Math.Max(1, video.Width);
        double height = Math.Max(1, video.Height);
        double scale = Math.Min(1, Math.Min(maxWidth / width, maxHeight / height));
        return new FrameFormat(Side(width * scale), Side(height * scale));
    }

    private static int Side(double length) => Math.Clamp((int)Math.Round(length), 1, FrameFormat.MaxSide);

    private static FfmpegProcess StartEncoder(FfmpegTools tools, FrameFormat format) => FfmpegProcess.Start(
        tools.Ffmpeg,
        [
            "-hide_banner", "-nostats", "-loglevel", "repeat+level+warning", "-protocol_whitelist", "pipe",
            "-f", "rawvideo", "-pix_fmt", format.FfmpegPixelFormat,
            "-s", string.Create(CultureInfo.InvariantCulture, $"{format.Width}x{format.Height}"), "-i", "pipe:0",
            "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "3", "-f", "image2pipe", "pipe:1",
        ],
        VideoDecoderOptions.Default.StopTimeout,
        withInput: true);

    private static async Task WriteFramesAsync(
        DecodePass pass,
        FfmpegProcess encoder,
        SortedSet<long> wanted,
        VideoInfo video,
        CancellationToken cancellationToken)
    {
        for (int written = 0; written < wanted.Count; written++)
        {
            using VideoFrame? frame = await pass.NextAsync(
                (index, _) => wanted.Contains(index), cancellationToken).ConfigureAwait(false);
            if (frame is null)
            {
                throw new VideoException(
                    VideoErrorKind.TooFewFrames,
                    video.Path,
                    $"'{video.Path}' has {pass.FrameCount} frames that decode; an image of frame {wanted.Max} was " +
                    $"asked for. Expected at most frame {pass.FrameCount - 1}.");
            }

            try
            {
                await encoder.Input.WriteAsync(frame.Pixels, cancellationToken).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // The encoder has ended; what it has encoded, its exit code and its log say how.
                return;
            }
        }

        encoder.Input.Close();
    }

    private static async Task<List<byte[]>> ReadImagesAsync(FfmpegProcess encoder, CancellationToken cancellationToken)
    {
        using var output = new MemoryStream();
        await encoder.Output.CopyToAsync(output, cancellationToken).ConfigureAwait(false);
        ReadOnlyMemory<byte> rest = output.GetBuffer().AsMemory(0, (int)output.Length);
        var images = new List<byte[]>();
        while (JpegLength(rest.Span) is > 0 and { } length)
        {
            images.Add(rest[..length].ToArray());
            rest = rest[length..];
        }

        return images;
    }

    /// <summary>Length of the JPEG file at the start of the bytes; 0 when none is complete there.</summary>
    /// <remarks>
    /// ITU-T T.81, annex B. Segments up to the scan state their length; in the scan a 0xFF is followed by 0x00 or by a
    /// restart marker, so the first other marker is the end of the image.
    /// </remarks>
    internal static int JpegLength(ReadOnlySpan<byte> bytes)
    {
        const byte Scan = 0xDA;
        const byte EndOfImage = 0xD9;
        int at = 2;
        bool inScan = false;
        while (at + 3 < bytes.Length && !inScan)
        {
            inScan = bytes[at + 1] == Scan;
            at += 2 + (bytes[at + 2] << 8) + bytes[at + 3];
        }

        while (at + 1 < bytes.Length)
        {
            if (bytes[at] == 0xFF && bytes[at + 1] == EndOfImage)
                return at + 2;
            at++;
        }

        return 0;
    }
}
