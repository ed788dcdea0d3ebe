namespace PlayFair.Inference.Tests;

public sealed class OnnxBackboneTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LinearBackbone _model = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void Features_are_those_of_the_plain_formula_whatever_the_frame_count(int batchSize)
    {
        using OnnxBackbone backbone = Load(new InferenceOptions { BatchSize = batchSize });
        foreach (int count in new[] { 1, batchSize, batchSize + 1, 3 * batchSize - 1 })
        {
            ReadOnlyMemory<byte>[] frames = Frames.Noise(_model.Input, count);

            float[] features = backbone.Features(frames);

            for (int i = 0; i < count; i++)
            {
                double[] expected = _model.Reference(frames[i].Span);
                for (int d = 0; d < LinearBackbone.FeatureSize; d++)
                    Assert.Equal(expected[d], features[i * LinearBackbone.FeatureSize + d], 1e-5);
            }
        }
    }

    [Fact]
    public void No_frames_give_no_features()
    {
        using OnnxBackbone backbone = Load();

        backbone.Extract([], Memory<float>.Empty);
    }

    [Fact]
    public void Only_the_given_memory_is_written()
    {
        using OnnxBackbone backbone = Load();
        const int Size = LinearBackbone.FeatureSize;
        float[] features = [.. Enumerable.Repeat(-7f, 4 * Size)];

        backbone.Extract(Frames.Noise(_model.Input, 2), features.AsMemory(Size, 2 * Size));

        Assert.All(features[..Size], static value => Assert.Equal(-7f, value));
        Assert.All(features[Size..(3 * Size)], static value => Assert.NotEqual(-7f, value));
        Assert.All(features[(3 * Size)..], static value => Assert.Equal(-7f, value));
    }

    [Fact]
    public void Callers_on_several_threads_get_their_own_features()
    {
        using OnnxBackbone backbone = Load(new InferenceOptions { BatchSize = 2, ThreadCount = 1 });
        Parallel.For(0, 32, seed =>
        {
            ReadOnlyMemory<byte>[] frames = Frames.Noise(_model.Input, 5, seed);
            float[] features = backbone.Features(frames);
            double[] expected = _model.Reference(frames[4].Span);
            for (int d = 0; d < LinearBackbone.FeatureSize; d++)
                Assert.Equal(expected[d], features[4 * LinearBackbone.FeatureSize + d], 1e-5);
        });
    }

    [Fact]
    public void A_batch_allocates_far_less_than_one_frame()
    {
        var model = new LinearBackbone(width: 256, height: 256);
        using OnnxBackbone backbone = OnnxBackbone.Load(
            _folder.Write(model.ToOnnx()), model.Input, new InferenceOptions { BatchSize = 2, ThreadCount = 1 });
        ReadOnlyMemory<byte>[] frames = Frames.Noise(model.Input, 4);
        float[] features = new float[4 * LinearBackbone.FeatureSize];
        backbone.Extract(frames, features);

        long before = GC.GetAllocatedBytesForCurrentThread();
        backbone.Extract(frames, features);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, model.Input.FrameByteCount / 10);
    }

    [Fact]
    public void A_backbone_that_declares_free_sizes_is_taken_at_the_packages_size()
    {
        string path = _folder.Write(_model.ToOnnx(
            input: new TensorSpec("frames", [null, 3, null, null]), output: new TensorSpec("features", [null, null])));

        using var backbone = OnnxBackbone.Load(path, _model.Input);
        ReadOnlyMemory<byte>[] frames = Frames.Noise(_model.Input, 1);

        Assert.Equal(_model.Reference(frames[0].Span)[0], backbone.Features(frames)[0], 1e-5);
        Assert.Equal(_model.Input, backbone.Input);
        Assert.Equal(InferenceDevice.Cpu, backbone.Device);
    }

    [Fact]
    public void Memory_of_the_wrong_length_is_refused()
    {
        using OnnxBackbone backbone = Load();
        ReadOnlyMemory<byte>[] frames = Frames.Noise(_model.Input, 2);

        var room = Assert.Throws<ArgumentException>(() => backbone.Extract(frames, new float[11]));
        frames[1] = frames[1][1..];
        var frame = Assert.Throws<ArgumentException>(() => backbone.Extract(frames, new float[10]));

        Assert.Contains("Room for 11 floats; expected 2 frames × 5", room.Message, StringComparison.Ordinal);
        Assert.Contains("Frame 1 of 2 has 35 bytes; expected 36", frame.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disposed_backbone_refuses_frames_and_can_be_disposed_again()
    {
        OnnxBackbone backbone = Load();
        backbone.Dispose();
        backbone.Dispose();

        Assert.Throws<ObjectDisposedException>(
            () => backbone.Extract(Frames.Noise(_model.Input, 1), new float[LinearBackbone.FeatureSize]));
    }

    private OnnxBackbone Load(InferenceOptions? options = null) =>
        OnnxBackbone.Load(_folder.Write(_model.ToOnnx()), _model.Input, options);
}
