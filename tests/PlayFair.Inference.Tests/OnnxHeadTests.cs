namespace PlayFair.Inference.Tests;

public sealed class OnnxHeadTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("playfair head ").FullName;
    private readonly RecurrentHead _reference = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 5)]
    [InlineData(40, 3)]
    [InlineData(3, 70)]
    public void Sequences_of_any_length_are_scored_each_by_itself(int count, int length)
    {
        using OnnxHead head = Load(_reference.ToOnnx());
        var random = new Random(count);
        int size = length * _reference.FeatureSize;
        float[] features = [.. Enumerable.Range(0, count * size).Select(_ => random.NextSingle() - 0.5f)];
        var logits = new float[count * _reference.ClassCount];

        head.Evaluate(length, features, logits);

        for (int i = 0; i < count; i++)
        {
            double[] expected = _reference.Reference(features.AsSpan(i * size, size));
            for (int c = 0; c < expected.Length; c++)
                Assert.Equal(expected[c], logits[(i * _reference.ClassCount) + c], 1e-5);
        }
    }

    [Fact]
    public void Threads_may_share_a_head()
    {
        using OnnxHead head = Load(_reference.ToOnnx());
        float[] features = [.. Enumerable.Range(0, 6 * _reference.FeatureSize).Select(i => i / 10f)];
        double[] expected = _reference.Reference(features);

        Parallel.For(0, 200, _ =>
        {
            var logits = new float[_reference.ClassCount];
            head.Evaluate(6, features.ToArray(), logits);
            Assert.Equal(expected[1], logits[1], 1e-5);
        });
    }

    [Fact]
    public void A_head_with_other_tensors_is_refused_with_what_was_expected()
    {
        Refused(_reference.ToOnnx(new TensorSpec("frames", [null, null, 4])), "one input features, float32 [n, length, 4]");
        Refused(_reference.ToOnnx(output: new TensorSpec("scores", [null, 3])), "an output logits, float32 [n, 3]");
        Refused([1, 2, 3], "an ONNX model");
    }

    [Fact]
    public void A_head_with_a_length_built_in_is_refused() =>
        Refused(_reference.ToOnnx(new TensorSpec("features", [null, 8, 4])), "n and length free");

    [Fact]
    public void What_the_declared_shapes_leave_open_shows_in_a_run()
    {
        string path = Path.Combine(_folder, "open.onnx");
        File.WriteAllBytes(path, _reference.ToOnnx(output: new TensorSpec("logits", [null, null])));

        Assert.Throws<InferenceException>(() => OnnxHead.Load(path, _reference.FeatureSize, 5));
        OnnxHead.Load(path, _reference.FeatureSize, _reference.ClassCount).Dispose();
    }

    [Fact]
    public void A_missing_head_is_named()
    {
        var error = Assert.Throws<InferenceException>(
            () => OnnxHead.Load(Path.Combine(_folder, "absent.onnx"), 4, 3));

        Assert.Contains("absent.onnx", error.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void Lengths_that_do_not_fit_are_refused()
    {
        using OnnxHead head = Load(_reference.ToOnnx());

        Assert.Throws<ArgumentException>(() => head.Evaluate(2, new float[12], new float[3]));
        Assert.Throws<ArgumentException>(() => head.Evaluate(1, new float[4], new float[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => head.Evaluate(0, new float[4], new float[3]));
    }

    [Fact]
    public void A_head_that_was_disposed_of_is_not_run()
    {
        OnnxHead head = Load(_reference.ToOnnx());
        head.Dispose();
        head.Dispose();

        Assert.Throws<ObjectDisposedException>(() => head.Evaluate(1, new float[4], new float[3]));
    }

    private void Refused(byte[] onnx, string expected) =>
        Assert.Contains(expected, Assert.Throws<InferenceException>(() => Load(onnx)).Expected, StringComparison.Ordinal);

    private OnnxHead Load(byte[] onnx)
    {
        string path = Path.Combine(_folder, "head.onnx");
        File.WriteAllBytes(path, onnx);
        return OnnxHead.Load(path, _reference.FeatureSize, _reference.ClassCount);
    }
}
