using PlayFair.Attribution;
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
    public async Task A_file_has_a_picture_of_every_frame_in_every_loop()
    {
        await Service.AddAsync(File("clip", Clip(14)) with { Loop = true }, Timeout);
        List<AttributionUpdate> all = await ReadUpdatesAsync("clip", 0, 200);
        // Recent no more, and not of those that are kept; and one that was never sampled.
        long sampled = all[0].FrameIndices[1], later = all[150].FrameIndices[2];
        byte[] first = (await Service.ThumbnailAsync("clip", sampled, null, Timeout))!;
        Assert.Equal(await DecodedAsync(sampled), await PixelsAsync(first));
        Assert.Equal(await DecodedAsync(later), await PixelsAsync((await Service.ThumbnailAsync("clip", later, null, Timeout))!));
        Assert.Equal(await DecodedAsync(1), await PixelsAsync((await Service.ThumbnailAsync("clip", 1, null, Timeout))!));
        Assert.NotEqual(await DecodedAsync(sampled), await DecodedAsync(later));

        byte[]?[] strip = await Task.WhenAll(
            all[40].FrameIndices.Select(index => Service.ThumbnailAsync("clip", index, 640, Timeout)));
        Assert.All(strip, picture => Assert.Equal([0xFF, 0xD8], picture![..2]));
        Assert.Equal(strip.Length, strip.Select(picture => Convert.ToHexString(picture!)).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal("320,240", Describe(strip[0]!, "width,height"));
        Assert.Equal(
            VideoServiceError.Invalid, await ErrorAsync(() => Service.ThumbnailAsync("clip", 0, 641, Timeout)));

        async Task<byte[]> DecodedAsync(long index)
        {
            var format = new FrameFormat(
                Model.Backbone.Width, Model.Backbone.Height, (FrameFit)Model.Backbone.Fit, PixelOrder.Rgb);
            await using VideoFrameReader reader =
                await VideoDecoder.ReadAsync(Clip(14), format, FrameSampling.All, null, Timeout);
            var frames = new List<byte[]>();
            await foreach (VideoFrame frame in reader)
            {
                using (frame)
                    frames.Add(frame.Pixels.ToArray());
            }

            return frames[(int)(index % frames.Count)];
        }

        async Task<byte[]> PixelsAsync(byte[] png)
        {
            string path = Path.Combine(Folder, "picture.png"), raw = Path.Combine(Folder, "picture.raw");
            await System.IO.File.WriteAllBytesAsync(path, png, Timeout);
            Footage.Run("ffmpeg", "-v", "error", "-y", "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", raw);
            return await System.IO.File.ReadAllBytesAsync(raw, Timeout);
        }

        string Describe(byte[] picture, string entries)
        {
            string path = Path.Combine(Folder, "picture.jpg");
            System.IO.File.WriteAllBytes(path, picture);
            return Footage.Run(
                "ffprobe", "-v", "error", "-show_entries", $"stream={entries}", "-of", "csv=p=0", path).Trim();
        }
    }

    [Fact]
    public async Task A_file_that_was_replaced_or_removed_has_no_pictures_of_what_it_was()
    {
        string path = Path.Combine(Folder, "clip.mp4");
        System.IO.File.Copy(Clip(14), path);
        await Service.AddAsync(File("clip", path), Timeout);
        _ = await ReadToEndAsync("clip");
        Assert.NotNull(await Service.ThumbnailAsync("clip", 1, null, Timeout));
        System.IO.File.Copy(Clip(0), path, overwrite: true);
        Assert.Null(await Service.ThumbnailAsync("clip", 1, null, Timeout));
        System.IO.File.Delete(path);
        Assert.Null(await Service.ThumbnailAsync("clip", 1, null, Timeout));
        // What is kept stays.
        Assert.NotNull(await Service.ThumbnailAsync("clip", 0, null, Timeout));
    }

    [Theory]
    [InlineData(8, null, null)]
    [InlineData(12, null, null)]
    [InlineData(4, 0.5, 1.75)]
    [InlineData(3, 2.0, null)]
    public async Task A_file_is_attributed_as_a_whole_as_the_paper_does(int frames, double? from, double? to)
    {
        await Service.AddAsync(File("clip", Clip(14)), Timeout);
        AttributionDocument clip = await Service.AttributeClipAsync(
            "clip", new ClipQuery { Frames = frames, From = from, To = to }, Timeout);

        using var attributor = new ClipAttributor(Model);
        ClipFeatures all = await attributor.ExtractAsync(
            Clip(14), FrameSampling.All, Model.Score, cancellationToken: Timeout);
        int[] inSpan = [.. all.Frames.Where(f => !(f.TimeSeconds < from) && !(f.TimeSeconds >= to)).Select(f => f.Position)];
        int[] chosen = [.. Enumerable.Range(0, frames).Select(i => inSpan[((2 * i) + 1) * inSpan.Length / (2 * frames)])];
        Assert.Equal(chosen.Select(place => all.Frames[place].Index), clip.Frames.Select(f => f.Index));
        Assert.Equal(chosen.Select(place => all.Frames[place].TimeSeconds), clip.Frames.Select(f => f.TimeSeconds));

        int size = Model.Backbone.FeatureSize;
        float[] features = [.. chosen.SelectMany(place => all.Values[(place * size)..((place + 1) * size)])];
        ElementShapleyValues expected = ExactEsv.Compute(Model.Head!.Project(features, frames), Model.Prior, Model.Score);
        foreach (AttributedClass one in clip.Classes)
        {
            for (int i = 0; i < frames; i++)
                Assert.Equal(expected[i, one.Index], one.Esv[i], 1e-5);
        }

        if (from is null && to is null)
        {
            AttributionDocument command = await attributor.AttributeVideoAsync(
                Clip(14), FrameSampling.Uniform(frames), Model.Score, ClassSelection.Top(3), null, Timeout);
            Assert.Equal(
                (command.Settings, command.Video! with { Path = "" }), (clip.Settings, clip.Video! with { Path = "" }));
            Assert.Equal(command.Selected, clip.Selected);
        }
    }

    [Fact]
    public async Task Moments_are_exactly_the_windows_that_the_statistics_count()
    {
        await Service.AddAsync(File("clip", Clip(14)), Timeout);
        await Service.AddAsync(File("other", Clip(2)) with { Stride = 2 }, Timeout);
        List<AttributionUpdate> all = [.. await ReadToEndAsync("clip"), .. await ReadToEndAsync("other")];
        ModelStatistics model = Assert.Single((await Service.StatisticsAsync(new StatisticsQuery(), Timeout)).Models);
        ClassStatistics most = model.Classes.MaxBy(c => c.WindowCount)!;
        PositionStatistics positions = Assert.Single(most.Positions);
        var query = new MomentsQuery { Kind = MomentKind.Greater, Class = most.Name, Window = Window, Limit = 100 };
        for (int i = 0; i < Window; i++)
        {
            for (int j = 0; j < Window; j++)
            {
                double share = positions.GreaterThan[(i * Window) + j];
                await AssertCountAsync(query with { I = i, J = j }, share * positions.WindowCount);
            }

            MomentsQuery at = query with { I = i };
            await AssertCountAsync(at with { Kind = MomentKind.MostSupporting }, positions.MostSupporting[i]);
            await AssertCountAsync(at with { Kind = MomentKind.MostDistracting }, positions.MostDistracting[i]);
            await AssertCountAsync(
                at with { Kind = MomentKind.Supporting }, positions.SupportingShare[i] * positions.WindowCount);
        }

        foreach (PredictionStatistics band in model.Predictions)
        {
            await AssertCountAsync(
                new MomentsQuery
                {
                    Kind = MomentKind.Top,
                    Class = $"{band.Index}",
                    ScoreFrom = band.BandFrom,
                    ScoreTo = band.BandTo,
                    Limit = 100,
                },
                band.WindowCount);
        }

        foreach (ClassTransition transition in model.Transitions)
        {
            await AssertCountAsync(
                new MomentsQuery
                {
                    Kind = MomentKind.Transition,
                    Class = $"{transition.From}",
                    Next = $"{transition.To}",
                    Limit = 100,
                },
                transition.Count);
        }

        // In pages, each once, newest first; and of some videos and times only.
        MomentsQuery supporting = query with { Kind = MomentKind.Supporting, I = 1 };
        IReadOnlyList<Moment> whole = (await Service.MomentsAsync(supporting, Timeout)).Moments;
        Assert.True(whole.Count > 3);
        Assert.Equal(whole.OrderByDescending(m => m.ArrivedAt), whole);
        var paged = new List<Moment>();
        for (string? before = null; ;)
        {
            MomentList page = await Service.MomentsAsync(supporting with { Limit = 2, Before = before }, Timeout);
            Assert.InRange(page.Moments.Count, 0, 2);
            paged.AddRange(page.Moments);
            Assert.Equal(page.IsComplete, page.Next is null);
            before = page.Next;
            if (before is null)
                break;
        }

        Assert.Equal(whole, paged);
        AttributionUpdate first = all.Find(u => u.Video == whole[0].Video && u.Sequence == whole[0].Sequence)!;
        Assert.Equal((first.FrameIndices[1], first.FrameTimes[1]), (whole[0].FrameIndex, whole[0].TimeSeconds));
        MomentList ofOther = await Service.MomentsAsync(supporting with { Videos = ["other"] }, Timeout);
        Assert.Equal(whole.Where(m => m.Video == "other"), ofOther.Moments);
        Assert.Empty((await Service.MomentsAsync(supporting with { From = DateTimeOffset.UtcNow.AddHours(1) }, Timeout)).Moments);
        Assert.Empty((await Service.MomentsAsync(supporting with { Model = "other 1" }, Timeout)).Moments);
        foreach (MomentsQuery wrong in (MomentsQuery[])
            [query, query with { I = 0, J = Window }, supporting with { Window = null }, supporting with { Before = "x" }])
        {
            Assert.Equal(VideoServiceError.Invalid, await ErrorAsync(() => Service.MomentsAsync(wrong, Timeout)));
        }

        async Task AssertCountAsync(MomentsQuery asked, double count)
        {
            MomentList found = await Service.MomentsAsync(asked, Timeout);
            Assert.Equal(count, found.Moments.Count, 1e-6);
            Assert.True(found.IsComplete);
            Assert.Equal(all.Count, found.ScannedCount);
        }
    }

    [Fact]
    public async Task A_clip_that_cannot_be_attributed_is_refused_in_words()
    {
        await Service.AddAsync(File("clip", Clip(14)), Timeout);
        await Service.AddAsync(new VideoDefinition { Id = "camera", Source = "synthetic:1" }, Timeout);
        await Service.AddAsync(File("gone", Path.Combine(Folder, "no such.mp4")), Timeout);
        Assert.Equal(VideoServiceError.Unsuitable, await ClipErrorAsync("camera", new ClipQuery()));
        Assert.Equal(VideoServiceError.Unsuitable, await ClipErrorAsync("gone", new ClipQuery()));
        Assert.Equal(VideoServiceError.NotFound, await ClipErrorAsync("none", new ClipQuery()));
        foreach (ClipQuery wrong in (ClipQuery[])
            [new() { Frames = 0 }, new() { Frames = 34 }, new() { From = 9 }, new() { From = 2, To = 1 }, new() { To = 0.1 }])
        {
            Assert.Equal(VideoServiceError.Invalid, await ClipErrorAsync("clip", wrong));
        }

        Task<VideoServiceError> ClipErrorAsync(string id, ClipQuery query) =>
            ErrorAsync(() => Service.AttributeClipAsync(id, query, Timeout));
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
