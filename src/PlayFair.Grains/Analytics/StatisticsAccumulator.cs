using PlayFair.Engine;

namespace PlayFair.Grains;

/// <summary>What this silo's videos are counted into: sent to the analytics grains every two seconds, stored every ten.</summary>
internal sealed class StatisticsAccumulator(VideoHost host, IGrainFactory grains) : IDisposable
{
    /// <summary>One at a time takes from the book: a later state of a bucket must not be overtaken.</summary>
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<(string Model, string Video, DateTimeOffset Start), StatisticsBlob> _unsaved = [];
    private readonly Dictionary<string, StatisticsMark> _marks = new(StringComparer.Ordinal);

    /// <summary>The stored bucket of a key, or the one that is about to be.</summary>
    public StatisticsBlob? Read(string model, string video, DateTimeOffset start) =>
        _unsaved.GetValueOrDefault((model, video, start)) ?? host.ReadBucket(model, video, start);

    /// <summary>Sends what has changed.</summary>
    public async Task SendAsync()
    {
        IReadOnlyList<(string Model, BucketPart Part)> changed;
        await _turn.WaitAsync();
        try
        {
            changed = await TakeAsync();
        }
        catch (StoreException)
        {
            // Nothing was taken.
            return;
        }
        finally
        {
            _turn.Release();
        }

        await Task.WhenAll(changed.GroupBy(one => one.Model, one => one.Part, StringComparer.Ordinal)
            .Select(group => SendAsync(group.Key, [.. group])));
    }

    /// <summary>Stores what has changed. Where that fails it is tried again.</summary>
    public async Task SaveAsync()
    {
        await _turn.WaitAsync();
        try
        {
            await TakeAsync();
            if (_unsaved.Count == 0)
                return;
            await Task.Run(() => host.Store!.SaveStatistics([.. _unsaved.Values], _marks));
            _unsaved.Clear();
            _marks.Clear();
        }
        catch (StoreException)
        {
            // The store's status says why.
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Drops a video that was removed, or has left, or is to be counted anew from what is stored.</summary>
    public async Task ForgetAsync(string video)
    {
        await _turn.WaitAsync();
        try
        {
            host.Statistics.Forget(video);
            _marks.Remove(video);
            foreach (var key in _unsaved.Keys.Where(key => key.Video == video).ToArray())
                _unsaved.Remove(key);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<IReadOnlyList<(string Model, BucketPart Part)>> TakeAsync()
    {
        (IReadOnlyList<StatisticsBlob> changed, IReadOnlyDictionary<string, StatisticsMark> marks) =
            await Task.Run(host.Statistics.TakeChanged);
        foreach (StatisticsBlob blob in changed)
            _unsaved[(blob.Model, blob.Video, blob.BucketStart)] = blob;
        foreach ((string video, StatisticsMark mark) in marks)
            _marks[video] = mark;
        return
        [
            .. from blob in changed
               let mark = marks[blob.Video]
               select (blob.Model, new BucketPart(blob.Video, blob.BucketStart, mark.Claim, mark.Sequence, blob.Bytes)),
        ];
    }

    /// <summary>Outside the turn: nobody who stores waits for a silo that does not answer, and what overtakes is newer.</summary>
    private async Task SendAsync(string model, BucketPart[] changed)
    {
        try
        {
            await grains.GetGrain<IAnalyticsGrain>(model).MergeAsync(changed);
        }
        catch (Exception failure) when (ClusterFailure.Is(failure))
        {
            // It is in the store soon; until then answers know less.
        }
    }
}
