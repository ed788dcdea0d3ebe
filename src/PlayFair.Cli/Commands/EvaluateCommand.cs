using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using System.Text.Json;
using PlayFair.Attribution;
using PlayFair.Cli.Approximation;
using PlayFair.Engine;
using PlayFair.Models;
using PlayFair.Video;
using Spectre.Console;

namespace PlayFair.Cli.Commands;

/// <summary><c>playfair evaluate</c>: the paper's experiments, on one's own model and videos.</summary>
internal static class EvaluateCommand
{
    private const string SampleFolder = "samples";

    private static readonly Argument<string[]> Videos = new("video")
    {
        Description = $"Video files, at best ones that the model was not trained on. Default: {SampleFolder}/*.mp4.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string[]> Features = new("--features")
    {
        Description = "Precomputed features instead: safetensors files with a tensor [frames, features].",
        HelpName = "FILE",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string> Model = new("--model", "-m")
    {
        Description = "A model package: the name of one that 'playfair models' lists, or a folder.",
        HelpName = "NAME|FOLDER",
        DefaultValueFactory = _ => ModelFolders.DefaultModel,
    };

    private static readonly Option<int> Frames = new("--frames", "-n")
    {
        CustomParser = result => ParseCount(result, 2, MultiScaleTable.MaxFrameCount),
        Description = $"How many frames, uniformly from each video: 2 to {MultiScaleTable.MaxFrameCount}.",
        HelpName = "N",
        DefaultValueFactory = _ => MultiScaleTable.MaxFrameCount,
    };

    private static readonly Option<int[]> MaxSamples = new("--max-samples")
    {
        CustomParser = result =>
            [.. result.Tokens.Select(token => ParseCount(result, token.Value, 1, 1 << 20)).Order()],
        Description = "m: the most subsequences of each size in an iteration; several. "
            + "Default: 32 64 128 256 512 1024.",
        HelpName = "M",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<int> Iterations = new("--iterations", "-i")
    {
        CustomParser = result => ParseCount(result, 1, 1000),
        Description = "The most iterations.",
        HelpName = "N",
        DefaultValueFactory = _ => PaperApproximation.Iterations,
    };

    private static readonly Option<string[]> Score = new("--score")
    {
        Description = $"The scores that are attributed: {string.Join(", ", ScoreKinds.Names)}; the first gets the "
            + "whole table. Default: the model's, and mean-of-softmax, which more estimators take.",
        HelpName = "SCORE",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<double> LeastScore = new("--least-score")
    {
        Description = "Classes that score less in a video do not count there: a share of 1.",
        HelpName = "F",
        DefaultValueFactory = _ => new ApproximationOptions().LeastScore,
    };

    private static readonly Option<ulong> Seed = new("--seed")
    {
        Description = "Fixes every random choice.",
        HelpName = "N",
        DefaultValueFactory = _ => 0,
    };

    private static readonly Option<string> Json = Output("--json", "JSON");
    private static readonly Option<string> Csv = Output("--csv", "CSV, a line for each estimator and budget");
    private static readonly Option<string> Html = Output("--html", "a page with the tables and the picture");
    private static readonly Option<string> Svg = Output("--svg", "the picture: error against evaluations");

    private static Option<string>[] Outputs => [Json, Csv, Html, Svg];

    public static Command Create()
    {
        var approximation = new Command(
            "approximation",
            "Compare approximate with exact values, as the paper does in Fig. 8: relative error, slope and correlation "
            + "for every sample size and number of iterations, and other estimators at the same budgets.")
        {
            Videos, Features, Model, Frames, MaxSamples, Iterations, Score, LeastScore, Seed, Json, Csv, Html, Svg,
        };
        approximation.SetAction((arguments, cancellationToken) => Task.Run(
            () => RunAsync(arguments, cancellationToken), cancellationToken));
        return new Command("evaluate", "Repeat the paper's experiments on a model and videos.") { approximation };
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        string[] features = arguments.GetValue(Features) ?? [];
        string[] sources = features.Length > 0 ? features : VideosOf(arguments);
        CheckArguments(arguments, features);
        ModelPackage model = ModelFolders.Load(arguments.GetValue(Model)!);
        TemporalHead head = model.Head ?? throw new UsageException(
            $"The head of {model.Name} is an ONNX file, which takes any length by itself, and the paper's experiment "
            + "is about heads with scales. Name a package with a trn or tsn head.");
        var options = new ApproximationOptions
        {
            MaxCounts = arguments.GetValue(MaxSamples) is { Length: > 0 } counts
                ? [.. counts.Distinct()]
                : new ApproximationOptions().MaxCounts,
            Iterations = arguments.GetValue(Iterations),
            Scores = ScoresOf(arguments, model),
            LeastScore = arguments.GetValue(LeastScore),
            Seed = arguments.GetValue(Seed),
        };

        var study = new ApproximationStudy(options);
        using var attributor = new ClipAttributor(model);
        await WatchAsync(async tell =>
        {
            for (int i = 0; i < sources.Length; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                tell($"{Terminals.OneLine(Path.GetFileName(sources[i]))}, {i + 1} of {sources.Length}");
                IMultiScaleModel projected = features.Length > 0
                    ? ReadFeatures(sources[i], model.Name, head, study.FrameCount)
                    : await ReadVideoAsync(sources[i], attributor, head, arguments.GetValue(Frames), cancellationToken);
                try
                {
                    study.Add(projected, model.Prior, cancellationToken);
                }
                catch (NotFiniteNumberException failure)
                {
                    throw new ClipException(ClipErrorKind.TooLargeFeatures, $"'{sources[i]}': {failure.Message}");
                }
            }
        });
        if (study.VideoCount == 0)
        {
            throw new UsageException(
                $"No class scores {options.LeastScore.ToString(CultureInfo.InvariantCulture)} in any of "
                + $"{sources.Length} videos; lower --least-score.");
        }

        Publish(ApproximationDocument.Of(study, options, model, head, sources), arguments);
        return ExitCode.Success;
    }

    private static void Publish(ApproximationDocument document, ParseResult arguments)
    {
        if (!Outputs.Any(option => arguments.GetValue(option) == OutputTarget.StandardOutput))
            new ApproximationView(Terminals.Output()).Show(document);
        Write(Json, stream =>
        {
            JsonSerializer.Serialize(stream, document, AttributionDocument.JsonOptions);
            stream.WriteByte((byte)'\n');
        });
        Write(Csv, stream => ApproximationCsv.Write(document, stream));
        Write(Html, stream => ApproximationPage.Write(document, stream));
        Write(Svg, stream => stream.Write(Encoding.UTF8.GetBytes(ApproximationChart.Draw(document))));

        void Write(Option<string> option, Action<Stream> write)
        {
            if (arguments.GetValue(option) is { } target)
                OutputTarget.Write(target, write);
        }
    }

    private static async Task<IMultiScaleModel> ReadVideoAsync(
        string video, ClipAttributor attributor, TemporalHead head, int frameCount, CancellationToken cancellationToken)
    {
        ClipFeatures clip = await attributor.ExtractAsync(
            video, FrameSampling.Uniform(frameCount), attributor.Model.Score, cancellationToken: cancellationToken);
        return head.Project(clip.Values, clip.Frames.Count);
    }

    private static IMultiScaleModel ReadFeatures(string path, string model, TemporalHead head, int frameCount)
    {
        SafetensorsTensor features = SafetensorsFile.Open(path).ReadFeatures();
        int n = features.Shape[0];
        if (features.Shape[1] != head.FeatureSize)
        {
            throw new ClipException(
                ClipErrorKind.WrongFeatureSize,
                $"'{path}' has {features.Shape[1]} features a frame; the head of {model} takes "
                + $"{head.FeatureSize}. Compute the features with the model's own backbone, or name another "
                + "model.");
        }

        if (n < 2 || n > MultiScaleTable.MaxFrameCount || (frameCount > 0 && n != frameCount))
        {
            throw new UsageException(
                $"'{path}' has {n} frames; expected "
                + (frameCount > 0 ? $"{frameCount} as the files before it" : $"2 to {MultiScaleTable.MaxFrameCount}")
                + ". Give files of as many frames.");
        }

        return head.Project(features.Values, n);
    }

    private static string[] VideosOf(ParseResult arguments)
    {
        string[] videos = arguments.GetValue(Videos) ?? [];
        if (videos.Length == 0 && Directory.Exists(SampleFolder))
            videos = [.. Directory.EnumerateFiles(SampleFolder, "*.mp4").Order(StringComparer.Ordinal)];
        return videos.Length > 0
            ? videos
            : throw new UsageException(
                $"No video was named, and there is no {SampleFolder}/*.mp4 here. Name some, or give --features FILE.");
    }

    private static void CheckArguments(ParseResult arguments, string[] features)
    {
        if (features.Length > 0 && arguments.GetValue(Videos) is [var video, ..])
            throw new UsageException($"Both --features and a video ('{video}') were given. Give one or the other.");
        string[] targets = [.. Outputs.Select(arguments.GetValue).OfType<string>()];
        if (targets.Contains("", StringComparer.Ordinal))
            throw new UsageException("An output names an empty file; expected a file or '-'.");
        if (targets.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } same)
            throw new UsageException($"'{same.Key}' is named for two outputs; name a file for each.");
        if (arguments.GetValue(LeastScore) is not (>= 0 and <= 1))
            throw new UsageException("--least-score is a share of 1; expected 0 to 1.");
    }

    private static IReadOnlyList<ScoreKind> ScoresOf(ParseResult arguments, ModelPackage model)
    {
        string[] names = arguments.GetValue(Score) ?? [];
        if (names.Length == 0)
            return [.. new[] { model.Score, ScoreKind.MeanOfSoftmax }.Distinct()];
        return
        [
            .. names.Select(name => ScoreKinds.TryParse(name, out ScoreKind score)
                ? score
                : throw new UsageException(
                    $"--score is '{name}'; expected one of {string.Join(", ", ScoreKinds.Names)}."))
                .Distinct(),
        ];
    }

    /// <summary>Says on standard error which video is at work, while a person watches.</summary>
    private static Task WatchAsync(Func<Action<string>, Task> work) => Console.IsErrorRedirected
        ? work(_ => { })
        : Terminals.Error().Status().StartAsync("", status => work(text => status.Status = Markup.Escape(text)));

    private static int ParseCount(ArgumentResult result, int least, int most) =>
        ParseCount(result, result.Tokens[0].Value, least, most);

    private static int ParseCount(ArgumentResult result, string text, int least, int most)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            && count >= least && count <= most)
        {
            return count;
        }

        result.AddError($"{((OptionResult)result.Parent!).Option.Name} is '{text}'; expected {least} to {most}.");
        return least;
    }

    private static Option<string> Output(string name, string what) => new(name)
    {
        Description = $"Write {what}.",
        HelpName = "FILE|-",
    };
}
