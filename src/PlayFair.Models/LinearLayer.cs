using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace PlayFair.Models;

/// <summary>y = W·x + b for many x at once: the matrix product of rows with fixed weights.</summary>
/// <remarks>
/// Weights are packed once into panels of 16 outputs, [panel × input × 16], so that the product streams through memory.
/// Products add up in float, in the order of the inputs, so a row's result depends on nothing but the row.
/// </remarks>
internal sealed class LinearLayer
{
    private const int PanelWidth = 16;
    private const int TileRows = 4;

    private readonly float[] _panels;
    private readonly float[] _bias;

    /// <summary>Packs a part of a row-major weight matrix: columns start .. start + inputSize of every row.</summary>
    /// <param name="weights">[outputSize × stride], row-major.</param>
    /// <param name="bias">[outputSize], or empty for none.</param>
    public LinearLayer(
        int inputSize, int outputSize, ReadOnlySpan<float> weights, int start, int stride, ReadOnlySpan<float> bias)
    {
        InputSize = inputSize;
        OutputSize = outputSize;
        int panelCount = (outputSize + PanelWidth - 1) / PanelWidth;
        _panels = new float[panelCount * inputSize * PanelWidth];
        _bias = new float[panelCount * PanelWidth];
        bias.CopyTo(_bias);
        for (int output = 0; output < outputSize; output++)
        {
            var row = weights.Slice((output * stride) + start, inputSize);
            int target = (output / PanelWidth * inputSize * PanelWidth) + (output % PanelWidth);
            for (int input = 0; input < inputSize; input++)
                _panels[target + (input * PanelWidth)] = row[input];
        }
    }

    public LinearLayer(int inputSize, int outputSize, ReadOnlySpan<float> weights, ReadOnlySpan<float> bias)
        : this(inputSize, outputSize, weights, 0, inputSize, bias)
    {
    }

    public int InputSize { get; }

    public int OutputSize { get; }

    /// <summary>Overwrites <paramref name="outputs"/> with the layer's values.</summary>
    /// <param name="rowCount">How many rows, 0 or more.</param>
    /// <param name="inputs">[rowCount × InputSize], row-major.</param>
    /// <param name="outputs">[rowCount × OutputSize], row-major.</param>
    public void Apply(int rowCount, ReadOnlySpan<float> inputs, Span<float> outputs)
    {
        // The kernel reads through references: these two slices are its bounds checks.
        inputs = inputs[..(rowCount * InputSize)];
        outputs = outputs[..(rowCount * OutputSize)];
        for (int output = 0; output < OutputSize; output += PanelWidth)
        {
            for (int row = 0; row < rowCount; row += TileRows)
                MultiplyTile(row, rowCount - 1, output, inputs, outputs);
        }
    }

    /// <summary>
    /// 4 rows × 16 outputs in eight accumulators; a lane is an output. Rows past the end repeat the last row, which
    /// writes the same values again.
    /// </summary>
    private void MultiplyTile(int row, int lastRow, int output, ReadOnlySpan<float> inputs, Span<float> outputs)
    {
        int row1 = Math.Min(row + 1, lastRow);
        int row2 = Math.Min(row + 2, lastRow);
        int row3 = Math.Min(row + 3, lastRow);
        ref float input = ref MemoryMarshal.GetReference(inputs);
        ref float panel = ref _panels[output * InputSize];
        nuint x0 = (nuint)(row * InputSize);
        nuint x1 = (nuint)(row1 * InputSize);
        nuint x2 = (nuint)(row2 * InputSize);
        nuint x3 = (nuint)(row3 * InputSize);

        var a0 = Vector256.LoadUnsafe(ref _bias[output]);
        var b0 = Vector256.LoadUnsafe(ref _bias[output], 8);
        Vector256<float> a1 = a0, a2 = a0, a3 = a0;
        Vector256<float> b1 = b0, b2 = b0, b3 = b0;
        for (nuint k = 0; k < (nuint)InputSize; k++)
        {
            var wa = Vector256.LoadUnsafe(ref panel, k * PanelWidth);
            var wb = Vector256.LoadUnsafe(ref panel, (k * PanelWidth) + 8);
            var v0 = Vector256.Create(Unsafe.Add(ref input, x0 + k));
            var v1 = Vector256.Create(Unsafe.Add(ref input, x1 + k));
            var v2 = Vector256.Create(Unsafe.Add(ref input, x2 + k));
            var v3 = Vector256.Create(Unsafe.Add(ref input, x3 + k));
            a0 = Vector256.MultiplyAddEstimate(v0, wa, a0);
            b0 = Vector256.MultiplyAddEstimate(v0, wb, b0);
            a1 = Vector256.MultiplyAddEstimate(v1, wa, a1);
            b1 = Vector256.MultiplyAddEstimate(v1, wb, b1);
            a2 = Vector256.MultiplyAddEstimate(v2, wa, a2);
            b2 = Vector256.MultiplyAddEstimate(v2, wb, b2);
            a3 = Vector256.MultiplyAddEstimate(v3, wa, a3);
            b3 = Vector256.MultiplyAddEstimate(v3, wb, b3);
        }

        int width = Math.Min(PanelWidth, OutputSize - output);
        Store(a0, b0, outputs.Slice((row * OutputSize) + output, width));
        Store(a1, b1, outputs.Slice((row1 * OutputSize) + output, width));
        Store(a2, b2, outputs.Slice((row2 * OutputSize) + output, width));
        Store(a3, b3, outputs.Slice((row3 * OutputSize) + output, width));
    }

    /// <summary>Writes a panel's row; the last panel's lanes past the last output are dropped.</summary>
    private static void Store(Vector256<float> a, Vector256<float> b, Span<float> target)
    {
        if (target.Length == PanelWidth)
        {
            a.CopyTo(target);
            b.CopyTo(target[8..]);
            return;
        }

        Span<float> lanes = stackalloc float[PanelWidth];
        a.CopyTo(lanes);
        b.CopyTo(lanes[8..]);
        lanes[..target.Length].CopyTo(target);
    }
}
