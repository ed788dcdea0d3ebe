using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace PlayFair.Video;

/// <summary>What a source shows.</summary>
/// <param name="Width">Columns as displayed: after rotation, pixels made square.</param>
/// <param name="Height">Rows as displayed.</param>
/// <param name="FrameRateHz">Null where it does not say.</param>
/// <param name="Duration">Null for what has no end or does not say.</param>
/// <param name="CodecName">ffmpeg's name; null for what is drawn here.</param>
/// <param name="Jpeg">A picture, its shape kept.</param>
public sealed record ProbedSource(
    int Width, int Height, double? FrameRateHz, TimeSpan? Duration, string? CodecName, byte[] Jpeg);

/// <summary>Looks at a source for as long as one picture takes.</summary>
public static partial class SourceProber
{
    /// <summary>Where in a file the picture is looked for: what comes first is often black.</summary>
    private static readonly TimeSpan s_stillTime = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_stopTimeout = TimeSpan.FromMilliseconds(500);

    /// <summary>Opens a source, once, and says what it is.</summary>
    /// <param name="policy">Checked as for reading it.</param>
    /// <param name="maxWidth">Of the picture, in pixels; it is never enlarged.</param>
    /// <param name="timeout">So long it may take.</param>
    /// <exception cref="SourceException">It may not be opened, or cannot be read in time.</exception>
    /// <exception cref="VideoException">It is a file that cannot be read.</exception>
    public static async Task<ProbedSource> ProbeAsync(
        VideoSource source,
        SourcePolicy policy,
        bool prefersUdp,
        int maxWidth,
        TimeSpan timeout,
        TimeProvider? time = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(policy);
        using var timer = new CancellationTokenSource(timeout, time ?? TimeProvider.System);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            await policy.CheckAsync(source, both.Token).ConfigureAwait(false);
            var tools = FfmpegTools.Find(location: null);
            return source.Kind switch
            {
                SourceKind.File =>
                    await ProbeFileAsync(tools, policy.AllowedPath(source.Address), maxWidth, both.Token)
                        .ConfigureAwait(false),
                SourceKind.Synthetic =>
                    await ProbeSyntheticAsync(tools, source, policy, maxWidth, both.Token).ConfigureAwait(false),
                _ => await ProbeLiveAsync(tools, source, policy, prefersUdp, maxWidth, timeout, both.Token)
                    .ConfigureAwait(false),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            string seconds = timeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
            throw new SourceException(
                SourceErrorKind.Unreadable,
                $"'{source}' has shown no picture in {seconds} s. Expected one by then: is it on, and can this " +
                "machine reach it?");
        }
    }

    private static async Task<ProbedSource> ProbeFileAsync(
        FfmpegTools tools, string path, int maxWidth, CancellationToken cancellationToken)
    {
        VideoProbe.CheckFile(path);
        VideoInfo video = await VideoProbe.ProbeAsync(tools, path, cancellationToken).ConfigureAwait(false);
        double seconds = Math.Min(s_stillTime.TotalSeconds, (video.Duration?.TotalSeconds ?? 0) / 4);
        long index = (long)(seconds * (video.FrameRateHz ?? 0));
        byte[] jpeg;
        try
        {
            jpeg = await StillAsync(index).ConfigureAwait(false);
        }
        catch (VideoException e) when (e.Kind == VideoErrorKind.TooFewFrames)
        {
            jpeg = await StillAsync(0).ConfigureAwait(false);
        }

        return new ProbedSource(
            video.Width, video.Height, video.FrameRateHz, video.Duration, video.CodecName, jpeg);

        async Task<byte[]> StillAsync(long at) => (await FrameImages.ReadJpegAsync(
            path, [at], maxWidth, FrameFormat.MaxSide, cancellationToken).ConfigureAwait(false))[0];
    }

    private static async Task<ProbedSource> ProbeSyntheticAsync(
        FfmpegTools tools, VideoSource source, SourcePolicy policy, int maxWidth, CancellationToken cancellationToken)
    {
        SyntheticSettings settings = source.Synthetic!;
        int width = settings.Width;
        int shownWidth = Math.Min(maxWidth, width);
        var format = new FrameFormat(shownWidth, (int)Math.Round(settings.Height * (shownWidth / (double)width)));
        var options = new FrameSourceOptions { Format = format, RateHz = settings.FramesPerSecond };
        await using IFrameSource frames = FrameSources.Open(source, policy, options);
        await foreach (SourceFrame first in frames.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            using VideoFrame frame = first.Frame;
            byte[] jpeg = await FrameImages.EncodeJpegAsync(tools, format, frame.Pixels, cancellationToken)
                .ConfigureAwait(false);
            return new ProbedSource(width, settings.Height, settings.FramesPerSecond, null, null, jpeg);
        }

        throw Unreadable(source, frames.Status.Reason ?? "it shows nothing");
    }

