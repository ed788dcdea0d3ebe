using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace PlayFair.Inference;

/// <summary>ONNX Runtime's CUDA provider: a library of its own that the CPU packages lack.</summary>
internal static class CudaProvider
{
    private static readonly string LibraryName = OperatingSystem.IsWindows()
        ? "onnxruntime_providers_cuda.dll"
        : "libonnxruntime_providers_cuda.so";

    /// <summary>Makes sessions with these options run on a GPU.</summary>
    /// <exception cref="InferenceException">The provider's library, CUDA or the GPU is missing.</exception>
    public static void Append(SessionOptions options, InferenceDevice device, int index)
    {
        RequireLibrary(device);
        try
        {
            using var cuda = new OrtCUDAProviderOptions();
            cuda.UpdateOptions(new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["device_id"] = index.ToString(CultureInfo.InvariantCulture),
                // TensorFloat-32 keeps 10 bits of each factor: features would be off by 1e-3.
                ["use_tf32"] = "0",
                // Choosing kernels by timing them, the default, makes results differ from run to run.
                ["cudnn_conv_algo_search"] = "HEURISTIC",
            });
            options.AppendExecutionProvider_CUDA(cuda);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InferenceException(
                $"Device {device}, which ONNX Runtime cannot use ({exception.Message.Trim()})",
                "an NVIDIA GPU, its driver, and the CUDA and cuDNN versions that ONNX Runtime "
                    + $"{OrtEnv.Instance().GetVersionString()} is built for",
                "Install what is missing, or choose the device cpu.", exception);
        }
    }

    private static void RequireLibrary(InferenceDevice device)
    {
        // The folders where .NET looks for a program's native libraries, ONNX Runtime among them.
        string[] folders = [
            AppContext.BaseDirectory,
            .. (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(
                Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
        ];
        if (Array.Exists(folders, folder => File.Exists(Path.Combine(folder, LibraryName))))
            return;

        string version = OrtEnv.Instance().GetVersionString();
        throw new InferenceException(
            $"Device {device}, and no {LibraryName} beside ONNX Runtime in {AppContext.BaseDirectory}",
            $"the CUDA provider of ONNX Runtime {version}",
            $"Copy the native libraries of ONNX Runtime's GPU package {version} "
                + "(NuGet Microsoft.ML.OnnxRuntime.Gpu) into that folder, or choose the device cpu.");
    }
}
