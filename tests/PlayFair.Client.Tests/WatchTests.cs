using System.Text.Json;
using System.Text.RegularExpressions;
using PlayFair.Contracts;

namespace PlayFair.Client.Tests;

/// <summary><c>playfair watch</c> as a process: in a pipe, on a terminal, interrupted, left alone.</summary>
public sealed partial class WatchTests
{
    /// <summary>SIGINT has its default effect even where the tests run in the background of a shell.</summary>
    private static readonly string[] OwnSession = ["env", "--default-signal=INT", "setsid"];

    [Fact]
    public async Task In_a_pipe_each_update_is_the_servers_line_and_a_lost_connection_loses_none()
    {
        var hasAll = NewSignal();
        await using var server = new ScriptedServer(
            async answer => await answer.BeginEventsAsync(
                "retry: 100\n\n", Samples.Event(Samples.Status(lastSequence: 1)), Samples.Updates(0, 1),
                "event: update\nda"),
            async answer =>
            {
                await answer.BeginEventsAsync(
                    Samples.Event(
                        Samples.Status(lastSequence: 3, state: VideoState.Reconnecting, reason: "The camera is away.")),
                    Samples.Updates(1, 3),
                    "event: gap\ndata: {\"video\":\"door\",\"fromSequence\":4,\"toSequence\":8}\n\n",
                    Samples.Updates(9, 9),
                    "event: removed\ndata: {\"video\":\"door\"}\n\n");
                hasAll.SetResult();
                await answer.StallAsync();
            });

        // Its only video was removed: nothing more can come.
        Outcome run = await Command.RunAsync("watch", "door", "--url", server.Address, "--token", "secret");

        Assert.Equal(
            string.Concat(new long[] { 0, 1, 2, 3, 9 }.Select(n => Samples.Json(Samples.Update(n)) + "\n")),
            run.Output);
        string[] told = run.Error.TrimEnd().Split('\n');
        Assert.Equal(5, told.Length);
        Assert.StartsWith(
            $"playfair: {server.Address}/ ended the stream. Trying again ", told[0], StringComparison.Ordinal);
        Assert.Equal("playfair: connected again", told[1]);
        Assert.Equal("playfair: 'door' is reconnecting: The camera is away.", told[2]);
        Assert.Equal("playfair: updates 4 to 8 of 'door' can no longer be had", told[3]);
        Assert.Equal("playfair: Video 'door' was removed", told[4]);
        Assert.Equal(73, run.Code);
        Assert.All(server.Requests, request => Assert.Equal("Bearer secret", request.Header("Authorization")));
    }

    [Fact]
    public async Task Ctrl_C_ends_it_with_130_also_while_nobody_reads_its_output()
    {
        RequireLinux();
        var isConnected = NewSignal();
        await using var server = new ScriptedServer(async answer =>
        {
            await answer.BeginEventsAsync(Samples.Event(Samples.Status()));
            isConnected.SetResult();
            await answer.StallAsync();
        });

        Outcome run = await Command.RunAsync(
            [.. OwnSession, Command.Program, "watch", "--url", server.Address], [],
            async (process, token) =>
            {
                await isConnected.Task.WaitAsync(token);
                Command.Interrupt(process);
            });

        Assert.Equal((130, "", "playfair: interrupted\n"), (run.Code, run.Output, run.Error));
    }

    [Fact]
    public async Task A_closed_pipe_ends_it_quietly()
    {
        RequireLinux();
        await using var server = new ScriptedServer(async answer =>
        {
            await answer.BeginEventsAsync();
            for (long sequence = 0; ; sequence++)
                await answer.WriteAsync(Samples.Updates(sequence, sequence));
        });

        Outcome run = await Command.RunAsync(
            [
                "bash", "-c", "\"$0\" watch door --url \"$1\" | head -n 2; echo ${PIPESTATUS[0]}", Command.Program,
                server.Address,
            ],
            []);

        Assert.Equal("", run.Error);
        Assert.Equal(
            $"{Samples.Json(Samples.Update(0))}\n{Samples.Json(Samples.Update(1))}\n0\n", run.Output);
    }

