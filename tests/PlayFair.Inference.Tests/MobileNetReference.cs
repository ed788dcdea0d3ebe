using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace PlayFair.Inference.Tests;

/// <summary>
/// MobileNetV1 as its paper describes it (A. Howard et al., 2017), in plain loops over double, with the weights w.0
/// (kernels), w.1 (biases), w.2, ... of an ONNX file: 3×3 convolutions, all but the first depthwise, each of those
/// followed by a 1×1 one; "same" padding; every one clipped to [0, 6]; the mean over all positions.
/// </summary>
internal sealed class MobileNetReference
{
    private static readonly int[] DepthwiseStrides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1];

    private readonly Dictionary<string, (int[] Shape, float[] Values)> _weights = new(StringComparer.Ordinal);

    public MobileNetReference(string path)
    {
        foreach ((int field, ReadOnlyMemory<byte> graph) in Fields(File.ReadAllBytes(path)))
        {
            if (field != 7)
                continue;
            foreach ((int graphField, ReadOnlyMemory<byte> tensor) in Fields(graph))
            {
                if (graphField == 5)
                    AddTensor(tensor);
            }
        }
    }

    /// <param name="frame">Normalised, [channel][y, x].</param>
    public double[] Features(double[][,] frame)
    {
        double[][,] layer = Convolve(frame, 0, stride: 2);
        for (int block = 0; block < DepthwiseStrides.Length; block++)
        {
            layer = Convolve(layer, 1 + 2 * block, DepthwiseStrides[block]);
            layer = Convolve(layer, 2 + 2 * block, stride: 1);
        }

        return Array.ConvertAll(layer, static channel => channel.Cast<double>().Average());
    }

    private double[][,] Convolve(double[][,] input, int index, int stride)
    {
        (int[] shape, float[] kernel) = _weights[$"w.{2 * index}"];
        float[] bias = _weights[$"w.{2 * index + 1}"].Values;
        (int outputCount, int groupSize, int size) = (shape[0], shape[1], shape[2]);
        int height = input[0].GetLength(0);
        int width = input[0].GetLength(1);
        (int outputHeight, int top) = SamePadding(height, size, stride);
        (int outputWidth, int left) = SamePadding(width, size, stride);
        var output = new double[outputCount][,];
        for (int o = 0; o < outputCount; o++)
        {
            output[o] = new double[outputHeight, outputWidth];
            int firstInput = groupSize == 1 && input.Length > 1 ? o : 0;
            for (int y = 0; y < outputHeight; y++)
            {
                for (int x = 0; x < outputWidth; x++)
                {
                    double sum = bias[o];
                    for (int k = 0; k < groupSize * size * size; k++)
                    {
                        int inputY = y * stride - top + k / size % size;
                        int inputX = x * stride - left + k % size;
                        if (inputY >= 0 && inputY < height && inputX >= 0 && inputX < width)
                        {
                            sum += kernel[o * groupSize * size * size + k]
                                * input[firstInput + k / (size * size)][inputY, inputX];
                        }
                    }

                    output[o][y, x] = Math.Clamp(sum, 0, 6);
                }
            }
        }

        return output;
    }

    private static (int OutputSize, int Before) SamePadding(int size, int kernelSize, int stride)
    {
        int outputSize = (size + stride - 1) / stride;
        return (outputSize, Math.Max(0, (outputSize - 1) * stride + kernelSize - size) / 2);
    }

    private void AddTensor(ReadOnlyMemory<byte> tensor)
    {
        List<int> shape = [];
        string name = "";
        float[] values = [];
        foreach ((int field, ReadOnlyMemory<byte> value) in Fields(tensor))
        {
            if (field == 1)
                shape.Add((int)BinaryPrimitives.ReadUInt64LittleEndian(value.Span));
            else if (field == 8)
                name = Encoding.UTF8.GetString(value.Span);
            else if (field == 9)
                values = MemoryMarshal.Cast<byte, float>(value.Span).ToArray();
        }

        _weights.Add(name, ([.. shape], values));
    }

    /// <summary>A protobuf message's fields; a number comes as its 8 bytes.</summary>
    private static IEnumerable<(int Field, ReadOnlyMemory<byte> Value)> Fields(ReadOnlyMemory<byte> message)
    {
        while (!message.IsEmpty)
        {
            ulong key = Varint(ref message);
            if ((key & 7) == 0)
            {
                byte[] number = new byte[sizeof(ulong)];
                BinaryPrimitives.WriteUInt64LittleEndian(number, Varint(ref message));
                yield return ((int)(key >> 3), number);
                continue;
            }

            int length = (key & 7) switch
            {
                2 => (int)Varint(ref message),
                5 => sizeof(uint),
                1 => sizeof(ulong),
                _ => throw new InvalidDataException($"Protobuf wire type {key & 7}; expected 0, 1, 2 or 5."),
            };
            yield return ((int)(key >> 3), message[..length]);
            message = message[length..];
        }
    }

    private static ulong Varint(ref ReadOnlyMemory<byte> bytes)
    {
        ulong value = 0;
        for (int i = 0; ; i++)
        {
            byte part = bytes.Span[i];
            value |= (ulong)(part & 127) << (7 * i);
            if (part < 128)
            {
                bytes = bytes[(i + 1)..];
                return value;
            }
        }
    }
}
