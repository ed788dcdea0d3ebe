using System.Text.RegularExpressions;
using PlayFair.Engine.Tests;

namespace PlayFair.Cli.Tests;

/// <summary>The program on a pseudo-terminal, which <c>script</c> makes and records.</summary>
public sealed partial class TerminalTests(Playfair playfair, Footage footage)
{
    [Fact]
    public async Task A_terminal_gets_colours_and_a_progress_bar_that_goes_away()
    {
        string shown = await OnTerminalAsync(["attribute", footage.Moving], ("NO_COLOR", null));

        Assert.Matches(Colour(), shown);
        int progress = shown.IndexOf("moving.mp4: ", StringComparison.Ordinal);
        int view = shown.IndexOf("recognised:", StringComparison.Ordinal);
        Assert.True(progress >= 0 && progress < view, "the progress should precede the view");
        // The cursor, hidden while the bar turns, is back.
        Assert.True(
            shown.LastIndexOf("\u001B[?25h", StringComparison.Ordinal) > shown.LastIndexOf("\u001B[?25l", StringComparison.Ordinal));
        Assert.DoesNotContain("features of frame", shown[view..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_color_takes_the_colours_away_and_leaves_the_values()
    {
        string shown = await OnTerminalAsync(["attribute", footage.Moving], ("NO_COLOR", "1"));

        Assert.DoesNotMatch(Colour(), shown);
        Assert.Contains("recognised:", shown, StringComparison.Ordinal);
        Assert.Contains('█', shown);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("1", false)]
    public async Task Errors_are_coloured_unless_no_color_says_otherwise(string? noColor, bool isColoured)
    {
        string shown = await OnTerminalAsync(["attribute", "/nowhere.mp4", "-q"], ("NO_COLOR", noColor), code: 10);
        Assert.Equal(isColoured, Colour().IsMatch(shown));
        Assert.Contains("'/nowhere.mp4' does not exist", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quiet_shows_nothing_on_a_terminal_either() =>
        Assert.Equal("", await OnTerminalAsync(["attribute", footage.Moving, "-q"], ("NO_COLOR", null)));

    [Fact]
    public async Task Json_in_a_pipe_stays_clean_while_the_terminal_shows_progress()
    {
        string json = Path.Combine(footage.NewFolder("terminal"), "out.json");
        string shown = await OnTerminalAsync(["attribute", footage.Moving, "--json", "-"], ("NO_COLOR", null), output: json);

        Assert.Contains("moving.mp4", shown, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001B', File.ReadAllText(json));
        Assert.StartsWith("{\n", File.ReadAllText(json), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminal_is_told_how_long_sampling_will_go_on()
    {
        string shown = await OnTerminalAsync(
            ["attribute", "--features", playfair.Features, "--time", "1s"], ("NO_COLOR", "1"));

        Assert.Matches(Forecast(), shown);
        Assert.Contains("stopped by: time", shown, StringComparison.Ordinal);
    }

    /// <returns>All that the terminal was sent.</returns>
    private async Task<string> OnTerminalAsync(
        string[] arguments, (string Name, string? Value) variable, int code = 0, string? output = null)
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Footage.FindProgram("script") is not null, "there is no 'script' to make a terminal");
        string command = string.Join(' ', arguments.Prepend(Playfair.Program).Select(Quote));
        if (output is not null)
            command += $" > {Quote(output)}";
        Outcome run = await playfair.RunAsync(
            [], [("TERM", "xterm-256color"), variable], ["sh", "-c", "exec script -qec \"$0\" /dev/null", command]);
        Assert.Equal(code, run.Code);
        return run.Output;

        static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }

    // The description may be cut at the terminal's width.
    [GeneratedRegex(
        @"attributing 16 frames, [0-9 ]+ iterations?, error [0-9.]+ %, ", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Forecast();

    /// <summary>The terminal's command for a foreground or background colour; bold and dim are none.</summary>
    [GeneratedRegex(@"\x1B\[([0-9;]*;)?(3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Colour();
}
