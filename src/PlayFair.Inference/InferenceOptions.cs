namespace PlayFair.Inference;

/// <summary>Where and how a backbone runs; the features are the same to 1e-5 whatever the CPU settings.</summary>
public sealed record InferenceOptions
{
    /// <summary>The device; one that is asked for and cannot be had is an error, never another device.</summary>
    public InferenceDevice Device { get; init; } = InferenceDevice.Cpu;

    /// <summary>CPU threads that work on one batch, at least 1; all cores by default.</summary>
    public int ThreadCount { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// Frames in one run of the model, at least 1. More cost memory, as activations grow with them, and on a CPU bring
    /// no speed.
    /// </summary>
    public int BatchSize { get; init; } = 8;

    /// <exception cref="InferenceException">An option is out of its range.</exception>
    internal void Check(BackboneInput input)
    {
        CheckPositive(ThreadCount, "thread count");
        CheckPositive(BatchSize, "batch size");
        if ((long)BatchSize * input.FrameByteCount > Array.MaxLength)
        {
            throw new InferenceException(
                $"Inference batch size {BatchSize} for frames of {input.Width}×{input.Height}",
                $"at most {Array.MaxLength / input.FrameByteCount}", "Lower the batch size.");
        }
    }

    private static void CheckPositive(int value, string option)
    {
        if (value < 1)
            throw new InferenceException($"Inference {option} {value}", "at least 1", "Correct the option.");
    }
}