    [Fact]
    public async Task A_full_disk_is_told()
    {
        RequireLinux();
        await using var server = new ScriptedServer(async answer =>
        {
            await answer.BeginEventsAsync(Samples.Updates(0, 9));
            await answer.StallAsync();
        });

        Outcome run = await Command.RunAsync(
            ["bash", "-c", "exec \"$0\" watch door --url \"$1\" > /dev/full", Command.Program, server.Address], []);

        run.Refused(51, "the disk is full");
    }

    [Fact]
    public async Task Once_ends_after_an_update_of_each_video_and_from_begins_where_it_says()
    {
        await using var server = new ScriptedServer(
            answer => answer.SendJsonAsync(
                $"[{Samples.Json(Samples.Status("a", 8))},{Samples.Json(Samples.Status("b", 9))}]"),
            async answer =>
            {
                await answer.BeginEventsAsync(Samples.Updates(5, 6, "a"), Samples.Updates(5, 6, "b"));
                await answer.StallAsync();
            });

        Outcome run = await Command.RunAsync("watch", "--once", "--from", "5", "--url", server.Address);

        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal(
            ["a5", "a6", "b5"],
            run.Output.TrimEnd().Split('\n')
                .Select(line => JsonSerializer.Deserialize(line, ContractJson.Lines.AttributionUpdate)!)
                .Select(update => $"{update.Video}{update.Sequence}"));
        Assert.Equal("a:4,b:4", server.Requests.Last().Header("Last-Event-ID"));
    }

    [Fact]
    public async Task Once_does_not_wait_for_a_video_of_which_nothing_comes()
    {
        await using var server = new ScriptedServer(
            async answer =>
            {
                await answer.BeginEventsAsync(
                    Samples.Event(Samples.Status(state: VideoState.Failed, reason: "No such file.")));
                await answer.StallAsync();
            },
            answer => answer.SendJsonAsync("[]"));

        Outcome run = await Command.RunAsync("watch", "door", "--once", "--url", server.Address);
        Assert.Equal(73, run.Code);
        Assert.Contains(
            "Video 'door' has failed without an update: No such file.", run.Error, StringComparison.Ordinal);

        (await Command.RunAsync("watch", "--once", "--url", server.Address)).Refused(73, "There are no videos at");
    }

    [Fact]
    public async Task A_server_that_is_not_there_or_refuses_has_its_code()
    {
        await using var server = new ScriptedServer(
            answer => answer.SendAsync(
                404, "application/problem+json", """{"title":"Not found","detail":"There is no video 'door'."}"""),
            answer => answer.SendAsync(
                401, "application/problem+json", """{"title":"No token","detail":"A token is required."}"""));

        (await Command.RunAsync("watch", "door", "--url", server.Address)).Refused(73, "There is no video 'door'.");
        (await Command.RunAsync("watch", "door", "--url", server.Address))
            .Refused(74, "A token is required. Give one by PLAYFAIR_TOKEN");
        int port = server.Port;
        await server.DisposeAsync();
        (await Command.RunAsync("watch", "--url", $"http://127.0.0.1:{port}"))
            .Refused(72, "is 'playfair serve' running there?");
        (await Command.RunAsync("watch", "--url", "here")).Refused(2, "The server's address is 'here'");
        (await Command.RunAsync("watch", "--from", "x")).Refused(2, "--from is 'x'; expected");
    }

