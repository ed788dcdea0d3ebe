using System.Buffers.Binary;

namespace PlayFair.Engine;

/// <summary>Builds a blob: little-endian numbers, integers in as few groups of 7 bits as they need.</summary>
internal sealed class BlobWriter
{
    private byte[] _bytes = new byte[512];
    private int _length;

    public byte[] ToArray() => _bytes.AsSpan(0, _length).ToArray();

    public void Clear() => _length = 0;

    public void Byte(byte value) => Take(1)[0] = value;

    /// <summary>1 byte for 0 to 127; negative ones take 10.</summary>
    public void Unsigned(long value)
    {
        ulong rest = (ulong)value;
        for (; rest >= 0x80; rest >>= 7)
            Byte((byte)(rest | 0x80));

        Byte((byte)rest);
    }

    /// <summary>1 byte for −64 to 63.</summary>
    public void Signed(long value) => Unsigned((value << 1) ^ (value >> 63));

    public void Single(float value) => BinaryPrimitives.WriteSingleLittleEndian(Take(sizeof(float)), value);

    public void Double(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Take(sizeof(double)), value);

    public void Singles(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
            Single(value);
    }

    private Span<byte> Take(int count)
    {
        if (_length + count > _bytes.Length)
            Array.Resize(ref _bytes, 2 * _bytes.Length);

        _length += count;
        return _bytes.AsSpan(_length - count, count);
    }
}
