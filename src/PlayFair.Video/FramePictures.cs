using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;

namespace PlayFair.Video;

/// <summary>A frame of a file.</summary>
/// <param name="Index">Place in decode order, as <see cref="VideoFrame.Index"/>.</param>
/// <param name="Time">
/// <see cref="VideoFrame.PresentationTime"/>, exactly, so that nothing before the frame has to be decoded; null: it is
/// not known, and the file is decoded from its start.
/// </param>
public readonly record struct FrameAddress(long Index, TimeSpan? Time);

/// <summary>Pictures of single frames of files, wherever in the file they are.</summary>
/// <remarks>Safe for any number of callers at once; each call runs an ffmpeg of its own.</remarks>
/// <param name="policy">Checked before each opening.</param>
public sealed class FramePictures(SourcePolicy policy)
{
    private const int MostKnownFiles = 256;

    /// <summary>
    /// How far a frame may be from its time: times are rounded to a microsecond on their way. Frames nearer than this
    /// to one another do not occur in practice.
    /// </summary>
    private const double Tolerance = 0.0004;

    /// <summary>What is asked of each file once: its streams, and where its first frame is on its own clock.</summary>
    private readonly ConcurrentDictionary<string, KnownFile> _known = new(StringComparer.Ordinal);

    /// <summary>Pictures as PNG files, of frames brought into a format.</summary>
    /// <returns>For each frame its picture; null where the file has no such frame.</returns>
    /// <exception cref="SourceException"><see cref="SourceErrorKind.Forbidden"/>.</exception>
    /// <exception cref="VideoException">The file cannot be read.</exception>
    public Task<IReadOnlyList<byte[]?>> ReadPngAsync(
        VideoSource source, IReadOnlyList<FrameAddress> frames, FrameFormat format,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(format);
        return ReadAsync(source, frames, _ => format, ["-c:v", "png", "-pix_fmt", "rgb24"], PngLength, cancellationToken);
    }

