using System.Text.Json;
using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Server;

/// <summary>What a reload did, by the videos' ids.</summary>
public sealed record ReloadReport(
    IReadOnlyList<string> Added,
    IReadOnlyList<string> Changed,
    IReadOnlyList<string> Removed,
    IReadOnlyList<ReloadFailure> Failed);

/// <summary>A video that could not be made as the file describes it; what runs of it runs on.</summary>
/// <param name="Video">Its id.</param>
/// <param name="Detail">Why, in words.</param>
public sealed record ReloadFailure(string Video, string Detail);

/// <summary>Keeps the configuration file's videos as it describes them; leaves all others alone.</summary>
/// <remarks>Who paused one by the API finds it so after a restart, unless the file was what paused it.</remarks>
public sealed class ConfiguredVideos(
    ServerConfiguration configuration, IVideoService service, ILogger<ConfiguredVideos> log) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<string, (string Json, bool Pauses)> _applied = new(StringComparer.Ordinal);

    /// <summary>Reads the file again, and adds, changes and removes what differs from the last time.</summary>
    /// <exception cref="ConfigurationException">The file is wrong, or there is none; nothing was touched.</exception>
    public async Task<ReloadReport> ReloadAsync(CancellationToken cancellationToken = default)
    {
        if (configuration.File is null)
        {
            throw new ConfigurationException(
            [
                new("file", "default", "no configuration file at the start", "one, whose videos are read again",
                    $"Start with --config FILE, or with a {ConfigurationReader.DefaultFile} in the folder."),
            ]);
        }

        return await ApplyAsync(ConfigurationReader.ReadVideos(configuration.File), cancellationToken);
    }

    /// <summary>Adds, changes and removes what differs from before. One that fails stops no other.</summary>
    public async Task<ReloadReport> ApplyAsync(
        IReadOnlyList<VideoDefinition> videos, CancellationToken cancellationToken = default)
    {
        List<string> added = [], changed = [], removed = [];
        List<ReloadFailure> failed = [];
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var running = (await service.ListAsync(cancellationToken))
                .ToDictionary(status => status.Definition.Id, status => status.Definition);
            foreach (string id in _applied.Keys.Except(videos.Select(video => video.Id)).ToList())
            {
                await TryAsync(id, async () =>
                {
                    if (running.ContainsKey(id))
                        await service.RemoveAsync(id, cancellationToken);
                    _applied.Remove(id);
                    removed.Add(id);
                });
            }

            foreach (VideoDefinition video in videos)
            {
                string json = JsonSerializer.Serialize(video, ContractJson.Lines.VideoDefinition);
                bool isRunning = running.TryGetValue(video.Id, out VideoDefinition? now);
                (string? Json, bool Pauses) before = _applied.GetValueOrDefault(video.Id);
                if (isRunning && before.Json == json)
                    continue;
                bool isPaused = video.Paused || (now?.Paused == true && !before.Pauses);
                await TryAsync(video.Id, async () =>
                {
                    if (isRunning)
                        await service.ChangeAsync(video with { Paused = isPaused }, cancellationToken);
                    else
                        await PutAsync(service, video, cancellationToken);
                    _applied[video.Id] = (json, video.Paused);
                    (isRunning ? changed : added).Add(video.Id);
                });
            }
        }
        finally
        {
            _turn.Release();
        }

        if (videos.Count + removed.Count > 0)
        {
            log.LogInformation(
                "Configured videos: {Added} added, {Changed} changed, {Removed} removed, {Failed} failed", added.Count,
                changed.Count, removed.Count, failed.Count);
        }

        return new ReloadReport(added, changed, removed, failed);

        async Task TryAsync(string id, Func<Task> change)
        {
            try
            {
                await change();
            }
            catch (VideoServiceException failure)
            {
                log.LogError("Video {Video} is not as the configuration has it: {Reason}", id, failure.Message);
                failed.Add(new ReloadFailure(id, failure.Message));
            }
        }
    }

    /// <summary>Adds a video, or changes that of its id: another silo of a cluster may just have added it.</summary>
    public static async Task PutAsync(
        IVideoService service, VideoDefinition definition, CancellationToken cancellationToken = default)
    {
        try
        {
            await service.AddAsync(definition, cancellationToken);
        }
        catch (VideoServiceException refusal) when (refusal.Error == VideoServiceError.Exists)
        {
            await service.ChangeAsync(definition, cancellationToken);
        }
    }

    public void Dispose() => _turn.Dispose();
}
