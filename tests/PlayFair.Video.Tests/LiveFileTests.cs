namespace PlayFair.Video.Tests;

/// <summary>Files as sources.</summary>
public class LiveFileTests(Clips clips)
{
    private static FrameSourceOptions Fast(double rateHz) => LiveReading.Options with { RateHz = rateHz };

    [Theory]
    [InlineData(8)]
    [InlineData(3)]
    [InlineData(100)]
    public async Task A_file_gives_the_frames_that_rate_sampling_gives(double rateHz)
    {
        string path = clips.MakeNumbered(60);
        (List<KeptFrame> expected, DecodeReport _) = await Reading.ReadAllAsync(path, FrameSampling.Rate(rateHz));
        await using var reading = LiveReading.Start(path, Fast(rateHz));
        IReadOnlyList<ReceivedFrame> frames = await reading.ToEndAsync();
        AssertSame(expected, frames);
        Assert.Equal(60, reading.Source.DecodedCount);
        Assert.Equal(0, reading.Source.DroppedCount);
        Assert.Null(reading.Source.Facts);
        Assert.Null(reading.Source.Status.Reason);
        Assert.Equal([true, .. Enumerable.Repeat(false, frames.Count - 1)], frames.Select(f => f.StartsSegment));
        Assert.Equal([SourceState.Live, SourceState.Ended], reading.Statuses.Select(s => s.State));
    }

    [Fact]
    public async Task At_its_own_pace_each_frame_is_here_when_it_is_due()
    {
        var time = new LeapingTime();
        string path = clips.MakeNumbered(60);
        await using var reading = LiveReading.Start(path, Fast(8) with { IsFast = false, Time = time });
        IReadOnlyList<ReceivedFrame> frames = await reading.ToEndAsync();
        Assert.Equal(19, frames.Count);
        Assert.All(frames, frame => Assert.Equal(frame.Time, new TimeSpan(frame.ArrivalTimestamp)));
        Assert.All(frames, frame => Assert.Equal(frame.Time, frame.ArrivedAt - frames[0].ArrivedAt));
    }

    [Fact]
    public async Task A_loop_repeats_the_file_with_indices_and_times_that_go_on()
    {
        string path = clips.MakeNumbered(60);
        (List<KeptFrame> once, DecodeReport report) = await Reading.ReadAllAsync(path, FrameSampling.Rate(8));
        await using var reading = LiveReading.Start(path, Fast(8) with { Loops = true });
        await reading.UntilAsync(r => r.Frames.Count >= 3 * once.Count);
        List<KeptFrame> expected =
            [.. Enumerable.Range(0, 3).SelectMany(loop => once.Select(f => f with
            {
                Index = f.Index + (loop * 60),
                Time = f.Time + (loop * report.DecodedDuration),
            }))];
        AssertSame(expected, reading.Frames.Take(expected.Count));
        Assert.Equal(1, reading.Frames.Count(f => f.StartsSegment));
        Assert.Equal(
            new FileFacts(reading.Source.Identity!, 8, 60, once.Count, report.DecodedDuration), reading.Source.Facts);
    }

    [Theory]
    [InlineData(7, false)]
    [InlineData(47, false)]
    [InlineData(47, true)]
    [InlineData(40, true)]
    public async Task Skipping_goes_on_where_a_reader_left_off(int skipCount, bool knowsFacts)
    {
        string path = clips.MakeNumbered(60);
        FrameSourceOptions options = Fast(8) with { Loops = true };
        await using var whole = LiveReading.Start(path, options);
        await whole.UntilAsync(r => r.Frames.Count >= skipCount + 25);
        FileFacts? facts = whole.Source.Facts;
        Assert.NotNull(facts);
        await using var rest = LiveReading.Start(
            path, options with { SkipCount = skipCount, Facts = knowsFacts ? facts : null });
        await rest.UntilAsync(r => r.Frames.Count >= 20);
        AssertSame(whole.Frames.Skip(skipCount).Take(20).Select(f => f.Picture), rest.Frames.Take(20));
        Assert.True(rest.Frames[0].StartsSegment);
    }

