using PlayFair.Attribution;
using PlayFair.Contracts;
using PlayFair.Inference.Tests;
using PlayFair.Models;
using PlayFair.Video;

namespace PlayFair.Engine.Tests;

public sealed class VideoWindowTests : IDisposable
{
    private const int FeatureSize = LinearBackbone.FeatureSize;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();
    private readonly ModelPackage _model;

    public VideoWindowTests() => _model = ModelPackage.Load(new TestPackage().WriteTo(_folder.FullName));

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Each_update_holds_the_exact_values_of_its_window(int stride)
    {
        Stream stream = Run(Options(stride), frameCount: 30);

        Assert.Equal(Enumerable.Range(0, stream.Updates.Count).Select(i => (long)i), stream.Updates.Select(u => u.Sequence));
        Assert.Equal(1 + ((30 - 5 + stride - 1) / stride), stream.Updates.Count);
        Assert.Equal(29, stream.Updates[^1].FrameIndices[^1]);
        foreach (AttributionUpdate update in stream.Updates)
        {
            Assert.Equal(5, update.FrameCount);
            float[] window = [.. update.FrameIndices.SelectMany(index => Features((int)index))];
            ElementShapleyValues expected = ExactEsv.Compute(
                _model.Head!.Project(window, 5), _model.Prior, ScoreKind.SoftmaxOfMean);
            Assert.Equal(AttributionUpdate.Exact, update.StandardError);
            Assert.Equal(expected.Scores.ToList().IndexOf(expected.Scores.Max()), update.TopClass);
            Assert.Equal(update.TopClass, update.Classes[0].Index);
            foreach (ReportedClass reported in update.Classes)
            {
                Assert.Equal(TestPackage.Classes[reported.Index], reported.Name);
                Assert.Equal(expected.Scores[reported.Index], reported.Score, 1e-6);
                for (int i = 0; i < 5; i++)
                    Assert.Equal(expected[i, reported.Index], reported.Esv[i], 1e-6);
            }
        }
    }

    [Theory]
    [InlineData(1, 30)]
    [InlineData(2, 30)]
    [InlineData(3, 31)]
    [InlineData(5, 32)]
    public void Every_frame_of_a_window_leaves_one_track_with_the_mean_of_its_values(int stride, int frameCount)
    {
        Stream stream = Run(Options(stride), frameCount);

        Assert.Equal(Enumerable.Range(0, frameCount).Select(i => (long)i), stream.Tracks.Select(track => track.FrameIndex));
        foreach (FrameTrack track in stream.Tracks)
        {
            List<AttributionUpdate> holding =
                stream.Updates.FindAll(u => u.FrameIndices.Contains(track.FrameIndex));
            Assert.Equal(holding.Count, track.WindowCount);
            Assert.Equal(holding[^1].Sequence, track.LastSequence);
            Assert.Equal(holding[^1].Classes.Select(c => c.Index), track.Classes.Select(c => c.Index));
            foreach (TrackedClass tracked in track.Classes)
            {
                // All four classes are reported in every update.
                double[] values = [.. holding.Select(u => (double)Value(u, tracked.Index, track.FrameIndex))];
                Assert.Equal(values.Average(), tracked.Mean, 1e-6);
                Assert.Equal(values[^1], tracked.Last, 1e-6);
            }
        }
    }

    [Theory]
    [InlineData(1, null, 1)]
    [InlineData(2, null, 1)]
    [InlineData(5, null, 1)]
    [InlineData(1, 3, 2)]
    [InlineData(3, 3, 2)]
    public void Interrupted_after_any_update_it_goes_on_as_if_it_had_not_been(int stride, int? samples, int iterations)
    {
        WindowOptions options = Options(stride) with { Samples = samples, Iterations = iterations, Seed = 4 };
        Stream whole = Run(options, frameCount: 90);

        for (int done = 0; done <= whole.Updates.Count; done++)
        {
            WindowOptions rest = options with { DoneCount = done, FirstSequence = 0 };
            Stream resumed = Run(rest, frameCount: 90, first: (int)rest.ReplayFrom * stride);

            Assert.Equal(whole.Updates.Count - done, resumed.Updates.Count);
            for (int i = 0; i < resumed.Updates.Count; i++)
                AssertSame(whole.Updates[done + i], resumed.Updates[i]);
            long? lastDone = done == 0 ? null : whole.Updates[done - 1].Sequence;
            List<FrameTrack> tracks = whole.Tracks.FindAll(track =>
                lastDone is null || track.LastSequence >= lastDone);
            Assert.Equal(tracks.Select(t => (t.FrameIndex, t.WindowCount)), resumed.Tracks.Select(t => (t.FrameIndex, t.WindowCount)));
            foreach ((FrameTrack expected, FrameTrack actual) in tracks.Zip(resumed.Tracks))
                Assert.Equal(expected.Classes[0].Mean, actual.Classes[0].Mean, 1e-6);
        }
    }

    [Fact]
    public void Sampled_values_carry_standard_errors()
    {
        Stream stream = Run(Options(1) with { Samples = 3, Iterations = 4 }, frameCount: 12);
        Assert.All(stream.Updates, update =>
        {
            Assert.Equal(AttributionUpdate.Sampled, update.StandardError);
            Assert.Equal((3, 4), (update.Samples, update.Iterations));
            Assert.All(update.Classes, c => Assert.Contains(c.StandardErrors!, error => error > 0));
        });
    }

