using System.Text;

namespace PlayFair.Engine;

/// <summary>Reads what <see cref="CountsWriter"/> wrote.</summary>
/// <remarks>Every method throws <see cref="InvalidDataException"/> if the bytes are not such.</remarks>
internal ref struct CountsReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public long ReadCount()
    {
        ulong value = 0;
        for (int shift = 0; shift < 63; shift += 7)
        {
            byte next = ReadByte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next <= 0x7F)
                return (long)value;
        }

        throw new InvalidDataException("A number is longer than any that is written.");
    }

    /// <summary>A count of things that follow, each of at least one byte: so a wrong one asks for no memory.</summary>
    public int ReadLength()
    {
        long length = ReadCount();
        return length <= _rest.Length
            ? (int)length
            : throw new InvalidDataException($"{length} entries are announced and {_rest.Length} bytes follow.");
    }

    public int ReadIndex()
    {
        long index = ReadCount();
        return index <= int.MaxValue
            ? (int)index
            : throw new InvalidDataException($"Index {index} is larger than any that is written.");
    }

    /// <summary>Adds a count to each of <paramref name="counts"/>.</summary>
    public void AddCounts(Span<long> counts)
    {
        for (int i = 0; i < counts.Length; i++)
            counts[i] += ReadCount();
    }

    public Int128 ReadSum()
    {
        UInt128 value = 0;
        for (int shift = 0; shift < 128; shift += 7)
        {
            byte next = ReadByte();
            value |= (UInt128)(next & 0x7Fu) << shift;
            if (next <= 0x7F)
                return (Int128)(value >> 1) ^ -(Int128)(value & 1);
        }

        throw new InvalidDataException("A sum is longer than any that is written.");
    }

    public string ReadText()
    {
        int length = ReadLength();
        string text = Encoding.UTF8.GetString(_rest[..length]);
        _rest = _rest[length..];
        return text;
    }

    private byte ReadByte()
    {
        if (_rest.IsEmpty)
            throw new InvalidDataException("It ends too early.");
        byte next = _rest[0];
        _rest = _rest[1..];
        return next;
    }
}
