using System.Globalization;
using System.Text.Json;
using PlayFair.Attribution;

namespace PlayFair.Models;

/// <summary>How a video frame is brought to the backbone's input size.</summary>
public enum FrameFit
{
    /// <summary>The whole frame, its aspect ratio kept, with black bars.</summary>
    Letterbox,

    /// <summary>The largest centred part that has the input's aspect ratio.</summary>
    Crop,

    /// <summary>The whole frame, its aspect ratio lost.</summary>
    Stretch,
}

/// <summary>The order of the backbone's three input channels.</summary>
public enum ColorOrder
{
    Rgb,
    Bgr,
}

/// <summary>
/// The backbone of a package: input <c>frames</c> float32 [n, 3, height, width], output <c>features</c> [n, D]. An
/// input value is (pixel − mean) / std of its channel, pixels being 0..255 and channels in <see cref="ColorOrder"/>.
/// </summary>
public sealed record BackboneSpec
{
    /// <summary>Path of the ONNX file; the file exists.</summary>
    public required string Path { get; init; }

    /// <summary>Input width in pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Input height in pixels.</summary>
    public required int Height { get; init; }

    public required FrameFit Fit { get; init; }

    public required ColorOrder ColorOrder { get; init; }

    /// <summary>[3], in pixel units.</summary>
    public required float[] Mean { get; init; }

    /// <summary>[3], in pixel units, above 0.</summary>
    public required float[] Std { get; init; }

    /// <summary>D: features of a frame.</summary>
    public required int FeatureSize { get; init; }
}

/// <summary>A measured accuracy.</summary>
/// <param name="Metric">What was measured, such as <c>top-1</c>.</param>
/// <param name="Value">In [0, 1].</param>
/// <param name="Frames">How many frames of each video the model saw.</param>
/// <param name="Split">Which videos.</param>
/// <param name="VideoCount">How many.</param>
public sealed record AccuracyRecord(string Metric, double Value, int Frames, string Split, int VideoCount);

/// <summary>How a package's model was trained.</summary>
/// <param name="Data">What it was trained on.</param>
/// <param name="Script">What trained it.</param>
/// <param name="Seed">The script's random seed.</param>
/// <param name="Duration">How long it took, in words.</param>
/// <param name="Accuracy">How good it is.</param>
public sealed record TrainingRecord(string Data, string Script, long Seed, string Duration, AccuracyRecord Accuracy);

/// <summary>
/// An action-recognition model in a folder: <c>model.json</c>, an ONNX backbone, and a temporal head's weights or an
/// ONNX head. Loading checks every field and refuses unknown ones.
/// </summary>
public sealed class ModelPackage
{
    /// <summary>The only format version there is.</summary>
    public const string Format = "playfair-model/1";

    /// <summary>The <see cref="HeadKind"/> of an ONNX head.</summary>
    public const string OnnxHeadKind = "onnx";

    private const string JsonName = "model.json";
    private const string FixJson = $"Correct {JsonName}, or export the package again.";

    /// <summary>The folder it was loaded from, as given.</summary>
    public required string Folder { get; init; }

    public required string Name { get; init; }

    public required string Version { get; init; }

    public required string Description { get; init; }

    public required BackboneSpec Backbone { get; init; }

    /// <summary>The head that was read; null if it is an ONNX file.</summary>
    public TemporalHead? Head { get; init; }

    /// <summary>
    /// Path of the ONNX head, <c>features</c> float32 [n, length, D] to <c>logits</c> [n, C]; the file exists. Null if
    /// there is a <see cref="Head"/>.
    /// </summary>
    public string? OnnxHeadPath { get; init; }

    /// <summary><c>trn</c>, <c>tsn</c> or <c>onnx</c>.</summary>
    public string HeadKind => Head?.Kind ?? OnnxHeadKind;

    /// <summary>The classes' names, [class], unique.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>Class frequencies of the training set, [class], each above 0, summing to 1 within 1e-3.</summary>
    public required double[] Prior { get; init; }

    /// <summary>The score that is attributed unless the user asks for another.</summary>
    public required ScoreKind Score { get; init; }

    /// <summary>How many frames are sampled uniformly unless the user asks for another number.</summary>
    public required int FrameCount { get; init; }

    public required TrainingRecord Training { get; init; }

