using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Server;

/// <summary>Writes each change of a video's state and quality to the log.</summary>
internal sealed class StatusLog(IVideoService service, TimeProvider time, ILogger<StatusLog> log) : BackgroundService
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, (VideoState State, string? Reason)> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _levels = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await foreach (VideoEvent happened in service.SubscribeAsync(
                    new Subscription(StatusOnly: true, HereOnly: true), stoppingToken))
                    Tell(happened);
            }
            catch (VideoServiceException failure)
            {
                log.LogWarning("Changes of videos cannot be followed: {Reason}", failure.Message);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                // A log that fails must not end the server.
                log.LogError(failure, "Changes of videos cannot be followed");
            }

            await Task.Delay(RetryInterval, time, stoppingToken);
        }
    }

    private void Tell(VideoEvent happened)
    {
        switch (happened)
        {
            case StatusEvent { Status: { } status }:
                TellQuality(happened.Video, status.Quality);
                var state = (status.State, status.Reason);
                if (_known.TryGetValue(happened.Video, out var before) && before == state)
                    return;
                _known[happened.Video] = state;
                LogLevel level = status.State switch
                {
                    VideoState.Failed => LogLevel.Error,
                    VideoState.Stalled or VideoState.Reconnecting => LogLevel.Warning,
                    _ => LogLevel.Information,
                };
                string name = ServerConfiguration.NameOf(status.State);
                if (status.Reason is null)
                    log.Log(level, "Video {Video} is {State}", happened.Video, name);
                else
                    log.Log(level, "Video {Video} is {State}: {Reason}", happened.Video, name, OneLine(status.Reason));
                break;
            case RemovedEvent:
                _known.Remove(happened.Video);
                _levels.Remove(happened.Video);
                log.LogInformation("Video {Video} runs here no more", happened.Video);
                break;
            case GapEvent gap:
                log.LogWarning(
                    "Video {Video}: updates {From} to {To} can no longer be had", gap.Video, gap.FromSequence,
                    gap.ToSequence);
                break;
        }
    }

    private void TellQuality(string video, VideoQuality quality)
    {
        int before = _levels.GetValueOrDefault(video);
        _levels[video] = quality.Level;
        if (quality.Level == before)
            return;
        log.Log(
            quality.Level > before ? LogLevel.Warning : LogLevel.Information, "Video {Video} is computed at level {Level}: {Reason}",
            video, quality.Level, quality.Reason ?? "all that was asked for");
    }

    /// <summary>Reasons quote other programs, whose words may hold line breaks and escape sequences.</summary>
    private static string OneLine(string text) =>
        string.Concat(text.ReplaceLineEndings(" ").Select(c => char.IsControl(c) ? '\uFFFD' : c));
}