    [Fact]
    public void A_video_shorter_than_the_window_gets_one_update_of_all_its_frames()
    {
        Stream stream = Run(Options(1), frameCount: 3);
        AttributionUpdate update = Assert.Single(stream.Updates);
        Assert.Equal([0, 1, 2], update.FrameIndices);
        Assert.Equal([0, 1, 2], stream.Tracks.Select(track => track.FrameIndex));
        Assert.Empty(Run(Options(1), frameCount: 0).Updates);
    }

    [Fact]
    public void A_window_does_not_reach_across_missing_frames()
    {
        Stream stream = Run(Options(1), frameCount: 20, segments: [0, 8, 11]);

        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8], stream.Updates.Select(u => u.Sequence));
        Assert.Equal([4, 5, 6, 7, 15, 16, 17, 18, 19], stream.Updates.Select(u => u.FrameIndices[^1]));
        Assert.Null(stream.Updates[4].PreviousTopClass);
        Assert.Equal(stream.Updates[4].TopClass, stream.Updates[5].PreviousTopClass);
        // Frames 8 to 10 were in no window.
        Assert.Equal(
            [0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15, 16, 17, 18, 19], stream.Tracks.Select(track => track.FrameIndex));
    }

    [Fact]
    public void The_window_keeps_its_frames_when_the_number_of_samples_changes()
    {
        var window = new VideoWindow(_model, () => _model.Head!.CreateWindow(5, threadCount: 1), Options(1));
        var updates = new List<AttributionUpdate>();
        for (int i = 0; i < 20; i++)
        {
            window.ChangeSamples(i is >= 8 and < 12 ? 3 : null);
            if (Push(window, i) is { } step)
                updates.Add(step.Update);
        }

        Assert.Equal(Enumerable.Range(0, 16).Select(i => (long)i), updates.Select(u => u.Sequence));
        Assert.Equal([4, 5, 6, 7], updates.Where(u => u.StandardError == AttributionUpdate.Sampled).Select(u => u.Sequence));
        Stream exact = Run(Options(1), frameCount: 20);
        AssertSame(exact.Updates[8], updates[8]);
        AssertSame(exact.Updates[15], updates[15]);
    }

    [Fact]
    public void The_top_class_is_reported_first_whatever_classes_are_asked_for()
    {
        Stream stream = Run(
            Options(1) with { Classes = ClassSelection.Parse(["opening a door"], _model) }, frameCount: 30);
        Assert.All(stream.Updates, update =>
        {
            Assert.Equal(update.TopClass, update.Classes[0].Index);
            Assert.Contains(update.Classes, c => c.Index == 2);
            Assert.InRange(update.Classes.Count, 1, 2);
        });
    }

    private static WindowOptions Options(int stride) => new()
    {
        Video = "camera",
        Window = 5,
        Stride = stride,
        Score = ScoreKind.SoftmaxOfMean,
        Classes = ClassSelection.Top(4),
    };

    private Stream Run(WindowOptions options, int frameCount, int first = 0, int[]? segments = null)
    {
        var window = new VideoWindow(_model, () => _model.Head!.CreateWindow(options.Window, threadCount: 1), options);
        var stream = new Stream([], []);
        for (int i = first; i < frameCount; i++)
        {
            if (Push(window, i, segments?.Contains(i) ?? i == first) is { } step)
                Take(step);
        }

        (WindowStep? last, IReadOnlyList<FrameTrack> tracks) = window.Finish(rateHz: 8, droppedCount: 0);
        if (last is not null)
            Take(last);
        stream.Tracks.AddRange(tracks);
        return stream;

        void Take(WindowStep step)
        {
            stream.Updates.Add(step.Update);
            stream.Tracks.AddRange(step.LeavingFrames);
        }
    }

    private static WindowStep? Push(VideoWindow window, int index, bool startsSegment = false)
    {
        var frame = new SourceFrame(
            VideoFrame.Copy(index, TimeSpan.FromSeconds(index / 8.0), [0]), DateTimeOffset.UnixEpoch,
            TimeProvider.System.GetTimestamp(), TimeSpan.Zero, startsSegment);
        return window.Push(frame, Features(index), TimeSpan.Zero, rateHz: 8, droppedCount: 0);
    }

    private static float[] Features(int index)
    {
        var random = new Random(index);
        return [.. Enumerable.Range(0, FeatureSize).Select(_ => (float)((random.NextDouble() * 2) - 0.5))];
    }

    private static float Value(AttributionUpdate update, int classIndex, long frameIndex) =>
        update.Classes.Single(c => c.Index == classIndex).Esv[Array.IndexOf(update.FrameIndices, frameIndex)];

    private static void AssertSame(AttributionUpdate expected, AttributionUpdate actual)
    {
        Assert.Equal(expected.Sequence, actual.Sequence);
        Assert.Equal(expected.FrameIndices, actual.FrameIndices);
        Assert.Equal(expected.FrameTimes, actual.FrameTimes);
        Assert.Equal(expected.TopClass, actual.TopClass);
        Assert.Equal(expected.PreviousTopClass, actual.PreviousTopClass);
        Assert.Equal(expected.Classes.Select(c => c.Index), actual.Classes.Select(c => c.Index));
        foreach ((ReportedClass a, ReportedClass b) in expected.Classes.Zip(actual.Classes))
        {
            Assert.Equal(a.Score, b.Score, 1e-6f);
            for (int i = 0; i < a.Esv.Length; i++)
                Assert.Equal(a.Esv[i], b.Esv[i], 1e-6f);
            Assert.Equal(a.StandardErrors is null, b.StandardErrors is null);
        }
    }

    private sealed record Stream(List<AttributionUpdate> Updates, List<FrameTrack> Tracks);
}
