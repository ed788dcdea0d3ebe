using System.Text.Json;
using PlayFair.Contracts;
using PlayFair.Video;

namespace PlayFair.Engine;

/// <summary>Looks at sources that are not videos yet, a few at a time: each takes an ffmpeg of its own.</summary>
internal sealed class SourceProbes(SourcePolicy policy, TimeProvider time) : IDisposable
{
    private const int MaxCount = 2;

    private const int MaxPictureWidth = 640;

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _free = new(MaxCount, MaxCount);

    /// <exception cref="VideoServiceException">
    /// It may not be opened, or cannot be read; or as many are looked at as may be.
    /// </exception>
    public async Task<SourceProbe> ProbeAsync(
        string source, RtspTransport transport, CancellationToken cancellationToken)
    {
        if (!await _free.WaitAsync(TimeSpan.Zero, cancellationToken))
        {
            throw new VideoServiceException(
                VideoServiceError.LimitReached,
                $"{MaxCount} sources are looked at already, as many as may be at once. Try again in a few seconds.");
        }

        try
        {
            VideoSource address = VideoSource.Parse(source);
            ProbedSource found = await SourceProber.ProbeAsync(
                address, policy, prefersUdp: transport == RtspTransport.Udp, MaxPictureWidth, s_timeout, time,
                cancellationToken);
            return new SourceProbe
            {
                Source = address.Redacted,
                Kind = JsonNamingPolicy.KebabCaseLower.ConvertName($"{address.Kind}"),
                IsLive = address.IsLive,
                Width = found.Width,
                Height = found.Height,
                FrameRateHz = found.FrameRateHz,
                DurationSeconds = found.Duration?.TotalSeconds,
                Codec = found.CodecName,
                Picture = found.Jpeg,
                PictureType = "image/jpeg",
            };
        }
        catch (SourceException refusal)
        {
            throw Refusal(refusal);
        }
        catch (VideoException failure)
        {
            throw new VideoServiceException(VideoServiceError.Invalid, failure.Message, "source", failure);
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>What is told of a source that is refused.</summary>
    public static VideoServiceException Refusal(SourceException refusal) => new(
        refusal.Kind == SourceErrorKind.Forbidden ? VideoServiceError.Forbidden : VideoServiceError.Invalid,
        refusal.Message, "source", refusal);

    public void Dispose() => _free.Dispose();
}
