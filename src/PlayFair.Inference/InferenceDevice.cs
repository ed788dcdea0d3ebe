using System.Globalization;

namespace PlayFair.Inference;

/// <summary>The processor that a backbone runs on: <c>cpu</c>, <c>cuda</c> (the first GPU) or <c>cuda:1</c>.</summary>
public readonly record struct InferenceDevice
{
    private const string CudaName = "cuda";

    // Stored as index + 1, so that default(InferenceDevice) is the CPU.
    private readonly int _cudaNumber;

    private InferenceDevice(int cudaNumber) => _cudaNumber = cudaNumber;

    public static InferenceDevice Cpu => default;

    /// <summary>The GPU's index as CUDA numbers them, from 0; null on the CPU.</summary>
    public int? CudaIndex => _cudaNumber == 0 ? null : _cudaNumber - 1;

    /// <param name="index">The GPU's index as CUDA numbers them, from 0.</param>
    public static InferenceDevice Cuda(int index = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfEqual(index, int.MaxValue);
        return new InferenceDevice(index + 1);
    }

    /// <summary>Reads <c>cpu</c>, <c>cuda</c> or <c>cuda:INDEX</c>, in any case.</summary>
    /// <exception cref="InferenceException">The text names no device.</exception>
    public static InferenceDevice Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string name = text.Trim().ToLowerInvariant();
        if (name == "cpu")
            return Cpu;
        if (name == CudaName)
            return Cuda();
        if (name.StartsWith(CudaName + ":", StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(CudaName.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture,
                out int index)
            && index < int.MaxValue)
            return Cuda(index);

        throw new InferenceException(
            $"Device '{text}'", "cpu, cuda or cuda:INDEX with INDEX from 0", "Name one of these.");
    }

    /// <summary>The text that <see cref="Parse"/> reads.</summary>
    public override string ToString() => CudaIndex is int index ? $"{CudaName}:{index}" : "cpu";
}
