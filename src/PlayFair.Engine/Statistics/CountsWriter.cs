using System.Buffers;
using System.Text;

namespace PlayFair.Engine;

/// <summary>Writes counts and sums in as few bytes as they need: seven bits a byte, the lowest first.</summary>
internal sealed class CountsWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new(initialCapacity: 1024);

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    /// <param name="count">0 or above.</param>
    public void WriteCount(long count)
    {
        Span<byte> buffer = _bytes.GetSpan(10);
        ulong rest = (ulong)count;
        int length = 0;
        for (; rest > 0x7F; rest >>= 7)
            buffer[length++] = (byte)(rest | 0x80);
        buffer[length++] = (byte)rest;
        _bytes.Advance(length);
    }

    public void WriteCounts(ReadOnlySpan<long> counts)
    {
        foreach (long count in counts)
            WriteCount(count);
    }

    /// <summary>Small sums of either sign take few bytes: 0, −1, 1, −2, … are written as 0, 1, 2, 3, …</summary>
    public void WriteSum(Int128 sum)
    {
        Span<byte> buffer = _bytes.GetSpan(19);
        UInt128 rest = (UInt128)((sum << 1) ^ (sum >> 127));
        int length = 0;
        for (; rest > 0x7F; rest >>= 7)
            buffer[length++] = (byte)((byte)(rest & 0x7F) | 0x80);
        buffer[length++] = (byte)rest;
        _bytes.Advance(length);
    }

    public void WriteText(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        WriteCount(utf8.Length);
        _bytes.Write(utf8);
    }
}
