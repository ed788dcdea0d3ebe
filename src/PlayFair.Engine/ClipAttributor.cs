using System.Diagnostics;
using System.Globalization;
using PlayFair.Attribution;
using PlayFair.Inference;
using PlayFair.Models;
using PlayFair.Video;

namespace PlayFair.Engine;

/// <summary>Attributes whole clips with one model: video → frames → features → Element Shapley Values.</summary>
/// <param name="model">The model whose scores are attributed.</param>
/// <param name="inference">How the backbone and an ONNX head run.</param>
/// <param name="estimation">How values are computed; by default exactly where that is feasible.</param>
/// <remarks>
/// The backbone is loaded with the first video: attributing precomputed features needs none. An ONNX head is loaded
/// with the first clip of either kind.
/// </remarks>
public sealed class ClipAttributor(
    ModelPackage model, InferenceOptions? inference = null, EstimationOptions? estimation = null) : IDisposable
{
    private readonly InferenceOptions _inference = inference ?? new InferenceOptions();
    private readonly EstimationOptions _estimation = estimation ?? new EstimationOptions();
    private OnnxBackbone? _backbone;
    private OnnxHead? _onnxHead;

    public ModelPackage Model { get; } = model;

    /// <summary>Attributes a video.</summary>
    /// <param name="path">A video file.</param>
    /// <param name="sampling">Which frames; at most <see cref="SampledEsv.MaxFrameCount"/> of them.</param>
    /// <param name="score">The score that is attributed.</param>
    /// <param name="selected">Which classes <see cref="AttributionDocument.Selected"/> names.</param>
    /// <param name="progress">Told of every stage as it begins, of every frame sampled and of every iteration.</param>
    /// <exception cref="VideoException">The video cannot be read.</exception>
    /// <exception cref="InferenceException">The backbone or the head cannot be loaded or run, or the features are no
    /// numbers or too large for the head.</exception>
    /// <exception cref="ClipException">More frames were sampled than the estimator takes, or it does not take the
    /// model and score.</exception>
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
        await Task.Run(() => CheckEstimator(score), cancellationToken);
        ClipFeatures clip = await ExtractAsync(path, sampling, score, progress, cancellationToken);
        AttributionDocument document = await Task.Run(
            () => AttributeClip(clip, path, score, selected, progress, cancellationToken), cancellationToken);
        return document with
        {
            Timings = document.Timings with { TotalSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds },
        };
    }

    /// <summary>Attributes a video whose features this attributor has extracted.</summary>
    /// <param name="path">What the document calls the video.</param>
    /// <exception cref="InferenceException">The head cannot be loaded or run, or the features are too large for it.
    /// </exception>
    /// <exception cref="ClipException">The estimator does not take the frames, the model or the score.</exception>
    public AttributionDocument AttributeClip(
        ClipFeatures clip,
        string path,
        ScoreKind score,
        ClassSelection selected,
        IProgress<ClipProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        ArgumentNullException.ThrowIfNull(selected);
        long start = Stopwatch.GetTimestamp();
        Estimate? estimate = Attribute(clip.Values, clip.Frames.Count, score, path, progress, cancellationToken);
        if (estimate is null)
        {
            throw new InferenceException(
                $"Backbone '{Model.Backbone.Path}' describes '{path}' by numbers up to {Largest(clip.Values)}, of "
                + "which the head's scores are not finite",
                "features as the head was trained on",
                "Restore the files from the model package.");
        }

        VideoInfo video = clip.Video;
        return Document(estimate, selected, clip.Sampling) with
        {
            Video = new VideoSummary(
                path, video.Width, video.Height, video.Duration?.TotalSeconds, video.FrameRateHz,
                clip.Decoding.DecodedFrameCount, clip.Decoding.LostFrameCount, clip.Decoding.IsTruncated,
                clip.Decoding.IsCorrupt),
            Model = Summary(_backbone!.Device.ToString()),
            Frames = clip.Frames,
            Timings = new AttributionTimings(
                clip.DecodeTime.TotalSeconds, clip.FeatureTime.TotalSeconds, estimate.Time.TotalSeconds,
                Stopwatch.GetElapsedTime(start).TotalSeconds),
            Warnings = [.. Warnings(clip.Decoding), .. Warnings(estimate)],
        };
    }

    /// <summary>Attributes precomputed features.</summary>
    /// <param name="path">A safetensors file with one [n, D] tensor, or several of which one is named features.</param>
    /// <param name="score">The score that is attributed.</param>
    /// <param name="selected">Which classes <see cref="AttributionDocument.Selected"/> names.</param>
    /// <param name="progress">Told when attribution begins, and of every iteration.</param>
    /// <exception cref="SafetensorsException">The file holds no features.</exception>
    /// <exception cref="InferenceException">An ONNX head cannot be loaded or run.</exception>
    /// <exception cref="ClipException">D is not the model's feature size, the features are too large for the head, n is
    /// more than the estimator takes, or it does not take the model and score.</exception>
    public AttributionDocument AttributeFeatures(
        string path,
        ScoreKind score,
        ClassSelection selected,
        IProgress<ClipProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(selected);
        long start = Stopwatch.GetTimestamp();
        SafetensorsTensor features = SafetensorsFile.Open(path).ReadFeatures();
        int frameCount = features.Shape[0], featureSize = features.Shape[1];
        if (featureSize != Model.Backbone.FeatureSize)
        {
            throw new ClipException(
                ClipErrorKind.WrongFeatureSize,
                $"'{path}' has {featureSize} features a frame; the head of {Model.Name} takes " +
                $"{Model.Backbone.FeatureSize}. Compute the features with the model's own backbone, or name another " +
                "model.");
        }

        CheckFrameCount(frameCount, score, path);
        Estimate estimate = Attribute(features.Values, frameCount, score, path, progress, cancellationToken)
            ?? throw new ClipException(
                ClipErrorKind.TooLargeFeatures,
                $"'{path}' holds features up to {Largest(features.Values)}, of which the scores of {Model.Name} are " +
                "not finite; expected features as its own backbone computes them. Compute them anew, or name another " +
                "model.");
        return Document(estimate, selected, "given") with
        {
            Features = new FeatureSummary(path, frameCount, featureSize),
            Frames = [.. Enumerable.Range(0, frameCount).Select(i => new AttributedFrame(i, i, TimeSeconds: null))],
            Timings = new AttributionTimings(
                0, 0, estimate.Time.TotalSeconds, Stopwatch.GetElapsedTime(start).TotalSeconds),
            Warnings = Warnings(estimate),
        };
    }

    public void Dispose()
    {
        _backbone?.Dispose();
        _onnxHead?.Dispose();
    }

    /// <summary>Decodes the sampled frames and computes their features, a batch at a time; attributes nothing.</summary>
    /// <param name="score">What is to be attributed: it decides, too, how many frames are too many.</param>
    /// <exception cref="VideoException">The video cannot be read.</exception>
    /// <exception cref="InferenceException">The backbone cannot be loaded or run.</exception>
    /// <exception cref="ClipException">More frames were sampled than the estimator takes.</exception>
    public async Task<ClipFeatures> ExtractAsync(
        string path,
        FrameSampling sampling,
        ScoreKind score,
        IProgress<ClipProgress>? progress = null,
        CancellationToken cancellationToken = default)
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
                    CheckFrameCount(frames.Count, score, path);
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

    /// <summary>Tries the estimator on one frame: a long video is not decoded for a refusal at its end.</summary>
    /// <exception cref="ClipException">It does not take the model or the score.</exception>
    private void CheckEstimator(ScoreKind score)
    {
        IEsvEstimator estimator = Estimators.Create(_estimation, 1, Model.Head?.MaxScale, score);
        try
        {
            var game = new Game(Project(new float[Model.Backbone.FeatureSize], 1), Model.Prior, score);
            estimator.Estimate(game, new StoppingRule());
        }
        catch (NotFiniteNumberException)
        {
            // A head that divides by a frame's norm has no score for zeros, and may well have one for every real frame.
        }
        catch (ArgumentException refusal)
        {
            throw Refusal(refusal);
        }
    }

    private ISubsequenceModel Project(float[] features, int frameCount)
    {
        if (Model.Head is { } head)
            return head.Project(features, frameCount);
        _onnxHead ??= OnnxHead.Load(
            Model.OnnxHeadPath!, Model.Backbone.FeatureSize, Model.Classes.Count, _inference);
        return new OnnxHeadModel(_onnxHead, features, frameCount);
    }

    private static ClipException Refusal(ArgumentException refusal) => new(
        ClipErrorKind.WrongEstimator,
        refusal.Message.Replace($" (Parameter '{refusal.ParamName}')", "", StringComparison.Ordinal));

    private void CheckFrameCount(int count, ScoreKind score, string path)
    {
        if (Estimators.WhyTooMany(_estimation, count, Model.Head?.MaxScale, score) is { } reason)
        {
            throw new ClipException(
                ClipErrorKind.TooManyFrames, $"'{path}' gives {count} frames or more, which are too many: {reason}");
        }
    }

    /// <summary>Computes the values; null if they are not finite numbers.</summary>
    /// <exception cref="ClipException">The estimator does not take this, or it needs too much memory.</exception>
    private Estimate? Attribute(
        float[] features,
        int frameCount,
        ScoreKind score,
        string path,
        IProgress<ClipProgress>? progress,
        CancellationToken cancellationToken)
    {
        progress?.Report(new ClipProgress(ClipStage.Attributing, frameCount));
        long start = Stopwatch.GetTimestamp();
        IEsvEstimator estimator = Estimators.Create(_estimation, frameCount, Model.Head?.MaxScale, score);
        var forecasts = new LastForecast(frameCount, progress);
        try
        {
            var game = new Game(Project(features, frameCount), Model.Prior, score);
            if (ExceedsMemory(estimator, game))
                throw TooManyForMemory();
            ElementShapleyValues values =
                estimator.Estimate(game, _estimation.StoppingRule(forecasts), cancellationToken);
            // Logits that are finite may still have sums that are not.
            return values.Values.Concat(values.Scores).All(double.IsFinite)
                ? new Estimate(values, forecasts.Last?.RelativeError, Stopwatch.GetElapsedTime(start))
                : null;
        }
        catch (NotFiniteNumberException)
        {
            return null;
        }
        catch (OutOfMemoryException)
        {
            throw TooManyForMemory();
        }
        catch (ArgumentException refusal)
        {
            throw Refusal(refusal);
        }

        ClipException TooManyForMemory() => new(
            ClipErrorKind.TooManyFrames,
            $"'{path}' gives {frameCount} frames, of which {estimator.Name} needs more memory than there is. Attribute "
            + "fewer, or draw one iteration.");
    }

    /// <summary>
    /// Foresees what systems that lend more memory than they have would end the process for: sums over iterations, for
    /// each size, frame and class.
    /// </summary>
    private bool ExceedsMemory(IEsvEstimator estimator, Game game)
    {
        long sums = (long)game.FrameCount * game.FrameCount * game.ClassCount;
        return estimator is SampledEsv && _estimation.IterationLimit != 1
            && (sums > Array.MaxLength || sums * sizeof(double) > GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
    }

    private static string Largest(float[] features) =>
        features.Max(Math.Abs).ToString("0.#e+0", CultureInfo.InvariantCulture);

    /// <summary>The part of the document that follows from the values alone; the caller fills in the rest.</summary>
    private AttributionDocument Document(Estimate estimate, ClassSelection selected, string sampling)
    {
        ElementShapleyValues values = estimate.Values;
        var classes = new AttributedClass[values.ClassCount];
        for (int c = 0; c < classes.Length; c++)
        {
            double[] esv = OfClass(values.Values, c);
            classes[c] = new AttributedClass(
                c, Model.Classes[c], values.Scores[c], values.Prior[c], esv, esv.Sum(), values.EfficiencyGap(c),
                values.StandardErrors is { } errors ? OfClass(errors, c) : null);
        }

        AttributedClass[] ranked = [.. classes.OrderByDescending(c => c.Score)];
        var settings = new AttributionSettings(
            values.FrameCount, sampling, ScoreKinds.Name(values.ScoreKind), values.Estimator);
        var document = new AttributionDocument(
            AttributionDocument.CurrentSchema, AttributionDocument.Producer, Video: null, Features: null, Summary(null),
            settings, [], ranked, selected.In(ranked), AttributionDocument.Exact, values.EvaluationCount,
            new AttributionTimings(0, 0, 0, 0), []);
        if (values.IsExact)
            return document;
        return document with
        {
            Settings = settings with
            {
                Samples = _estimation.Samples ?? Estimators.DefaultSamples(values.Estimator, values.FrameCount),
                Seed = _estimation.Seed,
                IterationLimit = _estimation.IterationLimit,
                Tolerance = _estimation.Tolerance,
                EvaluationBudget = _estimation.Budget,
                TimeLimitSeconds = _estimation.Time?.TotalSeconds,
            },
            StandardError = AttributionDocument.Sampled,
            Iterations = values.SampleCount,
            StopReason = values.StopReason.ToString().ToLowerInvariant(),
            // Values that cancel out have no mean to be relative to.
            RelativeStandardError = estimate.RelativeError is { } error && double.IsFinite(error) ? error : null,
        };

        double[] OfClass(double[] numbers, int c) =>
            [.. Enumerable.Range(0, values.FrameCount).Select(i => numbers[(i * values.ClassCount) + c])];
    }

    private ModelSummary Summary(string? device) => new(
        Model.Name, Model.Version, Model.HeadKind, Model.Head?.MaxScale, Model.Backbone.FeatureSize,
        Model.Classes.Count, device);

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

    private List<string> Warnings(Estimate estimate)
    {
        var warnings = new List<string>();
        if (!estimate.Values.IsExact && estimate.Values.EvaluationCount > _estimation.Budget)
        {
            warnings.Add(
                $"The first iteration alone took {estimate.Values.EvaluationCount} evaluations, more than the budget "
                + $"of {_estimation.Budget}; fewer samples cost less.");
        }

        return warnings;
    }

    /// <param name="Values">Finite numbers.</param>
    /// <param name="RelativeError">As <see cref="AttributionDocument.RelativeStandardError"/>.</param>
    /// <param name="Time">Spent in the head and the Shapley values.</param>
    private sealed record Estimate(ElementShapleyValues Values, double? RelativeError, TimeSpan Time);

    /// <summary>Passes forecasts on and keeps the last.</summary>
    private sealed class LastForecast(int frameCount, IProgress<ClipProgress>? progress) : IProgress<EstimateForecast>
    {
        public EstimateForecast? Last { get; private set; }

        public void Report(EstimateForecast value)
        {
            Last = value;
            progress?.Report(new ClipProgress(ClipStage.Attributing, frameCount, DecodedShare: null, value));
        }
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