    [Fact]
    public async Task Known_facts_spare_the_decoding_of_whole_loops_unless_the_file_is_another_one()
    {
        string path = clips.MakeNumbered(60);
        await using var looped = LiveReading.Start(path, Fast(8) with { Loops = true });
        await looped.UntilAsync(r => r.Source.Facts is not null);
        FileFacts facts = looped.Source.Facts!;

        FrameSourceOptions far = Fast(8) with { Loops = true, SkipCount = 19_000_007, Facts = facts };
        await using var rest = LiveReading.Start(path, far);
        await rest.UntilAsync(r => r.Frames.Count >= 1);
        Assert.Equal(looped.Frames[7].Index + (1_000_000L * 60), rest.Frames[0].Index);
        Assert.Equal(looped.Frames[7].Picture.Pixels, rest.Frames[0].Picture.Pixels);
        Assert.Equal(looped.Frames[7].Time + (1_000_000 * facts.Duration), rest.Frames[0].Time);

        FileFacts wrong = facts with { Identity = "1-1", SampledCount = 5 };
        await using var other = LiveReading.Start(
            path, Fast(8) with { Loops = true, SkipCount = 7, Facts = wrong });
        await other.UntilAsync(r => r.Frames.Count >= 1);
        Assert.Equal(looped.Frames[7].Index, other.Frames[0].Index);
    }

    [Fact]
    public async Task Skipping_past_the_end_of_a_file_that_does_not_loop_ends_it()
    {
        await using var reading = LiveReading.Start(clips.MakeNumbered(60), Fast(8) with { SkipCount = 19 });
        Assert.Empty(await reading.ToEndAsync());
    }

    [Fact]
    public async Task The_rate_may_change_while_frames_are_read()
    {
        LiveReading? reading = null;
        int received = 0;
        var started = new TaskCompletionSource();
        reading = LiveReading.Start(clips.MakeNumbered(240), Fast(25), beforeEach: async () =>
        {
            await started.Task;
            if (++received == 20)
                reading!.Source.RateHz = 5;
        });
        await using LiveReading _ = reading;
        started.SetResult();
        IReadOnlyList<ReceivedFrame> frames = await reading.ToEndAsync();
        long[] steps = [.. frames.Zip(frames.Skip(1), (a, b) => b.Index - a.Index)];
        Assert.All(steps.Take(19), step => Assert.Equal(1, step));
        // Two or three were decoded ahead.
        Assert.All(steps.Skip(24), step => Assert.Equal(5, step));
        Assert.True(steps.Length > 40);
    }

    [Fact]
    public async Task A_file_waits_for_a_slow_reader_and_drops_nothing()
    {
        string path = clips.MakeNumbered(60);
        using var gate = new SemaphoreSlim(0);
        await using var reading = LiveReading.Start(path, Fast(25), beforeEach: () => gate.WaitAsync());
        await reading.UntilAsync(r => r.Frames.Count == 1 && r.Source.DecodedCount >= 3);
        // One is with the reader, one in the queue, one in the hand of whoever wants to queue it.
        Assert.InRange(reading.Source.DecodedCount, 3, 4);
        gate.Release(1000);
        Assert.Equal(Enumerable.Range(0, 60), (await reading.ToEndAsync()).Select(f => f.Picture.NumberShown()));
    }

    [Fact]
    public async Task A_file_replaced_while_it_is_read_is_read_to_its_own_end()
    {
        string path = Copy(clips.MakeNumbered(240), "replaced.mkv");
        string other = Copy(clips.MakeNumbered(60), "replacement.mkv");
        using var gate = new SemaphoreSlim(0);
        await using var reading = LiveReading.Start(
            path, Fast(25) with { Loops = true }, beforeEach: () => gate.WaitAsync());
        await reading.UntilAsync(r => r.Frames.Count == 1);
        string? identity = reading.Source.Identity;
        File.Move(other, path, overwrite: true);
        gate.Release(1000);
        IReadOnlyList<ReceivedFrame> frames = await reading.ToEndAsync();
        Assert.Equal(240, frames.Count);
        Assert.Contains("replaced", reading.Source.Status.Reason, StringComparison.Ordinal);
        Assert.Equal(identity, reading.Source.Identity);
    }

