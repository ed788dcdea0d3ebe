namespace PlayFair.Video.Tests;

public sealed class MediaFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("playfair media ");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_link_that_came_to_lead_out_of_the_folders_is_refused()
    {
        string inside = Directory.CreateDirectory(Path.Combine(_folder.FullName, "videos")).FullName;
        string outside = Path.Combine(_folder.FullName, "outside.mp4"), path = Path.Combine(inside, "clip.mp4");
        byte[] video = [0, 0, 0, 24, .. "ftypisom0000"u8];
        await File.WriteAllBytesAsync(outside, video, Token);
        await File.WriteAllBytesAsync(path, video, Token);
        var policy = new SourcePolicy { Folders = [inside] };
        await using (MediaFile media = await MediaFile.OpenAsync(VideoSource.Parse(path), policy, Token))
            Assert.Equal("video/mp4", media.ContentType);

        File.Delete(path);
        File.CreateSymbolicLink(path, outside);
        var refusal = await Assert.ThrowsAsync<SourceException>(
            () => MediaFile.OpenAsync(VideoSource.Parse(path), policy, Token));
        Assert.Equal(SourceErrorKind.Forbidden, refusal.Kind);
    }

    [Theory]
    [InlineData("#!/bin/sh\necho this is no video at all\n")]
    [InlineData("<!doctype html><script>alert(1)</script>")]
    [InlineData("ftyp")]
    public async Task What_is_no_container_of_videos_is_not_handed_out(string content)
    {
        string path = Path.Combine(_folder.FullName, "clip.mp4");
        await File.WriteAllTextAsync(path, content, Token);
        var refusal = await Assert.ThrowsAsync<VideoException>(
            () => MediaFile.OpenAsync(VideoSource.Parse(path), SourcePolicy.Anything, Token));
        Assert.Equal(VideoErrorKind.NotAVideo, refusal.Kind);
    }
}
