using System.Diagnostics;
using PlayFair.Engine.Tests;

namespace PlayFair.Cli.Tests;

/// <summary>Results that cannot be written: told, and nothing left of them.</summary>
public sealed class OutputErrorTests(Playfair playfair, Footage footage)
{
    [Theory]
    [InlineData("--json")]
    [InlineData("--csv")]
    [InlineData("--html")]
    public async Task An_output_that_cannot_be_made_leaves_nothing_behind(string option)
    {
        string folder = footage.NewFolder("outputs");
        string missing = Path.Combine(folder, "missing", "out");
        Directory.CreateDirectory(Path.Combine(folder, "taken", "clip.safetensors" + option.Replace("--", ".", StringComparison.Ordinal)));
        string file = Path.Combine(folder, "file");
        File.WriteAllText(file, "kept");

        (await WriteAsync(missing)).Refused(50, $"Cannot write '{missing}': its folder does not exist");
        (await WriteAsync(Path.Combine(folder, "taken"))).Refused(50, "it is a folder");
        (await WriteAsync(file + "/")).Refused(50, $"Cannot write '{file}/'");

        Assert.Equal("kept", File.ReadAllText(file));
        Assert.Equal([file], Directory.GetFiles(folder, "*", SearchOption.AllDirectories));

        Task<Outcome> WriteAsync(string target) => AttributeAsync("-q", option, target);
    }

    [Theory]
    [InlineData("--json")]
    [InlineData("--csv")]
    [InlineData("--html")]
    public async Task A_full_device_is_a_full_disk_and_stays_a_device(string option)
    {
        string device = FullDevice();

        (await AttributeAsync("-q", option, device)).Refused(51, $"Cannot write '{device}': the disk is full");

        Assert.Throws<IOException>(() => File.WriteAllText(device, "still full"));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(device)!, "*.tmp"));
    }

    [Theory]
    [InlineData("attribute --features F --json -")]
    [InlineData("attribute --features F")]
    [InlineData("models")]
    public async Task A_full_disk_behind_standard_output_is_told(string arguments)
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this system has no /dev/full");
        Outcome run = await playfair.RunAsync(
            [.. arguments.Split(' ').Select(argument => argument == "F" ? playfair.Features : argument)], [],
            ["/bin/sh", "-c", "exec \"$@\" > /dev/full", "sh"]);
        run.Refused(51, "Cannot write to standard output: the disk is full");
    }

    [Theory]
    [InlineData("attribute --features F --json -")]
    [InlineData("attribute --features F")]
    [InlineData("models")]
    [InlineData("--help")]
    public async Task A_closed_standard_output_is_told(string arguments)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "descriptors are closed by a shell");
        Outcome run = await playfair.RunAsync(
            [.. arguments.Split(' ').Select(argument => argument == "F" ? playfair.Features : argument)], [],
            ["/bin/sh", "-c", "exec \"$@\" >&-", "sh"]);
        run.Refused(50, "Cannot write to standard output: it is closed");
    }

    [Theory]
    [InlineData("exec \"$@\" 2> /dev/full")]
    [InlineData("exec \"$@\" 2>&-")]
    public async Task A_failure_that_standard_error_does_not_take_still_has_its_code(string script)
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this system has no /dev/full");
        Outcome run = await playfair.RunAsync(["attribute", "missing.mp4"], [], ["/bin/sh", "-c", script, "sh"]);
        Assert.Equal(new Outcome(10, "", ""), run);
    }

    [Fact]
    public async Task A_read_only_place_is_told_without_names_the_user_never_gave()
    {
        string folder = footage.NewFolder("read only");
        using var mounted = SmallDisk.Mount(folder, "ro");
        string file = Path.Combine(folder, "out.json");
        Outcome run = await AttributeAsync("-q", "--json", file);
        run.Refused(50, $"Cannot write '{file}': Read-only file system. ");
    }

    [Theory]
    [InlineData("--json")]
    [InlineData("--csv")]
    [InlineData("--html")]
    public async Task A_disk_that_fills_up_keeps_its_old_file_and_no_part_of_the_new(string option)
    {
        // A page for the old file and one for the new, which needs more.
        string disk = footage.NewFolder("disk");
        string file = Path.Combine(disk, "out");
        using var mounted = SmallDisk.Mount(disk, "size=8k");
        File.WriteAllText(file, "old");

        (await AttributeAsync("-q", "--class", "top4", option, file)).Refused(51, $"Cannot write '{file}': the disk is full");

        Assert.Equal([file], Directory.GetFileSystemEntries(disk));
        Assert.Equal("old", File.ReadAllText(file));
    }

    private Task<Outcome> AttributeAsync(params string[] arguments) =>
        playfair.RunAsync(["attribute", "--features", playfair.Features, .. arguments]);

    /// <summary>
    /// A device on which everything fails for want of space; for root one of its own, since a failing test could replace
    /// the system's.
    /// </summary>
    private string FullDevice()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.SkipUnless(File.Exists("/dev/full"), "this system has no /dev/full");
            return "/dev/full";
        }

        string device = Path.Combine(footage.NewFolder("device"), "full");
        using (var mknod = Process.Start("mknod", [device, "c", "1", "7"]))
            mknod.WaitForExit();
        try
        {
            File.WriteAllText(device, "full");
            Assert.Fail("the device should be full");
        }
        catch (Exception e) when (e is UnauthorizedAccessException or FileNotFoundException || e.HResult != 28)
        {
            Assert.Skip($"devices cannot be made here: {e.Message}");
        }
        catch (IOException)
        {
            // Full, as it should be.
        }

        return device;
    }

    private sealed class SmallDisk : IDisposable
    {
        private readonly string _folder;

        private SmallDisk(string folder) => _folder = folder;

        public static SmallDisk Mount(string folder, string options)
        {
            Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "only root can mount a small disk");
            Assert.SkipUnless(
                Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder) == 0, "nothing can be mounted here");
            return new SmallDisk(folder);
        }

        public void Dispose() => Run("umount", _folder);

        private static int Run(string program, params string[] arguments)
        {
            using var process = Process.Start(program, arguments);
            process.WaitForExit();
            return process.ExitCode;
        }
    }
}
