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
    private const int MaxThreadCount = 1024;

    /// <summary>How long after ffmpeg's end by a signal this process waits to hear of the same signal.</summary>
    private static readonly TimeSpan InterruptGrace = TimeSpan.FromMilliseconds(500);

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
        CustomParser = result => Parsing.Count(
            result, SampledEsv.MaxFrameCount, $"1 to {SampledEsv.MaxFrameCount}, as many as sampling takes"),
        Description = $"How many frames, at most {SampledEsv.MaxFrameCount}: the middles of n equal segments of the "
            + "video. Default: what the model was trained for.",
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

    private static readonly Option<ScoreKind?> Score = new("--score")
    {
        CustomParser = ParseScore,
        Description = $"The score that is attributed: {string.Join(", ", ScoreKinds.Names)}. Default: the model's.",
        HelpName = "SCORE",
    };

    private static readonly Option<string> Json = Output("--json", "JSON, with every class (docs/attribution-schema.md)");

    private static readonly Option<string> Csv = Output("--csv", "CSV, a line for each selected class and frame");

    private static readonly Option<string> Html = Output("--html", "a self-contained HTML report");

    private static readonly Option<InferenceDevice> Device = new("--device")
    {
        CustomParser = ParseDevice,
        Description = "Where the backbone and an ONNX head run: cpu, cuda or cuda:INDEX.",
        HelpName = "DEVICE",
        DefaultValueFactory = _ => InferenceDevice.Cpu,
    };

    private static readonly Option<int?> Threads = new("--threads")
    {
        CustomParser = result => Parsing.Count(result, MaxThreadCount, $"1 to {MaxThreadCount}"),
        Description = "CPU threads for the backbone and for the values. Default: all cores.",
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
            + "  playfair attribute clip.mp4 --frames 64 --tolerance 5%\n"
            + "  playfair attribute clip.mp4 --class \"opening something\" --class top --json -\n"
            + "  playfair attribute *.mp4 --csv results/ --quiet\n\n"
            + "An output is a file, a folder (a file for each video) or '-' for standard output.")
        {
            Videos, Features, Model, Frames, Sampling, Classes, Score,
        };
        foreach (Option option in EstimationArguments.Options)
            command.Add(option);
        foreach (Option option in new Option[] { Json, Csv, Html, Device, Threads, Quiet })
            command.Add(option);
        // On another thread from the start: Ctrl-C is watched for only once the action has returned its task.
        command.SetAction((arguments, cancellationToken) => Task.Run(
            () => RunAsync(arguments, cancellationToken), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        string[] videos = arguments.GetValue(Videos) ?? [];
        string? features = arguments.GetValue(Features);
        CheckInputs(arguments, videos, features);
        var outputs = Outputs.Of(arguments, features is null ? videos : [features]);
        int threadCount = arguments.GetValue(Threads) ?? Environment.ProcessorCount;

        ModelPackage model = ModelFolders.Load(arguments.GetValue(Model)!);
        ClassSelection selected = ClassSelection.Parse(arguments.GetValue(Classes) ?? [], model);
        ScoreKind score = arguments.GetValue(Score) ?? model.Score;
        EstimationOptions estimation =
            EstimationArguments.Read(arguments, model.Head?.MaxScale, score) with { ThreadCount = threadCount };
        using var attributor = new ClipAttributor(
            model,
            new InferenceOptions { Device = arguments.GetValue(Device), ThreadCount = threadCount },
            estimation);

        if (features is not null)
        {
            AttributionDocument document = await ProgressView.ShowAsync(
                features, outputs.IsQuiet,
                progress => Task.Run(
                    () => attributor.AttributeFeatures(features, score, selected, progress, cancellationToken),
                    cancellationToken));
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
                // On a terminal Ctrl-C reaches ffmpeg too, which may be gone before this process hears of it.
                if (failure is VideoException { Kind: VideoErrorKind.FfmpegFailed })
                    await Task.Delay(InterruptGrace, cancellationToken);
                cancellationToken.ThrowIfCancellationRequested();
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
            video, outputs.IsQuiet,
            progress => attributor.AttributeVideoAsync(video, sampling, score, selected, progress, cancellationToken));
        IReadOnlyList<byte[]>? pictures = outputs.Html is null
            ? null
            : await FrameImages.ReadJpegAsync(
                video, [.. document.Frames.Select(f => f.Index)], PictureSide, PictureSide, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        Publish(document, video, pictures, outputs);
        return document.Video switch
        {
            // First: where a file was cut off, its last frame seldom decodes cleanly.
            { IsTruncated: true } => ExitCode.Truncated,
            { IsCorrupt: true } => ExitCode.Corrupt,
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
                Terminals.TellError($"{source}: {warning}");
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
        if (videos.Contains("", StringComparer.Ordinal))
            throw new UsageException("A video's name is empty. Name a file.");
        // What follows '--' is a name whatever it looks like.
        if (arguments.Tokens.All(token => token.Type != TokenType.DoubleDash)
            && Array.Find(videos, name => name is ['-', _, ..] && !File.Exists(name)) is { } unknown)
        {
            throw new UsageException(
                $"There is no option '{unknown}', and no such file. See 'playfair attribute --help'.");
        }

        if (videos.Contains("-", StringComparer.Ordinal) && !File.Exists("-"))
        {
            throw new UsageException(
                "'-' names no video: one is read several times, and a pipe only once. Save it to a file first.");
        }

        if (features is null)
            return;
        if (features.Length == 0)
            throw new UsageException("--features names an empty file; expected a safetensors file.");
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

        return sampling ?? FrameSampling.Uniform(frames ?? model.FrameCount);
    }

    private static ScoreKind? ParseScore(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (ScoreKinds.TryParse(text, out ScoreKind score))
            return score;
        result.AddError(
            $"{Parsing.OptionName(result)} is '{text}'; expected one of {string.Join(", ", ScoreKinds.Names)}.");
        return null;
    }

    private static InferenceDevice ParseDevice(ArgumentResult result)
    {
        try
        {
            return InferenceDevice.Parse(result.Tokens[0].Value);
        }
        catch (InferenceException failure)
        {
            result.AddError(failure.Message);
            return InferenceDevice.Cpu;
        }
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
            $"{Parsing.OptionName(result)} is '{text}'; expected every:K (K from 1), rate:HZ (above 0, at most 1000) "
            + "or all. For n frames spread over the video use --frames n.");
        return null;
    }

    private static Option<string> Output(string name, string what) => new(name)
    {
        Description = $"Write {what}.",
        HelpName = "FILE|FOLDER|-",
    };

    /// <summary>Where the results go.</summary>
    private sealed record Outputs(string? Json, string? Csv, string? Html, bool IsQuiet)
    {
        private bool _hasCsvHeader;

        /// <summary>Standard output belongs to the view unless a result goes there.</summary>
        public bool ShowsView => !IsQuiet && !Targets.Contains(OutputTarget.StandardOutput, StringComparer.Ordinal);

        private IEnumerable<string> Targets => new[] { Json, Csv, Html }.OfType<string>();

        public static Outputs Of(ParseResult arguments, string[] sources)
        {
            var outputs = new Outputs(
                Target(arguments, AttributeCommand.Json), Target(arguments, AttributeCommand.Csv),
                Target(arguments, AttributeCommand.Html), arguments.GetValue(AttributeCommand.Quiet));
            if (outputs.Targets.Count(t => t == OutputTarget.StandardOutput) > 1)
                throw new UsageException("Only one of --json, --csv and --html can go to standard output ('-').");
            if (sources.Length > 1 && outputs.Html == OutputTarget.StandardOutput)
                throw new UsageException($"--html - writes one page and there are {sources.Length} videos; name a folder.");
            if (sources.Length > 1 && outputs.Targets.FirstOrDefault(IsFile) is { } single)
            {
                throw new UsageException(
                    $"'{single}' is one file and there are {sources.Length} videos; name a folder ('{single}/') or '-'.");
            }

            CheckOverwriting(outputs, sources);
            return outputs;
        }

        /// <summary>Refuses to lose one of the results, or a video, under another result.</summary>
        private static void CheckOverwriting(Outputs outputs, string[] sources)
        {
            string[] written = [.. outputs.Targets.Where(IsFile).Select(OutputTarget.FinalPath)];
            IEnumerable<string> read = sources.Select(OutputTarget.FinalPath);
            if (written.Intersect(read, StringComparer.Ordinal).FirstOrDefault() is { } source)
                throw new UsageException($"'{source}' is read and would be written over; name another output.");
            if (written.GroupBy(path => path, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } file)
                throw new UsageException($"'{file.Key}' is named for two outputs; name a file for each.");
            if (outputs.Targets.Any(IsFolder)
                && sources.GroupBy(Path.GetFileName, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } alike)
            {
                throw new UsageException(
                    $"{string.Join(" and ", alike.Select(name => $"'{name}'"))} have one name, and so have their results in "
                    + "a folder; attribute them one by one.");
            }
        }

        private static string? Target(ParseResult arguments, Option<string> option)
        {
            string? target = arguments.GetValue(option);
            if (target is "")
                throw new UsageException($"{option.Name} names an empty file; expected a file, a folder or '-'.");
            if (target is ['-', _, ..])
            {
                throw new UsageException(
                    $"{option.Name} is followed by '{target}'; expected a file, a folder or '-'. "
                    + $"For a file of this name give './{target}'.");
            }

            // Opened a second time it would be written from its start, over what is there already.
            return target == "/dev/stdout" ? OutputTarget.StandardOutput : target;
        }

        /// <summary>The file for one input; its folder is made where the target is one.</summary>
        public static string PathFor(string target, string source, string extension)
        {
            if (!IsFolder(target))
                return target;
            OutputTarget.CreateFolder(target);
            return Path.Combine(target, Path.GetFileName(source) + extension);
        }

        /// <summary>True once for standard output, where several videos share one table; always for files.</summary>
        public bool NeedsCsvHeader()
        {
            bool needs = Csv != OutputTarget.StandardOutput || !_hasCsvHeader;
            _hasCsvHeader = true;
            return needs;
        }

        private static bool IsFile(string target) => target != OutputTarget.StandardOutput && !IsFolder(target);

        private static bool IsFolder(string target) => target != OutputTarget.StandardOutput
            && (Path.EndsInDirectorySeparator(target) || Directory.Exists(target));
    }
}
