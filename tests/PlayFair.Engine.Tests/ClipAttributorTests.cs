using PlayFair.Attribution;
using PlayFair.Inference;
using PlayFair.Inference.Tests;
using PlayFair.Models;
using PlayFair.Video;
using FrameFit = PlayFair.Video.FrameFit;

namespace PlayFair.Engine.Tests;

public sealed class ClipAttributorTests(Footage footage)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("rgb", "stretch")]
    [InlineData("bgr", "stretch")]
    [InlineData("rgb", "letterbox")]
    [InlineData("bgr", "crop")]
    public async Task Values_are_those_of_the_frames_decoded_as_the_package_says(string colorOrder, string fit)
    {
        // Neither the clip's shape nor grey: every fit and colour order gives other pixels.
        string clip = footage.Make(
            "wide.mkv", "-f", "lavfi", "-i", "testsrc2=s=90x40:r=10,trim=end_frame=11", "-c:v", "ffv1");
        ModelPackage model = Load(new TestPackage { ColorOrder = colorOrder, Fit = fit, Name = $"{colorOrder}-{fit}" });
        using var attributor = new ClipAttributor(model);

        // Eleven frames are a full batch and a part of one.
        AttributionDocument document = await attributor.AttributeVideoAsync(
            clip, FrameSampling.All, ScoreKind.Logit, ClassSelection.Default, cancellationToken: Token);

        var format = new FrameFormat(
            16, 12,
            fit switch { "letterbox" => FrameFit.Letterbox, "crop" => FrameFit.Crop, _ => FrameFit.Stretch },
            colorOrder == "rgb" ? PixelOrder.Rgb : PixelOrder.Bgr);
        float[] features = await FeaturesByDefinitionAsync(clip, format);
        var expected = ExactEsv.Compute(model.Head!.Project(features, 11), TestPackage.Prior, ScoreKind.Logit, Token);
        Assert.Equal(11, document.Frames.Count);
        Assert.All(document.Classes, c =>
        {
            Assert.Equal(expected.Scores[c.Index], c.Score, 1e-4);
            for (int i = 0; i < 11; i++)
                Assert.Equal(expected[i, c.Index], c.Esv[i], 1e-4);
        });
        Assert.True(document.Classes.SelectMany(c => c.Esv).Max(Math.Abs) > 0.05, "the values should not all be small");
    }

    [Fact]
    public async Task A_document_says_what_was_attributed_and_how()
    {
        using var attributor = new ClipAttributor(Load(new TestPackage()));

        AttributionDocument document = await attributor.AttributeVideoAsync(
            footage.Moving, FrameSampling.Uniform(5), ScoreKind.SoftmaxOfMean, ClassSelection.Default,
            cancellationToken: Token);

        Assert.Equal("playfair.attribution/1", document.Schema);
        Assert.Matches(@"^playfair \d+\.\d+\.\d+$", document.ProducedBy);
        Assert.Equal(
            new VideoSummary(
                footage.Moving, 64, 48, 2, Footage.RateHz, Footage.MovingFrameCount, 0, IsTruncated: false, IsCorrupt: false),
            document.Video);
        Assert.Null(document.Features);
        Assert.Equal(new ModelSummary("tiny-trn", "1.0.0", "trn", 3, 5, 4, "cpu"), document.Model);
        Assert.Equal(new AttributionSettings(5, "uniform 5", "softmax-of-mean", "exact"), document.Settings);
        Assert.Equal([0, 1, 2, 3, 4], document.Frames.Select(f => f.Position));
        Assert.Equal([5, 15, 25, 35, 45], document.Frames.Select(f => f.Index));
        Assert.Equal([0.2, 0.6, 1.0, 1.4, 1.8], document.Frames.Select(f => f.TimeSeconds!.Value), Near);
        // Subsequences of five frames with at most three members: 5 + 10 + 10.
        Assert.Equal(25, document.EvaluationCount);
        Assert.Equal("exact", document.StandardError);
        Assert.Empty(document.Warnings);
        AttributionTimings timings = document.Timings;
        double[] parts = [timings.DecodeSeconds, timings.FeatureSeconds, timings.AttributionSeconds];
        Assert.All(parts, seconds => Assert.True(seconds > 0, timings.ToString()));
        Assert.True(parts.Sum() <= timings.TotalSeconds, timings.ToString());
    }

    [Theory]
    [InlineData(ScoreKind.SoftmaxOfMean)]
    [InlineData(ScoreKind.MeanOfSoftmax)]
    [InlineData(ScoreKind.Logit)]
    public async Task Efficiency_holds_for_every_class_and_score(ScoreKind score)
    {
        using var attributor = new ClipAttributor(Load(new TestPackage()));

        AttributionDocument document = await attributor.AttributeVideoAsync(
            footage.Moving, FrameSampling.EveryKth(7), score, ClassSelection.Default, cancellationToken: Token);

        Assert.Equal(ScoreKinds.Name(score), document.Settings.Score);
        Assert.Equal("every 7", document.Settings.Sampling);
        Assert.Equal([0, 7, 14, 21, 28, 35, 42, 49], document.Frames.Select(f => f.Index));
        AssertConsistent(document);
        Assert.All(document.Classes, c =>
        {
            double prior = TestPackage.Prior[c.Index];
            Assert.Equal(score == ScoreKind.Logit ? Math.Log(prior) : prior, c.Prior, 1e-12);
        });
        if (score != ScoreKind.Logit)
            Assert.Equal(1, document.Classes.Sum(c => c.Score), 1e-5);
    }

    [Fact]
    public async Task Features_from_a_file_get_the_values_of_the_frames_they_describe()
    {
        using var attributor = new ClipAttributor(Load(new TestPackage()));
        AttributionDocument fromVideo = await attributor.AttributeVideoAsync(
            footage.Moving, FrameSampling.Uniform(6), ScoreKind.SoftmaxOfMean, ClassSelection.Default,
            cancellationToken: Token);
        var indices = fromVideo.Frames.Select(f => f.Index).ToHashSet();
        float[] features = await FeaturesByDefinitionAsync(
            footage.Moving, new FrameFormat(16, 12, FrameFit.Stretch), indices.Contains);
        string file = WriteFeatures("six", 6, features);

        AttributionDocument document = attributor.AttributeFeatures(
            file, ScoreKind.SoftmaxOfMean, ClassSelection.Default, cancellationToken: Token);

        Assert.Equal(new FeatureSummary(file, 6, 5), document.Features);
        Assert.Null(document.Video);
        Assert.Null(document.Model.Device);
        Assert.Equal("given", document.Settings.Sampling);
        Assert.Equal(Enumerable.Range(0, 6).Select(i => new AttributedFrame(i, i, null)), document.Frames);
        AssertConsistent(document);
        AssertSameValues(fromVideo, document, i => i, 1e-4);
    }

    [Fact]
    public void The_order_of_frames_matters_to_trn_and_not_to_tsn()
    {
        const int FrameCount = 6;
        float[] features = Models.Tests.RandomHeads.Numbers(new Random(3), FrameCount * LinearBackbone.FeatureSize);
        float[] reversed = [.. features.Chunk(LinearBackbone.FeatureSize).Reverse().SelectMany(row => row)];
        string forwards = WriteFeatures("forwards", FrameCount, features);
        string backwards = WriteFeatures("backwards", FrameCount, reversed);
        using var tsn = new ClipAttributor(Load(TestPackage.Tsn));
        using var trn = new ClipAttributor(Load(new TestPackage()));

        AssertSameValues(Attribute(tsn, forwards), Attribute(tsn, backwards), i => FrameCount - 1 - i, 1e-6);
        AttributionDocument one = Attribute(trn, forwards), other = Attribute(trn, backwards);
        Assert.True(Math.Abs(Class(one, 0).Score - Class(other, 0).Score) > 1e-3);

        static AttributionDocument Attribute(ClipAttributor attributor, string file) =>
            attributor.AttributeFeatures(
                file, ScoreKind.SoftmaxOfMean, ClassSelection.Default, cancellationToken: Token);
    }

    [Fact]
    public async Task Progress_passes_through_the_stages_and_tells_how_much_is_decoded()
    {
        using var attributor = new ClipAttributor(Load(new TestPackage()));
        var watcher = new Watcher();

        AttributionDocument document = await attributor.AttributeVideoAsync(
            footage.Moving, FrameSampling.Uniform(3), ScoreKind.Logit, ClassSelection.Default, watcher, Token);

        Assert.Equal(new ClipProgress(ClipStage.Opening, 0), watcher.Seen[0]);
        Assert.Equal(new ClipProgress(ClipStage.Attributing, 3), watcher.Seen[^1]);
        ClipProgress[] decoding = [.. watcher.Seen.Where(progress => progress.Stage == ClipStage.Decoding)];
        Assert.Equal(watcher.Seen.Count - 2, decoding.Length);
        Assert.Equal(document.Video!.FrameCount, decoding.Length);
        Assert.All(decoding, (progress, frame) =>
            Assert.Equal((double)frame / decoding.Length, progress.DecodedShare!.Value, 1e-3));
    }

    [Fact]
    public async Task A_truncated_video_is_attributed_over_what_decodes_and_the_document_says_so()
    {
        using var attributor = new ClipAttributor(Load(new TestPackage()));

        AttributionDocument document = await attributor.AttributeVideoAsync(
            footage.Truncated, FrameSampling.Uniform(4), ScoreKind.Logit, ClassSelection.Default, cancellationToken: Token);

        VideoSummary video = document.Video!;
        Assert.True(video.IsTruncated);
        Assert.InRange(video.FrameCount, 20, 90);
        Assert.Equal(Footage.NoisyFrameCount - video.FrameCount, video.LostFrameCount);
        Assert.Equal([1, 3, 5, 7], document.Frames.Select(f => (long)Math.Round(8.0 * f.Index / video.FrameCount)));
        string warning = Assert.Single(document.Warnings);
        Assert.Contains(
            $"{video.FrameCount} of 100 frames decoded, {video.LostFrameCount} lost", warning, StringComparison.Ordinal);
        AssertConsistent(document);
    }

    [Theory]
    [InlineData(ScoreKind.SoftmaxOfMean, "take at most 20 frames")]
    [InlineData(ScoreKind.MeanOfSoftmax, "at most 20000000")]
    public async Task More_frames_than_exact_attribution_takes_are_refused_only_if_exact_values_are_asked_for(
        ScoreKind score, string limit)
    {
        // Subsequences of up to three of 494 frames: just above 20 million.
        string few = WriteFeatures("few", 21, new float[21 * LinearBackbone.FeatureSize]);
        string many = WriteFeatures("many", 494, new float[494 * LinearBackbone.FeatureSize]);
        var options = new EstimationOptions { Estimator = "exact" };
        using var exact = new ClipAttributor(Load(new TestPackage()), estimation: options);
        using var sampling = new ClipAttributor(
            Load(new TestPackage()), estimation: new EstimationOptions { Samples = 1, Iterations = 1 });

        var features = Assert.Throws<ClipException>(() => Attribute(exact, many));

        Assert.Equal(ClipErrorKind.TooManyFrames, features.Kind);
        Assert.Contains(limit, features.Message, StringComparison.Ordinal);
        Assert.Equal(
            score == ScoreKind.SoftmaxOfMean ? "subsequence-sampling" : "closed-form-sampling",
            Attribute(sampling, many).Settings.Estimator);
        if (score == ScoreKind.SoftmaxOfMean)
        {
            Assert.Throws<ClipException>(() => Attribute(exact, few));
            var video = await Assert.ThrowsAsync<ClipException>(() => exact.AttributeVideoAsync(
                footage.Moving, FrameSampling.All, score, ClassSelection.Default, cancellationToken: Token));
            Assert.Equal(ClipErrorKind.TooManyFrames, video.Kind);
        }
        else
        {
            Assert.Equal("exact", Attribute(sampling, few).Settings.Estimator);
        }

        AttributionDocument Attribute(ClipAttributor attributor, string file) =>
            attributor.AttributeFeatures(file, score, ClassSelection.Default, cancellationToken: Token);
    }

    [Fact]
    public void More_frames_than_sampling_takes_are_refused()
    {
        using var attributor = new ClipAttributor(Load(new TestPackage()));
        string file = WriteFeatures("too many", 4097, new float[4097 * LinearBackbone.FeatureSize]);

        var refusal = Assert.Throws<ClipException>(() => attributor.AttributeFeatures(
            file, ScoreKind.SoftmaxOfMean, ClassSelection.Default, cancellationToken: Token));

        Assert.Equal(ClipErrorKind.TooManyFrames, refusal.Kind);
        Assert.Contains("sampling takes at most 4096", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sampled_document_says_how_it_was_sampled_and_how_far_it_may_be_off()
    {
        var options = new EstimationOptions { Samples = 8, Iterations = 12, Seed = 7 };
        ModelPackage model = Load(new TestPackage());
        using var attributor = new ClipAttributor(model, estimation: options);
        var watcher = new Watcher();

        AttributionDocument document = await attributor.AttributeVideoAsync(
            footage.Moving, FrameSampling.All, ScoreKind.SoftmaxOfMean, ClassSelection.Default, watcher, Token);

        Assert.Equal(
            new AttributionSettings(50, "all", "softmax-of-mean", "subsequence-sampling", 8, 7, IterationLimit: 12),
            document.Settings);
        Assert.Equal(("sampled", 12, "iterations"), (document.StandardError, document.Iterations, document.StopReason));
        // Eight subsequences of each of the three scales, twelve times.
        Assert.Equal(12 * 3 * 8, document.EvaluationCount);
        float[] features = await FeaturesByDefinitionAsync(footage.Moving, new FrameFormat(16, 12, FrameFit.Stretch));
        ElementShapleyValues expected = new SampledEsv { MaxCount = 8, Seed = 7 }.Estimate(
            new Game(model.Head!.Project(features, 50), TestPackage.Prior, ScoreKind.SoftmaxOfMean),
            new StoppingRule { Iterations = 12 }, Token);
        Assert.All(document.Classes, c =>
        {
            Assert.Equal(expected.Scores[c.Index], c.Score, 1e-4);
            for (int i = 0; i < 50; i++)
            {
                Assert.Equal(expected[i, c.Index], c.Esv[i], 1e-4);
                Assert.Equal(expected.StandardErrors![(i * 4) + c.Index], c.StandardErrors![i], 1e-4);
            }
        });
        Assert.True(document.Classes.Max(c => c.StandardErrors!.Max()) > 1e-3, "the errors should not all be small");
        ClipProgress[] iterations = [.. watcher.Seen.Where(progress => progress.Forecast is not null)];
        Assert.Equal(Enumerable.Range(1, 12), iterations.Select(progress => progress.Forecast!.SampleCount));
        Assert.Equal(iterations[^1].Forecast!.RelativeError, document.RelativeStandardError);
    }

    [Theory]
    [InlineData(null, null, 10, "iterations")]
    [InlineData(0.2, null, null, "tolerance")]
    [InlineData(null, 500L, null, "budget")]
    [InlineData(0.2, 60L, null, "budget")]
    public void Sampling_goes_on_until_the_first_limit(double? tolerance, long? budget, int? iterations, string reason)
    {
        var options = new EstimationOptions
        {
            Estimator = "subsequence-sampling",
            Samples = 4,
            Tolerance = tolerance,
            Budget = budget,
        };
        using var attributor = new ClipAttributor(Load(new TestPackage()), estimation: options);

        AttributionDocument document = attributor.AttributeFeatures(
            WriteFeatures("limits", 8, Models.Tests.RandomHeads.Numbers(new Random(4), 8 * LinearBackbone.FeatureSize)),
            ScoreKind.SoftmaxOfMean, ClassSelection.Default, cancellationToken: Token);

        Assert.Equal(reason, document.StopReason);
        Assert.Equal(iterations, document.Settings.IterationLimit);
        Assert.Equal((tolerance, budget), (document.Settings.Tolerance, document.Settings.EvaluationBudget));
        Assert.Equal(iterations ?? document.Iterations, document.Iterations);
        if (reason == "tolerance")
            Assert.InRange(document.RelativeStandardError!.Value, 0, tolerance!.Value);
        Assert.True(document.EvaluationCount <= (budget ?? long.MaxValue));
        Assert.Empty(document.Warnings);
    }

    [Fact]
    public void One_iteration_has_no_standard_errors_and_one_beyond_the_budget_is_told()
    {
        var options = new EstimationOptions { Estimator = "subsequence-sampling", Samples = 10, Budget = 3 };
        using var attributor = new ClipAttributor(Load(new TestPackage()), estimation: options);

        AttributionDocument document = attributor.AttributeFeatures(
            WriteFeatures("budget", 6, new float[6 * LinearBackbone.FeatureSize]), ScoreKind.Logit,
            ClassSelection.Default, cancellationToken: Token);

        Assert.Equal((1, "budget", null), (document.Iterations, document.StopReason, document.RelativeStandardError));
        Assert.All(document.Classes, c => Assert.Null(c.StandardErrors));
        string warning = Assert.Single(document.Warnings);
        Assert.Contains("26 evaluations, more than the budget of 3", warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ScoreKind.SoftmaxOfMean)]
    [InlineData(ScoreKind.MeanOfSoftmax)]
    [InlineData(ScoreKind.Logit)]
    public void Features_too_large_for_the_head_are_refused(ScoreKind score)
    {
        using var attributor = new ClipAttributor(Load(new TestPackage()));
        float[] values = new float[3 * LinearBackbone.FeatureSize];
        values.AsSpan().Fill(3e38f);

        var refusal = Assert.Throws<ClipException>(() => attributor.AttributeFeatures(
            WriteFeatures("large", 3, values), score, ClassSelection.Default, cancellationToken: Token));

        Assert.Equal(ClipErrorKind.TooLargeFeatures, refusal.Kind);
        Assert.Contains("features up to 3e+38", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ScoreKind.MeanOfSoftmax)]
    [InlineData(ScoreKind.Logit)]
    public void Closed_form_sampling_keeps_the_sum_and_is_exact_where_it_takes_all_subsequences(ScoreKind score)
    {
        string file = WriteFeatures(
            "closed", 30, Models.Tests.RandomHeads.Numbers(new Random(8), 30 * LinearBackbone.FeatureSize));
        AttributionDocument sampled = Attribute(64);
        AttributionDocument all = Attribute(10_000);

        Assert.Equal(("closed-form-sampling", "sampled"), (sampled.Settings.Estimator, sampled.StandardError));
        Assert.Equal(("closed-form-sampling", "exact"), (all.Settings.Estimator, all.StandardError));
        Assert.Null(all.Settings.Samples);
        AssertConsistent(sampled);
        AssertConsistent(all);

        AttributionDocument Attribute(int samples)
        {
            var options = new EstimationOptions { Estimator = "closed-form-sampling", Samples = samples };
            using var attributor = new ClipAttributor(Load(new TestPackage()), estimation: options);
            return attributor.AttributeFeatures(file, score, ClassSelection.Default, cancellationToken: Token);
        }
    }

    [Fact]
    public async Task A_score_that_the_estimator_does_not_take_is_refused_before_anything_is_decoded()
    {
        var options = new EstimationOptions { Estimator = "closed-form-sampling", Time = TimeSpan.FromHours(1) };
        using var attributor = new ClipAttributor(Load(new TestPackage()), estimation: options);
        var watcher = new Watcher();

        var refusal = await Assert.ThrowsAsync<ClipException>(() => attributor.AttributeVideoAsync(
            footage.Moving, FrameSampling.All, ScoreKind.SoftmaxOfMean, ClassSelection.Default, watcher, Token));

        Assert.Equal(ClipErrorKind.WrongEstimator, refusal.Kind);
        Assert.Contains("expected 'mean-of-softmax' or 'logit'", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(watcher.Seen);
    }

    [Fact]
    public void An_estimator_that_is_not_there_is_refused()
    {
        using var attributor = new ClipAttributor(
            Load(new TestPackage()), estimation: new EstimationOptions { Estimator = "guessing" });

        var refusal = Assert.Throws<ArgumentException>(() => attributor.AttributeFeatures(
            WriteFeatures("one", 1, new float[LinearBackbone.FeatureSize]), ScoreKind.Logit, ClassSelection.Default,
            cancellationToken: Token));

        Assert.Contains("exact, subsequence-sampling", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Features_of_another_size_are_refused()
    {
        using var attributor = new ClipAttributor(Load(new TestPackage()));
        string file = Path.Combine(footage.Folder, "other size.safetensors");
        SafetensorsFile.Write(file, [new("features", [2, 7], new float[14])]);

        var error = Assert.Throws<ClipException>(
            () => attributor.AttributeFeatures(
                file, ScoreKind.Logit, ClassSelection.Default, cancellationToken: Token));

        Assert.Equal(ClipErrorKind.WrongFeatureSize, error.Kind);
        Assert.Contains("7 features a frame; the head of tiny-trn takes 5", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backbone_whose_features_are_no_numbers_is_named()
    {
        byte[] onnx = OnnxWriter.Model(new OnnxWriter()
            .Node("Flatten", ["frames"], ["flat"])
            .Node("MatMul", ["flat", "weights"], ["product"])
            .Node("Log", ["product"], ["features"])
            .Weights("weights", [576, 5], [.. Enumerable.Repeat(-1f, 576 * 5)])
            .Value(11, new TensorSpec("frames", [null, 3, 12, 16]))
            .Value(12, new TensorSpec("features", [null, 5])));
        // A white picture is above the mean everywhere, so its sum is negative here and has no logarithm.
        string clip = footage.Make("white.mkv", "-f", "lavfi", "-i", "color=white:s=16x12,trim=end_frame=3", "-c:v", "ffv1");
        using var attributor = new ClipAttributor(Load(new TestPackage { Name = "no-numbers", Backbone = onnx }));

        var error = await Assert.ThrowsAsync<InferenceException>(() => attributor.AttributeVideoAsync(
            clip, FrameSampling.All, ScoreKind.Logit, ClassSelection.Default, cancellationToken: Token));

        Assert.Contains("describes frame 0 by NaN", error.Found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ClipStage.Opening)]
    [InlineData(ClipStage.Decoding)]
    [InlineData(ClipStage.Attributing)]
    public async Task Cancelling_at_any_stage_ends_the_work_and_ffmpeg(ClipStage stage)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "processes are looked for in /proc");
        string clip = footage.Make(
            $"cancelled at {stage}.avi", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=25,trim=end_frame=400", "-c:v", "mpeg4");
        using var attributor = new ClipAttributor(Load(new TestPackage()));
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var watcher = new Watcher(progress =>
        {
            if (progress.Stage == stage && (progress.FrameCount > 0 || stage == ClipStage.Opening))
                cancellation.Cancel();
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => attributor.AttributeVideoAsync(
            clip, FrameSampling.EveryKth(40), ScoreKind.Logit, ClassSelection.Default, watcher, cancellation.Token));

        Assert.Equal(stage, watcher.Seen[^1].Stage);
        Assert.DoesNotContain(
            CommandLines(), line => line.Contains(Path.GetFileName(clip), StringComparison.Ordinal));
        // What was interrupted can be asked again.
        AttributionDocument document = await attributor.AttributeVideoAsync(
            clip, FrameSampling.EveryKth(40), ScoreKind.Logit, ClassSelection.Default, cancellationToken: Token);
        Assert.Equal(10, document.Frames.Count);
    }

    private static bool Near(double a, double b) => Math.Abs(a - b) < 1e-6;

    /// <summary>What must hold in every document.</summary>
    private static void AssertConsistent(AttributionDocument document)
    {
        Assert.Equal(document.Settings.FrameCount, document.Frames.Count);
        Assert.Equal(Enumerable.Range(0, TestPackage.Classes.Length), document.Classes.Select(c => c.Index).Order());
        Assert.Equal(document.Classes.OrderByDescending(c => c.Score).Select(c => c.Index), document.Classes.Select(c => c.Index));
        Assert.Equal(document.Classes.Take(2).Select(c => c.Index), document.Selected);
        Assert.All(document.Classes, c =>
        {
            Assert.Equal(TestPackage.Classes[c.Index], c.Name);
            Assert.Equal(document.Frames.Count, c.Esv.Count);
            Assert.Equal(c.Esv.Sum(), c.EsvSum, 1e-12);
            Assert.Equal(c.EsvSum - (c.Score - c.Prior), c.EfficiencyGap, 1e-12);
            Assert.Equal(0, c.EfficiencyGap, 1e-9);
        });
    }

    private static void AssertSameValues(
        AttributionDocument expected, AttributionDocument actual, Func<int, int> positionOf, double tolerance)
    {
        for (int c = 0; c < TestPackage.Classes.Length; c++)
        {
            Assert.Equal(Class(expected, c).Score, Class(actual, c).Score, tolerance);
            for (int i = 0; i < expected.Frames.Count; i++)
                Assert.Equal(Class(expected, c).Esv[i], Class(actual, c).Esv[positionOf(i)], tolerance);
        }
    }

    private static AttributedClass Class(AttributionDocument document, int index) =>
        document.Classes.Single(c => c.Index == index);

    internal static async Task<float[]> FeaturesByDefinitionAsync(
        string clip, FrameFormat format, Func<long, bool>? keeps = null)
    {
        var features = new List<float>();
        await using VideoFrameReader reader = await VideoDecoder.ReadAsync(
            clip, format, FrameSampling.All, cancellationToken: Token);
        await foreach (VideoFrame frame in reader.WithCancellation(Token))
        {
            using (frame)
            {
                if (keeps?.Invoke(frame.Index) ?? true)
                    features.AddRange(TestPackage.Linear.Reference(frame.Pixels.Span).Select(value => (float)value));
            }
        }

        return [.. features];
    }

    private static IEnumerable<string> CommandLines()
    {
        foreach (string folder in Directory.GetDirectories("/proc").Where(name => char.IsAsciiDigit(Path.GetFileName(name)[0])))
        {
            string line;
            try
            {
                line = File.ReadAllText(Path.Combine(folder, "cmdline"));
            }
            catch (IOException)
            {
                // Ended since the listing.
                continue;
            }

            yield return line;
        }
    }

    private string WriteFeatures(string name, int frameCount, float[] values)
    {
        string file = Path.Combine(footage.Folder, $"{name}.safetensors");
        SafetensorsFile.Write(file, [new("features", [frameCount, LinearBackbone.FeatureSize], values)]);
        return file;
    }

    private ModelPackage Load(TestPackage package) => ModelPackage.Load(package.WriteTo(footage.NewFolder("model")));

    private sealed class Watcher(Action<ClipProgress>? onReport = null) : IProgress<ClipProgress>
    {
        public List<ClipProgress> Seen { get; } = [];

        public void Report(ClipProgress value)
        {
            Seen.Add(value);
            onReport?.Invoke(value);
        }
    }
}
