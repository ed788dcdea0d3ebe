using Microsoft.ML.OnnxRuntime;

namespace PlayFair.Inference;

/// <summary>A network that scores a sequence of frame features of any length, run by ONNX Runtime.</summary>
/// <remarks>
/// The file has one input, <c>features</c>, float32 [n, length, D], and an output <c>logits</c>, float32 [n, C], with n and
/// length free: frames in the order of time. A sequence's logits depend on that sequence alone. May be called on several
/// threads at once.
/// </remarks>
public sealed class OnnxHead : IDisposable
{
    private const string InputName = "features";
    private const string OutputName = "logits";
    private static readonly string[] InputNames = [InputName];
    private static readonly string[] OutputNames = [OutputName];

    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private bool _disposed;

    private OnnxHead(InferenceSession session, int featureSize, int classCount)
    {
        _session = session;
        FeatureSize = featureSize;
        ClassCount = classCount;
    }

    /// <summary>D: how many features a frame has.</summary>
    public int FeatureSize { get; }

    /// <summary>C: how many classes are scored.</summary>
    public int ClassCount { get; }

    /// <summary>Opens a head, checks it against what its package says, and runs it on zeros of lengths 1 and 3.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="featureSize">D, at least 1.</param>
    /// <param name="classCount">C, at least 1.</param>
    /// <param name="options">Device and threads; the defaults if null.</param>
    /// <exception cref="InferenceException">
    /// The file is missing, unreadable or no ONNX model; its tensors are not the ones described; the device or ONNX Runtime
    /// itself is missing.
    /// </exception>
    public static OnnxHead Load(string path, int featureSize, int classCount, InferenceOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(featureSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(classCount, 1);
        InferenceSession session = OnnxFile.Open("Head", path, options ?? new InferenceOptions());
        try
        {
            Check(
                path, "input", session.InputMetadata.Count == 1, session.InputMetadata, InputName, [-1, featureSize],
                $"one input {InputName}, float32 [n, length, {featureSize}], n and length free");
            Check(
                path, "output", true, session.OutputMetadata, OutputName, [classCount],
                $"an output {OutputName}, float32 [n, {classCount}], n free");
            var head = new OnnxHead(session, featureSize, classCount);
            // What the declared shapes leave open shows only in a run; so does a length that the graph has built in.
            head.Evaluate(1, new float[featureSize], new float[classCount]);
            head.Evaluate(3, new float[2 * 3 * featureSize], new float[2 * classCount]);
            return head;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Scores sequences of one length.</summary>
    /// <param name="length">How many frames each has, at least 1.</param>
    /// <param name="features">[n × length × D], row-major; only read.</param>
    /// <param name="logits">[n × C], row-major; overwritten.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    /// <exception cref="InferenceException">ONNX Runtime fails, for example for want of memory.</exception>
    /// <exception cref="ObjectDisposedException">The head was disposed of.</exception>
    public void Evaluate(int length, Memory<float> features, Memory<float> logits)
    {
        // ONNX Runtime itself would end the process.
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        int count = features.Length / (length * FeatureSize);
        if (features.Length != (long)count * length * FeatureSize || logits.Length != (long)count * ClassCount)
        {
            throw new ArgumentException(
                $"{features.Length} features and room for {logits.Length} logits; expected {length} × {FeatureSize} features "
                    + $"and {ClassCount} logits for each sequence.",
                nameof(features));
        }

        if (count == 0)
            return;
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance, features, [count, length, FeatureSize]);
        using OrtValue output = OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance, logits, [count, ClassCount]);
        try
        {
            _session.Run(_runOptions, InputNames, [input], OutputNames, [output]);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InferenceException(
                $"A failure of ONNX Runtime on {count} sequences of {length} frames ({exception.Message.Trim()})",
                $"{OutputName} of shape [{count}, {ClassCount}]",
                "Export the head with a free number of sequences and a free length.", exception);
        }
    }

    public void Dispose()
    {
        _disposed = true;
        _runOptions.Dispose();
        _session.Dispose();
    }

    private static void Check(
        string path, string kind, bool isCountRight, IReadOnlyDictionary<string, NodeMetadata> tensors, string name,
        ReadOnlySpan<int> sizes, string expected)
    {
        if (isCountRight && tensors.TryGetValue(name, out NodeMetadata? tensor) && OnnxFile.IsFloatTensor(tensor, sizes))
            return;
        throw new InferenceException(
            $"Head '{path}' with {kind} {OnnxFile.Describe(tensors)}", expected,
            "Correct the package's feature size or classes, or export the head with these tensors.");
    }
}
