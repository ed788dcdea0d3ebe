using PlayFair.Contracts;
using PlayFair.Video;

namespace PlayFair.Engine.Tests;

/// <summary>Looking back: what is kept of a video, and what its file still tells.</summary>
public abstract partial class VideoServiceContract
{
    [Fact]
    public async Task A_timeline_shows_the_whole_history_and_any_part_of_it()
    {
        await Service.AddAsync(File("clip", Clip(14)), Timeout);
        List<AttributionUpdate> all = await ReadToEndAsync("clip");
        Timeline whole = await Service.TimelineAsync("clip", new TimelineQuery(), Timeout);
        Assert.Equal((all.Count, 1.0), (whole.UpdateCount, whole.UpdatesPerPoint));
        Assert.Equal((0, all.Count - 1), (whole.First!.Sequence, whole.Last!.Sequence));
        Assert.Equal(all.Select(u => u.Sequence), whole.Points.Select(p => p.Sequence));
        Assert.Equal(all.Select(u => u.FrameTimes[^1]), whole.Points.Select(p => p.TimeSeconds));
        Assert.Equal(
            all.SelectMany(u => Enumerable.Repeat(u.TopClass, 1)),
            whole.Segments.SelectMany(s => Enumerable.Repeat(s.Class, (int)(s.LastSequence - s.FirstSequence + 1))));
        Assert.Equal(all.SelectMany(u => u.FrameIndices).Distinct(), whole.Frames.Select(f => f.FrameIndex));

        Timeline part = await Service.TimelineAsync(
            "clip", new TimelineQuery { FromSequence = 2, ToSequence = 7, Points = 2 }, Timeout);
        Assert.Equal([2, 7], part.Points.Select(p => p.Sequence));
        Assert.Equal((6, 3.0), (part.UpdateCount, part.UpdatesPerPoint));
        Assert.Equal((2, 7), (part.Segments[0].FirstSequence, part.Segments[^1].LastSequence));
        Assert.Equal(whole.Last, part.Last);

        Timeline none = await Service.TimelineAsync("clip", new TimelineQuery { FromSequence = 1000 }, Timeout);
        Assert.Empty(none.Segments);
        Assert.Empty(none.Points);
        Assert.Equal(
            VideoServiceError.Invalid,
            await ErrorAsync(() => Service.TimelineAsync("clip", new TimelineQuery { Points = 0 }, Timeout)));
        Assert.Equal(
            VideoServiceError.NotFound, await ErrorAsync(() => Service.TimelineAsync("none", new TimelineQuery(), Timeout)));
    }

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
