using System.Globalization;
using PlayFair.Attribution;
using PlayFair.Models;
using PlayFair.Video;

namespace PlayFair.Engine;

/// <summary>
/// Attributes file videos as a whole, one at a time. Features are kept a while, of short files those of every frame, so
/// that another number of frames or another score needs no decoding.
/// </summary>
internal sealed class ClipService(VideoServiceOptions options) : IDisposable
{
    /// <summary>Up to this many frames all are described: a second of one core, and every later question is free.</summary>
    private const int MostDescribed = 1500;

    /// <summary>A float32 for each feature.</summary>
    private const long MostKeptFeatures = 16L << 20;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(90);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<string, ClipAttributor> _attributors = new(StringComparer.Ordinal);

    /// <summary>The last used at the end.</summary>
    private readonly List<(Key Key, ClipFeatures Clip)> _kept = [];

    /// <exception cref="VideoServiceException">The file cannot be attributed so, or not now.</exception>
    public async Task<AttributionDocument> AttributeAsync(
        PlayedFile file, string path, ModelPackage model, ScoreKind score, ClassSelection selected, ClipQuery query,
        CancellationToken cancellationToken)
    {
        int count = query.Frames ?? model.FrameCount;
        if (count is < 1 or > ClipQuery.MaxFrames)
            throw DefinitionRules.Wrong("frames", $"{count}", $"1 to {ClipQuery.MaxFrames}");
        double from = query.From ?? 0, to = query.To ?? double.PositiveInfinity;
        if (!(from >= 0 && from < 1e9))
            throw DefinitionRules.Wrong("from", $"{from} s", "0 or more");
        if (!(to > from))
            throw DefinitionRules.Wrong("to", $"{to} s", $"more than from, {from} s");
        if (!await _turn.WaitAsync(s_patience, cancellationToken))
        {
            throw new VideoServiceException(
                VideoServiceError.Busy, "Another clip is being attributed. Ask again in a few seconds.");
        }

        using var timer = new CancellationTokenSource(s_limit);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            ClipAttributor attributor = AttributorOf(model);
            ClipFeatures clip = await FeaturesAsync(attributor, file, from, to, count, score, both.Token);
            return await Task.Run(
                () => attributor.AttributeClip(clip, path, score, selected, progress: null, both.Token), both.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new VideoServiceException(
                VideoServiceError.Unsuitable,
                $"This takes longer than {s_limit.TotalSeconds:0} s. Attribute a shorter file, or fewer frames.");
        }
        catch (ClipException refusal)
        {
            throw new VideoServiceException(VideoServiceError.Invalid, refusal.Message, "frames", refusal);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        foreach (ClipAttributor attributor in _attributors.Values)
            attributor.Dispose();
        _turn.Dispose();
    }

    private ClipAttributor AttributorOf(ModelPackage model)
    {
        if (!_attributors.TryGetValue(model.Name, out ClipAttributor? attributor))
            _attributors.Add(model.Name, attributor = new ClipAttributor(model, options.Inference));
        return attributor;
    }

    private async Task<ClipFeatures> FeaturesAsync(
        ClipAttributor attributor, PlayedFile file, double from, double to, int count, ScoreKind score,
        CancellationToken cancellationToken)
    {
        // Checked at this moment, kept or not.
        await options.Sources.CheckAsync(file.Address, cancellationToken);
        var all = new Key(file, attributor.Model.Name, from, to, Count: null);
        if (Find(all) is { } known)
            return Pick(known, count, file, from, to);
        if (Find(all with { Count = count }) is { } same)
            return same;

        string path = options.Sources.PathOf(file.Address);
        var span = new SpanSampling(TimeSpan.FromSeconds(from), to < 1e9 ? TimeSpan.FromSeconds(to) : null);
        VideoInfo video = await VideoProbe.ProbeAsync(path, cancellationToken);
        double seconds = Math.Min(to, video.Duration?.TotalSeconds ?? double.PositiveInfinity) - from;
        double expected = seconds * (video.FrameRateHz ?? double.PositiveInfinity);
        if (expected <= MostDescribed)
        {
            ClipFeatures described = await attributor.ExtractAsync(path, span, score, null, cancellationToken);
            Keep(all, described);
            return Pick(described, count, file, from, to);
        }

        FrameSampling sampling = FrameSampling.Uniform(count);
        if (from > 0 || to < double.PositiveInfinity)
        {
            long total = await CountAsync(path, span, cancellationToken);
            CheckCount(total, count, file, from, to);
            sampling = span with { Count = count, Total = total };
        }

        ClipFeatures sampled = await attributor.ExtractAsync(path, sampling, score, null, cancellationToken);
        sampled = sampled with { Sampling = Words(count, from, to) };
        Keep(all with { Count = count }, sampled);
        return sampled;
    }

    private static async Task<long> CountAsync(string path, FrameSampling span, CancellationToken cancellationToken)
    {
        await using VideoFrameReader reader =
            await VideoDecoder.ReadAsync(path, new FrameFormat(1, 1), span, null, cancellationToken);
        long count = 0;
        await foreach (VideoFrame frame in reader.WithCancellation(cancellationToken))
        {
            frame.Dispose();
            count++;
        }

        return count;
    }

    /// <summary>Some of all the frames of a span, as sampling would have taken them.</summary>
    private static ClipFeatures Pick(ClipFeatures all, int count, PlayedFile file, double from, double to)
    {
        int total = all.Frames.Count;
        CheckCount(total, count, file, from, to);
        int size = all.Values.Length / total;
        var uniform = new UniformSampling(count);
        int[] places = [.. Enumerable.Range(0, count).Select(i => (int)uniform.IndexOf(i, total))];
        return all with
        {
            Sampling = Words(count, from, to),
            Frames = [.. places.Select((place, i) => all.Frames[place] with { Position = i })],
            Values = [.. places.SelectMany(place => all.Values[(place * size)..((place + 1) * size)])],
        };
    }

    private static void CheckCount(long total, int count, PlayedFile file, double from, double to)
    {
        if (total == 0)
        {
            throw DefinitionRules.Wrong(
                "from", string.Create(CultureInfo.InvariantCulture, $"{from} s"), "a time before the end of the video");
        }

        if (total < count)
        {
            string where = from > 0 || to < double.PositiveInfinity ? "this part of " : "";
            throw new VideoServiceException(
                VideoServiceError.Invalid,
                $"There are {total} frames in {where}'{file.Address}', and {count} were asked for. Ask for at most {total}.",
                "frames");
        }
    }

    private static string Words(int count, double from, double to)
    {
        string words = FrameSampling.Uniform(count).ToString()!;
        if (to < double.PositiveInfinity)
            return string.Create(CultureInfo.InvariantCulture, $"{words}, {from} s to {to} s");
        return from > 0 ? string.Create(CultureInfo.InvariantCulture, $"{words}, from {from} s on") : words;
    }

    private ClipFeatures? Find(Key key)
    {
        int at = _kept.FindIndex(one => one.Key == key);
        if (at < 0)
            return null;
        (Key Key, ClipFeatures Clip) found = _kept[at];
        _kept.RemoveAt(at);
        _kept.Add(found);
        return found.Clip;
    }

    private void Keep(Key key, ClipFeatures clip)
    {
        _kept.Add((key, clip));
        while (_kept.Count > 1 && _kept.Sum(one => (long)one.Clip.Values.Length) > MostKeptFeatures)
            _kept.RemoveAt(0);
    }

    /// <param name="Count">Null: of all frames.</param>
    private sealed record Key(PlayedFile File, string Model, double From, double To, int? Count);
}
