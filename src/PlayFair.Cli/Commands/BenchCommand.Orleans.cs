using System.CommandLine;
using PlayFair.Cli.Bench;
using PlayFair.Engine;
using PlayFair.Grains.Bench;
using PlayFair.Models;

namespace PlayFair.Cli.Commands;

/// <summary><c>playfair bench cluster</c>.</summary>
internal static partial class BenchCommand
{
    private static readonly Option<string?> Database = new("--database")
    {
        Description = "Connection string of a PostgreSQL to measure too: a database of its own, for what is measured is "
            + "written there and deleted.",
        HelpName = "TEXT",
    };

    static partial void AddCluster(Command bench)
    {
        var cluster = new Command(
            "cluster",
            "Measure what a cluster costs next to one process: for each update, on one silo and on three; streams; and how "
            + "many videos a silo manages. Sources need no decoding here, and features no backbone.")
        {
            Json, Quick, Database,
        };
        cluster.SetAction(RunClusterAsync);
        bench.Add(cluster);
    }

    private static async Task<int> RunClusterAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        string? json = JsonTarget(arguments);
        bool isQuick = arguments.GetValue(Quick);
        ModelPackage model = ModelFolders.Load(ModelFolders.DefaultModel);
        var benchmark = new ClusterBenchmark(model, isQuick, arguments.GetValue(Database));
        ClusterBenchResult result = await WatchAsync(progress => benchmark.RunAsync(progress, cancellationToken));
        var document = new ClusterBenchDocument(
            ClusterBenchDocument.CurrentSchema, AttributionDocument.Producer, EsvBenchmark.Machine(),
            $"{model.Name} {model.Version}", isQuick, result);
        if (json != OutputTarget.StandardOutput)
            new ClusterBenchView(Terminals.Output()).Show(document);
        Write(json, document);
        return ExitCode.Success;
    }
}
