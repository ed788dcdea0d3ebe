using System.Globalization;
using PlayFair.Contracts;
using PlayFair.Models;

namespace PlayFair.Engine;

/// <summary>Finds the windows that one number of the statistics counts, newest first.</summary>
/// <remarks>Each call looks at so many updates at most: it answers in a fraction of a second however rare they are.</remarks>
internal sealed class MomentFinder
{
    public const int MostScanned = 20_000;

    private readonly MomentsQuery _query;
    private readonly long _bucketTicks;
    private readonly Dictionary<string, ModelPackage> _models;
    private readonly Dictionary<string, long>? _before;

    /// <param name="bucketLength">Of the statistics: a period is one of their buckets.</param>
    /// <param name="models">Those whose classes' names are known.</param>
    /// <exception cref="VideoServiceException"><see cref="VideoServiceError.Invalid"/>.</exception>
    public MomentFinder(MomentsQuery query, TimeSpan bucketLength, IEnumerable<ModelPackage> models)
    {
        Check(query);
        _query = query;
        _bucketTicks = bucketLength.Ticks;
        _models = models.ToDictionary(model => $"{model.Name} {model.Version}", StringComparer.Ordinal);
        _before = query.Before is { } cursor ? ReadCursor(cursor) : null;
    }

    /// <summary>Reads on, a page of one video's updates at a time.</summary>
    /// <param name="videos">All there are, or those asked for.</param>
    /// <param name="read">
    /// Of a video's updates that arrived between two times, both included, those before a sequence number, highest first,
    /// and at most so many.
    /// </param>
    public MomentList Find(
        IEnumerable<string> videos, Func<string, BackwardQuery, IReadOnlyList<AttributionUpdate>> read,
        CancellationToken cancellationToken)
    {
        var readers = new PriorityQueue<Reader, (long, string)>();
        foreach (string video in videos)
        {
            if (_before is null || _before.ContainsKey(video))
                Enqueue(new Reader(video, _before?[video] ?? long.MaxValue, Period(), read));
        }

        var moments = new List<Moment>();
        long scannedCount = 0;
        while (moments.Count < _query.Limit && scannedCount < MostScanned && readers.TryDequeue(out Reader? reader, out _))
        {
            cancellationToken.ThrowIfCancellationRequested();
            scannedCount++;
            if (Match(reader.Take()) is { } moment)
                moments.Add(moment);
            Enqueue(reader);
        }

        string[] rest =
        [
            .. readers.UnorderedItems.Select(item => item.Element).OrderBy(one => one.Video, StringComparer.Ordinal)
                .Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Video}:{one.Newest!.Sequence + 1}")),
        ];
        return new MomentList
        {
            Moments = moments,
            ScannedCount = scannedCount,
            IsComplete = rest.Length == 0,
            Next = rest.Length == 0 ? null : string.Join(',', rest),
        };

