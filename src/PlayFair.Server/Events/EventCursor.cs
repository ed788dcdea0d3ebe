using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace PlayFair.Server;

/// <summary>
/// Where a subscriber is: the id of its next event. With one video asked for by name that is the update's sequence
/// number; else <c>a:17,b:9</c>, the last sequence number of each video that it has seen, ordered by id.
/// </summary>
internal sealed class EventCursor
{
    private readonly bool _isNumber;
    private readonly List<Place> _places;

    private EventCursor(bool isNumber, List<Place> places)
    {
        _isNumber = isNumber;
        _places = places;
    }

    /// <summary>The last sequence number of each video, as a subscription takes it.</summary>
    public IReadOnlyDictionary<string, long> After =>
        _places.ToDictionary(place => place.Video, place => place.Sequence, StringComparer.Ordinal);

    /// <summary>The most bytes that <see cref="Write"/> takes.</summary>
    public int MaxByteCount => _places.Sum(place => place.Utf8.Length + 22);

    /// <summary>Reads the id of the last event that a subscriber has.</summary>
    /// <param name="text">A sequence number (−1: before the first) or a list of them; null: a new subscriber.</param>
    /// <param name="field">Where the text came from, for the error.</param>
    /// <param name="videos">The videos asked for by name; null: all.</param>
    /// <exception cref="RequestException">It is neither; status 400.</exception>
    public static EventCursor Parse(string? text, string field, IReadOnlyList<string>? videos)
    {
        bool isNumber = videos is { Count: 1 };
        var cursor = new EventCursor(isNumber, []);
        if (string.IsNullOrEmpty(text))
            return cursor;
        if (isNumber && TryParse(text, out long only))
        {
            cursor.Advance(videos![0], only);
            return cursor;
        }

        foreach (string part in text.Split(','))
        {
            string[] pair = part.Split(':');
            if (pair.Length != 2 || pair[0].Length == 0 || !TryParse(pair[1], out long sequence))
            {
                throw RequestException.Invalid(
                    field, $"'{text}'", isNumber ? "a sequence number" : "ids and sequence numbers such as 'a:17,b:9'");
            }

            if (videos is null || videos.Contains(pair[0], StringComparer.Ordinal))
                cursor.Advance(pair[0], sequence);
        }

        return cursor;
    }

    public void Advance(string video, long sequence)
    {
        int index = Find(video);
        if (index < 0)
            _places.Insert(~index, new Place(video, Encoding.UTF8.GetBytes(video), sequence));
        else
            _places[index] = _places[index] with { Sequence = sequence };
    }

    /// <summary>Forgets videos that there are not: ids would grow with each that was ever removed.</summary>
    public void Keep(IEnumerable<string> videos)
    {
        var known = videos.ToHashSet(StringComparer.Ordinal);
        _places.RemoveAll(place => !known.Contains(place.Video));
    }

    public void Remove(string video)
    {
        int index = Find(video);
        if (index >= 0)
            _places.RemoveAt(index);
    }

    /// <summary>Writes the id; returns the number of bytes.</summary>
    public int Write(Span<byte> target)
    {
        int length = 0;
        foreach (Place place in _places)
        {
            if (!_isNumber)
            {
                if (length > 0)
                    target[length++] = (byte)',';
                place.Utf8.CopyTo(target[length..]);
                length += place.Utf8.Length;
                target[length++] = (byte)':';
            }

            Utf8Formatter.TryFormat(place.Sequence, target[length..], out int written);
            length += written;
        }

        return length;
    }

    private static bool TryParse(string text, out long sequence) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out sequence)
        && sequence >= -1;

    /// <summary>The video's index, or the complement of where it belongs.</summary>
    private int Find(string video)
    {
        int low = 0;
        int high = _places.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            int order = string.CompareOrdinal(_places[middle].Video, video);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return ~low;
    }

    private readonly record struct Place(string Video, byte[] Utf8, long Sequence);
}
