using System.Globalization;

namespace PlayFair.Video;

/// <summary>How ffmpeg is told to open a live source.</summary>
internal static class LiveInput
{
    /// <summary>
    /// What may be inside HTTP: containers and streams. Not the formats that are texts naming other addresses (concat,
    /// sdp, dash, ...), but for HLS, whose demuxer opens nothing but http and https.
    /// </summary>
    private const string HttpFormats =
        "hls,mpegts,mov,matroska,flv,live_flv,avi,mpeg,ogg,asf,ivf,nut,h264,hevc,m4v,mjpeg,mpjpeg,aac,mp3,ac3,eac3," +
        "webvtt";

    /// <summary>Arguments up to and with -i and the address.</summary>
    /// <param name="proxyUrl">For http and https; null: none.</param>
    /// <param name="ffmpegVersion">Decides what an option is called.</param>
    public static string[] Arguments(
        VideoSource source, FrameSourceOptions options, string? proxyUrl, Version ffmpegVersion)
    {
        // Before the watchdog, so that ffmpeg can say what it waited for.
        TimeSpan timeout = TimeSpan.FromTicks(
            Math.Min(TimeSpan.FromSeconds(10).Ticks, options.WatchdogTimeout.Ticks * 3 / 4));
        string microseconds = ((long)timeout.TotalMicroseconds).ToString(CultureInfo.InvariantCulture);
        string[] waiting = ["-rw_timeout", microseconds];
        string[] quick = ["-fflags", "nobuffer", "-flags", "low_delay", "-analyzeduration", "1000000"];
        string[] own = source.Kind switch
        {
            // In ffmpeg 4, -timeout makes RTSP wait for a client instead.
            SourceKind.Rtsp =>
            [
                "-protocol_whitelist", "rtp,srtp,udp,tcp,tls", .. quick,
                "-rtsp_transport", options.PrefersUdp ? "udp" : "tcp", "-allowed_media_types", "video",
                ffmpegVersion.Major < 5 ? "-stimeout" : "-timeout", microseconds,
            ],
            SourceKind.Rtmp => ["-protocol_whitelist", "rtmp,rtmps,tcp,tls", .. quick, .. waiting],
            SourceKind.Http or SourceKind.Hls =>
            [
                "-protocol_whitelist", "http,https,tcp,tls,httpproxy,crypto", "-format_whitelist", HttpFormats,
                "-analyzeduration", "2000000", .. waiting,
                .. proxyUrl is null ? (string[])[] : ["-http_proxy", proxyUrl],
            ],
            SourceKind.Srt => ["-protocol_whitelist", "srt", .. quick, .. waiting],
            SourceKind.Udp =>
            [
                "-protocol_whitelist", "udp", .. quick, "-overrun_nonfatal", "1", "-timeout", microseconds,
                "-f", "mpegts",
            ],
            SourceKind.Webcam => ["-protocol_whitelist", "file", "-f", "v4l2"],
            _ => throw new InvalidOperationException($"ffmpeg does not open {source.Kind} live."),
        };
        // One thread: with more, a decoder holds back as many frames.
        return ["-threads", "1", .. own, "-i", source.Address];
    }
}