    /// <summary>Loads a package and checks all of it but the inside of the ONNX file.</summary>
    /// <exception cref="ModelPackageException">Something is missing or wrong; the exception names it.</exception>
    public static ModelPackage Load(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var json = ReadJson(folder);
        json.AllowOnly(
            "format", "name", "version", "description", "backbone", "head", "frames", "classes", "prior", "score",
            "training");
        json["format"].Choice(Format);
        var backbone = ReadBackbone(folder, json["backbone"]);
        string[] classes = ReadClasses(json["classes"]);
        (TemporalHead? head, string? onnxHeadPath) =
            ReadHead(folder, json["head"], backbone.FeatureSize, classes.Length);
        return new ModelPackage
        {
            Folder = folder,
            Name = json["name"].Text(),
            Version = json["version"].Text(),
            Description = json["description"].Text(),
            Backbone = backbone,
            Head = head,
            OnnxHeadPath = onnxHeadPath,
            Classes = classes,
            Prior = ReadPrior(json["prior"], classes.Length),
            Score = ReadScore(json["score"], takesAnyLength: head is null),
            FrameCount = json["frames"].Integer(1, 4096),
            Training = ReadTraining(json["training"]),
        };
    }

    /// <summary>The index of the class with the given name (case does not matter), or with the given index.</summary>
    /// <returns>Null if there is no such class.</returns>
    public int? FindClass(string nameOrIndex)
    {
        for (int c = 0; c < Classes.Count; c++)
        {
            if (string.Equals(Classes[c], nameOrIndex, StringComparison.OrdinalIgnoreCase))
                return c;
        }

        return int.TryParse(nameOrIndex, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            && index < Classes.Count
            ? index
            : null;
    }

    private static CheckedJson ReadJson(string folder)
    {
        string path = Path.Combine(folder, JsonName);
        if (!Directory.Exists(folder))
        {
            throw new ModelPackageException(
                folder, "folder", File.Exists(folder) ? "a file" : "nothing there",
                $"a folder with {JsonName}, a backbone and a head", "Name the package's folder.");
        }

        try
        {
            return CheckedJson.Parse(
                File.ReadAllText(path),
                (field, found, expected) => new ModelPackageException(
                    folder, field.Length == 0 ? JsonName : field, found, expected, FixJson));
        }
        catch (JsonException cause)
        {
            string line = cause.LineNumber is long number ? $" in line {number + 1}" : "";
            throw new ModelPackageException(
                folder, JsonName, $"text that is not JSON{line} ({cause.Message})", "a JSON object", FixJson, cause);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            string found = cause is FileNotFoundException ? "nothing there" : $"an unreadable file ({cause.Message})";
            throw new ModelPackageException(
                folder, JsonName, found, "the package's description", "Name a folder that has one.", cause);
        }
    }

    private static BackboneSpec ReadBackbone(string folder, CheckedJson json)
    {
        json.AllowOnly("file", "width", "height", "fit", "colorOrder", "mean", "std", "featureSize");
        return new BackboneSpec
        {
            Path = ReadFile(folder, json["file"]),
            Width = json["width"].Integer(1, 8192),
            Height = json["height"].Integer(1, 8192),
            Fit = (FrameFit)json["fit"].Choice("letterbox", "crop", "stretch"),
            ColorOrder = (ColorOrder)json["colorOrder"].Choice("rgb", "bgr"),
            Mean = [.. json["mean"].Items("numbers", 3).Select(m => (float)m.Number())],
            Std =
            [
                .. json["std"].Items("numbers", 3).Select(s => (float)s.Number("a number above 0", v => (float)v > 0)),
            ],
            FeatureSize = json["featureSize"].Integer(1, 65536),
        };
    }

    private static (TemporalHead? Head, string? OnnxPath) ReadHead(
        string folder, CheckedJson json, int featureSize, int classCount)
    {
        json.AllowOnly("kind", "file", "maxScale", "hiddenSize");
        int kind = json["kind"].Choice(TrnHead.KindName, TsnHead.KindName, OnnxHeadKind);
        return kind == 2
            ? (null, ReadOnnxHead(folder, json))
            : (ReadWeights(folder, json, kind == 0, featureSize, classCount), null);
    }

    private static string ReadOnnxHead(string folder, CheckedJson json)
    {
        if ((json.Find("maxScale") ?? json.Find("hiddenSize")) is { } size)
            throw size.Fail("a size", "no such field: an onnx head takes sequences of any length");
        return ReadFile(folder, json["file"]);
    }

    private static TemporalHead ReadWeights(
        string folder, CheckedJson json, bool isTrn, int featureSize, int classCount)
    {
        int maxScale = json["maxScale"].Integer(1, isTrn ? 64 : 1);
        if (!isTrn && json.Find("hiddenSize") is { } hiddenSize)
            throw hiddenSize.Fail("a size", "no such field: a tsn head has no hidden layer");
        string path = ReadFile(folder, json["file"]);
        try
        {
            var file = SafetensorsFile.Open(path);
            return isTrn
                ? TrnHead.Read(file, featureSize, json["hiddenSize"].Integer(1, 65536), classCount, maxScale)
                : TsnHead.Read(file, featureSize, classCount);
        }
        catch (SafetensorsException cause)
        {
            string tensor = cause.Tensor is null ? "" : $"tensor '{cause.Tensor}': ";
            throw new ModelPackageException(
                folder, "head.file", $"{tensor}{cause.Found}", cause.Expected,
                $"Export the head again, or correct {JsonName}: backbone.featureSize, head and classes fix the shapes.",
                cause);
        }
    }

    /// <summary>The path of a file that must lie inside the package.</summary>
    private static string ReadFile(string folder, CheckedJson json)
    {
        string name = json.Text();
        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar;
        if (name.Contains('\\', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal)
            || Path.IsPathRooted(name)
            || !Path.GetFullPath(name, root).StartsWith(root, StringComparison.Ordinal))
        {
            throw json.Fail($"\"{name}\"", "a path inside the package, relative and with forward slashes");
        }

        string path = Path.Combine(folder, name);
        if (!File.Exists(path))
            throw json.Fail($"\"{name}\", which is not there", "a file in the package");
        return path;
    }

    private static string[] ReadClasses(CheckedJson json)
    {
        var items = json.Items("names");
        if (items.Length == 0)
            throw json.Fail("an array of 0", "at least one name");
        var indices = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        for (int c = 0; c < items.Length; c++)
        {
            string name = items[c].Text();
            if (name.Any(char.IsControl))
                throw items[c].Fail("a name with control characters", "one line of text");
            if (!indices.TryAdd(name, c))
            {
                throw items[c].Fail(
                    $"\"{name}\", which classes[{indices[name]}] is too", "unique names (case does not count)");
            }
        }

        return [.. items.Select(i => i.Text())];
    }

    private static ScoreKind ReadScore(CheckedJson json, bool takesAnyLength)
    {
        var score = (ScoreKind)json.Choice(ScoreKinds.Names);
        if (takesAnyLength && score == ScoreKind.MeanOfSoftmax)
        {
            throw json.Fail(
                $"\"{ScoreKinds.Name(score)}\", a mean over scales, which an onnx head has not",
                $"one of: {ScoreKinds.Name(ScoreKind.SoftmaxOfMean)}, {ScoreKinds.Name(ScoreKind.Logit)}");
        }

        return score;
    }

    private static double[] ReadPrior(CheckedJson json, int classCount)
    {
        double[] prior =
        [
            .. json.Items("numbers, one for each class", classCount)
                .Select(p => p.Number("a number above 0 and at most 1", v => v is > 0 and <= 1)),
        ];
        double sum = prior.Sum();
        if (Math.Abs(sum - 1) > 1e-3)
            throw json.Fail($"a sum of {sum}", "a sum of 1 within 0.001");
        return prior;
    }

    private static TrainingRecord ReadTraining(CheckedJson json)
    {
        json.AllowOnly("data", "script", "seed", "duration", "accuracy");
        var accuracy = json["accuracy"];
        accuracy.AllowOnly("metric", "value", "frames", "split", "videoCount");
        return new TrainingRecord(
            json["data"].Text(), json["script"].Text(), json["seed"].Integer(long.MinValue, long.MaxValue),
            json["duration"].Text(),
            new AccuracyRecord(
                accuracy["metric"].Text(), accuracy["value"].Number("a number from 0 to 1", v => v is >= 0 and <= 1),
                accuracy["frames"].Integer(1, 4096), accuracy["split"].Text(),
                accuracy["videoCount"].Integer(1, int.MaxValue)));
    }
}
