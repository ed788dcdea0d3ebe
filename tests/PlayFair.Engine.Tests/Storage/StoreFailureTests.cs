using System.Diagnostics;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using PlayFair.Contracts;

namespace PlayFair.Engine.Tests.Storage;

public sealed class StoreFailureTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_that_is_removed_while_in_use_shows_in_the_status()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "files in use cannot be removed there");
        await using VideoStore store = _folder.Open();
        Assert.True(store.Status.IsHealthy);
        File.Delete(store.Status.Path!);
        Assert.False(store.Status.IsHealthy);
        Assert.Contains("removed", store.Status.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_room_updates_go_on_to_be_told_of_the_status_says_so_and_storing_resumes_by_itself()
    {
        await using VideoStore store = _folder.Open();
        store.SaveVideo(Samples.Video("a"));
        await StoreFolder.AppendAsync(store, "a", 0, 100);
        store.LimitPages((long)_folder.Sql("PRAGMA page_count")! + 5);
        for (int i = 100; i < 400; i += 20)
            await StoreFolder.AppendAsync(store, "a", i, 20);

        StoreStatus full = store.Status;
        Assert.False(full.IsHealthy);
        Assert.Contains("disk is full", full.Problem, StringComparison.Ordinal);
        Assert.Contains($"Not stored so far: {full.UnstoredUpdateCount}.", full.Problem, StringComparison.Ordinal);
        Assert.Equal(400, full.UpdateCount + full.UnstoredUpdateCount);
        Assert.Equal(399, store.LastSequence("a"));
        Assert.Equal(Enumerable.Range(0, 400), _folder.Committed.Select(u => (int)u.Update.Sequence));
        Assert.Throws<StoreException>(() => store.SaveVideo(
            new StoredVideo(Samples.Video("b").Definition with { Title = new string('x', 100_000) }, null)));

        store.LimitPages(1_000_000);
        await StoreFolder.AppendAsync(store, "a", 400, 50);

        Assert.True(store.Status.IsHealthy);
        Assert.Null(store.Status.Problem);
        Assert.Equal(full.UnstoredUpdateCount, store.Status.UnstoredUpdateCount);
        Assert.Equal(449, store.LastSequence("a"));
        var kept = StoreFolder.All(store, "a").Select(u => (int)u.Sequence);
        Assert.Equal(
            [.. Enumerable.Range(0, (int)full.UpdateCount), .. Enumerable.Range(400, 50)], kept);
        Assert.Equal("ok", _folder.Sql("PRAGMA integrity_check"));
    }

    [Fact]
    public async Task On_a_disk_that_is_really_full_nothing_is_damaged_and_storing_resumes_by_itself()
    {
        string disk = Path.Combine(_folder.Folder, "disk");
        await MountOrSkipAsync(disk, "size=3m");
        try
        {
            string database = Path.Combine(disk, "playfair.db");
            int told = 0;
            await using (VideoStore store = VideoStore.Open(
                database, new StoreOptions(), updates => Interlocked.Add(ref told, updates.Count)))
            {
                store.SaveVideo(Samples.Video("a"));
                long next = 0;
                for (; store.Status.IsHealthy; next += 50)
                    await StoreFolder.AppendAsync(store, "a", next, 50);

                Assert.Contains("disk", store.Status.Problem, StringComparison.Ordinal);
                Assert.Equal(next, told);
                // As somebody makes room, by the store's own means.
                Assert.Equal(0, await RunAsync("mount", "-o", "remount,size=16m", disk));
                await StoreFolder.AppendAsync(store, "a", next, 1000);
                Assert.True(store.Status.IsHealthy);
                Assert.Equal(next + 1000, told);
            }

            await using VideoStore reopened = VideoStore.Open(database, new StoreOptions(), _ => { });
            using (var connection = SqliteStoreConnection.Open(database, readOnly: true))
                Assert.Equal(["ok"], connection.Rows("PRAGMA integrity_check", row => row.GetString(0)));
            var updates = StoreFolder.All(reopened, "a");
            Assert.Equal(told - 1, updates[^1].Sequence);
            Assert.All(updates, update => Assert.Equal(
                Samples.Json(Samples.Update("a", update.Sequence).Update), Samples.Json(update)));
        }
        finally
        {
            await RunAsync("umount", disk);
        }
    }

    [Fact]
    public async Task A_disk_that_may_not_be_written_is_named()
    {
        string disk = Path.Combine(_folder.Folder, "disk");
        await MountOrSkipAsync(disk, "ro,size=1m");
        try
        {
            AssertRefused(Path.Combine(disk, "playfair.db"), "Read-only");
        }
        finally
        {
            await RunAsync("umount", disk);
        }
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void A_folder_that_may_not_be_written_is_named()
    {
        string folder = Path.Combine(_folder.Folder, "closed");
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        if (Environment.IsPrivilegedProcess)
            Assert.Skip("The superuser may write everywhere.");

        AssertRefused(Path.Combine(folder, "playfair.db"), "permission");
    }

    [Fact]
    public void A_folder_is_no_store() => AssertRefused(_folder.Folder, "is a folder");

    [Fact]
    public void Any_other_file_is_no_store()
    {
        File.WriteAllBytes(_folder.Database, RandomNumberGenerator.GetBytes(50_000));

        AssertRefused(_folder.Database, "not a database");
    }

    [Fact]
    public void Another_programs_database_is_left_alone()
    {
        _folder.Sql("CREATE TABLE songs (title TEXT)");

        AssertRefused(_folder.Database, "another program");
        Assert.Equal(1L, _folder.Sql("SELECT count(*) FROM sqlite_schema"));
    }

    [Fact]
    public async Task A_database_that_was_cut_off_is_refused()
    {
        await FillAsync();
        using (FileStream file = File.OpenWrite(_folder.Database))
            file.SetLength(file.Length / 2);

        AssertRefused(_folder.Database, "");
    }

    [Fact]
    public async Task Damage_is_said_in_words_wherever_it_is()
    {
        await FillAsync();
        byte[] sound = await File.ReadAllBytesAsync(_folder.Database);
        var random = new Random(5);
        for (int i = 0; i < 40; i++)
        {
            byte[] damaged = [.. sound];
            random.NextBytes(damaged.AsSpan(random.Next(damaged.Length - 3000), 3000));
            await File.WriteAllBytesAsync(_folder.Database, damaged);
            try
            {
                await using VideoStore store = _folder.Open();
                if (store.LastSequence("a") is null)
                    continue;
                await store.AppendAsync(Samples.Update("a", 5000), StoreFolder.Token);
                await store.FlushAsync(StoreFolder.Token);
                StoreFolder.All(store, "a");
                store.ReadFrameTracks("a", new HistoryQuery { Limit = 1000 });
                store.Videos();
            }
            catch (StoreException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }

    [Fact]
    public async Task A_second_server_is_refused_until_the_first_is_gone()
    {
        await using (VideoStore store = _folder.Open())
            AssertRefused(_folder.Database, "in use by another");

        await using VideoStore next = _folder.Open();
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Files_are_their_owners_alone()
    {
        await File.WriteAllBytesAsync(_folder.Database, []);
        File.SetUnixFileMode(_folder.Database, (UnixFileMode)0b110_110_110);
        await using VideoStore store = _folder.Open();
        store.SaveVideo(Samples.Video("a"));

        foreach (string file in Directory.GetFiles(_folder.Folder))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.True(Directory.GetFiles(_folder.Folder).Length >= 3);
    }

    [Fact]
    public async Task Missing_folders_are_created()
    {
        string database = Path.Combine(_folder.Folder, "new", "folder", "playfair.db");

        await using (VideoStore.Open(database, new StoreOptions(), _ => { }))
        {
        }

        Assert.True(File.Exists(database));
    }

    private async Task FillAsync()
    {
        await using VideoStore store = _folder.Open();
        store.SaveVideo(Samples.Video("a"));
        await StoreFolder.AppendAsync(store, "a", 0, 1000);
    }

    private static void AssertRefused(string path, string words)
    {
        var problem = Assert.Throws<StoreException>(() => VideoStore.Open(path, new StoreOptions(), _ => { }));
        Assert.Contains(path, problem.Message, StringComparison.Ordinal);
        Assert.Contains(words, problem.Message, StringComparison.Ordinal);
    }

    private static async Task MountOrSkipAsync(string folder, string options)
    {
        Directory.CreateDirectory(folder);
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess
            || await RunAsync("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder) != 0)
        {
            Assert.Skip("Only the superuser can mount a small disk.");
        }
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        await process.WaitForExitAsync(StoreFolder.Token);
        return process.ExitCode;
    }
}
