using PlayFair.Contracts;
using PlayFair.Video;

namespace PlayFair.Engine.Tests;

/// <summary>Looking back: what is kept of a video, and what its file still tells.</summary>
public abstract partial class VideoServiceContract
{
    [Fact]
    public async Task The_file_of_a_video_is_played_as_it_is_and_there_is_none_of_a_live_one()
    {
        await Service.AddAsync(File("clip", Clip(14)), Timeout);
        await using (MediaFile media = await Service.OpenMediaAsync("clip", Timeout))
        {
            using var copy = new MemoryStream();
            await media.Content.CopyToAsync(copy, Timeout);
            Assert.Equal("video/mp4", media.ContentType);
            Assert.Equal(await System.IO.File.ReadAllBytesAsync(Clip(14), Timeout), copy.ToArray());
        }

        await Service.AddAsync(new VideoDefinition { Id = "camera", Source = "synthetic:1" }, Timeout);
        await Service.AddAsync(File("gone", Path.Combine(Folder, "no such.mp4")), Timeout);
        string text = Path.Combine(Folder, "secret.mp4");
        await System.IO.File.WriteAllTextAsync(text, "<html>a text that is longer than sixteen bytes</html>", Timeout);
        await Service.AddAsync(File("text", text), Timeout);
        foreach (string id in (string[])["camera", "gone", "text", "none"])
            Assert.Equal(VideoServiceError.NotFound, await ErrorAsync(() => Service.OpenMediaAsync(id, Timeout)));
    }
}
