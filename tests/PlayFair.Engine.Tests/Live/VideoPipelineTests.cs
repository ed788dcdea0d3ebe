using System.Runtime.CompilerServices;
using PlayFair.Attribution;
using PlayFair.Contracts;
using PlayFair.Inference;
using PlayFair.Inference.Tests;
using PlayFair.Models;
using PlayFair.Video;

namespace PlayFair.Engine.Tests;

public sealed class VideoPipelineTests : IDisposable
{
    private const int Window = 12;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();
    private readonly ModelPackage _model;
    private readonly ManualTime _time = new();
    private readonly SemaphoreSlim _cores = new(1);

    public VideoPipelineTests() => _model = ModelPackage.Load(new TestPackage().WriteTo(_folder.FullName));

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        _cores.Dispose();
    }

    [Fact]
    public async Task A_live_video_that_comes_too_fast_is_computed_with_less_until_it_keeps_up_again()
    {
        var source = new ScriptedSource { IsLive = true };
        // 40 frames a second: for 20 s they are 2 s old before they are attributed, then for 100 s they are not.
        for (int i = 0; i < 40 * 120; i++)
        {
            int index = i;
            source.Frames.Add(() =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(25));
                return Frame(index, lateness: TimeSpan.FromSeconds(index < 40 * 20 ? 2 : 0));
            });
        }

        var sink = new ListSink();
        await Pipeline(source, new ConstantFeatures(), sink, isGoverned: true).RunAsync(CancellationToken.None);

        int?[] samples = [.. sink.Updates.Select(u => u.Samples)];
        double[] rates = [.. sink.Updates.Select(u => u.RateHz)];
        Assert.Null(samples[0]);
        Assert.Contains(16, samples);
        Assert.Equal(1, rates.Min());
        Assert.Equal((null, 8.0), (samples[^1], rates[^1]));
        // First fewer samples, then a lower rate.
        Assert.All(sink.Updates.Take(Array.FindIndex(rates, rate => rate < 8)), u => Assert.Equal(8, u.RateHz));
        Assert.Equal(16, sink.Updates.First(u => u.RateHz < 8).Samples);
        Assert.Equal(sink.Updates.Count, sink.Updates.Select(u => u.Sequence).Distinct().Count());
    }

    [Fact]
    public async Task Every_frame_is_released_and_every_update_taken_when_a_source_ends()
    {
        var source = new ScriptedSource();
        for (int i = 0; i < 20; i++)
        {
            int index = i;
            source.Frames.Add(() => Frame(index));
        }

        var sink = new ListSink();
        await Pipeline(source, new ConstantFeatures(), sink).RunAsync(CancellationToken.None);
        Assert.Equal(20 - Window + 1, sink.Updates.Count);
        Assert.Equal(Window, sink.LastTracks.Count);
        Assert.All(source.Given, frame => Assert.Throws<ObjectDisposedException>(() => frame.Pixels));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_fails_ends_the_pipeline_and_releases_its_frames(bool isSource)
    {
        var source = new ScriptedSource();
        for (int i = 0; i < 100; i++)
        {
            int index = i;
            source.Frames.Add(() => isSource && index == 40
                ? throw new VideoException(VideoErrorKind.FfmpegFailed, "clip", "ffmpeg failed")
                : Frame(index));
        }

        var sink = new ListSink();
        VideoPipeline pipeline = Pipeline(source, new ConstantFeatures { FailsAt = isSource ? -1 : 40 }, sink);
        Exception? failure = await Record.ExceptionAsync(
            () => pipeline.RunAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.IsType(isSource ? typeof(VideoException) : typeof(InferenceException), failure);
        Assert.Equal(40 - Window + 1, sink.Updates.Count);
        Assert.All(source.Given, frame => Assert.Throws<ObjectDisposedException>(() => frame.Pixels));
    }

    [Fact]
    public async Task Cancelling_ends_a_pipeline_whose_sink_waits()
    {
        var source = new ScriptedSource();
        for (int i = 0; i < 100; i++)
        {
            int index = i;
            source.Frames.Add(() => Frame(index));
        }

        var sink = new ListSink { Gate = new TaskCompletionSource() };
        using var cancelling = new CancellationTokenSource();
        Task running = Pipeline(source, new ConstantFeatures(), sink).RunAsync(cancelling.Token);
        await sink.Reached.Task.WaitAsync(TimeSpan.FromSeconds(30));
        // A file waits: no more is read than fits between the stages.
        Assert.InRange(source.Given.Count, Window, Window + 32);
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.All(source.Given, frame => Assert.Throws<ObjectDisposedException>(() => frame.Pixels));
    }

    private VideoPipeline Pipeline(
        ScriptedSource source, IFeatureSource features, IUpdateSink sink, bool isGoverned = false)
    {
        var options = new WindowOptions
        {
            Video = "camera",
            Window = Window,
            Score = ScoreKind.SoftmaxOfMean,
            Classes = ClassSelection.Top(1),
        };
        var window = new VideoWindow(_model, () => _model.Head!.CreateWindow(Window, threadCount: 1), options, _time);
        QualityGovernor? governor = isGoverned
            ? new QualityGovernor(QualityGovernor.Levels(samples: null, Window, rateHz: 8), _time)
            : null;
        return new VideoPipeline("camera", source, features, window, sink, _cores, governor, _time);
    }

    private SourceFrame Frame(int index, TimeSpan lateness = default) => new(
        VideoFrame.Copy(index, TimeSpan.FromSeconds(index / 8.0), [(byte)index]), _time.GetUtcNow(),
        _time.GetTimestamp() - lateness.Ticks, TimeSpan.Zero, StartsSegment: index == 0);

    private sealed class ScriptedSource : IFrameSource
    {
        public List<Func<SourceFrame>> Frames { get; } = [];

        public List<VideoFrame> Given { get; } = [];

        public bool IsLive { get; init; }

        public SourceStatus Status => new(SourceState.Live, null, DateTimeOffset.UnixEpoch);

        public Action<SourceStatus>? StatusChanged { get; set; }

        public string? Identity => null;

        public FileFacts? Facts => null;

        public long DecodedCount => Given.Count;

        public long DroppedCount => 0;

        public double RateHz { get; set; } = 8;

        public async IAsyncEnumerable<SourceFrame> ReadAsync(
            [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            foreach (Func<SourceFrame> make in Frames)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await Task.Yield();
                SourceFrame frame = make();
                Given.Add(frame.Frame);
                yield return frame;
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class ConstantFeatures : IFeatureSource
    {
        public int FailsAt { get; init; } = -1;

        public Task<float[]> ExtractAsync(VideoFrame frame, CancellationToken cancellationToken)
        {
            if (frame.Index == FailsAt)
                return Task.FromException<float[]>(new InferenceException("nothing", "features", "Try another model."));
            var random = new Random((int)frame.Index);
            return Task.FromResult<float[]>(
                [.. Enumerable.Range(0, LinearBackbone.FeatureSize).Select(_ => random.NextSingle())]);
        }
    }

    private sealed class ListSink : IUpdateSink
    {
        public List<AttributionUpdate> Updates { get; } = [];

        public IReadOnlyList<FrameTrack> LastTracks { get; private set; } = [];

        public TaskCompletionSource? Gate { get; init; }

        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask TakeAsync(WindowStep move, CancellationToken cancellationToken)
        {
            Updates.Add(move.Update);
            Reached.TrySetResult();
            if (Gate is not null)
                await Gate.Task.WaitAsync(cancellationToken);
        }

        public void Keep(VideoFrame frame) => frame.Dispose();

        public ValueTask FinishAsync(IReadOnlyList<FrameTrack> tracks, CancellationToken cancellationToken)
        {
            LastTracks = tracks;
            return ValueTask.CompletedTask;
        }
    }
}
