using System.Net;
using Microsoft.Extensions.Hosting;
using Orleans.Storage;
using PlayFair.Engine;
using PlayFair.Engine.Tests.Storage;

namespace PlayFair.Grains.Tests;

/// <summary>deploy/postgresql/orleans.sql, as Orleans' own providers use it.</summary>
public sealed class OrleansSchemaTests : IAsyncLifetime
{
    private const string Npgsql = "Npgsql";
    private const string Storage = "States";

    /// <summary>Whole milliseconds, as Orleans keeps them.</summary>
    private static readonly DateTime s_now = new(2026, 1, 31, 12, 0, 0, 250, DateTimeKind.Utc);

    private string _database = null!;
    private IHost _silo = null!;

    public async ValueTask InitializeAsync()
    {
        _database = PostgresServer.Shared.CreateDatabase();
        OrleansSchema.BringUp(_database);
        _silo = Providers("cluster");
        await Membership.InitializeMembershipTable(tryInitTableVersion: true);
    }

    public ValueTask DisposeAsync()
    {
        _silo?.Dispose();
        return ValueTask.CompletedTask;
    }

    private IMembershipTable Membership => _silo.Services.GetRequiredService<IMembershipTable>();

    [Fact]
    public void A_database_is_set_up_once_by_whoever_comes_first_and_the_script_can_run_again()
    {
        string database = PostgresServer.Shared.CreateDatabase();
        Parallel.For(0, 4, _ => OrleansSchema.BringUp(database));
        object? count = PostgresServer.Sql(database, "SELECT count(*) FROM orleansquery");
        Assert.Equal("1", PostgresServer.Sql(
            database, "SELECT querytext FROM orleansquery WHERE querykey = 'PlayFairVersion'"));

        PostgresServer.Sql(database, "INSERT INTO orleans_clusters (name, version) VALUES ('kept', 7)");
        PostgresServer.Sql(database, "UPDATE orleansquery SET querytext = '0'");
        OrleansSchema.BringUp(database);
        Assert.Equal(count, PostgresServer.Sql(database, "SELECT count(*) FROM orleansquery WHERE querytext <> '0'"));
        Assert.Equal(7, PostgresServer.Sql(database, "SELECT version FROM orleans_clusters WHERE name = 'kept'"));
    }

    [Fact]
    public void A_role_that_may_not_make_tables_is_told_which_script_its_owner_runs()
    {
        string database = PostgresServer.Shared.CreateDatabase();
        PostgresServer.Sql(database, """
            DROP ROLE IF EXISTS guest;
            CREATE ROLE guest LOGIN PASSWORD 'guest';
            REVOKE CREATE ON SCHEMA public FROM PUBLIC
            """);
        string guest = new global::Npgsql.NpgsqlConnectionStringBuilder(database)
        {
            Username = "guest",
            Password = "guest",
        }.ToString();
        string message = Assert.Throws<StoreException>(() => OrleansSchema.BringUp(guest)).Message;
        Assert.Contains("deploy/postgresql/orleans.sql", message, StringComparison.Ordinal);
        Assert.Contains("'guest'", message, StringComparison.Ordinal);

        OrleansSchema.BringUp(database);
        PostgresServer.Sql(database, "GRANT SELECT ON orleansquery TO guest");
        OrleansSchema.BringUp(guest);
    }

    [Fact]
    public async Task A_silo_joins_changes_and_is_found_as_it_wrote_itself()
    {
        MembershipEntry entry = Entry(1);
        TableVersion version = (await Membership.ReadAll()).Version.Next();
        Assert.True(await Membership.InsertRow(entry, version));
        entry.Status = SiloStatus.Active;
        entry.AddSuspector(SiloAddress.New(IPAddress.Loopback, 9, 9), s_now);
        MembershipTableData before = await Membership.ReadAll();
        Assert.True(await Membership.UpdateRow(entry, before.Members[0].Item2, before.Version.Next()));
        entry.IAmAliveTime = s_now.AddSeconds(5);
        await Membership.UpdateIAmAlive(entry);

        MembershipTableData after = await Membership.ReadRow(entry.SiloAddress);
        Assert.Equal(before.Version.Version + 1, after.Version.Version);
        MembershipEntry read = Assert.Single(after.Members).Item1;
        Assert.Equal(
            (entry.SiloAddress, "silo-1", "host", SiloStatus.Active, 30001, s_now, s_now.AddSeconds(5)),
            (read.SiloAddress, read.SiloName, read.HostName, read.Status, read.ProxyPort, read.StartTime, read.IAmAliveTime));
        Assert.Equal(entry.SuspectTimes, read.SuspectTimes);
        Assert.Empty((await Membership.ReadRow(SiloAddress.New(IPAddress.Loopback, 2, 2))).Members);
    }

