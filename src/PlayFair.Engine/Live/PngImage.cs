using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using PlayFair.Video;

namespace PlayFair.Engine;

/// <summary>Writes a frame as a PNG file: what neither the runtime nor a process started for every picture does well.</summary>
internal static class PngImage
{
    private static readonly uint[] s_crcs = [.. Enumerable.Range(0, 256).Select(n => CrcOf((uint)n))];

    /// <param name="pixels">As <see cref="VideoFrame.Pixels"/>.</param>
    /// <remarks>PNG, third edition (W3C): 8-bit RGB, no filter, one IDAT.</remarks>
    public static byte[] Encode(ReadOnlySpan<byte> pixels, FrameFormat format)
    {
        using var png = new MemoryStream(pixels.Length / 2);
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, format.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], format.Height);
        // Bit depth 8, colour type 2 (RGB); compression, filter and interlace methods 0.
        header[8] = 8;
        header[9] = 2;
        header[10..].Clear();
        WriteChunk(png, "IHDR", header);
        WriteChunk(png, "IDAT", Compress(pixels, format));
        WriteChunk(png, "IEND", []);
        return png.ToArray();
    }

    private static ReadOnlySpan<byte> Compress(ReadOnlySpan<byte> pixels, FrameFormat format)
    {
        using var data = new MemoryStream(pixels.Length / 2);
        using (var zlib = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true))
        {
            int width = format.Width * 3;
            // A line begins with its filter: 0, none.
            byte[] line = new byte[width + 1];
            for (int y = 0; y < format.Height; y++)
            {
                pixels.Slice(y * width, width).CopyTo(line.AsSpan(1));
                if (format.Order == PixelOrder.Bgr)
                {
                    for (int x = 1; x < line.Length; x += 3)
                        (line[x], line[x + 2]) = (line[x + 2], line[x]);
                }

                zlib.Write(line);
            }
        }

        return data.GetBuffer().AsSpan(0, (int)data.Length);
    }

    private static void WriteChunk(MemoryStream png, string type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        png.Write(number);
        byte[] name = Encoding.ASCII.GetBytes(type);
        png.Write(name);
        png.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Crc(Crc(uint.MaxValue, name), data));
        png.Write(number);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (byte value in data)
            crc = s_crcs[(crc ^ value) & 0xFF] ^ (crc >> 8);
        return crc;
    }

    private static uint CrcOf(uint value)
    {
        for (int bit = 0; bit < 8; bit++)
            value = (value & 1) != 0 ? 0xEDB88320 ^ (value >> 1) : value >> 1;
        return value;
    }
}
