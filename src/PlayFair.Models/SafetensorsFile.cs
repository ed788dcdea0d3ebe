using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace PlayFair.Models;

/// <summary>A named tensor of floats.</summary>
/// <param name="Shape">Dimensions, outermost first; empty for a single number.</param>
/// <param name="Values">Row-major.</param>
public sealed record SafetensorsTensor(string Name, IReadOnlyList<int> Shape, float[] Values);

/// <summary>What a safetensors header says of one tensor.</summary>
/// <param name="DType">The element type's name in the format, such as <c>F32</c>.</param>
/// <param name="Shape">Dimensions, outermost first; empty for a single number.</param>
public sealed record SafetensorsEntry(string Name, string DType, IReadOnlyList<long> Shape)
{
    /// <summary>Where the tensor starts, in bytes from the file's start.</summary>
    internal long Offset { get; init; }

    internal long ByteCount { get; init; }

    internal string ShapeText => SafetensorsFile.Describe(Shape);
}

/// <summary>
/// A file in the safetensors format: eight bytes of header length, a JSON header, then the tensors' bytes,
/// little-endian and row-major. Opening checks the whole header against the file; tensors are read one at a time.
/// </summary>
/// <remarks>
/// <see href="https://huggingface.co/docs/safetensors/index">The format</see>: the header is at most 100 MB of UTF-8,
/// padded with spaces so that tensors start at a multiple of eight; tensors neither overlap nor leave holes; names do
/// not repeat; <c>__metadata__</c> maps strings to strings. F64, F32, F16 and BF16 can be read, all as float.
/// </remarks>
public sealed class SafetensorsFile
{
    private const int LengthSize = sizeof(ulong);
    private const int Alignment = 8;
    private const long MaxHeaderLength = 100_000_000;
    private const string MetadataName = "__metadata__";