    [Fact]
    public async Task Of_changes_from_one_version_only_the_first_happens()
    {
        TableVersion seen = (await Membership.ReadAll()).Version.Next();
        bool[] joined = await Task.WhenAll(
            Enumerable.Range(1, 8).Select(port => Membership.InsertRow(Entry(port), seen)));
        Assert.Equal(1, joined.Count(isIn => isIn));
        MembershipTableData one = await Membership.ReadAll();
        MembershipEntry silo = Assert.Single(one.Members).Item1;

        Assert.False(await Membership.InsertRow(silo, one.Version.Next()));
        Assert.Equal(one.Version.Version, (await Membership.ReadAll()).Version.Version);
        Assert.True(await Membership.InsertRow(Entry(100), one.Version.Next()));
        silo.Status = SiloStatus.Dead;
        Assert.False(await Membership.UpdateRow(silo, "", one.Version.Next()));
        Assert.Equal(SiloStatus.Joining, (await Membership.ReadRow(silo.SiloAddress)).Members[0].Item1.Status);
        Assert.False(await Membership.UpdateRow(Entry(200), "", (await Membership.ReadAll()).Version.Next()));
    }

    [Fact]
    public async Task What_is_long_gone_is_forgotten_and_clusters_share_a_database_without_meeting()
    {
        using IHost silo = Providers("other");
        var other = silo.Services.GetRequiredService<IMembershipTable>();
        await other.InitializeMembershipTable(tryInitTableVersion: true);
        Assert.True(await other.InsertRow(Entry(1), (await other.ReadAll()).Version.Next()));
        MembershipEntry gone = Entry(1), late = Entry(2), active = Entry(3);
        (gone.Status, active.Status) = (SiloStatus.Dead, SiloStatus.Active);
        late.IAmAliveTime = s_now.AddHours(2);
        foreach (MembershipEntry entry in new[] { gone, late, active })
            Assert.True(await Membership.InsertRow(entry, (await Membership.ReadAll()).Version.Next()));

        await Membership.CleanupDefunctSiloEntries((DateTimeOffset)s_now.AddHours(1));
        Assert.Equal(
            [2, 3],
            (await Membership.ReadAll()).Members.Select(member => member.Item1.SiloAddress.Endpoint.Port).Order());
        await Membership.DeleteMembershipTableEntries("cluster");
        Assert.Equal(0L, PostgresServer.Sql(_database, "SELECT count(*) FROM orleans_silos WHERE cluster = 'cluster'"));
        Assert.Single((await other.ReadAll()).Members);
    }

    [Fact]
    public async Task Reminders_are_found_by_grain_and_by_their_part_of_the_ring()
    {
        var table = _silo.Services.GetRequiredService<IReminderTable>();
        await table.StartAsync(TestContext.Current.CancellationToken);
        GrainId[] grains = [.. Enumerable.Range(0, 40).Select(i => GrainId.Create("video", $"camera-{i}"))];
        var tags = new Dictionary<GrainId, string>();
        foreach (GrainId grain in grains)
            tags.Add(grain, await table.UpsertRow(Reminder(grain, TimeSpan.FromMinutes(1))));

        string changed = await table.UpsertRow(Reminder(grains[0], TimeSpan.FromDays(60)));
        Assert.NotEqual(tags[grains[0]], changed);
        ReminderEntry read = await table.ReadRow(grains[0], "check");
        Assert.Equal(
            (grains[0], "check", s_now, TimeSpan.FromDays(60), changed),
            (read.GrainId, read.ReminderName, read.StartAt, read.Period, read.ETag));
        Assert.Equal("check", Assert.Single((await table.ReadRows(grains[1])).Reminders).ReminderName);
        Assert.Null(await table.ReadRow(grains[1], "none"));

        const uint quarter = uint.MaxValue / 4;
        uint[] bounds = [quarter, 2 * quarter, 3 * quarter, quarter / 2];
        var found = new List<GrainId>();
        foreach ((uint begin, uint end) in bounds.Zip([.. bounds[1..], bounds[0]]))
            found.AddRange((await table.ReadRows(begin, end)).Reminders.Select(reminder => reminder.GrainId));
        Assert.Equal(grains.Order(), found.Order());

        Assert.False(await table.RemoveRow(grains[0], "check", tags[grains[0]]));
        Assert.True(await table.RemoveRow(grains[0], "check", changed));
        Assert.Null(await table.ReadRow(grains[0], "check"));
        await table.TestOnlyClearTable();
        Assert.Empty((await table.ReadRows(grains[1])).Reminders);
    }

