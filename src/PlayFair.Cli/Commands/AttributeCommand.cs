using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using PlayFair.Attribution;
using PlayFair.Cli.Report;
using PlayFair.Engine;
using PlayFair.Inference;
using PlayFair.Models;
using PlayFair.Video;
using Spectre.Console;

namespace PlayFair.Cli.Commands;

/// <summary><c>playfair attribute</c>: videos or features in; terminal, JSON, CSV and HTML out.</summary>
internal static class AttributeCommand
{
    private const int PictureSide = 640;

    private static readonly Argument<string[]> Videos = new("video")
    {
        Description = "Video files, in any format that ffmpeg reads.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string> Features = new("--features")
    {
        Description = "Attribute precomputed features instead: a safetensors file with a tensor [frames, features].",
        HelpName = "FILE",
    };

    private static readonly Option<string> Model = new("--model", "-m")
    {
        Description = "A model package: the name of one that 'playfair models' lists, or a folder.",
        HelpName = "NAME|FOLDER",
        DefaultValueFactory = _ => ModelFolders.DefaultModel,
    };

    private static readonly Option<int?> Frames = new("--frames", "-n")
    {
        Description = $"How many frames, at most {ExactEsv.MaxFrameCount}: the middles of n equal segments of the video. "
            + "Default: what the model was trained for.",
        HelpName = "N",
    };

    private static readonly Option<FrameSampling?> Sampling = new("--sampling", "-s")
    {
        Description = "Choose frames another way: 'every:K' (every K-th), 'rate:HZ' (so many a second) or 'all'.",
        HelpName = "HOW",
        CustomParser = ParseSampling,
    };

    private static readonly Option<string[]> Classes = new("--class", "-c")
    {
        Description = "A class to show: 'top', 'topN', a name or an index; may be given several times. "
            + "Default: the top class and the runner-up.",
        HelpName = "CLASS",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string> Score = new("--score")
    {
        Description = $"The score that is attributed: {string.Join(", ", ScoreKinds.Names)}. Default: the model's.",
        HelpName = "SCORE",
    };

    private static readonly Option<string> Json = Output("--json", "JSON, with every class (docs/attribution-schema.md)");

    private static readonly Option<string> Csv = Output("--csv", "CSV, a line for each selected class and frame");

    private static readonly Option<string> Html = Output("--html", "a self-contained HTML report");

    private static readonly Option<string> Device = new("--device")
    {
        Description = "Where the backbone runs: cpu, cuda or cuda:INDEX.",
        HelpName = "DEVICE",
        DefaultValueFactory = _ => "cpu",
    };

    private static readonly Option<int?> Threads = new("--threads")
    {
        Description = "CPU threads for the backbone. Default: all cores.",
        HelpName = "N",
    };

    private static readonly Option<bool> Quiet = new("--quiet", "-q")
    {
        Description = "Draw nothing on the terminal; errors and warnings still go to standard error.",
    };

    public static Command Create()
    {
        var command = new Command(
            "attribute",
            "Attribute a video: how much each frame contributed to each class score.\n\n"
            + "Examples:\n"
            + "  playfair attribute clip.mp4\n"
            + "  playfair attribute clip.mp4 --frames 12 --html report.html\n"
            + "  playfair attribute clip.mp4 --class \"opening something\" --class top --json -\n"
            + "  playfair attribute *.mp4 --csv results/ --quiet\n\n"
            + "An output is a file, a folder (a file for each video) or '-' for standard output.")
        {
            Videos, Features, Model, Frames, Sampling, Classes, Score, Json, Csv, Html, Device, Threads, Quiet,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        string[] videos = arguments.GetValue(Videos) ?? [];
        string? features = arguments.GetValue(Features);
        CheckInputs(arguments, videos, features);
        Outputs outputs = Outputs.Of(arguments, inputCount: Math.Max(1, videos.Length));

        ModelPackage model = ModelFolders.Load(arguments.GetValue(Model)!);
        ClassSelection selected = ClassSelection.Parse(arguments.GetValue(Classes) ?? [], model);
        ScoreKind score = ReadScore(arguments.GetValue(Score), model);
        using var attributor = new ClipAttributor(model, new InferenceOptions
        {
            Device = InferenceDevice.Parse(arguments.GetValue(Device)!),
            ThreadCount = arguments.GetValue(Threads) ?? Environment.ProcessorCount,
        });

        if (features is not null)
        {
            AttributionDocument document = attributor.AttributeFeatures(features, score, selected, cancellationToken);
            Publish(document, features, pictures: null, outputs);
            return ExitCode.Success;
        }

        FrameSampling sampling = ReadSampling(arguments, model);
        int worst = ExitCode.Success;
        foreach (string video in videos)
        {
            int code;
            try
            {
                code = await AttributeAsync(video, attributor, sampling, score, selected, outputs, cancellationToken);
            }
            catch (Exception failure) when (failure is VideoException or ClipException)
            {
                // One bad video does not keep the others from being attributed.
                code = PlayFairCommand.Report(failure);
            }

            worst = worst == ExitCode.Success ? code : worst;
        }

        return worst;
    }

    private static async Task<int> AttributeAsync(
        string video,
        ClipAttributor attributor,
        FrameSampling sampling,
        ScoreKind score,
        ClassSelection selected,
        Outputs outputs,
        CancellationToken cancellationToken)
    {
        AttributionDocument document = await ProgressView.ShowAsync(
            video, sampling, outputs.IsQuiet,
            progress => attributor.AttributeVideoAsync(video, sampling, score, selected, progress, cancellationToken));
        IReadOnlyList<byte[]>? pictures = outputs.Html is null
            ? null
            : await FrameImages.ReadJpegAsync(
                video, [.. document.Frames.Select(f => f.Index)], PictureSide, PictureSide, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        Publish(document, video, pictures, outputs);
        return document.Video switch
        {
            { IsCorrupt: true } => ExitCode.Corrupt,
            { IsTruncated: true } => ExitCode.Truncated,
            _ => ExitCode.Success,
        };
    }

    private static void Publish(
        AttributionDocument document, string source, IReadOnlyList<byte[]>? pictures, Outputs outputs)
    {
        if (outputs.ShowsView)
            new TerminalView(Terminals.Output()).Show(document);
        else
        {
            foreach (string warning in document.Warnings)
                Console.Error.WriteLine($"playfair: {source}: {warning}");
        }

        if (outputs.Json is not null)
        {
            Write(outputs.Json, source, ".json", outputs, stream =>
            {
                JsonSerializer.Serialize(stream, document, AttributionDocument.JsonOptions);
                stream.WriteByte((byte)'\n');
            });
        }

        if (outputs.Csv is not null)
            Write(outputs.Csv, source, ".csv", outputs, stream => CsvOutput.Write(document, outputs.NeedsCsvHeader(), stream));
        if (outputs.Html is not null)
            Write(outputs.Html, source, ".html", outputs, stream => HtmlReport.Write(document, pictures, stream));
    }

    private static void Write(string target, string source, string extension, Outputs outputs, Action<Stream> write)
    {
        string path = Outputs.PathFor(target, source, extension);
        OutputTarget.Write(path, write);
        if (outputs.ShowsView && path != OutputTarget.StandardOutput)
            Console.WriteLine(Path.GetFullPath(path));
    }

    private static void CheckInputs(ParseResult arguments, string[] videos, string? features)
    {
        if (features is null && videos.Length == 0)
            throw new UsageException("No video was named. Name one or more, or give --features FILE.");
        if (features is null)
            return;
        if (videos.Length > 0)
            throw new UsageException($"Both --features and a video ('{videos[0]}') were given. Give one or the other.");
        if (arguments.GetValue(Frames) is not null || arguments.GetValue(Sampling) is not null)
        {
            throw new UsageException(
                "--frames and --sampling choose frames of a video; --features attributes every row of its file.");
        }
    }

    private static FrameSampling ReadSampling(ParseResult arguments, ModelPackage model)
    {
        int? frames = arguments.GetValue(Frames);
        FrameSampling? sampling = arguments.GetValue(Sampling);
        if (frames is not null && sampling is not null)
        {
            throw new UsageException(
                $"Both --frames {frames} and --sampling were given. --frames samples uniformly; give one of the two.");
        }

        if (frames is < 1 or > ExactEsv.MaxFrameCount)
        {
            throw new UsageException(
                $"--frames is {frames}; expected 1 to {ExactEsv.MaxFrameCount}, as many as exact attribution takes.");
        }

        return sampling ?? FrameSampling.Uniform(frames ?? Math.Min(model.FrameCount, ExactEsv.MaxFrameCount));
    }

    private static ScoreKind ReadScore(string? name, ModelPackage model)
    {
        if (name is null)
            return model.Score;
        return ScoreKinds.TryParse(name, out ScoreKind score)
            ? score
            : throw new UsageException($"--score is '{name}'; expected {string.Join(", ", ScoreKinds.Names)}.");
    }

    private static FrameSampling? ParseSampling(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        string[] parts = text.Split(':', 2);
        if (text == "all")
            return FrameSampling.All;
        if (parts is ["every", var step] && int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out int k)
            && k > 0)
        {
            return FrameSampling.EveryKth(k);
        }

        if (parts is ["rate", var rate] && double.TryParse(rate, NumberStyles.Float, CultureInfo.InvariantCulture, out double hz)
            && hz is > 0 and <= 1000)
        {
            return FrameSampling.Rate(hz);
        }

        result.AddError(
            $"--sampling is '{text}'; expected every:K (K from 1), rate:HZ (above 0, at most 1000) or all. "
            + "For n frames spread over the video use --frames n.");
        return null;
    }

    private static Option<string> Output(string name, string what) => new(name)
    {
        Description = $"Write {what}.",
        HelpName = "FILE|FOLDER|-",
    };

    /// <summary>Where the results go.</summary>
    private sealed record Outputs(string? Json, string? Csv, string? Html, bool IsQuiet, bool IsSeveral)
    {
        private bool _hasCsvHeader;

        /// <summary>Standard output belongs to the view unless a result goes there.</summary>
        public bool ShowsView => !IsQuiet && !Targets.Contains(OutputTarget.StandardOutput, StringComparer.Ordinal);

        private IEnumerable<string> Targets => new[] { Json, Csv, Html }.OfType<string>();

        public static Outputs Of(ParseResult arguments, int inputCount)
        {
            var outputs = new Outputs(
                arguments.GetValue(AttributeCommand.Json), arguments.GetValue(AttributeCommand.Csv),
                arguments.GetValue(AttributeCommand.Html), arguments.GetValue(AttributeCommand.Quiet), inputCount > 1);
            if (outputs.Targets.Count(t => t == OutputTarget.StandardOutput) > 1)
                throw new UsageException("Only one of --json, --csv and --html can go to standard output ('-').");
            foreach (string target in outputs.Targets)
            {
                if (outputs.IsSeveral && target != OutputTarget.StandardOutput && !IsFolder(target))
                {
                    throw new UsageException(
                        $"'{target}' is one file and there are {inputCount} videos; name a folder ('{target}/') or '-'.");
                }
            }

            return outputs;
        }

        /// <summary>The file for one input; its folder is made where the target is one.</summary>
        public static string PathFor(string target, string source, string extension)
        {
            if (target == OutputTarget.StandardOutput || !IsFolder(target))
                return target;
            try
            {
                Directory.CreateDirectory(target);
            }
            catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
            {
                throw new OutputException(target, cause.Message.TrimEnd('.'), isDiskFull: false, cause);
            }

            return Path.Combine(target, Path.GetFileName(source) + extension);
        }

        /// <summary>True once for standard output, where several videos share one table; always for files.</summary>
        public bool NeedsCsvHeader()
        {
            bool needs = Csv != OutputTarget.StandardOutput || !_hasCsvHeader;
            _hasCsvHeader = true;
            return needs;
        }

        private static bool IsFolder(string target) => Path.EndsInDirectorySeparator(target) || Directory.Exists(target);
    }
}