    [Fact]
    public async Task A_file_overwritten_while_it_is_read_comes_to_an_end_that_says_so()
    {
        string path = clips.Make(
            "overwritten.mp4", "-f", "lavfi", "-i", "testsrc2=s=640x480:r=25,trim=end_frame=500",
            "-c:v", "mpeg4", "-b:v", "8M");
        using var gate = new SemaphoreSlim(0);
        await using var reading = LiveReading.Start(path, Fast(25), beforeEach: () => gate.WaitAsync());
        await reading.UntilAsync(r => r.Frames.Count == 1);
        await using (FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(file.Length / 2);
            file.Seek(200_000, SeekOrigin.Begin);
            await file.WriteAsync(new byte[100_000]);
        }

        gate.Release(1000);
        await reading.ToEndAsync();
        Assert.InRange(reading.Frames.Count, 1, 499);
        Assert.Contains("changed while it was read", reading.Source.Status.Reason, StringComparison.Ordinal);
        Assert.Contains("the file is ", reading.Source.Status.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_truncated_file_ends_and_says_how_much_is_missing()
    {
        string whole = clips.MakeNumbered(240);
        byte[] bytes = await File.ReadAllBytesAsync(whole);
        string path = clips.Write("truncated-live.mkv", bytes.AsSpan(0, bytes.Length / 2));
        await using var reading = LiveReading.Start(path, Fast(25));
        Assert.InRange((await reading.ToEndAsync()).Count, 20, 239);
        Assert.Contains("truncated", reading.Source.Status.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_fails_with_words()
    {
        await using var missing = LiveReading.Start(Path.Combine(clips.Folder, "nowhere.mp4"));
        Assert.Empty(await missing.ToEndAsync(SourceState.Failed));
        Assert.Contains("does not exist", missing.Source.Status.Reason, StringComparison.Ordinal);

        await using var text = LiveReading.Start(clips.Write("words.mp4", "no video, just words"u8));
        Assert.Empty(await text.ToEndAsync(SourceState.Failed));
        Assert.Contains("not a video", text.Source.Status.Reason, StringComparison.Ordinal);

        await using var playlist = LiveReading.Start(
            clips.Write("list.m3u8", "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"u8));
        Assert.Empty(await playlist.ToEndAsync(SourceState.Failed));
        Assert.Contains("playlist", playlist.Source.Status.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_outside_the_folders_fails_before_anything_is_opened()
    {
        string path = clips.MakeNumbered(60);
        await using var reading = LiveReading.Start(path, policy: new SourcePolicy { Folders = ["/nowhere"] });
        Assert.Empty(await reading.ToEndAsync(SourceState.Failed));
        Assert.Contains("none of the folders", reading.Source.Status.Reason, StringComparison.Ordinal);
        Assert.Null(reading.Source.Identity);
    }

    [Fact]
    public async Task Options_out_of_range_are_refused_at_once_and_a_source_is_enumerated_once()
    {
        var file = VideoSource.Parse("clip.mp4");
        Assert.Throws<ArgumentOutOfRangeException>(() => FrameSources.Open(file, new SourcePolicy(), Fast(0)));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => FrameSources.Open(file, new SourcePolicy(), Fast(1) with { SkipCount = -1 }));
        await using IFrameSource source = FrameSources.Open(file, new SourcePolicy(), Fast(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => source.RateHz = double.NaN);
        await foreach (SourceFrame frame in source.ReadAsync(CancellationToken.None))
            frame.Frame.Dispose();
        Assert.Throws<InvalidOperationException>(() => source.ReadAsync(CancellationToken.None));
    }

    private string Copy(string path, string name) => clips.Write(name, File.ReadAllBytes(path));

    private static void AssertSame(IEnumerable<KeptFrame> expected, IEnumerable<ReceivedFrame> actual)
    {
        KeptFrame[] wanted = [.. expected];
        ReceivedFrame[] found = [.. actual];
        Assert.NotEmpty(wanted);
        Assert.Equal(wanted.Select(f => (f.Index, f.Time)), found.Select(f => (f.Index, f.Time)));
        Assert.All(wanted.Zip(found), pair => Assert.Equal(pair.First.Pixels, pair.Second.Picture.Pixels));
    }
}
