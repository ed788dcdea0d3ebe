using PlayFair.Attribution;
using PlayFair.Inference;
using PlayFair.Inference.Tests;
using PlayFair.Models;
using PlayFair.Models.Tests;
using PlayFair.Video;
using FrameFit = PlayFair.Video.FrameFit;

namespace PlayFair.Engine.Tests;

/// <summary>Clips through a package whose head is an ONNX file.</summary>
public sealed class OnnxHeadClipTests(Footage footage)
{
    private const int FrameCount = 11;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("exact", ScoreKind.SoftmaxOfMean)]
    [InlineData("exact", ScoreKind.Logit)]
    [InlineData("subsequence-sampling", ScoreKind.SoftmaxOfMean)]
    [InlineData("subsequence-sampling", ScoreKind.Logit)]
    [InlineData("permutation", ScoreKind.SoftmaxOfMean)]
    [InlineData("permutation", ScoreKind.Logit)]
    [InlineData("leverage-regression", ScoreKind.SoftmaxOfMean)]
    [InlineData("leverage-regression", ScoreKind.Logit)]
    public async Task Every_estimator_gives_a_clip_the_values_that_the_head_has_by_definition(
        string estimator, ScoreKind score)
    {
        string clip = footage.Make(
            "eleven.mkv", "-f", "lavfi", "-i", $"testsrc2=s=90x40:r=10,trim=end_frame={FrameCount}", "-c:v", "ffv1");
        var options = new EstimationOptions { Estimator = estimator, Samples = 44, Seed = 5, Iterations = 3 };
        using var attributor = new ClipAttributor(Load(TestPackage.Onnx), estimation: options);

        AttributionDocument document = await attributor.AttributeVideoAsync(
            clip, FrameSampling.All, score, ClassSelection.Default, cancellationToken: Token);

        IEsvEstimator direct = estimator switch
        {
            "exact" => new ExactEsv(),
            "subsequence-sampling" => new SampledEsv { MaxCount = 44, Seed = 5 },
            "permutation" => new PermutationEstimator { PairCount = 44, Seed = 5 },
            _ => new LeverageEstimator { CoalitionCount = 44, Seed = 5 },
        };
        float[] features = await ClipAttributorTests.FeaturesByDefinitionAsync(
            clip, new FrameFormat(16, 12, FrameFit.Stretch));
        ElementShapleyValues expected = direct.Estimate(
            new Game(ByDefinition(features), TestPackage.Prior, score), new StoppingRule { Iterations = 3 }, Token);
        Assert.Equal((estimator, expected.EvaluationCount), (document.Settings.Estimator, document.EvaluationCount));
        Assert.Equal(new ModelSummary("tiny-onnx", "1.0.0", "onnx", null, 5, 4, "cpu"), document.Model);
        Assert.All(document.Classes, c =>
        {
            Assert.Equal(expected.Scores[c.Index], c.Score, 1e-4);
            for (int i = 0; i < FrameCount; i++)
            {
                Assert.Equal(expected[i, c.Index], c.Esv[i], 1e-4);
                if (expected.StandardErrors is { } errors)
                    Assert.Equal(errors[(i * 4) + c.Index], c.StandardErrors![i], 1e-4);
            }
        });
        Assert.True(document.Classes.SelectMany(c => c.Esv).Max(Math.Abs) > 0.02, "the values should not all be small");
    }

    [Theory]
    [InlineData(20, null, "exact", null)]
    [InlineData(21, null, "leverage-regression", 336)]
    [InlineData(8, "permutation", "permutation", 8)]
    [InlineData(14, "subsequence-sampling", "subsequence-sampling", 1024)]
    public void Values_are_exact_where_that_is_feasible_and_else_by_regression(
        int frameCount, string? asked, string estimator, int? samples)
    {
        using var attributor = new ClipAttributor(
            Load(TestPackage.Onnx), estimation: new EstimationOptions { Estimator = asked, ThreadCount = 1 });

        AttributionDocument document = Attribute(attributor, frameCount, ScoreKind.Logit);

        Assert.Equal((estimator, samples), (document.Settings.Estimator, document.Settings.Samples));
        if (estimator == "exact")
            Assert.Equal((1L << frameCount) - 1, document.EvaluationCount);
    }

    [Fact]
    public void One_head_serves_several_clips_and_is_given_back()
    {
        string folder = TestPackage.Onnx.WriteTo(footage.NewFolder("onnx head"));
        using var attributor = new ClipAttributor(ModelPackage.Load(folder));
        AttributionDocument first = Attribute(attributor, 6, ScoreKind.Logit);
        File.Delete(Path.Combine(folder, "head.onnx"));

        AttributionDocument second = Attribute(attributor, 6, ScoreKind.Logit);

        Assert.Equal(first.Classes.SelectMany(c => c.Esv), second.Classes.SelectMany(c => c.Esv));
        attributor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Attribute(attributor, 6, ScoreKind.Logit));
    }

    [Fact]
    public async Task A_score_or_estimator_that_the_head_does_not_have_is_refused_before_anything_is_decoded()
    {
        await RefusedAsync(TestPackage.Onnx, null, ScoreKind.MeanOfSoftmax, "a mean over single-scale models");
        await RefusedAsync(TestPackage.Onnx, "closed-form-sampling", ScoreKind.Logit, "Use 'leverage-regression'");
        foreach (TestPackage package in new[] { new TestPackage(), TestPackage.Tsn })
        {
            foreach (string estimator in new[] { "permutation", "leverage-regression" })
            {
                await RefusedAsync(
                    package, estimator, ScoreKind.SoftmaxOfMean, "any length by itself", "'exact'",
                    "'subsequence-sampling'", "'closed-form-sampling'");
            }
        }
    }

    [Theory]
    [InlineData(ScoreKind.SoftmaxOfMean)]
    [InlineData(ScoreKind.Logit)]
    public void More_frames_than_have_exact_values_are_refused_with_the_sampler_to_use(ScoreKind score)
    {
        using var attributor = new ClipAttributor(
            Load(TestPackage.Onnx), estimation: new EstimationOptions { Estimator = "exact" });

        var refusal = Assert.Throws<ClipException>(() => Attribute(attributor, 21, score));

        Assert.Equal(ClipErrorKind.TooManyFrames, refusal.Kind);
        Assert.Contains("at most 20 frames", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("--estimator leverage-regression", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fewer_coalitions_than_the_regression_needs_are_refused()
    {
        var options = new EstimationOptions { Estimator = "leverage-regression", Samples = 99 };
        using var attributor = new ClipAttributor(Load(TestPackage.Onnx), estimation: options);

        var refusal = Assert.Throws<ClipException>(() => Attribute(attributor, 25, ScoreKind.Logit));

        Assert.Equal(ClipErrorKind.WrongEstimator, refusal.Kind);
        Assert.Contains("at least 100 for 25 frames", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_head_of_the_package_is_refused_before_anything_is_decoded()
    {
        byte[] otherSize = new RecurrentHead(7, TestPackage.Classes.Length).ToOnnx();
        using var attributor = new ClipAttributor(Load(TestPackage.Onnx with { OnnxHead = otherSize }));
        var watcher = new Watcher();

        var refusal = await Assert.ThrowsAsync<InferenceException>(() => attributor.AttributeVideoAsync(
            footage.Moving, FrameSampling.All, ScoreKind.Logit, ClassSelection.Default, watcher, Token));

        Assert.Contains("head.onnx", refusal.Found, StringComparison.Ordinal);
        Assert.Contains("[n, length, 5]", refusal.Expected, StringComparison.Ordinal);
        Assert.False(watcher.IsTold);
    }

    [Fact]
    public async Task A_head_without_a_score_for_zeros_is_taken()
    {
        // x / x is 1, but for x = 0.
        byte[] head = OnnxWriter.Model(new OnnxWriter()
            .Node("Div", ["features", "features"], ["ones"])
            .Node("ReduceSum", ["ones", "axis"], ["sum"], ("keepdims", 0))
            .Node("MatMul", ["sum", "w"], ["logits"])
            .Integers("axis", [1], [1])
            .Weights("w", [5, 4], [.. Enumerable.Range(0, 20).Select(i => i / 10f)])
            .Value(11, new TensorSpec("features", [null, null, 5]))
            .Value(12, new TensorSpec("logits", [null, 4])));
        using var attributor = new ClipAttributor(Load(TestPackage.Onnx with { OnnxHead = head }));

        AttributionDocument document = await attributor.AttributeVideoAsync(
            footage.Moving, FrameSampling.Uniform(3), ScoreKind.Logit, ClassSelection.Default,
            cancellationToken: Token);

        // Each frame adds the column's sum, 4 + c/2, and a third of what the prior lacks.
        Assert.All(document.Classes, c =>
            Assert.All(c.Esv, value => Assert.Equal(4 + (c.Index / 2.0) - (c.Prior / 3), value, 1e-4)));
    }

    [Fact]
    public void More_subsequences_than_one_run_takes_are_scored_in_several()
    {
        const int Length = 16, Count = 60_000;
        string path = Path.Combine(TestPackage.Onnx.WriteTo(footage.NewFolder("many")), "head.onnx");
        using OnnxHead head = OnnxHead.Load(path, LinearBackbone.FeatureSize, TestPackage.Classes.Length);
        float[] features = RandomHeads.Numbers(new Random(8), (Length + 1) * LinearBackbone.FeatureSize);
        var model = new OnnxHeadModel(head, features, Length + 1);
        // All frames but one, each in turn.
        int[] subsequences =
        [
            .. Enumerable.Range(0, Count)
                .SelectMany(k => Enumerable.Range(0, Length + 1).Where(i => i != k % (Length + 1))),
        ];
        var logits = new float[Count * 4];

        model.Evaluate(Length, subsequences, logits);

        var expected = new float[(Length + 1) * 4];
        ByDefinition(features).Evaluate(Length, subsequences.AsSpan(0, (Length + 1) * Length), expected);
        for (int k = 0; k < logits.Length; k++)
        {
            if (Math.Abs(expected[k % expected.Length] - logits[k]) > 1e-4)
                Assert.Fail($"logit {k} is {logits[k]}, expected {expected[k % expected.Length]}");
        }
    }

    /// <summary>The head of <see cref="TestPackage.Onnx"/>, without ONNX Runtime.</summary>
    private static DelegateModel ByDefinition(float[] features)
    {
        const int Size = LinearBackbone.FeatureSize;
        return new DelegateModel(features.Length / Size, TestPackage.Classes.Length, (length, subsequences, logits) =>
        {
            for (int first = 0; first < subsequences.Length; first += length)
            {
                float[] rows =
                [
                    .. subsequences.Slice(first, length).ToArray()
                        .SelectMany(i => features[(i * Size)..((i + 1) * Size)]),
                ];
                double[] scores = TestPackage.Recurrent.Reference(rows);
                for (int c = 0; c < scores.Length; c++)
                    logits[(first / length * scores.Length) + c] = (float)scores[c];
            }
        });
    }

    private async Task RefusedAsync(TestPackage package, string? estimator, ScoreKind score, params string[] words)
    {
        using var attributor = new ClipAttributor(
            Load(package), estimation: new EstimationOptions { Estimator = estimator });
        var watcher = new Watcher();

        var refusal = await Assert.ThrowsAsync<ClipException>(() => attributor.AttributeVideoAsync(
            footage.Moving, FrameSampling.All, score, ClassSelection.Default, watcher, Token));

        Assert.Equal(ClipErrorKind.WrongEstimator, refusal.Kind);
        Assert.All(words, word => Assert.Contains(word, refusal.Message, StringComparison.Ordinal));
        Assert.False(watcher.IsTold);
    }

    private AttributionDocument Attribute(ClipAttributor attributor, int frameCount, ScoreKind score)
    {
        string file = Path.Combine(footage.NewFolder("features"), "clip.safetensors");
        float[] values = RandomHeads.Numbers(new Random(2), frameCount * LinearBackbone.FeatureSize);
        SafetensorsFile.Write(file, [new("features", [frameCount, LinearBackbone.FeatureSize], values)]);
        return attributor.AttributeFeatures(file, score, ClassSelection.Default, cancellationToken: Token);
    }

    private ModelPackage Load(TestPackage package) => ModelPackage.Load(package.WriteTo(footage.NewFolder("model")));

    private sealed class Watcher : IProgress<ClipProgress>
    {
        public bool IsTold { get; private set; }

        public void Report(ClipProgress value) => IsTold = true;
    }
}
