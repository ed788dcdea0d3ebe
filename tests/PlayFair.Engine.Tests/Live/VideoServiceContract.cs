using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using PlayFair.Attribution;
using PlayFair.Contracts;
using PlayFair.Models;
using PlayFair.Video;

namespace PlayFair.Engine.Tests;

/// <summary>What every implementation of <see cref="IVideoService"/> does, asked of it over real files and a real store.</summary>
/// <remarks>Its model is moves-trn; services on one <see cref="Folder"/> share a store, one after the other.</remarks>
public abstract partial class VideoServiceContract : IAsyncLifetime
{
    private const int Window = 6;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly CancellationTokenSource _timeout = new(s_patience);

    protected static ModelPackage Model { get; } = ModelPackage.Load(ShippedModels.Folder("moves-trn"));

    protected string Folder { get; } = Directory.CreateTempSubdirectory("playfair service ").FullName;

    protected IVideoService Service { get; private set; } = null!;

    private static string Clip(int index) => ShippedModels.Samples()[index].Path;

    private CancellationToken Timeout => _timeout.Token;

    public async ValueTask InitializeAsync() => Service = await StartAsync(maxVideos: 4, maxSubscribers: 3);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(Folder, recursive: true);
        _timeout.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts a service whose store is in <see cref="Folder"/>.</summary>
    protected abstract Task<IVideoService> StartAsync(int maxVideos, int maxSubscribers);

    /// <summary>Ends the running one.</summary>
    protected abstract Task StopAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_file_gives_the_updates_that_its_windows_have_offline(int stride)
    {
        await Service.AddAsync(File("clip", Clip(14)) with { Stride = stride }, Timeout);
        List<AttributionUpdate> updates = await ReadToEndAsync("clip");

        using var attributor = new ClipAttributor(Model);
        ClipFeatures clip = await attributor.ExtractAsync(
            Clip(14), FrameSampling.Rate(8), ScoreKind.Logit, cancellationToken: Timeout);
        int count = clip.Frames.Count, size = Model.Backbone.FeatureSize;
        Assert.Equal(1 + ((count - Window + stride - 1) / stride), updates.Count);
        for (int u = 0; u < updates.Count; u++)
        {
            AttributionUpdate update = updates[u];
            int first = Math.Min(u * stride, count - Window);
            Assert.Equal(u, update.Sequence);
            Assert.Equal(clip.Frames.Skip(first).Take(Window).Select(f => f.Index), update.FrameIndices);
            Assert.Equal(clip.Frames.Skip(first).Take(Window).Select(f => f.TimeSeconds!.Value), update.FrameTimes);
            ElementShapleyValues expected = ExactEsv.Compute(
                Model.Head!.Project(clip.Values.AsSpan(first * size, Window * size), Window), Model.Prior, Model.Score);
            foreach (ReportedClass reported in update.Classes)
            {
                Assert.Equal(expected.Scores[reported.Index], reported.Score, 1e-5);
                for (int i = 0; i < Window; i++)
                    Assert.Equal(expected[i, reported.Index], reported.Esv[i], 1e-5);
            }
        }
    }

    [Fact]
    public void Models_tell_what_their_packages_say()
    {
        ModelInfo model = Assert.Single(Service.Models);
        Assert.Equal(Model.Prior, model.Prior);
        Assert.Equal((Model.Backbone.Width, Model.Backbone.Height), (model.InputWidth, model.InputHeight));
        Assert.Equal((Model.Head!.HiddenSize, Model.FrameCount), (model.HiddenSize, model.Frames));
        Assert.Equal(
            (Model.Training.Accuracy.Value, Model.Training.Accuracy.Split), (model.Accuracy!.Value, model.Accuracy.Split));
        Assert.Equal((Model.Training.Data, Model.Training.Seed), (model.Training!.Data, model.Training.Seed));
        Assert.Equal(ScoreKinds.Names, model.Scores);
    }

