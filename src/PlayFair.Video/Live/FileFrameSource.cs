using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace PlayFair.Video;

/// <summary>A file, once or over and over, at its own pace or as fast as its reader takes the frames.</summary>
internal sealed class FileFrameSource(VideoSource source, SourcePolicy policy, FrameSourceOptions options)
    : FrameSource(options, isLive: false, waits: true)
{
    private readonly Pacer? _pacer = options.IsFast ? null : new Pacer(options.Time, TimeSpan.MaxValue);
    private long _baseIndex = options.FirstIndex;
    private TimeSpan _baseTime;
    private long _leftToSkip = options.SkipCount;
    private string? _identity;
    private FileFacts? _facts;

    public override string? Identity => Volatile.Read(ref _identity);

    public override FileFacts? Facts => Volatile.Read(ref _facts);

    /// <exception cref="VideoException">There is no such file.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static string IdentityOf(string path)
    {
        using SafeFileHandle file = OpenToCompare(path);
        return IdentityOf(file);
    }

    protected override async Task<(SourceState State, string? Reason)> ProduceAsync(CancellationToken cancellationToken)
    {
        await policy.CheckAsync(source, cancellationToken).ConfigureAwait(false);
        string path = policy.AllowedPath(source.Address);
        VideoProbe.CheckFile(path);
        var tools = FfmpegTools.Find(Options.FfmpegLocation);
        using SafeFileHandle file = OpenToCompare(path);
        string identity = IdentityOf(file);
        _identity = identity;
        VideoInfo video = await VideoProbe.ProbeAsync(tools, path, cancellationToken).ConfigureAwait(false);
        UseKnownFacts(identity);
        SkipWholeLoops();
        if (_leftToSkip > 0)
            SetStatus(SourceState.Connecting, "reading up to where it was left off");

        while (true)
        {
            DecodeReport report = await PlayOnceAsync(tools, video, identity, cancellationToken).ConfigureAwait(false);
            string? damage = Damage(report, file, path, identity, out bool isAnother);
            if (!Options.Loops || isAnother)
                return (SourceState.Ended, damage);
            if (damage is not null && Status.State == SourceState.Live)
                SetStatus(SourceState.Live, damage);
            SkipWholeLoops();
            // Links and folders may have changed meanwhile.
            await policy.CheckAsync(source, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<DecodeReport> PlayOnceAsync(
        FfmpegTools tools, VideoInfo video, string identity, CancellationToken cancellationToken)
    {
        var decoderOptions = new VideoDecoderOptions { ThreadCount = Options.IsFast ? 0 : 1 };
        await using DecodePass pass = await DecodePass.StartAsync(
            tools, video, Options.Format, decoderOptions, cancellationToken).ConfigureAwait(false);
        var sampler = new RateSampler();
        double rateHz = RateHz;
        bool isRateConstant = true;
        long sampledCount = 0;
        bool Keeps(long index, TimeSpan time)
        {
            CountDecoded();
            double now = RateHz;
            isRateConstant &= now.Equals(rateHz);
            if (!sampler.Keeps(time, now))
                return false;
            sampledCount++;
            if (_leftToSkip == 0)
                return true;
            _leftToSkip--;
            return false;
        }

        while (true)
        {
            long start = Time.GetTimestamp();
            VideoFrame? frame = await pass.NextAsync(Keeps, cancellationToken).ConfigureAwait(false);
            if (frame is null)
                break;
            TimeSpan decodeTime = Time.GetElapsedTime(start);
            VideoFrame moved = frame.MovedBy(_baseIndex, _baseTime);
            await DeliverAsync(moved, decodeTime, cancellationToken).ConfigureAwait(false);
        }

        DecodeReport report = pass.Report!;
        _baseIndex += report.DecodedFrameCount;
        _baseTime += report.DecodedDuration;
        if (Options.Loops && isRateConstant)
        {
            Volatile.Write(ref _facts, new FileFacts(
                identity, rateHz, report.DecodedFrameCount, sampledCount, report.DecodedDuration));
        }

        return report;
    }

    private async ValueTask DeliverAsync(VideoFrame frame, TimeSpan decodeTime, CancellationToken cancellationToken)
    {
        try
        {
            if (_pacer is not null)
                await _pacer.WaitAsync(frame.PresentationTime, cancellationToken).ConfigureAwait(false);
            if (Status.State != SourceState.Live)
                SetStatus(SourceState.Live);
        }
        catch
        {
            frame.Dispose();
            throw;
        }

        await EmitAsync(frame, decodeTime, cancellationToken).ConfigureAwait(false);
    }

    private void UseKnownFacts(string identity)
    {
        if (Options.Loops && Options.Facts is { SampledCount: > 0 } known && known.Identity == identity &&
            known.RateHz.Equals(RateHz))
        {
            Volatile.Write(ref _facts, known);
        }
    }

    private void SkipWholeLoops()
    {
        if (_facts is not { SampledCount: > 0 } facts || !facts.RateHz.Equals(RateHz))
            return;
        long loops = _leftToSkip / facts.SampledCount;
        _leftToSkip -= loops * facts.SampledCount;
        _baseIndex += loops * facts.DecodedCount;
        _baseTime += loops * facts.Duration;
    }

    /// <summary>What is to be said of the file after its end; null: nothing.</summary>
    /// <param name="isAnother">Whether what the path names now is not what was read.</param>
    private static string? Damage(
        DecodeReport report, SafeFileHandle file, string path, string identity, out bool isAnother)
    {
        string? damage = report.IsComplete ? null : $"the file is {report}";
        bool isOverwritten = IdentityOf(file) != identity;
        isAnother = isOverwritten;
        string? change = isOverwritten ? "the file was changed while it was read: what came may be of both" : null;
        try
        {
            using SafeFileHandle now = OpenToCompare(path);
            if (!isOverwritten && IdentityOf(now) != identity)
            {
                isAnother = true;
                change = "the file was replaced while it was read: all that came is of the old one";
            }
        }
        catch (Exception e) when (e is VideoException or IOException or UnauthorizedAccessException)
        {
            isAnother = true;
            change ??= "the file was removed while it was read";
        }

        return damage is not null && change is not null ? $"{damage}; {change}" : damage ?? change;
    }

    private static SafeFileHandle OpenToCompare(string path)
    {
        try
        {
            return File.OpenHandle(
                path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new VideoException(
                VideoErrorKind.NotFound, path, $"'{path}' does not exist. Expected a video file; check the path.", e);
        }
    }

    private static string IdentityOf(SafeFileHandle file) => string.Create(
        CultureInfo.InvariantCulture, $"{RandomAccess.GetLength(file)}-{File.GetLastWriteTimeUtc(file).Ticks}");
}
