using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace PlayFair.Inference;

/// <summary>A network that describes one frame by D floats, run by ONNX Runtime.</summary>
/// <remarks>
/// The file has one input, <c>frames</c>, float32 [n, 3, height, width], and an output <c>features</c>, float32 [n, D],
/// with n free. A frame's features depend on that frame alone: to 1e-5 they are the same whatever it is batched with.
/// Calls from several threads take turns.
/// </remarks>
public sealed class OnnxBackbone : IDisposable
{
    private const string InputName = "frames";
    private const string OutputName = "features";
    private static readonly string[] InputNames = [InputName];
    private static readonly string[] OutputNames = [OutputName];

    private readonly Lock _turn = new();
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly int _batchSize;

    // One batch of normalised frames, [BatchSize, 3, height, width]; pinned, so ONNX Runtime reads it where it lies.
    private readonly Memory<float> _planes;
    private bool _disposed;

    private OnnxBackbone(InferenceSession session, BackboneInput input, InferenceOptions options)
    {
        _session = session;
        _batchSize = options.BatchSize;
        float[] planes = GC.AllocateUninitializedArray<float>(_batchSize * input.FrameByteCount, pinned: true);
        _planes = MemoryMarshal.CreateFromPinnedArray(planes, 0, planes.Length);
        Input = input;
        Device = options.Device;
    }

    /// <summary>The frames it takes and the features it gives.</summary>
    public BackboneInput Input { get; }

    /// <summary>Where it runs.</summary>
    public InferenceDevice Device { get; }

    /// <summary>Opens a backbone, checks it against what its package says, and runs it once on a black frame.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="input">What the model package says of it.</param>
    /// <param name="options">Device, threads and batch size; the defaults if null.</param>
    /// <exception cref="InferenceException">
    /// A value in <paramref name="input"/> or <paramref name="options"/> is out of range; the file is missing,
    /// unreadable or no ONNX model; its tensors are not the ones described; the device or ONNX Runtime itself is missing.
    /// </exception>
    public static OnnxBackbone Load(string path, BackboneInput input, InferenceOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(input);
        options ??= new InferenceOptions();
        input.Check();
        options.Check(input);
        InferenceSession session = OnnxFile.Open("Backbone", path, options);
        try
        {
            CheckInput(session, path, input);
            CheckOutput(session, path, input);
            var backbone = new OnnxBackbone(session, input, options);
            backbone.RunOnce(path);
            return backbone;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Computes each frame's features, in batches.</summary>
    /// <param name="frames">
    /// n frames, each of shape [height × width × 3], interleaved bytes in the backbone's channel order; only read.
    /// </param>
    /// <param name="features">Shape [n × D], frame by frame; overwritten. ONNX Runtime writes straight into it.</param>
    /// <exception cref="ArgumentException">A frame or <paramref name="features"/> has the wrong length.</exception>
    /// <exception cref="InferenceException">ONNX Runtime fails, for example for want of memory.</exception>
    public void Extract(ReadOnlySpan<ReadOnlyMemory<byte>> frames, Memory<float> features)
    {
        CheckLengths(frames, features);
        int frameSize = Input.FrameByteCount;
        int featureSize = Input.FeatureSize;
        lock (_turn)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            while (!frames.IsEmpty)
            {
                int count = Math.Min(_batchSize, frames.Length);
                for (int i = 0; i < count; i++)
                {
                    PixelNormalizer.Normalize(
                        frames[i].Span, Input.Mean, Input.Std, _planes.Span.Slice(i * frameSize, frameSize));
                }

                RunBatch(count, features[..(count * featureSize)]);
                frames = frames[count..];
                features = features[(count * featureSize)..];
            }
        }
    }

    public void Dispose()
    {
        lock (_turn)
        {
            if (_disposed)
                return;
            _disposed = true;
            _runOptions.Dispose();
            _session.Dispose();
        }
    }

    private void RunBatch(int count, Memory<float> features)
    {
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance, _planes, [count, BackboneInput.ChannelCount, Input.Height, Input.Width]);
        using OrtValue output = OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance, features, [count, Input.FeatureSize]);
        try
        {
            _session.Run(_runOptions, InputNames, [input], OutputNames, [output]);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InferenceException(
                $"A failure of ONNX Runtime on {count} frames of {Input.Width}×{Input.Height} "
                    + $"({exception.Message.Trim()})",
                $"{OutputName} of shape [{count}, {Input.FeatureSize}]",
                "Check the package's input size and feature size; for want of memory, lower the batch size.",
                exception);
        }
    }

    // What the declared shapes leave open (free height, width or D) shows only in a run.
    private void RunOnce(string path)
    {
        try
        {
            Extract([new byte[Input.FrameByteCount]], new float[Input.FeatureSize]);
        }
        catch (InferenceException exception)
        {
            throw new InferenceException(
                $"Backbone '{path}': {exception.Found}", exception.Expected, exception.Remedy, exception);
        }
    }

    private void CheckLengths(ReadOnlySpan<ReadOnlyMemory<byte>> frames, Memory<float> features)
    {
        if (features.Length != (long)frames.Length * Input.FeatureSize)
        {
            throw new ArgumentException(
                $"Room for {features.Length} floats; expected {frames.Length} frames × {Input.FeatureSize}.",
                nameof(features));
        }

        for (int i = 0; i < frames.Length; i++)
        {
            if (frames[i].Length != Input.FrameByteCount)
            {
                throw new ArgumentException(
                    $"Frame {i} of {frames.Length} has {frames[i].Length} bytes; expected {Input.FrameByteCount} "
                        + $"(height {Input.Height} × width {Input.Width} × {BackboneInput.ChannelCount}).",
                    nameof(frames));
            }
        }
    }

    private static void CheckInput(InferenceSession session, string path, BackboneInput input)
    {
        string expected =
            $"one input {InputName}, float32 [n, {BackboneInput.ChannelCount}, {input.Height}, {input.Width}]";
        IReadOnlyDictionary<string, NodeMetadata> inputs = session.InputMetadata;
        if (inputs.Count != 1
            || !inputs.TryGetValue(InputName, out NodeMetadata? tensor)
            || !OnnxFile.IsFloatTensor(tensor, [BackboneInput.ChannelCount, input.Height, input.Width]))
        {
            throw new InferenceException(
                $"Backbone '{path}' with input {OnnxFile.Describe(inputs)}", expected,
                "Correct the package's input size, or export the backbone with this input and a free first dimension.");
        }
    }

    private static void CheckOutput(InferenceSession session, string path, BackboneInput input)
    {
        IReadOnlyDictionary<string, NodeMetadata> outputs = session.OutputMetadata;
        if (!outputs.TryGetValue(OutputName, out NodeMetadata? tensor) || !OnnxFile.IsFloatTensor(tensor, [input.FeatureSize]))
        {
            throw new InferenceException(
                $"Backbone '{path}' with output {OnnxFile.Describe(outputs)}",
                $"an output {OutputName}, float32 [n, {input.FeatureSize}]",
                "Correct the package's feature size, or export the backbone with this output.");
        }
    }
}