    [Theory]
    [InlineData(6, 1, null)]
    [InlineData(6, 4, null)]
    [InlineData(9, 9, null)]
    [InlineData(12, 1, 20)]
    public async Task A_plan_counts_the_evaluations_that_updates_report(int window, int stride, int? samples)
    {
        VideoDefinition draft = File("clip", Clip(14)) with
        {
            Window = window,
            Stride = stride,
            Samples = samples,
            Iterations = 2,
            Loop = true,
        };
        VideoPlan plan = await Service.PlanAsync(draft, Timeout);
        await Service.AddAsync(draft, Timeout);
        // One sample in two is drawn anew after 64 steps, and the slots take turns over a window's length.
        int count = samples is null ? 4 : 64 * window;
        List<AttributionUpdate> updates = await ReadUpdatesAsync("clip", 0, 1 + count);

        Assert.Equal(samples is null, plan.IsExact);
        Assert.Equal(plan.FirstEvaluations, updates[0].EvaluationCount);
        Assert.Equal(
            plan.EvaluationsPerUpdate, updates.Skip(1).Average(u => u.EvaluationCount),
            samples is null ? 1e-9 : 0.005 * plan.EvaluationsPerUpdate);
        Assert.Equal((8.0 / stride, window / 8.0), (plan.UpdatesPerSecond, plan.WindowSeconds));
        Assert.Equal(plan.EvaluationsPerUpdate * plan.UpdatesPerSecond, plan.EvaluationsPerSecond, 1e-9);
    }

    [Fact]
    public async Task A_plan_says_up_to_which_window_values_are_exact_and_refuses_what_cannot_be_added()
    {
        var draft = new VideoDefinition { Id = "", Source = "" };
        VideoPlan plan = await Service.PlanAsync(draft, Timeout);
        Assert.Equal(("moves-trn", true), (plan.Definition.Model, plan.IsExact));
        int largest = plan.MaxWindowExact!.Value;
        Assert.True((await Service.PlanAsync(draft with { Window = largest }, Timeout)).IsExact);
        VideoPlan sampled = await Service.PlanAsync(draft with { Window = largest + 1 }, Timeout);
        Assert.Equal((false, 256), (sampled.IsExact, sampled.Definition.Samples));
        Assert.InRange(sampled.Bytes, 1, plan.Bytes * 100);

        VideoPlan camera = await Service.PlanAsync(draft with { Source = "rtsp://user:hunter2@127.0.0.1/1" }, Timeout);
        Assert.Equal("rtsp://***@127.0.0.1/1", camera.Definition.Source);
        await AssertRefusedAsync("id", draft with { Id = "No Spaces" });
        await AssertRefusedAsync("window", draft with { Window = 1 });
        await AssertRefusedAsync("classes", draft with { Classes = ["no such class"] });
        await AssertRefusedAsync("source", draft with { Source = "gopher://example.org/" });

        async Task AssertRefusedAsync(string field, VideoDefinition wrong) => Assert.Equal(
            field, (await Assert.ThrowsAsync<VideoServiceException>(() => Service.PlanAsync(wrong, Timeout))).Field);
    }

    [Fact]
    public async Task A_source_is_looked_at_before_it_is_added()
    {
        SourceProbe file = await Service.ProbeAsync(new ProbeRequest { Source = Clip(14) }, Timeout);
        Assert.Equal(("file", false, 320, 240, "h264"), (file.Kind, file.IsLive, file.Width, file.Height, file.Codec));
        Assert.Equal("image/jpeg", file.PictureType);
        Assert.Equal([0xFF, 0xD8], file.Picture![..2]);
        SourceProbe camera = await Service.ProbeAsync(new ProbeRequest { Source = "synthetic:1?fps=25" }, Timeout);
        Assert.Equal(("synthetic", true, 25.0), (camera.Kind, camera.IsLive, camera.FrameRateHz!.Value));
        Assert.Empty(await Service.ListAsync(Timeout));

        var wrong = new ProbeRequest { Source = Path.Combine(Folder, "none.mp4") };
        var refusal = await Assert.ThrowsAsync<VideoServiceException>(() => Service.ProbeAsync(wrong, Timeout));
        Assert.Equal((VideoServiceError.Invalid, "source"), (refusal.Error, refusal.Field));
    }