    private static readonly UTF8Encoding StrictUtf8 =
        new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);


    /// <summary>Bytes of one element; the format's types of less than a byte are not known here.</summary>
    private static readonly Dictionary<string, int> ElementSizes = new(StringComparer.Ordinal)
    {
        ["F64"] = 8,
        ["F32"] = 4,
        ["F16"] = 2,
        ["BF16"] = 2,
        ["I64"] = 8,
        ["I32"] = 4,
        ["I16"] = 2,
        ["I8"] = 1,
        ["U64"] = 8,
        ["U32"] = 4,
        ["U16"] = 2,
        ["U8"] = 1,
        ["BOOL"] = 1,
        ["C64"] = 8,
        ["F8_E4M3"] = 1,
        ["F8_E5M2"] = 1,
        ["F8_E8M0"] = 1,
    };

    private readonly Dictionary<string, SafetensorsEntry> _entries = new(StringComparer.Ordinal);

    private SafetensorsFile(string path) => Path = path;

    /// <summary>The path the file was opened by.</summary>
    public string Path { get; }

    /// <summary>The header's <c>__metadata__</c>; empty if it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; private set; } =
        new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>All tensors, in the order of their bytes.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; private set; } = [];

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="SafetensorsException">The file cannot be read or breaks the format.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var file = new SafetensorsFile(path);
        using var stream = file.OpenStream();
        byte[] header = file.ReadHeader(stream);
        file.ParseHeader(header, LengthSize + header.Length, stream.Length);
        return file;
    }

    /// <summary>Reads one tensor.</summary>
    /// <exception cref="SafetensorsException">
    /// There is no such tensor, its elements are not floating-point numbers, it is too large for an array, or the file
    /// can no longer be read.
    /// </exception>
    public SafetensorsTensor Read(string name)
    {
        if (!_entries.TryGetValue(name, out var entry))
            throw Fail(name, "no such tensor", $"one of: {NameList()}");
        int elementSize = ElementSizes[entry.DType];
        long count = entry.ByteCount / elementSize;
        if (count > Array.MaxLength / elementSize)
            throw Fail(name, $"{count} elements of {entry.DType}", $"at most {Array.MaxLength / elementSize}");
        if (entry.Shape.Any(d => d > int.MaxValue))
            throw Fail(name, $"shape {entry.ShapeText}", $"dimensions of at most {int.MaxValue}");

        Func<byte[], float[]> convert = entry.DType switch
        {
            "F32" => static bytes => Convert<float>(bytes, static (from, to) => from.CopyTo(to)),
            "F64" => static bytes => Convert<double>(bytes, TensorPrimitives.ConvertTruncating),
            "F16" => static bytes => Convert<Half>(bytes, TensorPrimitives.ConvertToSingle),
            "BF16" => static bytes => Convert<ushort>(bytes, WidenBFloat16),
            _ => throw Fail(name, $"elements of type {entry.DType}", "floating-point numbers: F64, F32, F16 or BF16"),
        };

        var bytes = new byte[entry.ByteCount];
        using var stream = OpenStream();
        try
        {
            stream.Position = entry.Offset;
            stream.ReadExactly(bytes);
        }
        catch (IOException cause)
        {
            throw Fail(name, $"a read error ({cause.Message})", $"{entry.ByteCount} bytes at {entry.Offset}", cause);
        }

        return new SafetensorsTensor(name, [.. entry.Shape.Select(d => (int)d)], convert(bytes));
    }

    /// <summary>Reads a tensor that must have the given shape and only finite values.</summary>
    /// <exception cref="SafetensorsException">
    /// As <see cref="Read"/>, and where shape or values are not as required.
    /// </exception>
    public float[] ReadWeights(string name, ReadOnlySpan<int> shape)
    {
        long[] expected = [.. shape.ToArray().Select(d => (long)d)];
        if (!_entries.TryGetValue(name, out var entry))
            throw Fail(name, "no such tensor", $"a tensor of shape {Describe(expected)}");
        if (!entry.Shape.SequenceEqual(expected))
            throw Fail(name, $"shape {entry.ShapeText}", $"shape {Describe(expected)}");

        float[] values = Read(name).Values;
        if (!TensorPrimitives.IsFiniteAll<float>(values))
        {
            int index = Array.FindIndex(values, v => !float.IsFinite(v));
            throw Fail(name, $"{values[index]} at element {index}", "finite numbers that fit a float");
        }

        return values;
    }

    /// <summary>Checks that the file holds no tensor but the given ones.</summary>
    /// <param name="names">The names that may occur.</param>
    /// <param name="owner">What has these tensors, for the message: <c>a tsn head</c>.</param>
    /// <exception cref="SafetensorsException">Another tensor is there.</exception>
    public void RequireOnly(IReadOnlyCollection<string> names, string owner)
    {
        var known = new HashSet<string>(names, StringComparer.Ordinal);
        var stranger = Entries.FirstOrDefault(e => !known.Contains(e.Name));
        if (stranger is not null)
            throw Fail(stranger.Name, $"a tensor that is not part of {owner}", $"only {string.Join(", ", names)}");
    }

    /// <summary>
    /// Reads the features of a video's frames: the tensor named <c>features</c>, or else the only tensor. It must be
    /// [n, D] with n and D at least 1.
    /// </summary>
    /// <exception cref="SafetensorsException">There is no such tensor, or a value is not finite.</exception>
    public SafetensorsTensor ReadFeatures()
    {
        if (!_entries.TryGetValue("features", out var entry))
        {
            if (Entries.Count != 1)
            {
                throw Fail(
                    null, $"{Entries.Count} tensors ({NameList()})", "a tensor named 'features', or a single tensor");
            }

            entry = Entries[0];
        }

        if (entry.Shape.Count != 2 || entry.Shape.Any(d => d is < 1 or > int.MaxValue))
            throw Fail(entry.Name, $"shape {entry.ShapeText}", "shape [frames, features], at least 1 of each");
        return new SafetensorsTensor(
            entry.Name, [(int)entry.Shape[0], (int)entry.Shape[1]],
            ReadWeights(entry.Name, [(int)entry.Shape[0], (int)entry.Shape[1]]));
    }

    /// <summary>Writes the given tensors, all as F32, in the given order; an existing file is replaced.</summary>
    /// <param name="metadata">What <c>__metadata__</c> shall say; null or empty for none.</param>
    /// <exception cref="ArgumentException">
    /// A name is repeated or reserved, or a shape does not fit its tensor's values.
    /// </exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(
        string path, IReadOnlyList<SafetensorsTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        byte[] header = CreateHeader(tensors, metadata);
        int paddedLength = (header.Length + Alignment - 1) / Alignment * Alignment;
        Span<byte> prefix = stackalloc byte[LengthSize];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)paddedLength);

        using var stream = File.Create(path);
        stream.Write(prefix);
        stream.Write(header);
        for (int i = header.Length; i < paddedLength; i++)
            stream.WriteByte((byte)' ');
        foreach (var tensor in tensors)
            stream.Write(LittleEndian(MemoryMarshal.AsBytes(tensor.Values.AsSpan()).ToArray(), sizeof(float)));
    }

    internal static string Describe<T>(IEnumerable<T> shape) => $"[{string.Join(", ", shape)}]";

    private static byte[] CreateHeader(
        IReadOnlyList<SafetensorsTensor> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            var names = new HashSet<string>(StringComparer.Ordinal) { MetadataName };
            writer.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                writer.WriteStartObject(MetadataName);
                foreach (var (key, value) in metadata)
                    writer.WriteString(key, value);
                writer.WriteEndObject();
            }

            long begin = 0;
            foreach (var (name, shape, values) in tensors)
            {
                if (!names.Add(name))
                    throw new ArgumentException($"Tensor name '{name}' is repeated or reserved.", nameof(tensors));
                if (shape.Aggregate(1L, (product, d) => product * d) != values.Length)
                {
                    throw new ArgumentException(
                        $"Tensor '{name}' has {values.Length} values, expected shape {Describe(shape)}.",
                        nameof(tensors));
                }

                long end = begin + ((long)values.Length * sizeof(float));
                writer.WriteStartObject(name);
                writer.WriteString("dtype", "F32");
                writer.WriteStartArray("shape");
                foreach (int d in shape)
                    writer.WriteNumberValue(d);
                writer.WriteEndArray();
                writer.WriteStartArray("data_offsets");
                writer.WriteNumberValue(begin);
                writer.WriteNumberValue(end);
                writer.WriteEndArray();
                writer.WriteEndObject();
                begin = end;
            }

            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static float[] Convert<T>(byte[] bytes, TensorConversion<T> convert)
        where T : unmanaged
    {
        var elements = MemoryMarshal.Cast<byte, T>(LittleEndian(bytes, bytes.Length == 0 ? 1 : SizeOf<T>()));
        var values = new float[elements.Length];
        convert(elements, values);
        return values;
    }

    private static int SizeOf<T>()
        where T : unmanaged => MemoryMarshal.AsBytes(new T[1].AsSpan()).Length;

    /// <summary>The file's bytes in this machine's order; changed in place on a big-endian machine.</summary>
    private static byte[] LittleEndian(byte[] bytes, int elementSize)
    {
        if (!BitConverter.IsLittleEndian)
        {
            for (int i = 0; i < bytes.Length; i += elementSize)
                bytes.AsSpan(i, elementSize).Reverse();
        }

        return bytes;
    }

    private static void WidenBFloat16(ReadOnlySpan<ushort> from, Span<float> to)
    {
        // A bfloat16 is the upper half of a float.
        for (int i = 0; i < from.Length; i++)
            to[i] = BitConverter.UInt32BitsToSingle((uint)from[i] << 16);
    }

    private FileStream OpenStream()
    {
        try
        {
            return File.OpenRead(Path);
        }
        catch (Exception cause) when (cause is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Fail(null, "no such file", "a safetensors file", cause);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or ArgumentException)
        {
            string found = Directory.Exists(Path) ? "a folder" : $"an unreadable file ({cause.Message})";
            throw Fail(null, found, "a safetensors file", cause);
        }
    }

    private byte[] ReadHeader(FileStream stream)
    {
        Span<byte> prefix = stackalloc byte[LengthSize];
        if (stream.ReadAtLeast(prefix, LengthSize, throwOnEndOfStream: false) < LengthSize)
            throw Fail(null, $"{stream.Length} bytes", $"a header length of {LengthSize} bytes first");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > MaxHeaderLength)
            throw Fail(null, $"a header length of {length}", $"at most {MaxHeaderLength} (is it a safetensors file?)");
        if ((long)length > stream.Length - LengthSize)
        {
            throw Fail(
                null, $"a header length of {length} in a file of {stream.Length} bytes",
                $"at most {stream.Length - LengthSize}");
        }

        var header = new byte[length];
        stream.ReadExactly(header);
        return header;
    }

    private void ParseHeader(byte[] header, long dataStart, long fileLength)
    {
        if (header.Length == 0 || header[0] != '{')
            throw Fail(null, "a header that does not start with '{'", "a JSON object");
        try
        {
            // Decoding first: JsonDocument accepts broken UTF-8 until a string is asked for. Half of a surrogate pair in
            // an escape is still found only then, as an InvalidOperationException.
            using var json = JsonDocument.Parse(StrictUtf8.GetString(header));
            foreach (var property in json.RootElement.EnumerateObject())
            {
                if (string.Equals(property.Name, MetadataName, StringComparison.Ordinal))
                {
                    Metadata = ParseMetadata(property.Value);
                    continue;
                }

                var entry = ParseEntry(property.Name, property.Value, dataStart, fileLength);
                if (!_entries.TryAdd(property.Name, entry))
                    throw Fail(property.Name, "the same name twice", "unique names");
            }
        }
        catch (Exception cause) when (cause is JsonException or DecoderFallbackException or InvalidOperationException)
        {
            throw Fail(null, $"a header that is not JSON ({cause.Message})", "a JSON object", cause);
        }

        Entries = [.. _entries.Values.OrderBy(e => e.Offset).ThenBy(e => e.ByteCount)];
        long end = dataStart;
        foreach (var entry in Entries)
        {
            if (entry.Offset != end)
            {
                throw Fail(
                    entry.Name, $"data that starts at byte {entry.Offset - dataStart}",
                    $"byte {end - dataStart}, where the data before it ends: tensors neither overlap nor leave holes");
            }

            end += entry.ByteCount;
        }

        if (end != fileLength)
        {
            throw Fail(
                null, $"{fileLength - dataStart} bytes of data",
                $"{end - dataStart}, as many as the header's tensors have");
        }
    }

    private Dictionary<string, string> ParseMetadata(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw Fail(null, $"{MetadataName} that is {json.ValueKind}", "an object of strings");
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in json.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.String)
                throw Fail(null, $"{MetadataName}.{property.Name} that is {property.Value.ValueKind}", "a string");
            if (!metadata.TryAdd(property.Name, property.Value.GetString()!))
                throw Fail(null, $"{MetadataName}.{property.Name} twice", "unique names");
        }

        return metadata;
    }

    private SafetensorsEntry ParseEntry(string name, JsonElement json, long dataStart, long fileLength)
    {
        string? dtype = null;
        long[]? shape = null;
        long[]? offsets = null;
        if (json.ValueKind != JsonValueKind.Object)
            throw Fail(name, $"a header entry that is {json.ValueKind}", "an object");
        foreach (var property in json.EnumerateObject())
        {
            switch (property.Name)
            {
                case "dtype" when property.Value.ValueKind == JsonValueKind.String:
                    dtype = property.Value.GetString();
                    break;
                case "shape":
                    shape = ParseNumbers(name, property);
                    break;
                case "data_offsets":
                    offsets = ParseNumbers(name, property);
                    break;
                default:
                    throw Fail(
                        name, $"field '{property.Name}' that is {property.Value.ValueKind}",
                        "dtype, shape and data_offsets");
            }
        }

        if (dtype is null || shape is null || offsets is null)
            throw Fail(name, "a header entry that is not complete", "dtype, shape and data_offsets");
        if (!ElementSizes.TryGetValue(dtype, out int elementSize))
            throw Fail(name, $"dtype '{dtype}'", $"one of: {string.Join(", ", ElementSizes.Keys)}");

        long dataLength = fileLength - dataStart;
        if (offsets.Length != 2 || offsets[0] > offsets[1] || offsets[1] > dataLength)
        {
            throw Fail(
                name, $"data_offsets {Describe(offsets)}",
                $"[begin, end] within the file's {dataLength} bytes of data");
        }

        // Int128 holds the product of any two longs, and the product stops growing where it exceeds the file.
        Int128 byteCount = elementSize;
        foreach (long d in shape)
        {
            byteCount *= d;
            if (byteCount > long.MaxValue && !shape.Contains(0))
                throw Fail(name, $"shape {Describe(shape)}", $"at most {dataLength} bytes");
            byteCount = Int128.Min(byteCount, long.MaxValue);
        }

        if (byteCount != offsets[1] - offsets[0])
        {
            throw Fail(
                name, $"{offsets[1] - offsets[0]} bytes", $"{byteCount} bytes for {dtype} of shape {Describe(shape)}");
        }

        return new SafetensorsEntry(name, dtype, shape)
        {
            Offset = dataStart + offsets[0],
            ByteCount = (long)byteCount,
        };
    }

    private long[] ParseNumbers(string name, JsonProperty property)
    {
        if (property.Value.ValueKind != JsonValueKind.Array)
            throw Fail(name, $"{property.Name} that is {property.Value.ValueKind}", "an array of numbers");
        var numbers = new List<long>();
        foreach (var item in property.Value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out long number) || number < 0)
                throw Fail(name, $"{item.GetRawText()} in {property.Name}", $"whole numbers from 0 to {long.MaxValue}");
            numbers.Add(number);
        }

        return [.. numbers];
    }

    private string NameList() => _entries.Count == 0 ? "none" : string.Join(", ", Entries.Select(e => $"'{e.Name}'"));

    private SafetensorsException Fail(string? tensor, string found, string expected, Exception? cause = null) =>
        new(Path, tensor, found, expected, cause);

    private delegate void TensorConversion<T>(ReadOnlySpan<T> from, Span<float> to);
}