        void Enqueue(Reader reader)
        {
            if (reader.Newest is { } newest)
                readers.Enqueue(reader, (-newest.ArrivedAt.UtcTicks, reader.Video));
        }
    }

    private (long First, long Last) Period()
    {
        long last = _query.To is { } to ? to.UtcTicks + _bucketTicks - 1 : long.MaxValue;
        return (_query.From?.UtcTicks ?? 0, last);
    }

    private Moment? Match(AttributionUpdate update)
    {
        long bucket = update.ArrivedAt.UtcTicks - (update.ArrivedAt.UtcTicks % _bucketTicks);
        if (bucket < _query.From?.UtcTicks || bucket >= _query.To?.UtcTicks
            || (_query.Model is { } model && model != update.Model) || (_query.Score is { } score && score != update.Score))
        {
            return null;
        }

        int place = _query.I ?? update.FrameCount - 1;
        ReportedClass? found = _query.Kind switch
        {
            MomentKind.Top => Is(_query.Class, update, update.Classes[0]) && HasScore(update) ? update.Classes[0] : null,
            MomentKind.Transition => IsTransition(update) ? update.Classes[0] : null,
            _ => update.FrameCount == _query.Window
                && update.Classes.FirstOrDefault(c => Is(_query.Class, update, c)) is { } reported
                && IsPosition(reported.Esv, place)
                    ? reported
                    : null,
        };
        return found is null
            ? null
            : new Moment(
                update.Video, update.Sequence, update.ArrivedAt, update.FrameTimes[place], update.FrameIndices[place],
                found.Index, found.Name, found.Score);
    }

    /// <summary>As <see cref="PositionCounts"/> counts.</summary>
    private bool IsPosition(float[] esv, int i)
    {
        switch (_query.Kind)
        {
            case MomentKind.Greater:
                return esv[i] > esv[_query.J!.Value];
            case MomentKind.Supporting:
                return esv[i] > 0;
        }

        int most = 0;
        for (int k = 0; k < esv.Length; k++)
        {
            if (_query.Kind == MomentKind.MostSupporting ? esv[k] > esv[most] : esv[k] < esv[most])
                most = k;
        }

        return i == most;
    }

    /// <summary>A band of the statistics is that band, whose ends are open where it is the first or the last.</summary>
    private bool HasScore(AttributionUpdate update)
    {
        float score = update.Classes[0].Score;
        var bins = ScoreBins.For(update.Score);
        for (int band = 0; band < ScoreBins.BandCount; band++)
        {
            if (bins.Range(band) is var (from, to) && from.Equals(_query.ScoreFrom) && to.Equals(_query.ScoreTo))
                return bins.Band(score) == band;
        }

        return !(score < _query.ScoreFrom) && !(score >= _query.ScoreTo);
    }

    private bool IsTransition(AttributionUpdate update)
    {
        if (update.PreviousTopClass is not { } previous || !Is(_query.Next!, update, update.Classes[0]))
            return false;
        return _models.TryGetValue(update.Model, out ModelPackage? model)
            ? model.FindClass(_query.Class) == previous
            : IsIndex(_query.Class, previous);
    }

    /// <summary>Names come before indices, as in the statistics.</summary>
    private bool Is(string text, AttributionUpdate update, ReportedClass reported) =>
        _models.TryGetValue(update.Model, out ModelPackage? model) && model.FindClass(text) is { } index
            ? index == reported.Index
            : string.Equals(text, reported.Name, StringComparison.OrdinalIgnoreCase) || IsIndex(text, reported.Index);

    private static bool IsIndex(string text, int index) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number == index;

    private static void Check(MomentsQuery query)
    {
        if (query.Limit is < 1 or > MomentsQuery.MaxLimit)
            throw DefinitionRules.Wrong("limit", $"{query.Limit}", $"1 to {MomentsQuery.MaxLimit}");
        if (query.From >= query.To)
            throw DefinitionRules.Wrong("to", $"{query.To:O}", "a time after from");
        if (query.ScoreFrom >= query.ScoreTo)
            throw DefinitionRules.Wrong("scoreTo", $"{query.ScoreTo}", "a score above scoreFrom");
        if (query.Kind == MomentKind.Transition && query.Next is null)
            throw DefinitionRules.Wrong("next", "missing", "the class that follows");
        if (query.Kind is MomentKind.Top or MomentKind.Transition)
            return;
        if (query.Window is not > 0)
            throw DefinitionRules.Wrong("window", Shown(query.Window), "the number of frames of the windows");
        CheckPosition("i", query.I, query.Window.Value);
        if (query.Kind == MomentKind.Greater)
            CheckPosition("j", query.J, query.Window.Value);
    }

    private static void CheckPosition(string field, int? position, int window)
    {
        if (position is not >= 0 || position >= window)
            throw DefinitionRules.Wrong(field, Shown(position), $"a position in the window, 0 to {window - 1}");
    }

    private static string Shown(int? value) => value is null ? "missing" : $"{value}";

    private static Dictionary<string, long> ReadCursor(string text)
    {
        var before = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (string part in text.Split(','))
        {
            string[] pair = part.Split(':');
            if (pair.Length != 2
                || !long.TryParse(pair[1], NumberStyles.None, CultureInfo.InvariantCulture, out long sequence))
            {
                throw DefinitionRules.Wrong("before", $"'{text}'", "the 'next' of the answer before");
            }

            before[pair[0]] = sequence;
        }

        return before;
    }

    /// <summary>One video's updates, newest first.</summary>
    private sealed class Reader
    {
        private const int FirstPage = 32, Page = 256;

        private readonly Func<string, BackwardQuery, IReadOnlyList<AttributionUpdate>> _read;
        private readonly (long First, long Last) _period;
        private IReadOnlyList<AttributionUpdate> _page;
        private int _at;

        public Reader(
            string video, long before, (long First, long Last) period,
            Func<string, BackwardQuery, IReadOnlyList<AttributionUpdate>> read)
        {
            Video = video;
            _period = period;
            _read = read;
            _page = ReadPage(before, FirstPage);
        }

        public string Video { get; }

        public AttributionUpdate? Newest => _at < _page.Count ? _page[_at] : null;

        public AttributionUpdate Take()
        {
            AttributionUpdate taken = _page[_at++];
            if (_at == _page.Count)
            {
                _page = ReadPage(taken.Sequence, Page);
                _at = 0;
            }

            return taken;
        }

        private IReadOnlyList<AttributionUpdate> ReadPage(long before, int limit) =>
            _read(Video, new BackwardQuery(before, _period.First, _period.Last, limit));
    }
}

/// <summary>A page of updates, highest sequence number first.</summary>
/// <param name="Before">Only lower ones.</param>
/// <param name="FirstTicks">Earliest arrival, UTC.</param>
/// <param name="LastTicks">Latest arrival, UTC.</param>
public readonly record struct BackwardQuery(long Before, long FirstTicks, long LastTicks, int Limit);