    [Fact]
    public async Task Only_two_sources_are_looked_at_at_once()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var request = new ProbeRequest { Source = $"rtsp://{silent.LocalEndpoint}/1" };
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Timeout);
        Task[] probing = [Service.ProbeAsync(request, enough.Token), Service.ProbeAsync(request, enough.Token)];
        Assert.Equal(VideoServiceError.LimitReached, await ErrorAsync(() => Service.ProbeAsync(request, Timeout)));
        await enough.CancelAsync();
        foreach (Task probe in probing)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => probe);
        await Service.ProbeAsync(new ProbeRequest { Source = "synthetic:1" }, Timeout);
    }

    [Fact]
    public async Task Each_wrong_field_is_named()
    {
        VideoDefinition good = File("clip", Clip(0));
        await AssertWrongAsync("id", good with { Id = "No Spaces" });
        await AssertWrongAsync("group", good with { Group = new string('g', 101) });
        await AssertWrongAsync("group", good with { Group = "two\nlines" });
        await AssertWrongAsync("model", good with { Model = "no-such" });
        await AssertWrongAsync("rateHz", good with { RateHz = 0 });
        await AssertWrongAsync("window", good with { Window = 1 });
        await AssertWrongAsync("window", good with { Window = 4096, Samples = 4096 });
        await AssertWrongAsync("stride", good with { Stride = Window + 1 });
        await AssertWrongAsync("samples", good with { Samples = 0 });
        await AssertWrongAsync("iterations", good with { Iterations = 65 });
        await AssertWrongAsync("seed", good with { Seed = 1UL << 53 });
        await AssertWrongAsync("score", good with { Score = "no-such" });
        await AssertWrongAsync("classes", good with { Classes = ["no such class"] });
        await AssertWrongAsync("source", good with { Source = "gopher://example.org/" });
        Assert.Empty(await Service.ListAsync(Timeout));
    }

    [Fact]
    public async Task What_is_not_there_is_not_found_and_what_is_there_cannot_be_added_again()
    {
        Assert.Equal(VideoServiceError.NotFound, await ErrorAsync(() => Service.GetAsync("none", Timeout)));
        Assert.Equal(VideoServiceError.NotFound, await ErrorAsync(() => Service.RemoveAsync("none", Timeout)));
        Assert.Equal(
            VideoServiceError.NotFound, await ErrorAsync(() => Service.ChangeAsync(File("none", Clip(0)), Timeout)));
        Assert.Equal(VideoServiceError.NotFound, await ErrorAsync(() => ReadAsync(new Subscription(["none"]), 1)));
        await Service.AddAsync(File("clip", Clip(0)), Timeout);
        Assert.Equal(VideoServiceError.Exists, await ErrorAsync(() => Service.AddAsync(File("clip", Clip(1)), Timeout)));
    }

    [Fact]
    public async Task There_are_no_more_videos_and_subscribers_than_there_may_be()
    {
        for (int i = 0; i < 4; i++)
            await Service.AddAsync(File($"clip{i}", Clip(i)), Timeout);
        Assert.Equal(
            VideoServiceError.LimitReached, await ErrorAsync(() => Service.AddAsync(File("more", Clip(4)), Timeout)));
        await Service.RemoveAsync("clip0", Timeout);
        await Service.AddAsync(File("more", Clip(4)), Timeout);

        var subscribers = new List<IAsyncEnumerator<VideoEvent>>();
        for (int i = 0; i < 3; i++)
        {
            subscribers.Add(Service.SubscribeAsync(new Subscription(), Timeout).GetAsyncEnumerator(Timeout));
            Assert.True(await subscribers[^1].MoveNextAsync());
        }

        Assert.Equal(3, Service.Status.SubscriberCount);
        Assert.IsType<StatusEvent>(Assert.Single(await ReadAsync(new Subscription(StatusOnly: true), 1)));
        Assert.Equal(VideoServiceError.LimitReached, await ErrorAsync(() => ReadAsync(new Subscription(), 1)));
        foreach (IAsyncEnumerator<VideoEvent> subscriber in subscribers)
            await subscriber.DisposeAsync();
        Assert.NotEmpty(await ReadAsync(new Subscription(), 1));
    }

    [Fact]
    public async Task A_subscriber_who_comes_back_misses_nothing_and_sees_nothing_twice()
    {
        await Service.AddAsync(File("clip", Clip(14)) with { Loop = true }, Timeout);
        var seen = new List<long>();
        foreach (int count in (int[])[1, 3, 300, 1, 40])
        {
            var after = After("clip", seen.Count - 1);
            List<VideoEvent> events = await ReadAsync(
                new Subscription(["clip"], after), count, e => e is UpdateEvent);
            seen.AddRange(events.OfType<UpdateEvent>().Select(e => e.Update.Sequence));
        }

        Assert.Equal(Enumerable.Range(0, 345).Select(i => (long)i), seen);
    }

    [Fact]
    public async Task A_looped_file_says_how_long_a_loop_is_once_it_was_read_to_its_end()
    {
        await Service.AddAsync(File("clip", Clip(14)) with { Loop = true }, Timeout);
        List<VideoEvent> events = await ReadAsync(new Subscription(["clip"], After("clip", -1)), 40, e => e is UpdateEvent);
        List<AttributionUpdate> updates = [.. events.OfType<UpdateEvent>().Select(e => e.Update)];
        double loop = (await Service.GetAsync("clip", Timeout)).LoopSeconds!.Value;

        // The same picture comes again a loop later.
        Dictionary<double, AttributionUpdate> byTime = updates.ToDictionary(u => Math.Round(u.FrameTimes[^1], 4));
        AttributionUpdate first = updates[10];
        AttributionUpdate again = byTime[Math.Round(first.FrameTimes[^1] + loop, 4)];
        Assert.Equal(first.Classes[0].Index, again.Classes[0].Index);
        Assert.All(first.Classes[0].Esv.Zip(again.Classes[0].Esv), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));

        await Service.AddAsync(File("once", Clip(14)), Timeout);
        await ReadAsync(new Subscription(["once"], After("once", -1)), 3, e => e is UpdateEvent);
        Assert.Null((await Service.GetAsync("once", Timeout)).LoopSeconds);
    }

    [Fact]
    public async Task A_subscriber_who_does_not_read_delays_nobody_and_still_gets_everything()
    {
        await Service.AddAsync(File("clip", Clip(14)) with { Loop = true }, Timeout);
        var from = new Subscription(["clip"], After("clip", -1));
        await using IAsyncEnumerator<VideoEvent> slow = Service.SubscribeAsync(from, Timeout).GetAsyncEnumerator(Timeout);
        Assert.True(await slow.MoveNextAsync());

        // More than the service holds in memory.
        List<VideoEvent> fast = await ReadAsync(from, 600, e => e is UpdateEvent);
        Assert.Equal(599, fast.OfType<UpdateEvent>().Last().Update.Sequence);

        var seen = new List<AttributionUpdate>();
        while (seen.Count < 600)
        {
            if (slow.Current is UpdateEvent update)
                seen.Add(update.Update);
            Assert.IsNotType<GapEvent>(slow.Current);
            Assert.True(await slow.MoveNextAsync());
        }

        Assert.Equal(Enumerable.Range(0, 600).Select(i => (long)i), seen.Select(u => u.Sequence));
        Assert.Equal(
            fast.OfType<UpdateEvent>().Select(e => e.Update.Classes[0].Esv[0]), seen.Select(u => u.Classes[0].Esv[0]));
    }

    [Fact]
    public async Task Who_asks_for_a_rate_gets_the_newest_update_so_often_and_is_told_of_no_gap()
    {
        await Service.AddAsync(File("clip", Clip(14)) with { Loop = true }, Timeout);
        long before = (await ReadUpdatesAsync("clip", 0, 20))[^1].Sequence;
        var subscription = new Subscription(["clip"], After("clip", 0), MaxRateHz: 10);
        await using IAsyncEnumerator<VideoEvent> events =
            Service.SubscribeAsync(subscription, Timeout).GetAsyncEnumerator(Timeout);
        AttributionUpdate update = await NextAsync();
        Assert.InRange(update.Sequence, before, long.MaxValue);
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 6; i++)
        {
            AttributionUpdate next = await NextAsync();
            Assert.InRange(next.Sequence, update.Sequence + 1, long.MaxValue);
            update = next;
        }

        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0.5, double.MaxValue);
        // A reader that rests comes back to what is newest then, far beyond what memory holds.
        List<AttributionUpdate> meanwhile = await ReadUpdatesAsync("clip", update.Sequence + 1, 300);
        Assert.InRange((await NextAsync()).Sequence, meanwhile[^1].Sequence, long.MaxValue);

        async Task<AttributionUpdate> NextAsync()
        {
            do
            {
                Assert.True(await events.MoveNextAsync());
                Assert.IsNotType<GapEvent>(events.Current);
            }
            while (events.Current is not UpdateEvent);
            return ((UpdateEvent)events.Current).Update;
        }
    }

    [Fact]
    public async Task Who_asks_for_a_rate_gets_the_stored_last_update_of_a_video_that_has_ended()
    {
        await Service.AddAsync(File("clip", Clip(14)), Timeout);
        AttributionUpdate last = (await ReadToEndAsync("clip"))[^1];
        await StopAsync();
        Service = await StartAsync(maxVideos: 4, maxSubscribers: 3);
        List<VideoEvent> events = await ReadAsync(
            new Subscription(["clip"], After("clip", 2), MaxRateHz: 1), 1, e => e is not StatusEvent);
        Assert.Equal(last.Sequence, Assert.IsType<UpdateEvent>(events[0]).Update.Sequence);
        Assert.Equal(
            VideoServiceError.Invalid, await ErrorAsync(() => ReadAsync(new Subscription(MaxRateHz: 0.01), 1)));
    }

    [Fact]
    public async Task Who_follows_all_videos_sees_those_that_are_added_and_that_they_are_removed()
    {
        await Service.AddAsync(File("a", Clip(0)), Timeout);
        await using IAsyncEnumerator<VideoEvent> events =
            Service.SubscribeAsync(new Subscription(), Timeout).GetAsyncEnumerator(Timeout);
        await UntilAsync(events, e => e is UpdateEvent { Video: "a" });
        await Service.AddAsync(File("b", Clip(1)), Timeout);
        await UntilAsync(events, e => e is UpdateEvent { Video: "b" });
        await UntilAsync(events, e => e is StatusEvent { Video: "b", Status.State: VideoState.Ended });
        await Service.RemoveAsync("b", Timeout);
        await UntilAsync(events, e => e is RemovedEvent { Video: "b" });
        Assert.Equal("a", Assert.Single(await Service.ListAsync(Timeout)).Definition.Id);
    }

    [Fact]
    public async Task Who_wants_no_updates_is_told_of_the_status_alone()
    {
        await Service.AddAsync(File("clip", Clip(14)), Timeout);
        var seen = new List<VideoEvent>();
        await foreach (VideoEvent next in Service.SubscribeAsync(new Subscription(StatusOnly: true), Timeout))
        {
            seen.Add(next);
            if (next is StatusEvent { Status.State: VideoState.Ended })
                break;
        }

        Assert.All(seen, e => Assert.IsType<StatusEvent>(e));
        Assert.Equal(0, Service.Status.SubscriberCount);
    }

    [Fact]
    public async Task A_new_title_or_group_starts_nothing_again_and_a_new_window_goes_on_counting()
    {
        await Service.AddAsync(File("clip", Clip(14)), Timeout);
        int count = (await ReadToEndAsync("clip")).Count;
        VideoStatus renamed = await Service.ChangeAsync(
            File("clip", Clip(14)) with { Title = "A door", Group = "Ground floor" }, Timeout);
        Assert.Equal(
            ("A door", "Ground floor", VideoState.Ended),
            (renamed.Definition.Title, renamed.Definition.Group, renamed.State));

        await Service.ChangeAsync(File("clip", Clip(14)) with { Window = 4 }, Timeout);
        List<AttributionUpdate> all = await ReadToEndAsync("clip");
        Assert.Equal(Enumerable.Range(0, all.Count).Select(i => (long)i), all.Select(u => u.Sequence));
        Assert.All(all.Take(count), u => Assert.Equal(Window, u.FrameCount));
        Assert.All(all.Skip(count), u => Assert.Equal(4, u.FrameCount));
        Assert.Equal(count + 2, all.Count - count);
    }

    [Fact]
    public async Task A_video_that_fails_says_why_and_leaves_the_others_alone()
    {
        await Service.AddAsync(File("gone", Path.Combine(Folder, "no such.mp4")), Timeout);
        await Service.AddAsync(File("clip", Clip(0)), Timeout);
        Assert.NotEmpty(await ReadToEndAsync("clip"));
        VideoStatus gone = await StateAsync("gone", VideoState.Failed);
        Assert.Contains("does not exist", gone.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task History_is_found_by_sequence_and_time_and_in_pages()
    {
        await Service.AddAsync(File("clip", Clip(14)), Timeout);
        List<AttributionUpdate> all = await ReadToEndAsync("clip");
        async Task<List<long>> Find(HistoryQuery query) =>
            [.. (await Service.HistoryAsync("clip", query, Timeout)).Select(u => u.Sequence)];

        Assert.Equal(all.Select(u => u.Sequence), await Find(new HistoryQuery()));
        Assert.Equal([3, 4, 5], await Find(new HistoryQuery { FromSequence = 3, ToSequence = 5 }));
        Assert.Equal([3, 4], await Find(new HistoryQuery { FromSequence = 3, Limit = 2 }));
        Assert.Equal(
            all.Where(u => u.ArrivedAt >= all[2].ArrivedAt && u.ArrivedAt <= all[6].ArrivedAt).Select(u => u.Sequence),
            await Find(new HistoryQuery { From = all[2].ArrivedAt, To = all[6].ArrivedAt }));
        Assert.Equal(all[^1].Sequence, (await Service.LatestAsync("clip", Timeout))!.Sequence);
        Assert.Equal(
            VideoServiceError.Invalid,
            await ErrorAsync(() => Service.HistoryAsync("clip", new HistoryQuery { Limit = 0 }, Timeout)));

        IReadOnlyList<FrameTrack> tracks = await Service.FrameTracksAsync("clip", new HistoryQuery(), Timeout);
        Assert.Equal(all.SelectMany(u => u.FrameIndices).Distinct(), tracks.Select(track => track.FrameIndex));
        Assert.All(tracks, track => Assert.Equal(
            all.Where(u => u.FrameIndices.Contains(track.FrameIndex)).Select(u => u.Sequence).Last(), track.LastSequence));
    }

    [Fact]
    public async Task A_service_that_is_started_again_goes_on_with_the_next_update()
    {
        await Service.AddAsync(File("whole", Clip(14)) with { Samples = 4, Loop = true }, Timeout);
        List<AttributionUpdate> whole = await ReadUpdatesAsync("whole", 0, 150);
        await Service.RemoveAsync("whole", Timeout);

        await Service.AddAsync(File("clip", Clip(14)) with { Samples = 4, Loop = true }, Timeout);
        var parts = new List<AttributionUpdate>();
        while (parts.Count < 150)
        {
            parts.AddRange(await ReadUpdatesAsync("clip", parts.Count, Math.Min(37, 150 - parts.Count)));
            await StopAsync();
            Service = await StartAsync(maxVideos: 4, maxSubscribers: 3);
        }

        Assert.Equal(whole.Select(u => u.Sequence), parts.Select(u => u.Sequence));
        foreach ((AttributionUpdate expected, AttributionUpdate actual) in whole.Zip(parts))
        {
            Assert.Equal(expected.FrameIndices, actual.FrameIndices);
            Assert.Equal(expected.TopClass, actual.TopClass);
            Assert.Equal(expected.PreviousTopClass, actual.PreviousTopClass);
            for (int i = 0; i < Window; i++)
                Assert.Equal(expected.Classes[0].Esv[i], actual.Classes[0].Esv[i], 1e-5f);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_paused_file_rests_and_goes_on_after_its_last_update(bool isStartedAgain)
    {
        await Service.AddAsync(File("whole", Clip(14)) with { Samples = 4, Loop = true }, Timeout);
        List<AttributionUpdate> whole = await ReadUpdatesAsync("whole", 0, 90);
        await Service.RemoveAsync("whole", Timeout);

        VideoDefinition definition = File("clip", Clip(14)) with { Samples = 4, Loop = true };
        await Service.AddAsync(definition, Timeout);
        await ReadUpdatesAsync("clip", 0, 30);
        VideoStatus paused = await Service.ChangeAsync(definition with { Paused = true, Group = "resting" }, Timeout);
        Assert.Equal((VideoState.Paused, "resting"), (paused.State, paused.Definition.Group));
        AttributionUpdate last = (await Service.LatestAsync("clip", Timeout))!;
        Assert.Equal((paused.LastSequence, paused.LastUpdateAt), (last.Sequence, last.ComputedAt));
        Assert.NotNull(await Service.ThumbnailAsync("clip", last.FrameIndices[^1], cancellationToken: Timeout));
        if (isStartedAgain)
        {
            await StopAsync();
            Service = await StartAsync(maxVideos: 4, maxSubscribers: 3);
            paused = await StateAsync("clip", VideoState.Paused);
            Assert.Equal((last.Sequence, "resting"), (paused.LastSequence, paused.Definition.Group));
        }

        VideoStatus running = await Service.ChangeAsync(definition, Timeout);
        Assert.NotEqual(VideoState.Paused, running.State);
        int count = Math.Max(90, (int)last.Sequence + 20);
        List<AttributionUpdate> parts = await ReadUpdatesAsync("clip", 0, count);
        Assert.Equal(Enumerable.Range(0, count).Select(i => (long)i), parts.Select(u => u.Sequence));
        foreach ((AttributionUpdate expected, AttributionUpdate actual) in whole.Zip(parts))
        {
            Assert.Equal(expected.FrameIndices, actual.FrameIndices);
            Assert.Equal(expected.Classes[0].Esv[0], actual.Classes[0].Esv[0], 1e-5f);
        }

        // A loop's frames go on counting: none is missing, none comes again.
        Assert.All(
            parts.Zip(parts.Skip(1)),
            pair => Assert.Equal(pair.First.FrameIndices[1..], pair.Second.FrameIndices[..^1]));
    }

    [Fact]
    public async Task A_live_video_that_is_added_paused_is_read_only_once_it_goes_on()
    {
        var camera = new VideoDefinition { Id = "camera", Source = "synthetic:1", Window = 2, Paused = true };
        Assert.Equal(VideoState.Paused, (await Service.AddAsync(camera, Timeout)).State);
        await Service.ChangeAsync(camera with { Paused = false }, Timeout);
        await ReadUpdatesAsync("camera", 0, 2);
        await Service.ChangeAsync(camera, Timeout);
        VideoStatus paused = await StateAsync("camera", VideoState.Paused);
        await Service.ChangeAsync(camera with { Paused = false }, Timeout);
        List<AttributionUpdate> after = await ReadUpdatesAsync("camera", paused.LastSequence!.Value, 3);
        Assert.True(after[1].FrameIndices[0] > after[0].FrameIndices[^1], "a window spans the pause");
    }

    [Fact]
    public async Task A_file_that_was_read_to_its_end_stays_so()
    {
        await Service.AddAsync(File("clip", Clip(0)), Timeout);
        int count = (await ReadToEndAsync("clip")).Count;
        await StopAsync();
        Service = await StartAsync(maxVideos: 4, maxSubscribers: 3);
        await StateAsync("clip", VideoState.Ended);
        Assert.Equal(count, (await ReadToEndAsync("clip")).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_that_was_replaced_meanwhile_is_attributed_from_its_start(bool wasReadToItsEnd)
    {
        string path = Path.Combine(Folder, "clip.mp4");
        System.IO.File.Copy(Clip(14), path);
        System.IO.File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        await Service.AddAsync(File("clip", path) with { Loop = !wasReadToItsEnd }, Timeout);
        // Looped, more updates than the other file has.
        int count = wasReadToItsEnd ? (await ReadToEndAsync("clip")).Count : 60;
        _ = await ReadUpdatesAsync("clip", 0, count);
        await StopAsync();

        System.IO.File.Copy(Clip(0), path, overwrite: true);
        Service = await StartAsync(maxVideos: 4, maxSubscribers: 3);
        long first = 0;
        var subscription = new Subscription(["clip"], After("clip", count - 1));
        await foreach (VideoEvent next in Service.SubscribeAsync(subscription, Timeout))
        {
            if (next is UpdateEvent { Update: { } update } && update.FrameIndices[0] == 0)
            {
                first = update.Sequence;
                break;
            }
        }

        Assert.InRange(first, count, long.MaxValue);
    }

    [Fact]
    public async Task Statistics_count_what_is_stored_and_go_on_counting_after_a_start()
    {
        await Service.AddAsync(File("clip", Clip(14)), Timeout);
        List<AttributionUpdate> all = await ReadToEndAsync("clip");
        await StopAsync();
        Service = await StartAsync(maxVideos: 4, maxSubscribers: 3);
        await Service.AddAsync(File("other", Clip(2)), Timeout);
        all.AddRange(await ReadToEndAsync("other"));

        StatisticsReport report = await Service.StatisticsAsync(new StatisticsQuery(), Timeout);
        Assert.Equal(all.Count, report.UpdateCount);
        ModelStatistics model = Assert.Single(report.Models);
        foreach (ClassStatistics statistics in model.Classes)
        {
            Assert.Equal(all.Count(u => u.TopClass == statistics.Index), statistics.TopCount);
            Assert.Equal(all.Count(u => u.Classes.Any(c => c.Index == statistics.Index)), statistics.WindowCount);
        }

        Assert.Equal(all.Count(u => u.PreviousTopClass is not null), model.Transitions.Sum(t => t.Count));
        StatisticsReport one = await Service.StatisticsAsync(new StatisticsQuery { Videos = ["other"] }, Timeout);
        Assert.Equal(all.Count(u => u.Video == "other"), one.UpdateCount);
    }

    [Fact]
    public async Task A_picture_of_a_frame_is_what_the_model_saw()
    {
        await Service.AddAsync(File("clip", Clip(14)), Timeout);
        AttributionUpdate last = (await ReadToEndAsync("clip"))[^1];
        byte[]? png = await Service.ThumbnailAsync("clip", last.FrameIndices[^1], cancellationToken: Timeout);
        Assert.NotNull(png);
        string path = Path.Combine(Folder, "frame.png");
        await System.IO.File.WriteAllBytesAsync(path, png, Timeout);
        string described = Footage.Run(
            "ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width,height,pix_fmt", "-of", "csv=p=0", path);
        Assert.Equal("png,112,84,rgb24", described.Trim());
        Assert.Equal(112, BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)));
        // The first frame is kept for good, whatever comes after it.
        Assert.NotNull(await Service.ThumbnailAsync("clip", 0, cancellationToken: Timeout));
        Assert.Null(await Service.ThumbnailAsync("clip", 123_456, cancellationToken: Timeout));
    }

    [Fact]
    public async Task Credentials_in_a_source_appear_in_no_answer()
    {
        var camera = new VideoDefinition { Id = "camera", Source = "rtsp://user:hunter2@127.0.0.1:9/stream?token=hunter2" };
        VideoStatus added = await Service.AddAsync(camera, Timeout);
        VideoStatus failing = await StateAsync("camera", VideoState.Reconnecting);
        VideoStatus changed = await Service.ChangeAsync(added.Definition with { Title = "Gate" }, Timeout);
        foreach (VideoStatus status in (VideoStatus[])[added, failing, changed, (await Service.ListAsync(Timeout))[0]])
        {
            Assert.DoesNotContain("hunter2", status.ToString(), StringComparison.Ordinal);
            Assert.Contains("***", status.Definition.Source, StringComparison.Ordinal);
        }

        Assert.Equal("Gate", changed.Definition.Title);
        Assert.NotNull(failing.NextAttemptAt);
    }

    [Fact]
    public async Task A_live_source_is_attributed_as_it_comes()
    {
        await Service.AddAsync(
            new VideoDefinition { Id = "camera", Source = "synthetic:3?fps=50", RateHz = 25, Window = Window }, Timeout);
        List<VideoEvent> events = await ReadAsync(new Subscription(["camera"]), 20, e => e is UpdateEvent);
        AttributionUpdate[] updates = [.. events.OfType<UpdateEvent>().Select(e => e.Update)];
        Assert.Equal(Enumerable.Range((int)updates[0].Sequence, 20).Select(i => (long)i), updates.Select(u => u.Sequence));
        VideoStatus status = await Service.GetAsync("camera", Timeout);
        Assert.Equal((VideoState.Live, true), (status.State, status.IsLive));
        Assert.InRange(status.Latency!.P50Ms, 0.01, 60_000);
    }

    private static Dictionary<string, long> After(string id, long last) => new(StringComparer.Ordinal) { [id] = last };

    private static VideoDefinition File(string id, string path) =>
        new() { Id = id, Source = path, Pace = Pace.Fast, Window = Window, RateHz = 8 };

    private async Task<List<AttributionUpdate>> ReadToEndAsync(string id)
    {
        await StateAsync(id, VideoState.Ended);
        long? last = (await Service.GetAsync(id, Timeout)).LastSequence;
        return last is null ? [] : await ReadUpdatesAsync(id, 0, (int)last + 1);
    }

    private async Task<List<AttributionUpdate>> ReadUpdatesAsync(string id, long from, int count)
    {
        var subscription = new Subscription([id], After(id, from - 1));
        return [.. (await ReadAsync(subscription, count, e => e is UpdateEvent)).Select(e => ((UpdateEvent)e).Update)];
    }

    private async Task<List<VideoEvent>> ReadAsync(
        Subscription subscription, int count, Func<VideoEvent, bool>? counts = null)
    {
        var events = new List<VideoEvent>();
        await foreach (VideoEvent next in Service.SubscribeAsync(subscription, Timeout))
        {
            if (counts?.Invoke(next) != false)
                events.Add(next);
            if (events.Count == count)
                break;
        }

        return events;
    }

    /// <summary>Waits for a state.</summary>
    private async Task<VideoStatus> StateAsync(string id, VideoState state)
    {
        await foreach (VideoEvent next in Service.SubscribeAsync(new Subscription([id]), Timeout))
        {
            if (next is StatusEvent { Status: { } status } && status.State == state)
                return status;
        }

        throw new InvalidOperationException("A subscription ended.");
    }

    private static async Task UntilAsync(IAsyncEnumerator<VideoEvent> events, Func<VideoEvent, bool> isIt)
    {
        do
        {
            Assert.True(await events.MoveNextAsync());
        }
        while (!isIt(events.Current));
    }

    private async Task AssertWrongAsync(string field, VideoDefinition definition)
    {
        var refusal = await Assert.ThrowsAsync<VideoServiceException>(() => Service.AddAsync(definition, Timeout));
        Assert.Equal((VideoServiceError.Invalid, field), (refusal.Error, refusal.Field));
    }

    private static async Task<VideoServiceError> ErrorAsync(Func<Task> act) =>
        (await Assert.ThrowsAsync<VideoServiceException>(act)).Error;
}
