using System.Net;
using System.Net.ServerSentEvents;
using System.Security.Cryptography;
using System.Text.Json;
using PlayFair.Contracts;

namespace PlayFair.Grains.Tests.Processes;

/// <summary>What a reader has read, and what was wrong with it.</summary>
/// <param name="Lost">Updates that were left out, or said to be gone.</param>
/// <param name="Repeated">Updates that came again.</param>
/// <param name="Wrong">Updates whose frames do not follow, or that are not as they are stored.</param>
internal sealed record ReaderTotals(string Reader, long Updates, long Lost, long Repeated, long Wrong)
{
    public bool IsClean => Lost + Repeated + Wrong == 0;
}

/// <summary>
/// Reads videos at one address, every update from the first on, and counts what is wrong with what the server sends. It
/// comes back for as long as the address does not answer. (The client of <c>PlayFair.Client</c> would leave out
/// repetitions.)
/// </summary>
internal sealed class UpdateReader : IAsyncDisposable
{
    private const int FaultsKept = 20;

    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Progress> _videos;
    private readonly List<string> _faults = [];
    private readonly List<(Func<bool> IsReached, TaskCompletionSource Reached)> _goals = [];
    private readonly HttpClient _http;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private long _updateCount, _lostCount, _repeatedCount, _wrongCount;

    public UpdateReader(string name, Uri address, IEnumerable<VideoDefinition> videos)
    {
        Name = name;
        _videos = videos.ToDictionary(video => video.Id, video => new Progress(video), StringComparer.Ordinal);
        _http = new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        _running = Task.Run(RunAsync);
    }

    public string Name { get; }

    public ReaderTotals Totals
    {
        get
        {
            lock (_lock)
                return new(Name, _updateCount, _lostCount, _repeatedCount, _wrongCount);
        }
    }

    /// <summary>The first faults, in words.</summary>
    public IReadOnlyList<string> Faults
    {
        get
        {
            lock (_lock)
                return [.. _faults];
        }
    }