    /// <summary>Pictures as JPEG files in their displayed shape, never enlarged.</summary>
    /// <param name="maxWidth">At least 1.</param>
    /// <returns>For each frame its picture; null where the file has no such frame.</returns>
    /// <exception cref="SourceException"><see cref="SourceErrorKind.Forbidden"/>.</exception>
    /// <exception cref="VideoException">The file cannot be read.</exception>
    public Task<IReadOnlyList<byte[]?>> ReadJpegAsync(
        VideoSource source, IReadOnlyList<FrameAddress> frames, int maxWidth,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxWidth, 1);
        return ReadAsync(
            source, frames, video => FrameImages.FitWithin(video, maxWidth, 2 * maxWidth),
            ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "3"], FrameImages.JpegLength, cancellationToken);
    }

    private async Task<IReadOnlyList<byte[]?>> ReadAsync(
        VideoSource source,
        IReadOnlyList<FrameAddress> frames,
        Func<VideoInfo, FrameFormat> formatOf,
        string[] encoding,
        PictureLength lengthOf,
        CancellationToken cancellationToken)
    {
        await policy.CheckAsync(source, cancellationToken).ConfigureAwait(false);
        string path = policy.AllowedPath(source.Address);
        VideoProbe.CheckFile(path);
        var tools = FfmpegTools.Find(location: null);
        KnownFile file = await KnowAsync(tools, path, cancellationToken).ConfigureAwait(false);
        var pictures = new Dictionary<FrameAddress, byte[]>();
        FrameAddress[] timed = [.. frames.Where(frame => frame.Time is not null).Distinct().OrderBy(f => f.Time)];
        if (timed.Length > 0)
            Take(timed, await RunAsync(file.AtTimes(timed)).ConfigureAwait(false), isAllOrNothing: true);
        FrameAddress[] others = [.. frames.Where(f => !pictures.ContainsKey(f)).Distinct().OrderBy(f => f.Index)];
        if (others.Length > 0)
            Take(others, await RunAsync(KnownFile.AtIndices(others)).ConfigureAwait(false), isAllOrNothing: false);
        return [.. frames.Select(frame => pictures.GetValueOrDefault(frame))];

        // In the order of the frames: of a few, those at the end are missing, past the file's end. But not by time,
        // where any may be.
        void Take(FrameAddress[] asked, List<byte[]> found, bool isAllOrNothing)
        {
            if (isAllOrNothing && found.Count != asked.Length)
                return;
            foreach ((FrameAddress frame, byte[] picture) in asked.Zip(found))
                pictures[frame] = picture;
        }

        async Task<List<byte[]>> RunAsync(Search search)
        {
            string[] passthrough = await tools.PassthroughArgumentsAsync(cancellationToken).ConfigureAwait(false);
            await using var ffmpeg = FfmpegProcess.Start(
                tools.Ffmpeg,
                [
                    "-nostdin", "-hide_banner", "-nostats", "-loglevel", "repeat+level+warning",
                    "-protocol_whitelist", "file,pipe", "-copyts", .. search.Seeking,
                    .. VideoProbe.InputArguments(file.Video), "-i", VideoProbe.FileUrl(path),
                    "-map", Invariant($"0:{file.Video.StreamIndex}"), "-an", "-sn", "-dn",
                    "-vf", $"{search.Filter},{formatOf(file.Video).FfmpegFilters}", .. passthrough,
                    "-frames:v", Invariant($"{search.Count}"), .. encoding, "-f", "image2pipe", "pipe:1",
                ],
                VideoDecoderOptions.Default.StopTimeout);
            return await SplitAsync(ffmpeg, lengthOf, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<KnownFile> KnowAsync(FfmpegTools tools, string path, CancellationToken cancellationToken)
    {
        string key = $"{path}\0{FileFrameSource.IdentityOf(path)}";
        if (_known.TryGetValue(key, out KnownFile? known))
            return known;
        VideoInfo video = await VideoProbe.ProbeAsync(tools, path, cancellationToken).ConfigureAwait(false);
        double? first = await FirstTimeAsync(tools, video, cancellationToken).ConfigureAwait(false);
        if (_known.Count >= MostKnownFiles)
            _known.Clear();
        return _known.GetOrAdd(key, new KnownFile(video, first));
    }

    /// <summary>The first frame's time on the file's own clock, in seconds; null where it has none.</summary>
    private static async Task<double?> FirstTimeAsync(
        FfmpegTools tools, VideoInfo video, CancellationToken cancellationToken)
    {
        double? first = null;
        await using var ffmpeg = FfmpegProcess.Start(
            tools.Ffmpeg,
            [
                "-nostdin", "-hide_banner", "-nostats", "-loglevel", "repeat+level+info",
                "-protocol_whitelist", "file,pipe", "-copyts", .. VideoProbe.InputArguments(video),
                "-i", VideoProbe.FileUrl(video.Path), "-map", Invariant($"0:{video.StreamIndex}"),
                "-vf", "showinfo@first=checksum=0", "-frames:v", "1", "-f", "null", "-",
            ],
            VideoDecoderOptions.Default.StopTimeout,
            line =>
            {
                const string field = " pts_time:";
                int at = line.Message.IndexOf(field, StringComparison.Ordinal);
                if (first is not null || at < 0 || !line.Context.StartsWith("[showinfo@first", StringComparison.Ordinal))
                    return;
                string value = line.Message[(at + field.Length)..].TrimStart().Split(' ')[0];
                if (double.TryParse(value, CultureInfo.InvariantCulture, out double seconds))
                    first = seconds;
            });
        await ffmpeg.Output.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
        await ffmpeg.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        return first;
    }

    private static async Task<List<byte[]>> SplitAsync(
        FfmpegProcess ffmpeg, PictureLength lengthOf, CancellationToken cancellationToken)
    {
        using var output = new MemoryStream();
        await ffmpeg.Output.CopyToAsync(output, cancellationToken).ConfigureAwait(false);
        await ffmpeg.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        ReadOnlyMemory<byte> rest = output.GetBuffer().AsMemory(0, (int)output.Length);
        var pictures = new List<byte[]>();
        while (lengthOf(rest.Span) is > 0 and var length)
        {
            pictures.Add(rest[..length].ToArray());
            rest = rest[length..];
        }

        return pictures;
    }

    /// <summary>Length of the PNG file at the start of the bytes; 0 when none is complete there.</summary>
    private static int PngLength(ReadOnlySpan<byte> bytes)
    {
        const int signature = 8, aroundData = 12;
        int at = signature;
        while (at + aroundData <= bytes.Length)
        {
            bool isEnd = bytes.Slice(at + 4, 4).SequenceEqual("IEND"u8);
            long next = at + aroundData + BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
            if (next > bytes.Length)
                return 0;
            at = (int)next;
            if (isEnd)
                return at;
        }

        return 0;
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private delegate int PictureLength(ReadOnlySpan<byte> bytes);

    /// <summary>How frames are found.</summary>
    /// <param name="Seeking">Arguments before the input.</param>
    /// <param name="Filter">Lets them through, in order, and ends after the last.</param>
    private sealed record Search(string[] Seeking, string Filter, int Count);

    private sealed record KnownFile(VideoInfo Video, double? FirstTime)
    {
        public static Search AtIndices(FrameAddress[] frames) => new(
            [],
            $"trim=end_frame={frames[^1].Index + 1},select='{string.Join('+', frames.Select(f => $"eq(n,{f.Index})"))}'",
            frames.Length);

        /// <remarks>
        /// Times stay those of the file (-copyts): moved to begin at the place sought, they would be rounded to the
        /// stream's ticks. Decoding begins with the key frame before it; what comes before the first frame asked for
        /// is left out here, not by ffmpeg, which with these options does not know where the file begins.
        /// </remarks>
        public Search AtTimes(FrameAddress[] frames)
        {
            const double before = 0.1, after = 0.1;
            double[] times = [.. frames.Select(frame => (FirstTime ?? 0) + frame.Time!.Value.TotalSeconds)];
            string[] seeking = frames[0].Time!.Value.TotalSeconds > before
                ? ["-noaccurate_seek", "-seek_timestamp", "1", "-ss", Invariant($"{times[0] - before:F6}")]
                : [];
            IEnumerable<string> places = times.Select(t => Invariant($"lt(abs(t-{t:F6}),{Tolerance})"));
            return new Search(
                seeking,
                Invariant($"trim=end={times[^1] + after:F6},select='{string.Join('+', places)}'"),
                frames.Length);
        }
    }
}