    /// <summary>One connection brings both: some cameras take no second.</summary>
    private static async Task<ProbedSource> ProbeLiveAsync(
        FfmpegTools tools,
        VideoSource source,
        SourcePolicy policy,
        bool prefersUdp,
        int maxWidth,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        if (source.Kind == SourceKind.Webcam && !File.Exists(source.Address))
            throw Unreadable(source, "there is no such camera; connect it, or name another");
        Version version = await tools.VersionAsync(cancellationToken).ConfigureAwait(false);
        await using CheckingProxy? proxy = OpenProxy(source, policy);
        var options = new FrameSourceOptions
        {
            Format = new FrameFormat(1, 1),
            PrefersUdp = prefersUdp,
            WatchdogTimeout = timeout,
        };
        // What a source writes into its metadata, which ffmpeg logs too, must not pass for ffmpeg's own words.
        string tag = "showinfo@" + RandomNumberGenerator.GetHexString(12, lowercase: true);
        string width = maxWidth.ToString(CultureInfo.InvariantCulture);
        string[] arguments =
        [
            "-nostdin", "-hide_banner", "-nostats", "-loglevel", "repeat+level+info",
            .. LiveInput.Arguments(source, options, proxy?.Url, version),
            "-map", "0:V:0", "-an", "-sn", "-dn", "-frames:v", "1",
            "-vf", $"{tag}=checksum=0," +
                $"scale=w='max(1,round(min({width},ih*dar)))':h='max(1,round(min(ih,{width}/dar)))'",
            "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "3", "-f", "image2pipe", "pipe:1",
        ];
        var log = new LiveLog(source);
        var facts = new StreamFacts("[" + tag);
        await using var process = FfmpegProcess.Start(
            tools.Ffmpeg,
            arguments,
            s_stopTimeout,
            line =>
            {
                log.Take(line);
                facts.Take(line);
            },
            withoutProxyExceptions: proxy is not null);
        using var picture = new MemoryStream();
        await process.Output.CopyToAsync(picture, cancellationToken).ConfigureAwait(false);
        await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        if (picture.Length == 0 || facts.Size is not { } size)
        {
            throw Unreadable(
                source, log.Refusal ?? proxy?.Refusal ?? proxy?.Trouble ?? log.LastError ?? "it has no video");
        }

        return new ProbedSource(
            size.Width, size.Height, facts.FrameRateHz, log.Duration, facts.CodecName, picture.ToArray());
    }

    private static CheckingProxy? OpenProxy(VideoSource source, SourcePolicy policy)
    {
        if (!source.IsHttp || policy.PrivateAddresses == PrivateAddresses.Allow)
            return null;
        try
        {
            return new CheckingProxy(policy, source.Host);
        }
        catch (SocketException e)
        {
            throw Unreadable(source, $"no port on loopback can be had: {e.Message}");
        }
    }

    private static SourceException Unreadable(VideoSource source, string why) =>
        new(SourceErrorKind.Unreadable, $"'{source}' cannot be read: {why.TrimEnd('.')}.");

    /// <summary>What ffmpeg's log tells of the stream that is shown.</summary>
    private sealed partial class StreamFacts(string showInfoContext)
    {
        public (int Width, int Height)? Size { get; private set; }

        public double? FrameRateHz { get; private set; }

        public string? CodecName { get; private set; }

        public void Take(FfmpegLogLine line)
        {
            if (line.Context.StartsWith(showInfoContext, StringComparison.Ordinal))
            {
                // After rotation: "n:   0 pts: ... sar:1/1 s:320x240 i:P ...".
                if (SizePattern().Match(line.Message) is { Success: true } size)
                    Size = ((int)Math.Round(Number(size, "w") * Aspect(size)), (int)Number(size, "h"));
            }
            else if (CodecName is null && StreamPattern().Match(line.Message) is { Success: true } stream
                && !line.Message.Contains("(attached pic)", StringComparison.Ordinal))
            {
                CodecName = stream.Groups["codec"].Value;
                if (RatePattern().Match(line.Message) is { Success: true } rate)
                    FrameRateHz = Number(rate, "fps") * (rate.Groups["k"].Success ? 1000 : 1);
            }
        }

        /// <summary>0/1: not known.</summary>
        private static double Aspect(Match size)
        {
            double numerator = Number(size, "sarw"), denominator = Number(size, "sarh");
            return numerator > 0 && denominator > 0 ? numerator / denominator : 1;
        }

        private static double Number(Match match, string group) =>
            double.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

        [GeneratedRegex(
            @" sar:(?<sarw>\d{1,9})/(?<sarh>\d{1,9}) s:(?<w>\d{1,6})x(?<h>\d{1,6}) ",
            RegexOptions.ExplicitCapture,
            1000)]
        private static partial Regex SizePattern();

        /// <summary>"  Stream #0:0[0x100]: Video: h264 (High), yuv420p, 640x480 [SAR 1:1 DAR 4:3], 25 fps".</summary>
        [GeneratedRegex("^  Stream #0:[^ ]+ Video: (?<codec>[a-z0-9_]+)", RegexOptions.ExplicitCapture, 1000)]
        private static partial Regex StreamPattern();

        [GeneratedRegex(@", (?<fps>\d{1,9}(\.\d{1,9})?)(?<k>k)? fps\b", RegexOptions.ExplicitCapture, 1000)]
        private static partial Regex RatePattern();
    }
}
