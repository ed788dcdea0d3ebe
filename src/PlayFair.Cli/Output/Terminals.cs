using Spectre.Console;

namespace PlayFair.Cli;

/// <summary>Standard output and standard error as consoles that know whether a person is looking.</summary>
internal static class Terminals
{
    /// <summary>For results. Colours on a terminal only, none with NO_COLOR; lines are never wrapped.</summary>
    public static IAnsiConsole Output() => Create(Console.Out, Console.IsOutputRedirected);

    /// <summary>For progress and errors.</summary>
    public static IAnsiConsole Error() => Create(Console.Error, Console.IsErrorRedirected);

    /// <summary>Writes one line to standard error, after the program's name.</summary>
    public static void TellError(string message)
    {
        try
        {
            Error().Markup("[red]playfair:[/] ");
            // As text, not through the console: it would break long lines at the terminal's width.
            Console.Error.WriteLine(OneLine(message));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Standard error is closed or full: nobody can be told, and the exit code is left.
        }
    }

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
