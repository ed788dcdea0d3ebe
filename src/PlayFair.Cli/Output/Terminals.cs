using Spectre.Console;

namespace PlayFair.Cli;

/// <summary>Standard output and standard error as consoles that know whether a person is looking.</summary>
internal static class Terminals
{
    /// <summary>For results. Colours on a terminal only, none with NO_COLOR; lines are never wrapped.</summary>
    public static IAnsiConsole Output() => Create(Console.Out, Console.IsOutputRedirected);

    /// <summary>For progress and errors.</summary>
    public static IAnsiConsole Error() => Create(Console.Error, Console.IsErrorRedirected);

    /// <summary>
    /// Text for one line of a terminal: file names and other programs' words may hold line breaks and escape sequences.
    /// </summary>
    public static string OneLine(string text) => string.Concat(text.ReplaceLineEndings(" ")
        .Select(c => char.IsControl(c) ? '\uFFFD' : c));

    private static IAnsiConsole Create(TextWriter writer, bool isRedirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isRedirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = isRedirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Out = new AnsiConsoleOutput(writer),
        });
        if (Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 })
            console.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
        if (isRedirected)
            console.Profile.Width = int.MaxValue;
        return console;
    }
}
