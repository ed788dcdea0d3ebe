using System.CommandLine;

namespace PlayFair.Cli.Commands;

/// <summary><c>playfair silo</c>: videos attributed while they play, by one process of a cluster, over HTTP.</summary>
internal static partial class SiloCommand
{
    public const string Name = "silo";

    /// <summary>What is missing where the program was built without Orleans, and what to do.</summary>
    internal const string Missing =
        "This playfair was built without Microsoft Orleans, which a cluster needs: its packages "
        + "Microsoft.Orleans.Server, .Streaming, .Reminders, .TestingHost, .Clustering.AdoNet, .Persistence.AdoNet and "
        + ".Reminders.AdoNet 10.2.1 did not restore. Add a NuGet feed that has them, run ./configure again and build. "
        + "'playfair serve' runs everything on one machine.";

    private const string Database = "cluster.database";

    /// <summary>How long a silo may take to end: to hand over its videos, and then to end its HTTP server.</summary>
    /// <remarks>deploy/kubernetes and deploy/compose.cluster.yaml wait a little longer before they kill it.</remarks>
    internal static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        StartService? start = null;
        FindOrleans(ref start);
        var command = new Command(
            Name,
            "Attribute videos while they play, on one machine of a cluster, and serve what comes of it over HTTP.\n\n"
            + "A cluster is any number of silos, which are processes of this command that share a PostgreSQL database. "
            + "Each video runs on one of them, where there is room, and each of them answers for all videos as "
            + "'playfair serve' does. The videos of a silo that dies go on elsewhere, files where they stopped.\n\n"
            + "Examples:\n"
            + "  playfair silo --demo                        one machine: a cluster of one silo, its store in SQLite\n"
            + "  export PLAYFAIR__CLUSTER__DATABASE='Host=db;Database=playfair;Username=playfair;Password=…'\n"
            + "  playfair silo --advertise 10.0.0.5          on each of several machines, with its own address\n"
            + "  playfair silo --silo b --silo-port 11112 --listen http://127.0.0.1:5081   a second one of a machine\n\n"
            + "SIGTERM (or Ctrl-C) drains it: it is ready no more, its videos move to other silos with nothing lost, "
            + $"and it ends within {StopTimeout.TotalSeconds:0} seconds. Silos speak to each other unencrypted and ask "
            + "for no token: keep their ports in a private network. deploy/README.md is about running a cluster."
            + (start is null ? $"\n\n{Missing}" : ""));
        var serving = new ServingArguments(
            ("cluster.name", new("--cluster")
            {
                Description = "The cluster's name: silos of one name and one database belong together. Default: "
                    + "playfair.",
                HelpName = "NAME",
            }),
            ("cluster.silo", new("--silo")
            {
                Description = "This silo's name, which no other has. Default: the machine's.",
                HelpName = "NAME",
            }),
            (Database, new("--database")
            {
                Description = "Connection string of the cluster's PostgreSQL. Where it holds a password better by "
                    + "PLAYFAIR__CLUSTER__DATABASE or cluster.databaseFile: lists of processes do not show those. "
                    + "Default: none, and the silo is a cluster by itself.",
                HelpName = "TEXT",
            }),
            ("cluster.advertise", new("--advertise")
            {
                Description = "The address by which other silos reach this one. Default: the machine's; without a "
                    + "database 127.0.0.1.",
                HelpName = "ADDRESS",
            }),
            ("cluster.siloPort", new("--silo-port")
            {
                Description = "The port there. Default: 11111.",
                HelpName = "PORT",
            }));
        serving.AddTo(command);
        // On another thread from the start: Ctrl-C is watched for only once the action has returned its task.
        command.SetAction((arguments, cancellationToken) => Task.Run(
            () => RunAsync(arguments, serving, start, cancellationToken), cancellationToken));
        return command;
    }

    /// <summary>Where the program was built with Orleans (SiloCommand.Orleans.cs), what starts a silo.</summary>
    static partial void FindOrleans(ref StartService? start);

    private static Task<int> RunAsync(
        ParseResult arguments, ServingArguments serving, StartService? start, CancellationToken cancellationToken)
    {
        if (start is null)
            throw new MissingPartException(Missing);
        if (serving.Given(arguments, Database) is not null && serving.Given(arguments, "store.path") is not null)
        {
            throw new UsageException(
                "--store names a file and --database a database, and everything is kept in one of them; expected one.");
        }

        return Serving.RunAsync(arguments, serving, start, cancellationToken);
    }
}
