using PlayFair.Contracts;

namespace PlayFair.Engine.Tests.Storage;

public sealed class StoreSchemaTests : IDisposable
{
    /// <summary>An update as version 1 of the layout has it; texts 0 to 3 are model, score, exact and up.</summary>
    internal const string Version1Body =
        "013800010200000041A09C01A2B202000000803F000000400000404000008040031608D6CBBF03D4"
        + "C2C50200040105030000003F0000803E0000803F000000C0000040400000003F000000000000803E";

    /// <summary>The tables as they first shipped.</summary>
    private const string Version1 = """
        PRAGMA auto_vacuum = INCREMENTAL;
        CREATE TABLE texts (number INTEGER PRIMARY KEY, text TEXT NOT NULL);
        CREATE TABLE videos (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            definition TEXT NOT NULL,
            resume TEXT,
            update_count INTEGER NOT NULL DEFAULT 0,
            update_bytes INTEGER NOT NULL DEFAULT 0,
            statistics_sequence INTEGER,
            is_deleted INTEGER NOT NULL DEFAULT 0);
        CREATE UNIQUE INDEX videos_by_name ON videos (name) WHERE is_deleted = 0;
        CREATE TABLE updates (
            id INTEGER PRIMARY KEY,
            video INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            arrived INTEGER NOT NULL,
            body BLOB NOT NULL,
            frames BLOB);
        CREATE UNIQUE INDEX updates_by_sequence ON updates (video, sequence);
        CREATE TABLE spans (
            video INTEGER NOT NULL,
            span INTEGER NOT NULL,
            first_arrived INTEGER NOT NULL,
            last_arrived INTEGER NOT NULL,
            first_frame_sequence INTEGER NOT NULL,
            last_frame_sequence INTEGER NOT NULL,
            first_frame_arrived INTEGER NOT NULL,
            last_frame_arrived INTEGER NOT NULL,
            last_frame INTEGER NOT NULL,
            PRIMARY KEY (video, span)) WITHOUT ROWID;
        CREATE TABLE thumbnails (
            id INTEGER PRIMARY KEY,
            update_id INTEGER NOT NULL,
            video INTEGER NOT NULL,
            frame INTEGER NOT NULL,
            png BLOB NOT NULL);
        CREATE INDEX thumbnails_by_update ON thumbnails (update_id);
        CREATE INDEX thumbnails_by_frame ON thumbnails (video, frame);
        CREATE TABLE statistics (
            id INTEGER PRIMARY KEY,
            video INTEGER NOT NULL,
            model INTEGER NOT NULL,
            bucket INTEGER NOT NULL,
            bytes BLOB NOT NULL);
        CREATE UNIQUE INDEX statistics_by_bucket ON statistics (video, model, bucket);
        CREATE INDEX statistics_by_age ON statistics (bucket);
        PRAGMA application_id = 1346782579;
        PRAGMA user_version = 1;
        """;

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>What <see cref="Version1Body"/> holds, as update 3 of a video.</summary>
    internal static AttributionUpdate Version1Update => Samples.Update("a", 3).Update with
    {
        ArrivedAt = Samples.Start,
        ComputedAt = Samples.Start.AddMilliseconds(1),
        FrameIndices = [11, 15, 19],
        FrameTimes = [0.3666667, 0.5, 0.6333333],
        Classes = [new ReportedClass(2, "up", 0.5f, 0.25f, [1, -2, 3], [0.5f, 0, 0.25f])],
        Timings = new UpdateTimings(1, 2, 3, 4),
    };

