using System.Diagnostics;
using System.Globalization;
using PlayFair.Attribution;
using PlayFair.Inference;
using PlayFair.Models;
using PlayFair.Video;

namespace PlayFair.Engine;

/// <summary>Attributes whole clips with one model: video → frames → features → exact Element Shapley Values.</summary>
/// <remarks>The backbone is loaded with the first video: attributing precomputed features needs none.</remarks>
public sealed class ClipAttributor(ModelPackage model, InferenceOptions? inference = null) : IDisposable
{
    private readonly InferenceOptions _inference = inference ?? new InferenceOptions();
    private OnnxBackbone? _backbone;

    public ModelPackage Model { get; } = model;

    /// <summary>Attributes a video.</summary>
    /// <param name="path">A video file.</param>
    /// <param name="sampling">Which frames; at most <see cref="ExactEsv.MaxFrameCount"/> of them.</param>
    /// <param name="score">The score that is attributed.</param>
    /// <param name="selected">Which classes <see cref="AttributionDocument.Selected"/> names.</param>
    /// <param name="progress">Told of every stage as it begins and of every frame sampled.</param>
    /// <exception cref="VideoException">The video cannot be read.</exception>
    /// <exception cref="InferenceException">The backbone cannot be loaded or run, or gives features that are no numbers.
    /// </exception>
    /// <exception cref="ClipException">More frames were sampled than exact attribution takes.</exception>
    public async Task<AttributionDocument> AttributeVideoAsync(
        string path,
        FrameSampling sampling,
        ScoreKind score,
        ClassSelection selected,
        IProgress<ClipProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(selected);
        long start = Stopwatch.GetTimestamp();
        ClipFeatures clip = await ExtractAsync(path, sampling, progress, cancellationToken);
        progress?.Report(new ClipProgress(ClipStage.Attributing, clip.Frames.Count));
        var (values, attributionTime) =
            await Task.Run(() => Attribute(clip.Values, clip.Frames.Count, score, cancellationToken), cancellationToken);

        VideoInfo video = clip.Video;
        return Document(values, selected) with
        {
            Video = new VideoSummary(
                path, video.Width, video.Height, video.Duration?.TotalSeconds, video.FrameRateHz,
                clip.Decoding.DecodedFrameCount, clip.Decoding.LostFrameCount, clip.Decoding.IsTruncated,
                clip.Decoding.IsCorrupt),
            Model = Summary(_backbone!.Device.ToString()),
            Settings = new AttributionSettings(
                clip.Frames.Count, clip.Sampling, ScoreKinds.Name(score), AttributionDocument.Exact),
            Frames = clip.Frames,
            Timings = new AttributionTimings(
                clip.DecodeTime.TotalSeconds, clip.FeatureTime.TotalSeconds, attributionTime.TotalSeconds,
                Stopwatch.GetElapsedTime(start).TotalSeconds),
            Warnings = Warnings(clip.Decoding),
        };
    }

    /// <summary>Attributes precomputed features.</summary>
    /// <param name="path">A safetensors file with one [n, D] tensor, or several of which one is named features.</param>
    /// <exception cref="SafetensorsException">The file holds no features.</exception>
    /// <exception cref="ClipException">D is not the model's feature size, or n is more than exact attribution takes.
    /// </exception>
    public AttributionDocument AttributeFeatures(
        string path, ScoreKind score, ClassSelection selected, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(selected);
        long start = Stopwatch.GetTimestamp();
        SafetensorsTensor features = SafetensorsFile.Open(path).ReadFeatures();
        int frameCount = features.Shape[0], featureSize = features.Shape[1];
        if (featureSize != Model.Head.FeatureSize)
        {
            throw new ClipException(
                ClipErrorKind.WrongFeatureSize,
                $"'{path}' has {featureSize} features a frame; the head of {Model.Name} takes {Model.Head.FeatureSize}. " +
                "Compute the features with the model's own backbone, or name another model.");
        }

        CheckFrameCount(frameCount, path);
        var (values, attributionTime) = Attribute(features.Values, frameCount, score, cancellationToken);
        return Document(values, selected) with
        {
            Features = new FeatureSummary(path, frameCount, featureSize),
            Model = Summary(device: null),
            Settings = new AttributionSettings(
                frameCount, "given", ScoreKinds.Name(score), AttributionDocument.Exact),
            Frames = [.. Enumerable.Range(0, frameCount).Select(i => new AttributedFrame(i, i, TimeSeconds: null))],
            Timings = new AttributionTimings(
                0, 0, attributionTime.TotalSeconds, Stopwatch.GetElapsedTime(start).TotalSeconds),
        };
    }

    public void Dispose() => _backbone?.Dispose();

