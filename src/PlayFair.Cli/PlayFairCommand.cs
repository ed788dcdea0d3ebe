using System.CommandLine;
using System.CommandLine.Invocation;
using PlayFair.Cli.Commands;

namespace PlayFair.Cli;

/// <summary>The playfair command: parses, runs, and turns every failure into one line and an exit code.</summary>
internal static class PlayFairCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand(
            "Says how much each frame of a video contributed to an action model's class scores (Element Shapley Values).")
        {
            AttributeCommand.Create(), ModelsCommand.Create(), VerifyCommand.Create(), EvaluateCommand.Create(),
            BenchCommand.Create(), ServeCommand.Create(), SiloCommand.Create(), WatchCommand.Create(),
            VideosCommand.Create(), ExportCommand.Create(), ClusterCommand.Create(),
        };
        // A video may be named '@clip.mp4'; by default that would name a file to read more arguments from.
        ParseResult parsed = root.Parse(
            args.Length > 0 ? args : ["--help"], new ParserConfiguration { ResponseFileTokenReplacer = null });
        var configuration = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            // How long a command may take to clean up after Ctrl-C: a server ends its streams and stores what it has, and
            // has five seconds for both; ffmpeg is given one; a silo's videos move to others.
            ProcessTerminationTimeout = parsed.CommandResult.Command.Name == SiloCommand.Name
                ? SiloCommand.StopTimeout
                : TimeSpan.FromSeconds(6),
        };
        try
        {
            if (parsed.Action is ParseErrorAction)
            {
                Command command = parsed.CommandResult.Command;
                string name = string.Join(' ', PathTo(command).Prepend("playfair"));
                throw new UsageException(
                    $"{string.Join(' ', parsed.Errors.Select(error => error.Message))} See '{name} --help'.");
            }

            int code = await parsed.InvokeAsync(configuration);
            return args.Length > 0 ? code : ExitCode.Usage;
        }
        catch (Exception failure) when (OutputTarget.IsDiskFull(failure) || OutputTarget.IsClosed(failure))
        {
            // Reading fills no disk, and files are written by OutputTarget: this is what goes to the terminal.
            return Report(new OutputException(OutputTarget.StandardOutput, failure));
        }
        catch (Exception failure) when (ExitCode.Of(failure) is not null)
        {
            return Report(failure);
        }
        catch (Exception defect)
        {
            Terminals.TellError(
                $"unexpected {defect.GetType().Name}: {defect.Message} This is a defect of playfair; " +
                "please report it with the command and this line.");
            return ExitCode.Unexpected;
        }
    }

    /// <summary>The names of the commands that lead to one, the root's aside.</summary>
    private static IEnumerable<string> PathTo(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent
            ? PathTo(parent).Append(command.Name)
            : [];

    /// <summary>Tells the user of a foreseen failure, and returns its exit code.</summary>
    public static int Report(Exception failure)
    {
        string message = failure is OperationCanceledException ? "interrupted" : failure.Message;
        Terminals.TellError(message);
        return ExitCode.Of(failure)!.Value;
    }
}
