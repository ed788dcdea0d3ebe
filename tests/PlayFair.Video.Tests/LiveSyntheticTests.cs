namespace PlayFair.Video.Tests;

/// <summary>The synthetic camera.</summary>
public class LiveSyntheticTests
{
    [Fact]
    public async Task It_films_at_its_own_rate_and_the_seed_fixes_every_pixel()
    {
        var time = new LeapingTime();
        await using var reading = LiveReading.Start(
            "synthetic:5?fps=10&pace=fast", LiveReading.Options with { RateHz = 5 });
        await using var paced = LiveReading.Start(
            "synthetic:5?fps=10", LiveReading.Options with { RateHz = 10, Time = time, QueueCapacity = 1000 });
        await reading.UntilMoreFramesAsync(60);
        await paced.UntilMoreFramesAsync(119);
        ReceivedFrame[] half = [.. reading.Frames.Take(60)];
        ReceivedFrame[] all = [.. paced.Frames.Take(119)];
        Assert.Equal(Enumerable.Range(0, 60).Select(i => 2L * i), half.Select(f => f.Index));
        Assert.Equal(Enumerable.Range(0, 119).Select(i => TimeSpan.FromSeconds(i / 10.0)), all.Select(f => f.Time));
        Assert.All(half, f => Assert.Equal(all[f.Index].Picture.Pixels, f.Picture.Pixels));
        Assert.All(
            half.Zip(half.Skip(1)), pair => Assert.NotEqual(pair.First.Picture.Pixels, pair.Second.Picture.Pixels));
        Assert.Equal(SourceState.Live, reading.Source.Status.State);
        Assert.True(reading.Source.IsLive);
        Assert.Equal(0, reading.Source.DroppedCount);
    }

    [Fact]
    public async Task At_full_speed_it_waits_for_its_reader()
    {
        using var gate = new SemaphoreSlim(0);
        await using var reading = LiveReading.Start(
            "synthetic:5?pace=fast", LiveReading.Options with { FirstIndex = 100 }, beforeEach: () => gate.WaitAsync());
        await reading.UntilAsync(r => r.Frames.Count == 1 && r.Source.DecodedCount >= 3);
        Assert.InRange(reading.Source.DecodedCount, 3, 4);
        gate.Release(20);
        await reading.UntilMoreFramesAsync(20);
        Assert.Equal(Enumerable.Range(100, 21), reading.Frames.Select(f => (int)f.Index));
        Assert.Equal(0, reading.Source.DroppedCount);
    }

    [Theory]
    [InlineData(112, 84, FrameFit.Letterbox)]
    [InlineData(100, 100, FrameFit.Letterbox)]
    [InlineData(100, 100, FrameFit.Crop)]
    [InlineData(60, 130, FrameFit.Stretch)]
    public async Task It_fits_its_picture_as_ffmpeg_does(int width, int height, FrameFit fit)
    {
        Clips.RequireFfmpeg();
        var format = new FrameFormat(width, height, fit, PixelOrder.Bgr);
        var scene = Moves.Scene.Create(Moves.MoveClass.Opening, Moves.Split.HeldOut, 3);
        byte[] ours = new byte[format.ByteCount];
        new PictureFitting(120, format).Draw(new Moves.Renderer(scene, 120), 0, ours);

        byte[] picture = new byte[160 * 120 * 3];
        new Moves.Renderer(scene, 120).Draw(0, picture);
        await using var ffmpeg = FfmpegProcess.Start(
            FfmpegTools.Find(null).Ffmpeg,
            [
                "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "160x120", "-i", "pipe:0",
                "-vf", format.FfmpegFilters, "-f", "rawvideo", "pipe:1",
            ],
            TimeSpan.FromSeconds(1),
            withInput: true);
        await ffmpeg.Input.WriteAsync(picture);
        await ffmpeg.Input.DisposeAsync();
        byte[] theirs = new byte[format.ByteCount];
        await ffmpeg.Output.ReadExactlyAsync(theirs);
        // They scale by another curve (bicubic): close on average, and alike where there is nothing but the border.
        double difference = ours.Zip(theirs, (a, b) => (double)Math.Abs(a - b)).Average();
        Assert.InRange(difference, 0, 6);
        int[] black = [.. Enumerable.Range(0, theirs.Length).Where(i => theirs[i] == 0)];
        Assert.True(black.Count(i => ours[i] > 12) <= theirs.Length / 100);
    }
}
