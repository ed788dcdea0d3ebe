using System.CommandLine;
using System.Text.Json;
using PlayFair.Cli.Watch;
using PlayFair.Client;
using PlayFair.Contracts;

namespace PlayFair.Cli.Commands;

/// <summary><c>playfair cluster</c>: a cluster's silos, and what runs on each.</summary>
internal static class ClusterCommand
{
    private const string None = "–";

    /// <summary>A silo reports every second or two.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    private static readonly Option<bool> Json = new("--json") { Description = "Write JSON, on one line." };

    private static readonly ServerArguments Server = new();

    public static Command Create()
    {
        var command = new Command(
            "cluster",
            "Show the silos of a cluster ('playfair silo'), and what runs on each. Any of them can be asked.\n\n"
            + "LOAD is what a silo's videos are expected to take of its cores, USED what its process took over the last "
            + "seconds.")
        {
            Json,
        };
        Server.AddTo(command);
        // On another thread from the start: Ctrl-C is watched for only once the action has returned its task.
        command.SetAction((arguments, cancellationToken) => Task.Run(
            () => RunAsync(arguments, cancellationToken), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        using PlayFairClient client = Server.Connect(arguments);
        ClusterStatus cluster = await client.ClusterAsync(cancellationToken)
            ?? throw new NothingThereException(
                $"There is no cluster at {client.Address}: one process runs its videos ('playfair serve'). "
                + "'playfair silo' makes clusters.");
        if (arguments.GetValue(Json))
        {
            Console.WriteLine(JsonSerializer.Serialize(cluster, ContractJson.Lines.ClusterStatus));
            return ExitCode.Success;
        }

        string unplaced = cluster.UnplacedVideoCount == 0
            ? ""
            : VideoText.Text($", {cluster.UnplacedVideoCount} of them on no silo at the moment");
        Console.WriteLine(
            $"{Terminals.OneLine(cluster.Name)}: {TerminalView.Count(cluster.Silos.Count, "silo")}, "
            + $"{TerminalView.Count(cluster.VideoCount, "video")}{unplaced}; "
            + $"answered by {Terminals.OneLine(cluster.AnsweredBy)}");
        Console.WriteLine();
        WriteSilos(cluster.Silos);
        if (cluster.Grains.Count > 0)
        {
            Console.WriteLine();
            WriteGrains(cluster.Grains);
        }

        return ExitCode.Success;
    }

    private static void WriteSilos(IReadOnlyList<Silo> silos)
    {
        DateTimeOffset? newest = silos.Max(silo => silo.ReportedAt);
        Write(
            [
                ("SILO", false), ("STATE", false), ("VIDEOS", true), ("LOAD/CORES", true), ("USED", true),
                ("UPDATES/S", true), ("MEMORY", true), ("ACCELERATOR", false), ("SINCE", false),
            ],
            [.. silos.Select(silo => (Cells(silo), NoteOf(silo, newest)))]);
    }

    /// <summary>A silo's line; one that is dead runs nothing.</summary>
    private static string[] Cells(Silo silo)
    {
        bool isDead = silo.State == SiloState.Dead;
        return
        [
            silo.Name,
            silo.State.ToString().ToLowerInvariant(),
            isDead ? None : VideoText.Text($"{silo.VideoCount}"),
            isDead ? None : VideoText.Text($"{silo.LoadCores:0.0}/{silo.CapacityCores:0.0}"),
            isDead ? None : VideoText.Text($"{silo.UsedCores:0.0}"),
            isDead ? None : VideoText.Text($"{silo.UpdatesPerSecond:0.0}"),
            isDead ? None : VideoText.Text($"{silo.MemoryBytes / 1e9:0.0} GB"),
            silo.Accelerator ?? None,
            silo.StartedAt is { } start ? VideoText.Text($"{start:u}") : None,
        ];
    }

    /// <summary>What is wrong with a silo, in words; null: nothing, or its state says it.</summary>
    /// <param name="newest">When the cluster heard of any silo last: this machine's clock may be another.</param>
    private static string? NoteOf(Silo silo, DateTimeOffset? newest) => silo switch
    {
        { State: SiloState.Dead } => null,
        { ReportedAt: { } last } when newest - last > Silence => VideoText.Text($"not heard of since {last:u}"),
        _ => null,
    };

    /// <summary>A line for each silo, a column for each kind.</summary>
    private static void WriteGrains(IReadOnlyList<GrainCount> grains)
    {
        string[] kinds = [.. grains.Select(count => count.Kind).Distinct(StringComparer.Ordinal)];
        Write(
            [("GRAINS", false), .. kinds.Select(kind => (kind.ToUpperInvariant(), true))],
            [
                .. grains.GroupBy(count => count.Silo, StringComparer.Ordinal)
                    .OrderBy(silo => silo.Key, StringComparer.Ordinal)
                    .Select(silo => ((string[])[silo.Key, .. kinds.Select(kind => CountOf(silo, kind))], (string?)null)),
            ]);

        static string CountOf(IEnumerable<GrainCount> silo, string kind) =>
            VideoText.Text($"{silo.Where(count => count.Kind == kind).Sum(count => count.Count)}");
    }

    /// <summary>Writes a table: words begin under their heading, figures end under it; a note has the line below.</summary>
    private static void Write((string Heading, bool IsFigure)[] columns, (string[] Cells, string? Note)[] rows)
    {
        string[][] lines =
            [[.. columns.Select(c => c.Heading)], .. rows.Select(row => row.Cells.Select(Terminals.OneLine).ToArray())];
        int[] widths = [.. columns.Select((_, i) => lines.Max(line => line[i].Length))];
        for (int row = 0; row < lines.Length; row++)
        {
            IEnumerable<string> cells = lines[row].Select((cell, i) =>
                columns[i].IsFigure ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]));
            Console.WriteLine(string.Join("  ", cells).TrimEnd());
            if (row > 0 && rows[row - 1].Note is { } note)
                Console.WriteLine($"{new string(' ', widths[0])}  {note}");
        }
    }
}
