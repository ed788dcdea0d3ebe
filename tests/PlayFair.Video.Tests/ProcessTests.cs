using System.Buffers;
using System.Globalization;

namespace PlayFair.Video.Tests;

[CollectionDefinition(nameof(ProcessTests), DisableParallelization = true)]
public sealed class AloneInTheProcess;

/// <summary>What decoding leaves behind; alone, since a neighbour's ffmpeg would be counted.</summary>
[Collection(nameof(ProcessTests))]
public class ProcessTests(Clips clips)
{
    private static readonly FrameFormat s_large = new(320, 240);

    [Fact]
    public async Task Stopping_early_leaves_no_process_and_no_descriptor()
    {
        string path = MakeLong();
        await StopEarlyAsync(path, framesBefore: 1);
        int descriptors = OpenDescriptors();
        for (int cycle = 0; cycle < 12; cycle++)
        {
            await StopEarlyAsync(path, framesBefore: cycle % 4);
            Assert.Empty(Children());
        }

        AssertNoneLeaked(descriptors);
    }

    [Fact]
    public async Task Reading_to_the_end_leaves_no_process_and_no_descriptor()
    {
        string path = clips.MakeNumbered(6);
        await Reading.ReadAllAsync(path, FrameSampling.All);
        int descriptors = OpenDescriptors();
        for (int cycle = 0; cycle < 6; cycle++)
            await Reading.ReadAllAsync(path, cycle % 2 == 0 ? FrameSampling.All : FrameSampling.Uniform(2));
        Assert.Empty(Children());
        AssertNoneLeaked(descriptors);
    }

    [Fact]
    public async Task Cancelling_in_the_middle_ends_ffmpeg()
    {
        string path = MakeLong();
        _ = OpenDescriptors();
        using var cancellation = new CancellationTokenSource();
        await using VideoFrameReader reader = await VideoDecoder.ReadAsync(
            path, s_large, FrameSampling.All, cancellationToken: cancellation.Token);
        int received = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (VideoFrame frame in reader)
            {
                frame.Dispose();
                if (++received == 3)
                    await cancellation.CancelAsync();
            }
        });
        Assert.Equal(3, received);
        Assert.Null(reader.Report);
        Assert.Empty(Children());
    }

    [Fact]
    public async Task Cancelling_the_loop_cancels_a_uniform_read_that_has_yielded_nothing_yet()
    {
        string path = MakeLong();
        _ = OpenDescriptors();
        using var cancellation = new CancellationTokenSource();
        await using VideoFrameReader reader = await VideoDecoder.ReadAsync(path, s_large, FrameSampling.Uniform(8));
        await using IAsyncEnumerator<VideoFrame> frames = reader.GetAsyncEnumerator(cancellation.Token);
        ValueTask<bool> next = frames.MoveNextAsync();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
        Assert.Empty(Children());
    }

    [Fact]
    public async Task An_ffmpeg_that_ignores_the_request_to_end_is_killed_with_its_children()
    {
        string path = clips.MakeNumbered(6);
        using var tools = FakeTools.Create(clips, ffprobe: null, ffmpeg: "trap '' TERM; sleep 60; sleep 60");
        using var cancellation = new CancellationTokenSource();
        await using VideoFrameReader reader = await VideoDecoder.ReadAsync(
            path, Reading.Small, FrameSampling.All, tools.Options, cancellation.Token);
        await using IAsyncEnumerator<VideoFrame> frames = reader.GetAsyncEnumerator(CancellationToken.None);
        ValueTask<bool> next = frames.MoveNextAsync();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
        Assert.Empty(Children());
    }

    [Fact]
    public async Task A_failed_decode_leaves_no_process_and_no_descriptor()
    {
        using var tools = FakeTools.Create(clips, ffprobe: null, ffmpeg: "head -c 100 /dev/zero; exit 3");
        string path = clips.MakeNumbered(6);
        await Reading.FailsAsync(path, VideoErrorKind.NoDecodableFrames, options: tools.Options);
        int descriptors = OpenDescriptors();
        for (int cycle = 0; cycle < 4; cycle++)
            await Reading.FailsAsync(path, VideoErrorKind.NoDecodableFrames, options: tools.Options);
        Assert.Empty(Children());
        AssertNoneLeaked(descriptors);
    }

    [Fact]
    public async Task Memory_does_not_grow_with_the_length_of_the_video()
    {
        string path = MakeLong();
        await StopEarlyAsync(path, framesBefore: 3);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await using VideoFrameReader reader = await VideoDecoder.ReadAsync(path, s_large, FrameSampling.All);
        long pixelBytes = 0;
        await foreach (VideoFrame frame in reader)
        {
            using (frame)
                pixelBytes += frame.Pixels.Length;
        }

        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        Assert.Equal(1000L * s_large.ByteCount, pixelBytes);
        Assert.InRange(allocated, 0, pixelBytes / 20);
    }

    [Fact]
    public void Disposing_a_frame_twice_lends_its_memory_to_one_owner_only()
    {
        const int Size = 12_345;
        var frame = new VideoFrame(0, TimeSpan.Zero, ArrayPool<byte>.Shared.Rent(Size), Size);
        Assert.Equal(Size, frame.Pixels.Length);
        frame.Dispose();
        frame.Dispose();
        Assert.Throws<ObjectDisposedException>(() => frame.Pixels);
        Assert.NotSame(ArrayPool<byte>.Shared.Rent(Size), ArrayPool<byte>.Shared.Rent(Size));
    }

    [Fact]
    public async Task A_reader_is_enumerated_once_and_disposed_as_often_as_one_likes()
    {
        VideoFrameReader reader = await VideoDecoder.ReadAsync(clips.MakeNumbered(6), Reading.Small, FrameSampling.All);
        await foreach (VideoFrame frame in reader)
            frame.Dispose();
        Assert.Throws<InvalidOperationException>(() => reader.GetAsyncEnumerator(CancellationToken.None));
        await reader.DisposeAsync();
        await reader.DisposeAsync();
    }

    private string MakeLong() => clips.Make(
        "thousand.avi", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=25,trim=end_frame=1000", "-c:v", "mpeg4");

    private static async Task StopEarlyAsync(string path, int framesBefore)
    {
        await using VideoFrameReader reader = await VideoDecoder.ReadAsync(path, s_large, FrameSampling.All);
        if (framesBefore == 0)
            return;
        int received = 0;
        await foreach (VideoFrame frame in reader)
        {
            frame.Dispose();
            if (++received == framesBefore)
                break;
        }

        Assert.Equal(framesBefore, received);
    }

    /// <summary>Every test leaks four times or more if at all; the test runner itself may open one or two.</summary>
    private static void AssertNoneLeaked(int descriptorsBefore) =>
        Assert.InRange(OpenDescriptors(), 0, descriptorsBefore + 2);

    private static int OpenDescriptors()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "descriptors and children are counted in /proc");
        // Finalizers close what earlier tests let go of; it must not blur the count.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Directory.GetFileSystemEntries("/proc/self/fd").Length;
    }

    /// <summary>Processes, zombies too, whose parent is this one.</summary>
    private static List<string> Children()
    {
        string parent = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var children = new List<string>();
        foreach (string folder in Directory.GetDirectories("/proc")
            .Where(name => char.IsAsciiDigit(Path.GetFileName(name)[0])))
        {
            try
            {
                // "pid (name) state parent ...": a name may hold spaces.
                string stat = File.ReadAllText(Path.Combine(folder, "stat"));
                if (stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1] == parent)
                    children.Add(stat);
            }
            catch (IOException)
            {
                // Ended since the listing.
            }
        }

        return children;
    }
}
