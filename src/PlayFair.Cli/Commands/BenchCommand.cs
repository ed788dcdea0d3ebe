using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using PlayFair.Cli.Bench;
using PlayFair.Engine;
using Spectre.Console;

namespace PlayFair.Cli.Commands;

/// <summary><c>playfair bench</c>: how fast this machine computes Element Shapley Values.</summary>
internal static partial class BenchCommand
{
    private static readonly Option<string> Json = new("--json")
    {
        Description = "Write JSON (docs/benchmarks.md); with '-' to standard output, in place of the table.",
        HelpName = "FILE|-",
    };

    private static readonly Option<int?> Threads = new("--threads")
    {
        CustomParser = ParseThreads,
        Description = "The most threads that estimators and the peak use. Default: all cores.",
        HelpName = "N",
    };

    private static readonly Option<bool> Quick = new("--quick")
    {
        Description = "A few runs of each row only: sees that everything works; its times are rough.",
    };

    private static readonly Option<double> Simulate = new("--simulate")
    {
        DefaultValueFactory = _ => 1,
        Description = "Hours of its own time that the endurance row's camera runs, above 0 and at most 1000.",
        HelpName = "HOURS",
        Validators =
        {
            result =>
            {
                if (result.GetValue<double>("--simulate") is not (> 0 and <= 1000))
                    result.AddError("--simulate is out of its range; expected above 0 and at most 1000 hours.");
            },
        },
    };

    public static Command Create()
    {
        var esv = new Command(
            "esv",
            "Measure exact and sampled Element Shapley Values from features, on heads of the paper's shapes with "
            + "random weights, next to the machine's peak and to plain loops.")
        {
            Json, Threads, Quick,
        };
        esv.SetAction((arguments, cancellationToken) => Task.Run(
            () => Run(arguments, cancellationToken), cancellationToken));
        var live = new Command(
            "live",
            "Measure the live service: what it costs beside decoding and the model, how late updates are, many "
            + "subscribers, and hours of video at full speed.")
        {
            Json, Quick, Simulate,
        };
        live.SetAction(RunLiveAsync);
        var bench = new Command("bench", "Measure how fast this machine is.") { esv, live };
        AddCluster(bench);
        return bench;
    }

    /// <summary>Where this build has clusters.</summary>
    static partial void AddCluster(Command bench);

    private static async Task<int> RunLiveAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        string? json = JsonTarget(arguments);
        bool isQuick = arguments.GetValue(Quick);
        TimeSpan simulated = TimeSpan.FromHours(isQuick ? 0.01 : arguments.GetValue(Simulate));
        var benchmark = new LiveBenchmark(
            ModelFolders.Load(ModelFolders.DefaultModel), SampleVideos.List(), simulated, isQuick);
        LiveBenchDocument document = await WatchAsync(
            progress => benchmark.RunAsync(EsvBenchmark.Machine(), progress, cancellationToken));
        if (json != OutputTarget.StandardOutput)
            new LiveBenchView(Terminals.Output()).Show(document);
        Write(json, document);
        return ExitCode.Success;
    }

    private static int Run(ParseResult arguments, CancellationToken cancellationToken)
    {
        string? json = JsonTarget(arguments);
        var benchmark = new EsvBenchmark(
            arguments.GetValue(Threads) ?? Environment.ProcessorCount, arguments.GetValue(Quick));
        BenchDocument document = Watch(progress => benchmark.Run(progress, cancellationToken));
        if (json != OutputTarget.StandardOutput)
            new BenchView(Terminals.Output()).Show(document);
        Write(json, document);
        return ExitCode.Success;
    }

    private static string? JsonTarget(ParseResult arguments) => arguments.GetValue(Json) is not "" and var json
        ? json
        : throw new UsageException("--json names an empty file; expected a file or '-'.");

    private static void Write<T>(string? json, T document)
    {
        if (json is null)
            return;
        OutputTarget.Write(json, stream =>
        {
            JsonSerializer.Serialize(stream, document, AttributionDocument.JsonOptions);
            stream.WriteByte((byte)'\n');
        });
    }

    /// <inheritdoc cref="Watch"/>
    private static async Task<T> WatchAsync<T>(Func<IProgress<string>?, Task<T>> work)
    {
        if (Console.IsErrorRedirected)
            return await work(null);
        return await Terminals.Error().Status().StartAsync(
            "", status => work(new Watcher(name => status.Status = Markup.Escape(name))));
    }

    /// <summary>Says on standard error what is being measured, while a person watches.</summary>
    private static BenchDocument Watch(Func<IProgress<string>?, BenchDocument> work)
    {
        if (Console.IsErrorRedirected)
            return work(null);
        // Redrawn by a thread of its own ten times a second, which takes no measurable time.
        return Terminals.Error().Status().Start(
            "", status => work(new Watcher(name => status.Status = Markup.Escape(name))));
    }

    private static int? ParseThreads(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        int most = Environment.ProcessorCount;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            && count >= 1 && count <= most)
        {
            return count;
        }

        result.AddError($"--threads is '{text}'; expected 1 to {most}, as many as there are cores.");
        return null;
    }

    private sealed class Watcher(Action<string> report) : IProgress<string>
    {
        public void Report(string value) => report(value);
    }
}