    [Theory]
    [InlineData("camera-1")]
    [InlineData("7")]
    [InlineData("9f1de00a04864d7c9a0a6cb8e2b2a5f1")]
    [InlineData("9f1de00a04864d7c9a0a6cb8e2b2a5f1+door")]
    public async Task A_grains_state_is_written_by_who_has_read_the_newest(string key)
    {
        IGrainStorage storage = await StorageAsync();
        GrainId grain = GrainId.Create("pubsub", key);
        GrainState<Note> mine = new(), other = new(), stranger = new() { State = new Note { Text = "stranger" } };
        await storage.ReadStateAsync("kind", grain, mine);
        await storage.ReadStateAsync("kind", grain, other);
        Assert.False(mine.RecordExists);

        (mine.State.Text, other.State.Text) = ("first", "lost");
        await storage.WriteStateAsync("kind", grain, mine);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("kind", grain, other));
        await storage.WriteStateAsync("another kind", grain, stranger);
        mine.State.Text = "second";
        await storage.WriteStateAsync("kind", grain, mine);
        await storage.ReadStateAsync("kind", grain, other);
        Assert.Equal(("second", mine.ETag), (other.State.Text, other.ETag));

        await storage.ClearStateAsync("kind", grain, other);
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("kind", grain, mine));
        other.State.Text = "third";
        await storage.WriteStateAsync("kind", grain, other);
        await storage.ReadStateAsync("kind", grain, mine);
        Assert.Equal("third", mine.State.Text);
        await storage.ReadStateAsync("another kind", grain, stranger);
        Assert.Equal("stranger", stranger.State.Text);
    }

    private static MembershipEntry Entry(int port) => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Parse("10.0.0.5"), port, 1),
        SiloName = $"silo-{port}",
        HostName = "host",
        Status = SiloStatus.Joining,
        ProxyPort = 30000 + port,
        StartTime = s_now,
        IAmAliveTime = s_now,
    };

    private static ReminderEntry Reminder(GrainId grain, TimeSpan period) =>
        new() { GrainId = grain, ReminderName = "check", StartAt = s_now, Period = period };

    /// <summary>Orleans' providers on the database, of a silo that is not started.</summary>
    private IHost Providers(string cluster)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleans(silo =>
        {
            silo.Configure<Orleans.Configuration.ClusterOptions>(
                names => (names.ClusterId, names.ServiceId) = (cluster, cluster));
            silo.UseAdoNetClustering(ado => (ado.Invariant, ado.ConnectionString) = (Npgsql, _database));
            silo.UseAdoNetReminderService(ado => (ado.Invariant, ado.ConnectionString) = (Npgsql, _database));
            silo.AddAdoNetGrainStorage(Storage, ado => (ado.Invariant, ado.ConnectionString) = (Npgsql, _database));
        });
        return builder.Build();
    }

    private async Task<IGrainStorage> StorageAsync()
    {
        var storage = _silo.Services.GetRequiredKeyedService<IGrainStorage>(Storage);
        var start = new Start();
        ((ILifecycleParticipant<ISiloLifecycle>)storage).Participate(start);
        foreach (ILifecycleObserver observer in start.Observers)
            await observer.OnStart(TestContext.Current.CancellationToken);
        return storage;
    }

    private sealed class Note
    {
        public string? Text { get; set; }
    }

    /// <summary>Of a silo's life only its start.</summary>
    private sealed class Start : ISiloLifecycle, IDisposable
    {
        public List<ILifecycleObserver> Observers { get; } = [];

        public int HighestCompletedStage => 0;

        public int LowestStoppedStage => 0;

        public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
        {
            Observers.Add(observer);
            return this;
        }

        public void Dispose()
        {
        }
    }
}
