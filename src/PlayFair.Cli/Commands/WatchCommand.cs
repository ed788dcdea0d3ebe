using System.CommandLine;
using PlayFair.Cli.Watch;
using PlayFair.Client;
using PlayFair.Contracts;

namespace PlayFair.Cli.Commands;

/// <summary><c>playfair watch</c>: a server's videos, drawn live, or their updates as JSON lines.</summary>
internal static class WatchCommand
{
    private static readonly Argument<string[]> Ids = new("id")
    {
        Description = "Videos, by id. Default: all that the server has.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<bool> Json = new("--json")
    {
        Description = "Write each update as the server sends it, one line of JSON each, instead of drawing. So it is "
            + "wherever standard output is no terminal.",
    };

    private static readonly Option<long?> From = new("--from")
    {
        CustomParser = result => Parsing.Integer(result, 0L, long.MaxValue, "an update's sequence number, from 0 on"),
        Description = "Begin with the update of this sequence number. Default: with the newest.",
        HelpName = "N",
    };

    private static readonly Option<bool> Once = new("--once")
    {
        Description = "End after one update of each video.",
    };

    private static readonly ServerArguments Server = new();

    public static Command Create()
    {
        var command = new Command(
            "watch",
            "Follow videos of a server ('playfair serve') while they are attributed.\n\n"
            + "Examples:\n"
            + "  playfair watch\n"
            + "  playfair watch door gate --url http://camera-pc:5080\n"
            + "  playfair watch door --json --from 0 > door.jsonl\n"
            + "  playfair watch door --once --json | jq '.classes[0].name'\n\n"
            + "A lost connection is made again, 1 s later at first and 30 s at most, and no update is lost or "
            + "repeated. Ctrl-C ends it.")
        {
            Ids, Json, From, Once,
        };
        Server.AddTo(command);
        // On another thread from the start: Ctrl-C is watched for only once the action has returned its task.
        command.SetAction((arguments, cancellationToken) => Task.Run(
            () => RunAsync(arguments, cancellationToken), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        UnknownOption.Refuse(arguments, arguments.GetValue(Ids) ?? [], except: _ => false);
        using PlayFairClient client = Server.Connect(arguments);
        string[]? named = arguments.GetValue(Ids) is { Length: > 0 } given
            ? [.. given.Distinct(StringComparer.Ordinal)]
            : null;
        long? from = arguments.GetValue(From);
        bool isOnce = arguments.GetValue(Once);

        IReadOnlyList<string>? expected = named;
        if (named is null && (isOnce || from is not null))
        {
            IReadOnlyList<VideoStatus> videos = await client.ListVideosAsync(cancellationToken);
            if (videos.Count == 0)
            {
                throw new NothingThereException(
                    $"There are no videos at {client.Address}. Add one: playfair videos add SOURCE --id ID.");
            }

            expected = [.. videos.Select(video => video.Definition.Id)];
        }

        Dictionary<string, long>? after = from is { } first
            ? expected!.ToDictionary(id => id, _ => first - 1, StringComparer.Ordinal)
            : null;
        var goal = new WatchGoal(named is null && !isOnce ? null : expected, isOnce);
        IAsyncEnumerable<StreamEvent> events = goal.LimitAsync(
            client.FollowAsync(named, after, cancellationToken), cancellationToken);
        if (arguments.GetValue(Json) || Console.IsOutputRedirected)
            await UpdateLines.WriteAsync(events, cancellationToken);
        else
            await new LiveView(Terminals.Output(), client.Address, TimeProvider.System)
                .ShowAsync(events, cancellationToken);
        return goal.Missed is null ? ExitCode.Success : throw new NothingThereException(goal.Missed);
    }
}
