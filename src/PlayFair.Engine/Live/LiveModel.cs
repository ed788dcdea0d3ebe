using PlayFair.Attribution;
using PlayFair.Contracts;
using PlayFair.Inference;
using PlayFair.Models;
using PlayFair.Video;

namespace PlayFair.Engine;

/// <summary>One model package at work: its backbone and ONNX head are loaded with the first video that needs them.</summary>
internal sealed class LiveModel(ModelPackage package, VideoServiceOptions options) : IAsyncDisposable
{
    private readonly SemaphoreSlim _loading = new(1, 1);
    private OnnxBackbone? _backbone;
    private OnnxHead? _onnxHead;
    private FeatureBatcher? _batcher;

    public ModelPackage Package { get; } = package;

    public FrameFormat Format { get; } = new(
        package.Backbone.Width, package.Backbone.Height, (Video.FrameFit)package.Backbone.Fit,
        package.Backbone.ColorOrder == ColorOrder.Rgb ? PixelOrder.Rgb : PixelOrder.Bgr);

    public ModelInfo Info(bool isDefault)
    {
        TrainingRecord training = Package.Training;
        AccuracyRecord accuracy = training.Accuracy;
        return new ModelInfo(
            Package.Name, Package.Version, Package.Description, Package.HeadKind, Package.Head?.MaxScale,
            Package.Backbone.FeatureSize, ScoreKinds.Name(Package.Score), Package.Classes, isDefault)
        {
            Prior = Package.Prior,
            Accuracy = new ModelAccuracy(
                accuracy.Metric, accuracy.Value, accuracy.Frames, accuracy.Split, accuracy.VideoCount),
            Training = new ModelTraining(training.Data, training.Script, training.Seed, training.Duration),
            InputWidth = Package.Backbone.Width,
            InputHeight = Package.Backbone.Height,
            HiddenSize = Package.Head?.HiddenSize,
            Frames = Package.FrameCount,
            Scores = [.. DefinitionRules.Scores(Package).Select(ScoreKinds.Name)],
        };
    }

    /// <summary>A place among the videos whose features this model computes.</summary>
    /// <exception cref="InferenceException">The backbone or the ONNX head cannot be loaded.</exception>
    public async Task<IFeatureSource> OpenLaneAsync(CancellationToken cancellationToken)
    {
        if (options.Features is { } features)
            return features;
        await _loading.WaitAsync(cancellationToken);
        try
        {
            _batcher ??= await Task.Run(Load, cancellationToken);
            return _batcher.OpenLane();
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>An empty window on the head; after <see cref="OpenLaneAsync"/>.</summary>
    public IWindowModel CreateWindow(int frameCount) => Package.Head is { } head
        ? head.CreateWindow(frameCount, threadCount: 1)
        : new OnnxHeadModel(_onnxHead!, frameCount);

    public async ValueTask DisposeAsync()
    {
        if (_batcher is not null)
            await _batcher.DisposeAsync();
        _backbone?.Dispose();
        _onnxHead?.Dispose();
        _loading.Dispose();
    }

    private FeatureBatcher Load()
    {
        BackboneSpec spec = Package.Backbone;
        if (Package.OnnxHeadPath is { } path)
            _onnxHead ??= OnnxHead.Load(path, spec.FeatureSize, Package.Classes.Count, options.Inference);
        _backbone ??= OnnxBackbone.Load(
            spec.Path, new BackboneInput(spec.Width, spec.Height, spec.FeatureSize, spec.Mean, spec.Std),
            options.Inference);
        TimeSpan delay = options.BatchDelay
            ?? (options.Inference.Device == InferenceDevice.Cpu ? TimeSpan.Zero : TimeSpan.FromMilliseconds(5));
        return new FeatureBatcher(
            _backbone.Extract, spec.FeatureSize, options.Inference.BatchSize, delay, options.Time);
    }
}