    /// <summary>A number that updates of the same content share.</summary>
    public static ulong HashOf(AttributionUpdate update) => BitConverter.ToUInt64(
        SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(update, ContractJson.Lines.AttributionUpdate)));

    /// <summary>Hashes of a video's updates, in order; 0 for one that was lost.</summary>
    public IReadOnlyList<ulong> HashesOf(string video)
    {
        lock (_lock)
            return [.. _videos[video].Hashes];
    }

    /// <summary>The silo that a video runs on, as this reader was told last.</summary>
    public string? SiloOf(string video)
    {
        lock (_lock)
            return _videos[video].Silo;
    }

    /// <summary>How far each video is.</summary>
    public string Describe()
    {
        lock (_lock)
        {
            IEnumerable<string> all = _videos.Select(
                pair => $"{pair.Key} {pair.Value.Last} of {pair.Value.LastComputedAt:HH:mm:ss} ({pair.Value.State} on "
                    + $"{pair.Value.Silo ?? "none"}{(pair.Value.Reason is { } reason ? $": {reason}" : "")})");
            return $"The reader at {Name} has {string.Join(", ", all)}.";
        }
    }

    /// <summary>Ends when updates have come of all videos that were computed after a time.</summary>
    public Task MovedOnAsync(DateTimeOffset time) => UntilAsync(_ => true, video => video.LastComputedAt > time);

    /// <summary>Ends when the reader has been told that videos run on another silo than one.</summary>
    public Task RunElsewhereAsync(IEnumerable<string> videos, string silo)
    {
        HashSet<string> ids = [.. videos];
        return UntilAsync(id => ids.Contains(id), video => video.Silo is { } its && its != silo);
    }

    /// <summary>Ends when the last update of a video is there.</summary>
    public Task CameToAsync(string video, long sequence) => UntilAsync(id => id == video, its => its.Last >= sequence);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
        _http.Dispose();
    }

    private async Task UntilAsync(Func<string, bool> matters, Func<Progress, bool> isThere)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _goals.Add((
                () => _videos.Where(pair => matters(pair.Key)).All(pair => isThere(pair.Value)), reached));
            TellReached();
        }

        await reached.Task;
    }

    private void TellReached()
    {
        foreach (var (_, reached) in _goals.Where(goal => goal.IsReached()))
            reached.TrySetResult();
        _goals.RemoveAll(goal => goal.Reached.Task.IsCompleted);
    }

    private async Task RunAsync()
    {
        string path = $"api/v1/events?{string.Join('&', _videos.Keys.Select(id => $"video={id}"))}";
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await ReadAsync(path, _stopping.Token);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException)
            {
                // Its silo is away.
            }
            catch (Exception failure)
            {
                Blame($"it ended: {failure}");
                return;
            }

            await Task.Delay(s_retry, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadAsync(string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Last-Event-ID", string.Join(',', _videos.Select(pair => $"{pair.Key}:{pair.Value.Last}")));
        using HttpResponseMessage answer =
            await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        // What is refused while a silo starts or leaves is asked for again.
        if (answer.StatusCode < HttpStatusCode.InternalServerError)
            answer.EnsureSuccessStatusCode();
        else
            return;
        await using Stream body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (SseItem<byte[]> item in
            SseParser.Create(body, (_, data) => data.ToArray()).EnumerateAsync(cancellationToken))
        {
            lock (_lock)
            {
                Take(item.EventType, item.Data);
                TellReached();
            }
        }
    }

    private void Take(string name, byte[] data)
    {
        switch (name)
        {
            case "update":
                Take(JsonSerializer.Deserialize(data, ContractJson.Lines.AttributionUpdate)!);
                break;
            case "status":
                VideoStatus status = JsonSerializer.Deserialize(data, ContractJson.Lines.VideoStatus)!;
                Progress video = _videos[status.Definition.Id];
                (video.Silo, video.State, video.Reason) = (status.Silo, status.State, status.Reason);
                break;
            case "gap":
                using (JsonDocument gap = JsonDocument.Parse(data))
                {
                    string id = gap.RootElement.GetProperty("video").GetString()!;
                    long last = gap.RootElement.GetProperty("toSequence").GetInt64();
                    Lose(_videos[id], last, "the server says that they are gone");
                }

                break;
            case "removed":
                Blame("a video was removed");
                break;
        }
    }

    private void Take(AttributionUpdate update)
    {
        Progress video = _videos[update.Video];
        _updateCount++;
        if (update.Sequence <= video.Last)
        {
            _repeatedCount++;
            Blame($"{update.Video} {update.Sequence} came again after {video.Last}");
            return;
        }

        if (update.Sequence > video.Last + 1)
            Lose(video, update.Sequence - 1, "they were left out");
        if (!video.IsNext(update))
        {
            _wrongCount++;
            Blame(
                $"{update.Video} {update.Sequence} is of frames {string.Join(' ', update.FrameIndices)}, after "
                + $"{string.Join(' ', video.LastFrames)}");
        }

        video.Hashes.Add(HashOf(update));
        video.LastFrames = update.FrameIndices;
        video.LastComputedAt = update.ComputedAt;
    }

    private void Lose(Progress video, long last, string why)
    {
        Blame($"{video.Definition.Id} {video.Last + 1} to {last} are missing: {why}");
        for (; video.Last < last; _lostCount++)
            video.Hashes.Add(0);
    }

    private void Blame(string fault)
    {
        lock (_lock)
        {
            if (_faults.Count < FaultsKept)
                _faults.Add($"{DateTimeOffset.UtcNow:HH:mm:ss.fff} reader at {Name}: {fault}");
        }
    }

    /// <summary>What has come of a video.</summary>
    private sealed class Progress(VideoDefinition definition)
    {
        public VideoDefinition Definition => definition;

        public List<ulong> Hashes { get; } = [];

        public long Last => Hashes.Count - 1;

        public long[] LastFrames { get; set; } = [];

        public DateTimeOffset LastComputedAt { get; set; }

        public string? Silo { get; set; }

        public VideoState State { get; set; }

        public string? Reason { get; set; }

        /// <summary>
        /// Whether an update's frames are those that follow. A file's are known by its number, whoever reads the file;
        /// of a camera frames are lost where it moves, and none comes twice.
        /// </summary>
        public bool IsNext(AttributionUpdate update)
        {
            long[] frames = update.FrameIndices;
            if (definition.Loop)
            {
                long expected = update.Sequence * definition.Stride;
                return frames.Select((frame, i) => frame - i).All(first => first == expected);
            }

            return LastFrames.Length == 0 || frames[^1] > LastFrames[^1];
        }
    }
}
