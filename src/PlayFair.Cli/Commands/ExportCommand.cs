using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using PlayFair.Client;

namespace PlayFair.Cli.Commands;

/// <summary><c>playfair export</c>: a video's stored updates, as a file.</summary>
internal static class ExportCommand
{
    private static readonly string[] TimeFormats =
        ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    private static readonly Argument<string> Id = new("id") { Description = "The video." };

    private static readonly Option<string> Format = new Option<string>("--format")
    {
        Description = "csv, a line for each update, class and frame, or jsonl, one for each update.",
        HelpName = "csv|jsonl",
        DefaultValueFactory = _ => "csv",
    }.AcceptOnlyFromAmong("csv", "jsonl");

    private static readonly Option<Bound?> From = BoundOption("--from", "Begin");

    private static readonly Option<Bound?> To = BoundOption("--to", "End");

    private static readonly Option<string> Output = new("--output", "-o")
    {
        Description = "Where to write. Default: standard output.",
        HelpName = "FILE|-",
        DefaultValueFactory = _ => OutputTarget.StandardOutput,
    };

    private static readonly ServerArguments Server = new();

    public static Command Create()
    {
        var command = new Command(
            "export",
            "Write what a server has stored of a video.\n\n"
            + "Examples:\n"
            + "  playfair export door --from 2026-01-31 --to 2026-02-01 -o january.csv\n"
            + "  playfair export door --format jsonl --from 1000 --to 1999 | jq .topClass\n\n"
            + "A file appears whole or not at all.")
        {
            Id, Format, From, To, Output,
        };
        Server.AddTo(command);
        command.SetAction((arguments, cancellationToken) => Task.Run(
            () => Run(arguments, cancellationToken), cancellationToken));
        return command;
    }

    [SuppressMessage(
        "Usage", "MA0045", Justification = "Outputs are written by synchronous functions; nobody else waits here.")]
    private static int Run(ParseResult arguments, CancellationToken cancellationToken)
    {
        string path = arguments.GetValue(Output)!;
        if (path.Length == 0)
            throw new UsageException("--output names an empty file; expected a file or '-'.");
        Bound? from = arguments.GetValue(From), to = arguments.GetValue(To);
        var range = new UpdateRange
        {
            FromSequence = from?.Sequence,
            From = from?.Time,
            ToSequence = to?.Sequence,
            To = to?.Time,
        };
        using PlayFairClient client = Server.Connect(arguments);
        string id = arguments.GetValue(Id)!, format = arguments.GetValue(Format)!;
        OutputTarget.Write(
            path,
            output => client.ExportAsync(id, format, range, output, cancellationToken).GetAwaiter().GetResult());
        return ExitCode.Success;
    }

    private static Option<Bound?> BoundOption(string name, string verb) => new(name)
    {
        CustomParser = ParseBound,
        Description =
            $"{verb} with the update of this sequence number, or of this time (UTC unless it says otherwise).",
        HelpName = "N|TIME",
    };

    private static Bound? ParseBound(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long sequence))
            return new Bound(sequence, null);
        if (DateTimeOffset.TryParseExact(
            text, TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time))
        {
            return new Bound(null, time);
        }

        result.AddError(
            $"{Parsing.OptionName(result)} is '{text}'; expected a sequence number, or a time such as 2026-01-31, "
            + "2026-01-31T18:30:00 or 2026-01-31T18:30:00+02:00.");
        return null;
    }

    /// <summary>One end of a range: one of the two.</summary>
    private sealed record Bound(long? Sequence, DateTimeOffset? Time);
}