    [Fact]
    public async Task A_terminal_shows_the_state_the_classes_and_the_frames_bars()
    {
        VideoStatus status = Samples.Status(lastSequence: 7) with
        {
            Definition = new() { Id = "door", Title = "[Front]\u001B[2J door", Source = "synthetic:1" },
            Quality = new(1, 128, 8, "the machine is busy"),
        };
        string shown = await OnTerminalAsync(
            rows: 40, Samples.Event(status), Samples.Updates(7, 7), "event: removed\ndata: {\"video\":\"gate\"}\n\n");

        Assert.Contains("● live", shown, StringComparison.Ordinal);
        Assert.Contains(
            "8.0 updates/s   p95 34 ms   2 dropped   quality −1 (m = 128, 8 frames/s)", shown,
            StringComparison.Ordinal);
        Assert.Contains("the machine is busy", shown, StringComparison.Ordinal);
        Assert.Contains("update 7, 4 frames to 1.25 s, softmax-of-mean, exact", shown, StringComparison.Ordinal);
        Assert.Contains("0.7500  opening something  (prior 0.0500)", shown, StringComparison.Ordinal);
        Assert.Contains("       7     0.88s  +0.4000         │████████", shown, StringComparison.Ordinal);
        Assert.Contains("       8     1.00s  -0.0500        █│", shown, StringComparison.Ordinal);
        // What a server's user has named clears nobody's screen.
        Assert.Contains("[Front]\uFFFD[2J door", shown, StringComparison.Ordinal);
        // The cursor, hidden while it draws, is back.
        Assert.True(
            shown.LastIndexOf("\u001B[?25h", StringComparison.Ordinal)
            > shown.LastIndexOf("\u001B[?25l", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_low_terminal_shows_the_frames_as_columns()
    {
        string shown = await OnTerminalAsync(
            rows: 11, Samples.Event(Samples.Status(lastSequence: 7)), Samples.Event(Samples.Update(7, frameCount: 16)));

        Assert.Contains("φ + █ █ █ █ █ █ █ █ ", shown, StringComparison.Ordinal);
        Assert.Contains("  −  ▁ ▁ ▁ ▁ ▁ ▁ ▁ ▁", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("+0.4000", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminal_without_room_shows_one_line_for_a_video()
    {
        string shown = await OnTerminalAsync(
            rows: 5, Samples.Event(Samples.Status(lastSequence: 7)), Samples.Updates(7, 7));

        Assert.Contains("door  ● live  p95 34 ms  0.75 opening something", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("╭", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminal_is_told_of_a_lost_connection_and_when_it_is_tried_again()
    {
        string shown = await OnTerminalAsync(
            rows: 40,
            async answer => await answer.BeginEventsAsync("retry: 700\n\n", Samples.Event(Samples.Status())),
            async answer =>
            {
                await answer.BeginEventsAsync(Samples.Updates(0, 0));
                await answer.StallAsync();
            });

        Assert.Contains("ended the stream. Next attempt in 1 s.", shown, StringComparison.Ordinal);
        Assert.True(
            shown.LastIndexOf("Ctrl-C ends this.", StringComparison.Ordinal)
            > shown.LastIndexOf("Next attempt", StringComparison.Ordinal));
    }

    /// <summary>Watches one video once, on a pseudo-terminal without colours, and these events.</summary>
    private static Task<string> OnTerminalAsync(int rows, params string[] events) => OnTerminalAsync(
        rows,
        async answer =>
        {
            await answer.BeginEventsAsync(events);
            await answer.StallAsync();
        });

    /// <returns>All that the terminal was sent, without bold and dim.</returns>
    private static async Task<string> OnTerminalAsync(int rows, params Func<Answer, Task>[] script)
    {
        RequireLinux();
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "there is no 'script' to make a terminal");
        await using var server = new ScriptedServer(script);
        string command =
            $"stty rows {rows} cols 100; exec '{Command.Program}' watch door --once --url {server.Address}";
        Outcome run = await Command.RunAsync(
            ["sh", "-c", "exec script -qec \"$0\" /dev/null", command],
            [("TERM", "xterm-256color"), ("NO_COLOR", "1")]);
        Assert.Equal(0, run.Code);
        return Style().Replace(run.Output, "");
    }

    /// <summary>The terminal's commands for bold and dim, which are no colours.</summary>
    [GeneratedRegex(@"\x1B\[[0-9;]*m", RegexOptions.None, 1000)]
    private static partial Regex Style();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static void RequireLinux() => Assert.SkipUnless(OperatingSystem.IsLinux(), "signals and pipes of Linux");
}
