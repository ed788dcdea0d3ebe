namespace PlayFair.Video.Tests;

public class FrameImagesTests(Clips clips)
{
    [Fact]
    public async Task Images_come_in_the_order_asked_and_show_the_frames_asked()
    {
        IReadOnlyList<byte[]> images =
            await FrameImages.ReadJpegAsync(clips.MakeNumbered(40), [33, 0, 7, 33], 640, 480);
        Assert.Equal(4, images.Count);
        Assert.Equal([33, 0, 7, 33], await ShownAsync(images));
        Assert.All(images, image => Assert.Equal(((byte)0xFF, (byte)0xD8, (byte)0xFF), (image[0], image[1], image[2])));
    }

    [Theory]
    [InlineData(320, 24, 32, 24)]
    [InlineData(16, 240, 16, 12)]
    [InlineData(1000, 1000, 64, 48)]
    public async Task Images_keep_their_shape_and_are_never_enlarged(int maxWidth, int maxHeight, int width, int height)
    {
        byte[] image = Assert.Single(
            await FrameImages.ReadJpegAsync(clips.MakeNumbered(40), [5], maxWidth, maxHeight));
        VideoInfo info = await VideoProbe.ProbeAsync(clips.Write($"image{width}.jpg", image));
        Assert.Equal((width, height), (info.Width, info.Height));
    }

    [Fact]
    public async Task An_image_past_the_end_is_refused()
    {
        var error = await Assert.ThrowsAsync<VideoException>(
            () => FrameImages.ReadJpegAsync(clips.MakeNumbered(40), [0, 40], 64, 48));
        Assert.Equal(VideoErrorKind.TooFewFrames, error.Kind);
        Assert.Contains("40 frames", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_indices_no_images() =>
        Assert.Empty(await FrameImages.ReadJpegAsync(clips.MakeNumbered(40), [], 64, 48));

    private async Task<List<int>> ShownAsync(IReadOnlyList<byte[]> images)
    {
        var shown = new List<int>();
        for (int i = 0; i < images.Count; i++)
        {
            string path = clips.Write($"shown{i}.jpg", images[i]);
            shown.Add((await Reading.ReadAllAsync(path, FrameSampling.All)).Frames[0].NumberShown());
        }

        return shown;
    }
}
