using System.Runtime.InteropServices;
using System.Text;

namespace PlayFair.Inference.Tests;

/// <summary>Writes a protobuf message field by field, as far as ONNX files need it.</summary>
internal sealed class OnnxWriter
{
    private readonly List<byte> _bytes = [];

    public byte[] ToArray() => [.. _bytes];

    public OnnxWriter Number(int field, long value)
    {
        Varint((ulong)field << 3);
        Varint((ulong)value);
        return this;
    }

    public OnnxWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)value.Length);
        _bytes.AddRange(value);
        return this;
    }

    public OnnxWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public OnnxWriter Message(int field, OnnxWriter value) => Bytes(field, value.ToArray());

    private void Varint(ulong value)
    {
        for (; value > 127; value >>= 7)
            _bytes.Add((byte)(value | 128));
        _bytes.Add((byte)value);
    }

    /// <summary>A GraphProto's float initializer.</summary>
    public OnnxWriter Weights(string name, long[] shape, float[] values)
    {
        var tensor = new OnnxWriter();
        foreach (long size in shape)
            tensor.Number(1, size);
        tensor.Number(2, 1).Text(8, name).Bytes(9, MemoryMarshal.AsBytes(values.AsSpan()));
        return Message(5, tensor);
    }

    /// <summary>A GraphProto's int64 initializer.</summary>
    public OnnxWriter Integers(string name, long[] shape, long[] values)
    {
        var tensor = new OnnxWriter();
        foreach (long size in shape)
            tensor.Number(1, size);
        tensor.Number(2, 7).Text(8, name).Bytes(9, MemoryMarshal.AsBytes(values.AsSpan()));
        return Message(5, tensor);
    }

    /// <summary>A GraphProto's node, with integer attributes.</summary>
    public OnnxWriter Node(
        string operation, string[] inputs, string[] outputs, params ReadOnlySpan<(string Name, long Value)> attributes)
    {
        var node = new OnnxWriter();
        foreach (string input in inputs)
            node.Text(1, input);
        foreach (string output in outputs)
            node.Text(2, output);
        node.Text(4, operation);
        foreach ((string name, long value) in attributes)
            node.Message(5, new OnnxWriter().Text(1, name).Number(3, value).Number(20, 2));
        return Message(1, node);
    }

    /// <summary>A GraphProto's input (field 11) or output (field 12); a null size is free.</summary>
    public OnnxWriter Value(int field, TensorSpec value)
    {
        var shape = new OnnxWriter();
        for (int i = 0; i < value.Shape.Length; i++)
        {
            shape.Message(1, value.Shape[i] is long size
                ? new OnnxWriter().Number(1, size)
                : new OnnxWriter().Text(2, $"free{i}"));
        }

        OnnxWriter tensor = new OnnxWriter().Number(1, value.ElementType).Message(2, shape);
        return Message(field, new OnnxWriter().Text(1, value.Name).Message(2, new OnnxWriter().Message(1, tensor)));
    }

    /// <summary>A ModelProto of operator set 13.</summary>
    public static byte[] Model(OnnxWriter graph) => new OnnxWriter()
        .Number(1, 7)
        .Message(7, graph.Text(2, "test"))
        .Message(8, new OnnxWriter().Text(1, "").Number(2, 13))
        .ToArray();
}

/// <summary>A tensor's declaration.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Shape">Its sizes; null is free.</param>
/// <param name="ElementType">ONNX's number: 1 for float32, 2 for uint8.</param>
internal sealed record TensorSpec(string Name, long?[] Shape, int ElementType = 1);
