using System.Buffers.Binary;

namespace PlayFair.Engine;

/// <summary>Reads what <see cref="BlobWriter"/> wrote, never past its end.</summary>
/// <exception cref="StoreException">The blob is shorter than what it should hold.</exception>
internal ref struct BlobReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public byte Byte() => Take(1)[0];

    public long Unsigned()
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte group = Byte();
            value |= (ulong)(group & 0x7F) << shift;
            if (group < 0x80)
                return (long)value;
        }
    }

    public long Signed()
    {
        long value = Unsigned();
        return (long)((ulong)value >> 1) ^ -(value & 1);
    }

    /// <summary>How many entries follow, each of at least so many bytes.</summary>
    public int Count(int leastBytesEach)
    {
        long count = Unsigned();
        if (count < 0 || count > _rest.Length / leastBytesEach)
            throw Damaged();

        return (int)count;
    }

    public float Single() => BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float)));

    public double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));

    public float[] Singles(int count)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = Single();

        return values;
    }

    /// <summary>Passes over integers.</summary>
    public void Skip(int count)
    {
        for (; count > 0; count--)
            _ = Unsigned();
    }

    public static StoreException Damaged() =>
        new("A stored update is damaged. Restore a copy of the database, or delete the video.");

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
            throw Damaged();

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
