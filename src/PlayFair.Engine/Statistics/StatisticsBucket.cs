using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>What is counted of the updates of one model, one video and one time bucket; mergeable.</summary>
/// <remarks>
/// All counts and sums are integers: the same updates give the same bytes, in whatever order they are added and however
/// they are split into buckets that are then merged. Not safe for several threads.
/// </remarks>
/// <param name="model">Name and version.</param>
/// <param name="video">The video's id.</param>
/// <param name="start">When the time bucket begins, UTC.</param>
public sealed class StatisticsBucket(string model, string video, DateTimeOffset start)
{
    /// <summary>The longest window whose n × n matrix of comparisons is counted.</summary>
    public const int MaxMatrixLength = 64;

    private const long FormatVersion = 1;

    private readonly SortedList<string, ScoreCounts> _scores = new(StringComparer.Ordinal);

    public string Model { get; } = model;

    public string Video { get; } = video;

    public DateTimeOffset Start { get; } = start;

    /// <summary>Updates counted.</summary>
    public long UpdateCount => _scores.Values.Sum(counts => counts.WindowCount);

    /// <summary>By the score's name; they share no range, so they share no count.</summary>
    internal IReadOnlyDictionary<string, ScoreCounts> Scores => _scores;

    /// <summary>Counts an update.</summary>
    /// <remarks>
    /// O(classes × n), and O(classes × n²) up to <see cref="MaxMatrixLength"/> frames; allocates only for what it
    /// sees first.
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// The update is of another model or video, its first class is not its top class, or a class has not one value
    /// for each frame. Nothing is counted then.
    /// </exception>
    public void Add(AttributionUpdate update)
    {
        ArgumentNullException.ThrowIfNull(update);
        Check(update);
        if (!_scores.TryGetValue(update.Score, out ScoreCounts? counts))
        {
            counts = new ScoreCounts(update.Score);
            _scores.Add(update.Score, counts);
        }

        counts.Add(update);
    }

    /// <summary>Adds another bucket's counts to these; it may be of another video or time.</summary>
    /// <exception cref="ArgumentException">It is of another model, whose classes are not these.</exception>
    public void Merge(StatisticsBucket other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Model != Model)
        {
            throw new ArgumentException(
                $"Cannot merge statistics of {other.Model} into those of {Model}.", nameof(other));
        }

        Merge(other.ToBytes());
    }

    /// <summary>The counts, as <see cref="FromBytes"/> reads them. Equal counts give equal bytes.</summary>
    public byte[] ToBytes()
    {
        var writer = new CountsWriter();
        writer.WriteCount(FormatVersion);
        writer.WriteCount(_scores.Count);
        foreach ((string score, ScoreCounts counts) in _scores)
        {
            writer.WriteText(score);
            counts.Write(writer);
        }

        return writer.ToArray();
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The bytes are damaged, or of an unknown format.</exception>
    public static StatisticsBucket FromBytes(string model, string video, DateTimeOffset start, ReadOnlySpan<byte> bytes)
    {
        var bucket = new StatisticsBucket(model, video, start);
        bucket.Merge(bytes);
        return bucket;
    }

    /// <summary>Adds what another bucket of the same model wrote; where it throws, a part of it.</summary>
    /// <exception cref="InvalidDataException">As <see cref="FromBytes"/>.</exception>
    internal void Merge(ReadOnlySpan<byte> bytes)
    {
        var reader = new CountsReader(bytes);
        long version = reader.ReadCount();
        if (version != FormatVersion)
            throw new InvalidDataException($"Found format {version}, expected {FormatVersion}.");
        for (int left = reader.ReadLength(); left > 0; left--)
        {
            string score = reader.ReadText();
            if (!_scores.TryGetValue(score, out ScoreCounts? counts))
            {
                counts = new ScoreCounts(score);
                _scores.Add(score, counts);
            }

            counts.Merge(ref reader);
        }

        if (!reader.IsAtEnd)
            throw new InvalidDataException("It goes on after its end.");
    }

    private void Check(AttributionUpdate update)
    {
        if (update.Model != Model || update.Video != Video)
        {
            throw new ArgumentException(
                $"Found an update of {update.Video} by {update.Model}, expected one of {Video} by {Model}.",
                nameof(update));
        }

        if (update.Classes.Count == 0 || update.Classes[0].Index != update.TopClass)
        {
            throw new ArgumentException(
                $"Update {update.Sequence} of {Video} does not report its top class {update.TopClass} first.",
                nameof(update));
        }

        for (int c = 0; c < update.Classes.Count; c++)
        {
            if (update.Classes[c].Esv.Length != update.FrameCount || update.FrameCount == 0)
            {
                throw new ArgumentException(
                    $"Update {update.Sequence} of {Video} has {update.Classes[c].Esv.Length} values for class " +
                    $"{update.Classes[c].Name}, expected one for each of its {update.FrameCount} frames, at least 1.",
                    nameof(update));
            }
        }
    }
}
