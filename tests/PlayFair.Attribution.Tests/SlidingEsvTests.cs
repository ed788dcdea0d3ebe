using PlayFair.Attribution.Sampling;
using PlayFair.Models;
using PlayFair.Models.Tests;

namespace PlayFair.Attribution.Tests;

public sealed class SlidingEsvTests
{
    private const int FeatureSize = 5;
    private const int ClassCount = 3;
    private static readonly double[] Prior = [0.5, 0.3, 0.2];

    public static TheoryData<string, ScoreKind, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, ScoreKind, int>();
            foreach (int stride in new[] { 1, 2, 6 })
            {
                foreach (ScoreKind score in Enum.GetValues<ScoreKind>())
                {
                    cases.Add("trn", score, stride);
                    cases.Add("tsn", score, stride);
                }

                cases.Add("any", ScoreKind.SoftmaxOfMean, stride);
                cases.Add("any", ScoreKind.Logit, stride);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Exact_values_are_those_of_each_window_by_itself(string kind, ScoreKind score, int stride)
    {
        const int n = 6;
        var stream = new Stream(kind, n, seed: 3);
        var sliding = new SlidingEsv(stream.Window, Prior, new SlidingOptions { Score = score });

        for (int step = 0; step < 20; step++)
        {
            sliding.Push(stream.Next(stride));

            var expected = ExactEsv.Compute(stream.Project(n), Prior, score);
            Assert.Equal(Math.Min(n, (step + 1) * stride), sliding.FrameCount);
            AssertClose(expected.Values, sliding.Values, 1e-6);
            AssertClose(expected.Scores, sliding.Scores, 1e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Sampled_values_are_Algorithm_1s_on_the_same_sample_relabelled(string kind, ScoreKind score, int stride)
    {
        const int n = 9;
        const ulong seed = 7;
        var stream = new Stream(kind, n, seed: 4);
        var sliding = new SlidingEsv(stream.Window, Prior, new SlidingOptions { Score = score, MaxCount = 12, Seed = seed });
        var random = new SeededRandom(seed, 0);
        var sample = SubsequenceSample.Draw(n, 12, ref random);

        for (int step = 0; step < 25; step++)
        {
            sliding.Push(stream.Next(stride));
            if (sliding.FrameCount < n)
                continue;

            var game = new Game(stream.Project(n), Prior, score);
            var expected = new SampledEsv().Estimate(game, [Relabelled(sample, stream.FrameCount % n)]);
            AssertClose(expected.Values, sliding.Values, 1e-6);
            AssertClose(expected.Scores, sliding.Scores, 1e-6);
        }
    }

    [Fact]
    public void While_it_warms_up_the_window_holds_the_frames_there_are()
    {
        var stream = new Stream("trn", 7, seed: 5);
        var options = new SlidingOptions { MaxCount = 10, SampleCount = 3, Seed = 11 };
        var sliding = new SlidingEsv(stream.Window, Prior, options);
        for (int k = 1; k < 7; k++)
        {
            sliding.Push(stream.Next(1));

            var expected = new SampledEsv { MaxCount = 10, Seed = 11 }.Estimate(
                new Game(stream.Project(7), Prior, ScoreKind.SoftmaxOfMean), new StoppingRule { Iterations = 3 });
            Assert.Equal(k, sliding.FrameCount);
            AssertClose(expected.Values, sliding.Values, 1e-6);
            AssertClose(expected.StandardErrors ?? new double[expected.Values.Length], sliding.StandardErrors, 1e-6);
        }
    }

    [Fact]
    public void Over_seeds_sampled_values_and_fresh_ones_have_the_same_mean_and_spread()
    {
        const int n = 8;
        const int seeds = 400;
        var kept = new double[seeds];
        var fresh = new double[seeds];
        for (int seed = 0; seed < seeds; seed++)
        {
            var stream = new Stream("trn", n, seed: 6);
            var sliding = new SlidingEsv(stream.Window, Prior, new SlidingOptions { MaxCount = 10, Seed = (ulong)seed });
            sliding.Push(stream.Next(n));
            for (int step = 0; step < 5; step++)
                sliding.Push(stream.Next(1));
            kept[seed] = sliding.Values[0];
            fresh[seed] = new SampledEsv { MaxCount = 10, Seed = (ulong)(seed + seeds) }.Estimate(
                new Game(stream.Project(n), Prior, ScoreKind.SoftmaxOfMean), new StoppingRule())[0, 0];
        }

        // Means differ by some of their standard errors; standard deviations, of 400 each, by some 5 %.
        double error = Math.Sqrt((Variance(kept) + Variance(fresh)) / seeds);
        Assert.InRange(kept.Average() - fresh.Average(), -4 * error, 4 * error);
        Assert.InRange(Math.Sqrt(Variance(kept) / Variance(fresh)), 0.8, 1.25);
    }

    [Fact]
    public void A_step_evaluates_exactly_what_holds_a_new_frame()
    {
        const int n = 8;
        foreach (int stride in new[] { 1, 3 })
        {
            var stream = new Stream("trn", n, seed: 8);
            var sliding = new SlidingEsv(stream.Window, Prior, new SlidingOptions());
            sliding.Push(stream.Next(n));
            Assert.Equal(Enumerable.Range(1, 4).Sum(s => Choose(n, s)), sliding.EvaluationCount);

            sliding.Push(stream.Next(stride));

            // All but those that hold none of the new frames. The test head has four scales.
            Assert.Equal(
                Enumerable.Range(1, 4).Sum(s => Choose(n, s) - Choose(n - stride, s)), sliding.EvaluationCount);
        }
    }

    [Fact]
    public void A_sampled_step_evaluates_exactly_the_share_of_the_sample_that_holds_the_new_frame()
    {
        const int n = 10;
        var stream = new Stream("trn", n, seed: 9);
        var sliding = new SlidingEsv(stream.Window, Prior, new SlidingOptions { MaxCount = 16, Seed = 5 });
        var random = new SeededRandom(5, 0);
        var sample = SubsequenceSample.Draw(n, 16, ref random);
        sliding.Push(stream.Next(n));
        long total = 0;
        for (int slot = 0; slot < n; slot++)
        {
            sliding.Push(stream.Next(1));

            long expected = Enumerable.Range(1, 4).Sum(s =>
                Enumerable.Range(0, sample[s].Count).Count(i => sample[s].Contains(i, slot)));
            Assert.Equal(expected, sliding.EvaluationCount);
            total += sliding.EvaluationCount;
        }

        // Once round the slots, a subsequence of size s is evaluated s times: the share s/n of a fresh sample a step.
        Assert.Equal(Enumerable.Range(1, 4).Sum(s => s * sample[s].Count), total);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(6)]
    public void After_ten_thousand_steps_values_are_still_those_of_the_window(int? maxCount)
    {
        const int n = 5;
        var stream = new Stream("trn", n, seed: 10);
        var sliding = new SlidingEsv(stream.Window, Prior, new SlidingOptions { MaxCount = maxCount, Seed = 2 });
        // Not a multiple of the interval at which sums are renewed.
        for (int step = 0; step < 10_000 + 100; step++)
            sliding.Push(stream.Next(1));

        Game game = new(stream.Project(n), Prior, ScoreKind.SoftmaxOfMean);
        var random = new SeededRandom(2, 0);
        ElementShapleyValues expected = maxCount is null
            ? new ExactEsv().Estimate(game)
            : new SampledEsv().Estimate(
                game, [Relabelled(SubsequenceSample.Draw(n, maxCount.Value, ref random), stream.FrameCount % n)]);
        AssertClose(expected.Values, sliding.Values, 1e-6);
    }

    [Theory]
    [InlineData("trn", null)]
    [InlineData("trn", 20)]
    [InlineData("tsn", 20)]
    public void A_step_allocates_nothing(string kind, int? maxCount)
    {
        const int n = 8;
        var stream = new Stream(kind, n, seed: 12);
        var sliding = new SlidingEsv(
            stream.Window, Prior, new SlidingOptions { MaxCount = maxCount, SampleCount = 2, ThreadCount = 1 });
        float[] frames = stream.Next(n + 60);
        sliding.Push(frames.AsSpan(0, n * FeatureSize));
        for (int step = n; step < n + 30; step++)
            sliding.Push(frames.AsSpan(step * FeatureSize, FeatureSize));

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int step = n + 30; step < n + 60; step++)
            sliding.Push(frames.AsSpan(step * FeatureSize, FeatureSize));

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData(4, null, 0)]
    [InlineData(4, 10, 0)]
    [InlineData(300, null, 0)]
    [InlineData(23, 10, 5)]
    public void A_restored_window_goes_on_identically_and_saves_the_same_bytes(int steps, int? maxCount, int redrawAfter)
    {
        var options = new SlidingOptions { MaxCount = maxCount, SampleCount = 2, RedrawAfter = redrawAfter, Seed = 3 };
        var stream = new Stream("trn", 6, seed: 13);
        var sliding = new SlidingEsv(stream.Window, Prior, options);
        for (int step = 0; step < steps; step++)
            sliding.Push(stream.Next(1));
        byte[] saved = Save(sliding);

        var restored = SlidingEsv.Restore(new MemoryStream(saved), stream.CreateWindow(), Prior, options);

        Assert.Equal(saved, Save(restored));
        Assert.Equal(sliding.Values.ToArray(), restored.Values.ToArray());
        for (int step = 0; step < 20; step++)
        {
            float[] frame = stream.Next(1);
            sliding.Push(frame);
            restored.Push(frame);
            Assert.Equal(sliding.Values.ToArray(), restored.Values.ToArray());
            Assert.Equal(sliding.StandardErrors.ToArray(), restored.StandardErrors.ToArray());
            Assert.Equal(sliding.EvaluationCount, restored.EvaluationCount);
        }

        Assert.Equal(Save(sliding), Save(restored));
    }

    [Theory]
    [InlineData(0, 1, null, 0)]
    [InlineData(17, 1, null, 0)]
    [InlineData(17, 4, 10, 0)]
    [InlineData(1, 1, 10, 1)]
    [InlineData(23, 5, 10, 5)]
    public void Started_in_the_middle_it_is_where_one_that_began_with_the_stream_is(
        int steps, int stride, int? maxCount, int redrawAfter)
    {
        const int n = 6;
        var options = new SlidingOptions { MaxCount = maxCount, SampleCount = 3, RedrawAfter = redrawAfter, Seed = 3 };
        var stream = new Stream("trn", n, seed: 13);
        var whole = new SlidingEsv(stream.Window, Prior, options);
        List<float> frames = [.. stream.Next(n)];
        whole.Push(frames.ToArray());
        for (int step = 0; step < steps; step++)
        {
            frames.AddRange(stream.Next(stride));
            whole.Push(frames.TakeLast(stride * FeatureSize).ToArray());
        }

        float[] window = [.. frames.TakeLast(n * FeatureSize)];
        var started = SlidingEsv.At(steps, stride, window, stream.CreateWindow(), Prior, options);

        for (int step = 0; step < 20; step++)
        {
            AssertClose(whole.Values, started.Values, 1e-7);
            AssertClose(whole.Scores, started.Scores, 1e-7);
            AssertClose(whole.StandardErrors, started.StandardErrors, 1e-7);
            float[] next = stream.Next(stride);
            whole.Push(next);
            started.Push(next);
        }
    }

    [Fact]
    public void What_was_saved_otherwise_or_not_whole_is_refused()
    {
        var options = new SlidingOptions { MaxCount = 10, Seed = 3 };
        var stream = new Stream("trn", 6, seed: 13);
        var sliding = new SlidingEsv(stream.Window, Prior, options);
        sliding.Push(stream.Next(6));
        byte[] saved = Save(sliding);

        string Refusal(byte[] bytes, SlidingOptions with) => Assert.Throws<InvalidDataException>(
            () => SlidingEsv.Restore(new MemoryStream(bytes), stream.CreateWindow(), Prior, with)).Message;

        Assert.Contains("seed is 3, expected 4", Refusal(saved, options with { Seed = 4 }), StringComparison.Ordinal);
        Assert.Contains("subsequences is 10", Refusal(saved, options with { MaxCount = 11 }), StringComparison.Ordinal);
        Assert.Contains("too early", Refusal(saved[..^1], options), StringComparison.Ordinal);
        Assert.Contains("not a saved", Refusal([.. "PLAYFAIRPLAYFAIR"u8], options), StringComparison.Ordinal);
    }

    [Fact]
    public void The_number_of_threads_does_not_change_a_bit()
    {
        double[][] results = [.. new[] { 1, 2, 3 }.Select(threads =>
        {
            var stream = new Stream("trn", 11, seed: 14);
            var sliding = new SlidingEsv(
                stream.Window, Prior, new SlidingOptions { MaxCount = 200, SampleCount = 2, ThreadCount = threads });
            for (int step = 0; step < 30; step++)
                sliding.Push(stream.Next(1));
            return sliding.Values.ToArray();
        })];

        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }

    [Fact]
    public void A_redrawn_sample_changes_the_values_and_costs_its_evaluations()
    {
        const int n = 9;
        var stream = new Stream("trn", n, seed: 15);
        var options = new SlidingOptions { MaxCount = 8, SampleCount = 2, Seed = 1 };
        var sliding = new SlidingEsv(stream.Window, Prior, options with { RedrawAfter = 3 });
        var kept = new SlidingEsv(stream.CreateWindow(), Prior, options);
        float[] first = stream.Next(n);
        sliding.Push(first);
        kept.Push(first);
        for (int step = 1; step <= 3; step++)
        {
            float[] frame = stream.Next(1);
            sliding.Push(frame);
            kept.Push(frame);
            Assert.Equal(step < 3, sliding.Values.SequenceEqual(kept.Values));
            Assert.Equal(step < 3, sliding.EvaluationCount == kept.EvaluationCount);
        }
    }

    [Fact]
    public void Wrong_windows_and_frames_are_refused()
    {
        IWindowModel window = new Stream("trn", 6, seed: 1).Window;
        var sliding = new SlidingEsv(window, Prior, new SlidingOptions());

        Assert.Throws<ArgumentException>(() => sliding.Push(new float[FeatureSize + 1]));
        Assert.Throws<ArgumentException>(() => sliding.Push([]));
        Assert.Throws<ArgumentException>(() => sliding.Push(new float[7 * FeatureSize]));
        Assert.Throws<ArgumentException>(() => sliding.Push([1, 2, float.NaN, 4, 5]));
        Assert.Throws<ArgumentException>(() => new SlidingEsv(window, [1], new SlidingOptions()));
        Assert.Throws<ArgumentException>(() => new SlidingEsv(window, Prior, new SlidingOptions { MaxCount = 0 }));
        Assert.Contains("1 to 20", Assert.Throws<ArgumentException>(
            () => new SlidingEsv(new Stream("trn", 21, seed: 1).Window, Prior, new SlidingOptions())).Message, StringComparison.Ordinal);
    }

    private static List<List<int[]>> Relabelled(SubsequenceSample sample, int oldest)
    {
        int n = sample.FrameCount;
        return
        [
            .. Enumerable.Range(1, n).Select(s => Enumerable.Range(0, sample[s].Count).Select(i =>
            {
                var slots = new int[s];
                sample[s].WritePositions(i, n - 1, slots);
                return slots.Select(slot => (slot - oldest + n) % n).Order().ToArray();
            }).ToList()),
        ];
    }

    private static byte[] Save(SlidingEsv sliding)
    {
        var stream = new MemoryStream();
        sliding.Save(stream);
        return stream.ToArray();
    }

    private static void AssertClose(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], tolerance);
    }

    private static double Variance(double[] values)
    {
        double mean = values.Average();
        return values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1);
    }

