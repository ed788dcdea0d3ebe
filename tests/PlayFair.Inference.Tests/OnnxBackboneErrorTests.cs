namespace PlayFair.Inference.Tests;

public sealed class OnnxBackboneErrorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LinearBackbone _model = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_missing_file_is_named() =>
        AssertRefused(Path.Combine(_folder.FullName, "no.onnx"), "no.onnx' does not exist", "an ONNX file");

    [Fact]
    public void A_folder_is_no_backbone() => AssertRefused(_folder.FullName, "is a folder", "an ONNX file");

    [Fact]
    public void A_file_without_permission_is_named()
    {
        if (OperatingSystem.IsWindows() || Environment.UserName == "root")
        {
            Assert.Skip("root may read every file");
            return;
        }

        string path = _folder.Write(_model.ToOnnx());
        File.SetUnixFileMode(path, UnixFileMode.None);
        AssertRefused(path, "cannot be read", "a readable ONNX file");
    }

    [Fact]
    public void Bytes_that_are_no_model_are_refused()
    {
        AssertRefused(_folder.Write([]), "cannot be loaded", "an ONNX model");
        AssertRefused(_folder.Write("not a model"u8.ToArray()), "cannot be loaded", "an ONNX model");
    }

    [Fact]
    public void A_truncated_model_is_refused()
    {
        byte[] bytes = _model.ToOnnx();
        AssertRefused(_folder.Write(bytes[..(bytes.Length / 2)]), "cannot be loaded", "an ONNX model");
    }

    [Fact]
    public void An_input_that_is_not_the_packages_is_refused()
    {
        const string Expected = "one input frames, float32 [n, 3, 3, 4]";
        AssertInputRefused(new TensorSpec("images", [null, 3, 3, 4]), "images, Float [free, 3, 3, 4]", Expected);
        AssertInputRefused(new TensorSpec("frames", [null, 3, 4, 3]), "frames, Float [free, 3, 4, 3]", Expected);
        AssertInputRefused(new TensorSpec("frames", [null, 36]), "frames, Float [free, 36]", Expected);
        AssertInputRefused(new TensorSpec("frames", [1, 3, 3, 4]), "frames, Float [1, 3, 3, 4]", Expected);
        AssertInputRefused(
            new TensorSpec("frames", [null, 3, 3, 4]), "more, Float [free]", Expected, new TensorSpec("more", [null]));
    }

    [Fact]
    public void Input_of_another_element_type_is_refused()
    {
        OnnxWriter graph = new OnnxWriter()
            .Node("Flatten", ["frames"], ["features"])
            .Value(11, new TensorSpec("frames", [null, 3, 3, 4], ElementType: 2))
            .Value(12, new TensorSpec("features", [null, 36], ElementType: 2));

        AssertRefused(_folder.Write(OnnxWriter.Model(graph)), "frames, UInt8 [free, 3, 3, 4]", "float32");
    }

    [Fact]
    public void An_output_that_is_not_the_packages_is_refused()
    {
        string renamed = _folder.Write(_model.ToOnnx(output: new TensorSpec("logits", [null, 5])));
        AssertRefused(renamed, "logits, Float [free, 5]", "an output features, float32 [n, 5]");

        string path = _folder.Write(_model.ToOnnx());
        AssertRefused(path, "features, Float [free, 5]", "float32 [n, 256]", _model.Input with { FeatureSize = 256 });
    }

    [Fact]
    public void A_size_that_only_a_run_can_show_is_refused_on_load()
    {
        string path = _folder.Write(_model.ToOnnx(
            input: new TensorSpec("frames", [null, 3, null, null]), output: new TensorSpec("features", [null, null])));

        AssertRefused(path, "4×6", "features of shape [1, 5]", _model.Input with { Height = 6 });
    }

    [Fact]
    public void Values_out_of_range_are_named()
    {
        string path = _folder.Write(_model.ToOnnx());
        AssertRefused(path, "width 0", "at least 1", _model.Input with { Width = 0 });
        AssertRefused(path, "height -1", "at least 1", _model.Input with { Height = -1 });
        AssertRefused(path, "feature size 0", "at least 1", _model.Input with { FeatureSize = 0 });
        AssertRefused(path, "100000×100000", "fits", _model.Input with { Width = 100_000, Height = 100_000 });
        AssertRefused(path, "mean [0, 0]", "3 finite numbers", _model.Input with { Mean = [0, 0] });
        AssertRefused(path, "mean [0, 0, NaN]", "3 finite numbers", _model.Input with { Mean = [0, 0, float.NaN] });
        AssertRefused(path, "std [1, 0, 1]", "above 0", _model.Input with { Std = [1, 0, 1] });
        AssertRefused(path, "thread count 0", "at least 1", options: new InferenceOptions { ThreadCount = 0 });
        AssertRefused(path, "batch size 0", "at least 1", options: new InferenceOptions { BatchSize = 0 });
        AssertRefused(
            path, "batch size 2147483647", "at most", options: new InferenceOptions { BatchSize = int.MaxValue });
    }

    [Fact]
    public void Cuda_without_its_library_is_an_error_and_no_fall_back()
    {
        Assert.SkipWhen(
            File.Exists(Path.Combine(AppContext.BaseDirectory, "libonnxruntime_providers_cuda.so")),
            "the CUDA provider is installed here");

        AssertRefused(
            _folder.Write(_model.ToOnnx()), "Device cuda:1, and no", "the CUDA provider of ONNX Runtime",
            options: new InferenceOptions { Device = InferenceDevice.Cuda(1) });
    }

    private void AssertInputRefused(TensorSpec input, string found, string expected, TensorSpec? extraInput = null) =>
        AssertRefused(_folder.Write(_model.ToOnnx(input, extraInput: extraInput)), found, expected);

    private void AssertRefused(
        string path, string found, string expected, BackboneInput? input = null, InferenceOptions? options = null)
    {
        var exception = Assert.Throws<InferenceException>(
            () => OnnxBackbone.Load(path, input ?? _model.Input, options));

        Assert.Contains(found, exception.Found, StringComparison.Ordinal);
        Assert.Contains(expected, exception.Expected, StringComparison.Ordinal);
        Assert.NotEmpty(exception.Remedy);
        Assert.Equal($"{exception.Found}; expected {exception.Expected}. {exception.Remedy}", exception.Message);
    }
}