    [Fact]
    public async Task A_file_of_version_1_is_read_and_goes_on()
    {
        _folder.Sql($"""
            {Version1}
            INSERT INTO texts VALUES (0, 'moves-trn 1.0.0'), (1, 'softmax-of-mean'), (2, 'exact'), (3, 'up');
            INSERT INTO videos VALUES (
                1, 'a', '{"{"}"id":"a","source":"clip.mp4","pace":"fast"{"}"}', '7', 1, 150, 3, 0);
            INSERT INTO updates VALUES (1, 1, 3, {Samples.Start.UtcTicks}, x'{Version1Body}', NULL);
            INSERT INTO spans VALUES (1, 0, {Samples.Start.UtcTicks}, {Samples.Start.UtcTicks},
                {long.MaxValue}, -1, {long.MaxValue}, -1, -1);
            INSERT INTO thumbnails VALUES (1, 1, 1, 19, x'01');
            INSERT INTO statistics VALUES (1, 1, 0, {Samples.Start.UtcTicks}, x'02');
            """);

        await using VideoStore store = _folder.Open();
        StoredVideo video = Assert.Single(store.Videos());
        Assert.Equal(Pace.Fast, video.Definition.Pace);
        Assert.Equal("7", video.Resume);
        Assert.Equal(Samples.Json(Version1Update), Samples.Json(store.ReadUpdate("a", 3)!));
        Assert.Equal(
            [3], store.ReadUpdates("a", new HistoryQuery { From = Samples.Start, To = Samples.Start })
                .Select(u => u.Sequence));
        Assert.Equal([1], store.ReadThumbnail("a", 19)!);
        Assert.Equal([2], Assert.Single(store.ReadStatistics(new StatisticsRange(Model: "moves-trn 1.0.0"))).Bytes);
        Assert.Equal(3, store.StatisticsWatermarks()["a"]);
        VideoClaim claim = store.Claim("a")!;
        Assert.Equal((1, 3, 3), (claim.Number, claim.LastSequence, claim.StatisticsSequence));
        await StoreFolder.AppendAsync(store, "a", 4, 10, claim.Number);
        Assert.Equal(11, StoreFolder.All(store, "a").Count);
    }

    [Fact]
    public async Task An_older_file_is_brought_up_step_by_step_with_all_it_holds()
    {
        await FillAsync();
        StoreStep[] later =
        [
            .. StoreSchema.Steps,
            new("ALTER TABLE videos ADD COLUMN note TEXT"),
            new("UPDATE videos SET note = 'from ' || name"),
        ];

        await using (VideoStore store = VideoStore.Open(_folder.Database, new StoreOptions(), _ => { }, later))
        {
            Assert.Equal(100, StoreFolder.All(store, "a").Count);
            await StoreFolder.AppendAsync(store, "a", 100, 1);
        }

        Assert.Equal("from a", _folder.Sql("SELECT note FROM videos"));
        Assert.Equal((long)later.Length, _folder.Sql("PRAGMA user_version"));
    }

    [Fact]
    public async Task A_step_that_fails_leaves_the_file_as_it_was()
    {
        await FillAsync();
        StoreStep[] broken = [.. StoreSchema.Steps, new("CREATE TABLE half (x); INSERT INTO nowhere VALUES (1)")];

        Assert.Throws<StoreException>(() => VideoStore.Open(_folder.Database, new StoreOptions(), _ => { }, broken));

        Assert.Equal(0L, _folder.Sql("SELECT count(*) FROM sqlite_schema WHERE name = 'half'"));
        await using VideoStore store = _folder.Open();
        Assert.Equal(100, StoreFolder.All(store, "a").Count);
    }

    [Fact]
    public async Task A_newer_file_is_refused_in_words_and_left_alone()
    {
        await FillAsync();
        _folder.Sql("PRAGMA user_version = 7");

        var problem = Assert.Throws<StoreException>(() => _folder.Open());

        Assert.Contains(
            "written by a newer PlayFair: its schema is 7, this program knows 3",
            problem.Message,
            StringComparison.Ordinal);
        Assert.Equal(7L, _folder.Sql("PRAGMA user_version"));
    }

    [Fact]
    public async Task New_files_give_freed_space_back()
    {
        await FillAsync();

        Assert.Equal(2L, _folder.Sql("PRAGMA auto_vacuum"));
        Assert.Equal("wal", _folder.Sql("PRAGMA journal_mode"));
    }

    private async Task FillAsync()
    {
        await using VideoStore store = _folder.Open();
        store.SaveVideo(Samples.Video("a"));
        await StoreFolder.AppendAsync(store, "a", 0, 100);
    }
}