    private static long Choose(int n, int k) => k > n ? 0 : k == 0 ? 1 : Choose(n - 1, k - 1) * n / k;

    /// <summary>An endless stream of random features, and the model on a window over it.</summary>
    private sealed class Stream
    {
        private readonly Random _random;
        private readonly TemporalHead? _head;
        private readonly int _n;
        private readonly List<float> _features = [];

        public Stream(string kind, int n, int seed)
        {
            _random = new Random(seed);
            _n = n;
            _head = kind switch
            {
                "trn" => RandomHeads.Trn(_random, FeatureSize, 7, ClassCount, maxScale: 4),
                "tsn" => RandomHeads.Tsn(_random, FeatureSize, ClassCount),
                _ => null,
            };
            Window = CreateWindow();
        }

        public IWindowModel Window { get; }

        public int FrameCount => _features.Count / FeatureSize;

        public IWindowModel CreateWindow() => _head is null ? new AnyWindow(_n) : _head.CreateWindow(_n);

        public float[] Next(int count)
        {
            float[] frames = RandomHeads.Numbers(_random, count * FeatureSize);
            _features.AddRange(frames);
            return frames;
        }

        /// <summary>The model on the last n frames, by themselves.</summary>
        public ISubsequenceModel Project(int n)
        {
            int count = Math.Min(n, FrameCount);
            float[] features = [.. _features.Skip(_features.Count - (count * FeatureSize))];
            if (_head is not null)
                return _head.Project(features, count);
            var window = new AnyWindow(count);
            for (int i = 0; i < count; i++)
                window.SetFrame(i, features.AsSpan(i * FeatureSize, FeatureSize));
            return window;
        }
    }

    /// <summary>A model of any length to which order matters: class c's logit is Σ_p x_p[c]·cos(c + p·x_{p−1}[3]).</summary>
    private sealed class AnyWindow(int frameCount) : IVariableLengthModel, IWindowModel
    {
        private readonly float[] _features = new float[frameCount * SlidingEsvTests.FeatureSize];

        public int FrameCount => frameCount;

        public int ClassCount => SlidingEsvTests.ClassCount;

        public int FeatureSize => SlidingEsvTests.FeatureSize;

        public void SetFrame(int slot, ReadOnlySpan<float> features) => features.CopyTo(_features.AsSpan(slot * FeatureSize));

        public void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> logits)
        {
            for (int row = 0; row < subsequences.Length / scale; row++)
            {
                for (int c = 0; c < ClassCount; c++)
                {
                    double logit = 0;
                    for (int p = 0; p < scale; p++)
                    {
                        int frame = subsequences[(row * scale) + p] * FeatureSize;
                        double before = p == 0 ? 0 : _features[(subsequences[(row * scale) + p - 1] * FeatureSize) + 3];
                        logit += _features[frame + c] * Math.Cos(c + (p * before));
                    }

                    logits[(row * ClassCount) + c] = (float)logit;
                }
            }
        }
    }
}