    /// <summary>Decodes the sampled frames and computes their features, a batch at a time.</summary>
    private async Task<ClipFeatures> ExtractAsync(
        string path, FrameSampling sampling, IProgress<ClipProgress>? progress, CancellationToken cancellationToken)
    {
        BackboneSpec spec = Model.Backbone;
        var format = new FrameFormat(
            spec.Width, spec.Height, (Video.FrameFit)spec.Fit, spec.ColorOrder == ColorOrder.Rgb ? PixelOrder.Rgb : PixelOrder.Bgr);
        progress?.Report(new ClipProgress(ClipStage.Opening, 0));
        var decodeProgress = new DecodeProgress(progress);
        await using VideoFrameReader reader = await VideoDecoder.ReadAsync(
            path, format, sampling, new VideoDecoderOptions { Progress = decodeProgress }, cancellationToken);
        decodeProgress.Duration = reader.Video.Duration;
        OnnxBackbone backbone = _backbone ??= await Task.Run(
            () => OnnxBackbone.Load(
                spec.Path, new BackboneInput(spec.Width, spec.Height, spec.FeatureSize, spec.Mean, spec.Std), _inference),
            cancellationToken);

        var frames = new List<AttributedFrame>();
        var values = new List<float[]>();
        var batch = new List<VideoFrame>(_inference.BatchSize);
        TimeSpan decodeTime = TimeSpan.Zero, featureTime = TimeSpan.Zero;
        try
        {
            await using IAsyncEnumerator<VideoFrame> source = reader.GetAsyncEnumerator(cancellationToken);
            bool more = true;
            while (more)
            {
                long waiting = Stopwatch.GetTimestamp();
                more = await source.MoveNextAsync();
                decodeTime += Stopwatch.GetElapsedTime(waiting);
                if (more)
                {
                    VideoFrame frame = source.Current;
                    batch.Add(frame);
                    frames.Add(new AttributedFrame(frames.Count, frame.Index, frame.PresentationTime.TotalSeconds));
                    decodeProgress.FrameCount = frames.Count;
                    CheckFrameCount(frames.Count, path);
                }

                if (batch.Count == _inference.BatchSize || (!more && batch.Count > 0))
                {
                    long extracting = Stopwatch.GetTimestamp();
                    values.Add(await Task.Run(() => Extract(backbone, spec.Path, batch), cancellationToken));
                    featureTime += Stopwatch.GetElapsedTime(extracting);
                    Release(batch);
                }
            }
        }
        finally
        {
            Release(batch);
        }

        return new ClipFeatures(
            reader.Video, sampling.ToString(), frames, [.. values.SelectMany(v => v)], reader.Report!, decodeTime, featureTime);
    }

    private static float[] Extract(OnnxBackbone backbone, string path, List<VideoFrame> batch)
    {
        var features = new float[batch.Count * backbone.Input.FeatureSize];
        backbone.Extract(batch.ConvertAll(frame => frame.Pixels).ToArray(), features);
        int wrong = Array.FindIndex(features, value => !float.IsFinite(value));
        if (wrong >= 0)
        {
            throw new InferenceException(
                $"Backbone '{path}' describes frame {batch[wrong / backbone.Input.FeatureSize].Index} by {features[wrong]}",
                "finite numbers",
                "Restore the file from the model package, or export it again.");
        }

        return features;
    }

    private static void Release(List<VideoFrame> batch)
    {
        foreach (VideoFrame frame in batch)
            frame.Dispose();
        batch.Clear();
    }

    private static void CheckFrameCount(int count, string path)
    {
        if (count > ExactEsv.MaxFrameCount)
        {
            throw new ClipException(
                ClipErrorKind.TooManyFrames,
                $"'{path}' gives more than {ExactEsv.MaxFrameCount} frames, the most that exact attribution takes. " +
                $"Ask for fewer: --frames {ExactEsv.MaxFrameCount} or less.");
        }
    }

    private (ElementShapleyValues Values, TimeSpan Time) Attribute(
        float[] features, int frameCount, ScoreKind score, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        var values = ExactEsv.Compute(Model.Head.Project(features, frameCount), Model.Prior, score, cancellationToken);
        return (values, Stopwatch.GetElapsedTime(start));
    }

    /// <summary>The part of the document that follows from the values alone; the caller fills in the rest.</summary>
    private AttributionDocument Document(ElementShapleyValues values, ClassSelection selected)
    {
        var classes = new AttributedClass[values.ClassCount];
        for (int c = 0; c < classes.Length; c++)
        {
            var esv = new double[values.FrameCount];
            for (int i = 0; i < esv.Length; i++)
                esv[i] = values[i, c];
            classes[c] = new AttributedClass(
                c, Model.Classes[c], values.Scores[c], values.Prior[c], esv, esv.Sum(), values.EfficiencyGap(c));
        }

        AttributedClass[] ranked = [.. classes.OrderByDescending(c => c.Score)];
        return new AttributionDocument(
            AttributionDocument.CurrentSchema, AttributionDocument.Producer, Video: null, Features: null, Summary(null),
            new AttributionSettings(0, "", "", ""), [], ranked, selected.In(ranked),
            AttributionDocument.Exact, values.EvaluationCount, new AttributionTimings(0, 0, 0, 0), []);
    }

    private ModelSummary Summary(string? device) => new(
        Model.Name, Model.Version, Model.Head.Kind, Model.Head.MaxScale, Model.Head.FeatureSize, Model.Head.ClassCount,
        device);

    private static List<string> Warnings(DecodeReport decoding)
    {
        var warnings = new List<string>();
        if (!decoding.IsComplete)
        {
            warnings.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"The video is {decoding}. What decoded was attributed; the rest has no values."));
        }

        return warnings;
    }

    /// <summary>Turns the times of decoded frames into the share of the video that is decoded.</summary>
    private sealed class DecodeProgress(IProgress<ClipProgress>? progress) : IProgress<TimeSpan>
    {
        public TimeSpan? Duration { get; set; }

        public int FrameCount { get; set; }

        public void Report(TimeSpan value) => progress?.Report(new ClipProgress(
            ClipStage.Decoding, FrameCount, Duration > TimeSpan.Zero ? Math.Clamp(value / Duration.Value, 0, 1) : null));
    }
}
