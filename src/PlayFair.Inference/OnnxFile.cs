using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace PlayFair.Inference;

/// <summary>What opening any ONNX file has in common.</summary>
internal static class OnnxFile
{
    /// <summary>Opens a file that a package names.</summary>
    /// <param name="noun">What it is, at the start of a sentence.</param>
    /// <exception cref="InferenceException">It is missing, unreadable or no ONNX model; or the device is missing.</exception>
    public static InferenceSession Open(string noun, string path, InferenceOptions options)
    {
        RequireFile(noun, path);
        return OpenSession(noun, path, options);
    }

    /// <summary>
    /// Whether a tensor is float32 [n, sizes...], each dimension having its size or being free; a size of −1 must be free.
    /// </summary>
    public static bool IsFloatTensor(NodeMetadata tensor, ReadOnlySpan<int> sizes)
    {
        if (!tensor.IsTensor || tensor.ElementDataType != TensorElementType.Float)
            return false;
        ReadOnlySpan<int> found = tensor.Dimensions;
        if (found.Length != 1 + sizes.Length || found[0] >= 0)
            return false;
        for (int i = 0; i < sizes.Length; i++)
        {
            if (found[i + 1] >= 0 && found[i + 1] != sizes[i])
                return false;
        }

        return true;
    }

    /// <summary>Names and shapes, for a message.</summary>
    public static string Describe(IReadOnlyDictionary<string, NodeMetadata> tensors) =>
        string.Join(", ", tensors.Select(static pair => $"{pair.Key}, {Describe(pair.Value)}"));

    private static string Describe(NodeMetadata tensor) => tensor.IsTensor
        ? $"{tensor.ElementDataType} [{string.Join(", ", tensor.Dimensions.Select(DescribeSize))}]"
        : tensor.OnnxValueType.ToString();

    private static string DescribeSize(int size) => size < 0 ? "free" : size.ToString();

    private static void RequireFile(string noun, string path)
    {
        const string Remedy = "Correct the path, or the file's name in the model package.";
        if (Directory.Exists(path))
            throw new InferenceException($"{noun} '{path}' is a folder", "an ONNX file", Remedy);
        if (!File.Exists(path))
            throw new InferenceException($"{noun} '{path}' does not exist", "an ONNX file", Remedy);
        try
        {
            using FileStream file = File.OpenRead(path);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            throw new InferenceException(
                $"{noun} '{path}' cannot be read ({exception.Message})", "a readable ONNX file",
                "Check the file's permissions.", exception);
        }
    }

    private static InferenceSession OpenSession(string noun, string path, InferenceOptions options)
    {
        try
        {
            // Failures arrive as exceptions; what ONNX Runtime would print beside them is noise on standard error.
            OrtEnv.Instance().EnvLogLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;
            using var sessionOptions = new SessionOptions
            {
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
                IntraOpNumThreads = options.ThreadCount,
                InterOpNumThreads = 1,
            };
            // Threads that wait sleep: by default they spin, and take the cores that decode the next frames.
            sessionOptions.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            if (options.Device.CudaIndex is int index)
                CudaProvider.Append(sessionOptions, options.Device, index);
            return new InferenceSession(path, sessionOptions);
        }
        catch (Exception exception)
            when ((exception as TypeInitializationException)?.InnerException is DllNotFoundException
                || exception is DllNotFoundException)
        {
            throw new InferenceException(
                $"No native library of ONNX Runtime for {RuntimeInformation.RuntimeIdentifier}",
                $"onnxruntime in {AppContext.BaseDirectory}", "Run ./configure and build again.", exception);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InferenceException(
                $"{noun} '{path}' cannot be loaded ({exception.Message.Trim()})",
                $"an ONNX model that ONNX Runtime {OrtEnv.Instance().GetVersionString()} can run",
                "Export it again, or restore the file from the model package.", exception);
        }
    }
}
