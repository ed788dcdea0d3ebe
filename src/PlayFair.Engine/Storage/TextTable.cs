namespace PlayFair.Engine;

/// <summary>Texts that repeat from update to update (models, scores, classes), each under a number.</summary>
internal interface ITextTable
{
    /// <summary>The number of a text, which is added if it is new.</summary>
    int NumberOf(string text);

    /// <exception cref="StoreException">There is no such number.</exception>
    string TextOf(long number);
}

/// <summary>The texts of a process that has the store for itself.</summary>
/// <remarks>
/// One thread adds; any thread reads the numbers of what has been committed. What was added since stays pending: the
/// writer stores it in the transaction that needs it.
/// </remarks>
internal sealed class TextTable : ITextTable
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private string[] _texts = new string[64];
    private int _count;
    private int _committedCount;

    public int NumberOf(string text)
    {
        if (_numbers.TryGetValue(text, out int number))
            return number;

        number = _count;
        // Readers hold on to the old array, which goes on being right.
        if (number == _texts.Length)
        {
            string[] larger = new string[2 * number];
            _texts.CopyTo(larger, 0);
            Volatile.Write(ref _texts, larger);
        }

        _texts[number] = text;
        _numbers.Add(text, number);
        _count++;
        return number;
    }

    public string TextOf(long number)
    {
        string[] texts = Volatile.Read(ref _texts);
        return (ulong)number < (ulong)texts.Length && texts[number] is { } text ? text : throw BlobReader.Damaged();
    }

    /// <summary>What was added since the last commit.</summary>
    public IEnumerable<(int Number, string Text)> Pending() =>
        Enumerable.Range(_committedCount, _count - _committedCount).Select(i => (i, _texts[i]));

    public void Commit() => _committedCount = _count;

    /// <summary>Forgets what was added since the last commit.</summary>
    public void RollBack()
    {
        for (; _count > _committedCount; _count--)
            _numbers.Remove(_texts[_count - 1]);
    }
}
