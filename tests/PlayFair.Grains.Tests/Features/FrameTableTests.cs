using PlayFair.Engine;
using PlayFair.Video;

namespace PlayFair.Grains.Tests.Features;

public sealed class FrameTableTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly FrameTable _frames = new();
    private readonly Lane _lane = new();
    private readonly VideoFrame _frame = VideoFrame.Copy(7, TimeSpan.Zero, [1, 2, 3]);

    [Fact]
    public async Task The_grain_is_called_with_the_frames_number_and_has_its_features_computed()
    {
        var grain = new FeatureDouble(_frames);
        Assert.Equal<IEnumerable<float>>([7], await _frames.ExtractAsync(grain, _lane, _frame, default));
        Assert.Equal([1], grain.Called);
        Assert.Equal([_frame], _lane.Frames);
        await AssertGoneAsync(1);
    }

    [Fact]
    public async Task Features_do_not_wait_for_a_grain_that_cannot_be_called()
    {
        var grain = new FeatureDouble(_frames, answer: new TaskCompletionSource().Task);
        Task<float[]> extracting = _frames.ExtractAsync(grain, _lane, _frame, default);
        Assert.Equal<IEnumerable<float>>([7], await extracting.WaitAsync(s_patience, TestContext.Current.CancellationToken));
        // The call that arrives after all finds nothing left to do.
        await AssertGoneAsync(1);
        Assert.Equal([_frame], _lane.Frames);
    }

    [Fact]
    public async Task Features_do_not_go_with_the_grains_answer()
    {
        var grain = new FeatureDouble(_frames, after: Task.FromException(new TimeoutException("The silo is gone.")));
        Assert.Equal<IEnumerable<float>>([7], await _frames.ExtractAsync(grain, _lane, _frame, default));
        Assert.Equal([_frame], _lane.Frames);
    }

    [Fact]
    public async Task A_frame_is_its_owners_again_only_when_nobody_reads_it()
    {
        _lane.Answer = new TaskCompletionSource<float[]>();
        using var cancelling = new CancellationTokenSource();
        Task<float[]> extracting = _frames.ExtractAsync(new FeatureDouble(_frames), _lane, _frame, cancelling.Token);
        await cancelling.CancelAsync();
        // Else its owner would write over what the batcher reads.
        Assert.False(extracting.IsCompleted);
        _lane.Answer.SetCanceled(cancelling.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => extracting);
    }

    [Fact]
    public async Task What_the_backbone_says_of_a_frame_is_what_its_owner_hears()
    {
        _lane.Answer = new TaskCompletionSource<float[]>();
        _lane.Answer.SetException(new InvalidDataException("not a number"));
        InvalidDataException failure = await Assert.ThrowsAsync<InvalidDataException>(
            () => _frames.ExtractAsync(new FeatureDouble(_frames), _lane, _frame, default));
        Assert.Equal("not a number", failure.Message);
    }

    public void Dispose() => _frame.Dispose();

    private async Task AssertGoneAsync(long number)
    {
        InvalidOperationException failure =
            await Assert.ThrowsAsync<InvalidOperationException>(() => _frames.ExtractAsync(number));
        Assert.Equal($"Frame {number} is not at this silo.", failure.Message);
    }

    /// <summary>A grain whose call arrives after one task, and whose answer after another.</summary>
    private sealed class FeatureDouble(FrameTable frames, Task? answer = null, Task? after = null) : IFeatureGrain
    {
        public List<long> Called { get; } = [];

        public async Task<FrameFeatures> ExtractAsync(long frame)
        {
            Called.Add(frame);
            await (answer ?? Task.CompletedTask);
            float[] features = await frames.ExtractAsync(frame);
            await (after ?? Task.CompletedTask);
            return new FrameFeatures(features);
        }
    }

    /// <summary>Answers with the frame's index.</summary>
    private sealed class Lane : IFeatureSource
    {
        public List<VideoFrame> Frames { get; } = [];

        public TaskCompletionSource<float[]>? Answer { get; set; }

        public Task<float[]> ExtractAsync(VideoFrame frame, CancellationToken cancellationToken)
        {
            Frames.Add(frame);
            return Answer?.Task ?? Task.FromResult<float[]>([frame.Index]);
        }
    }
}
