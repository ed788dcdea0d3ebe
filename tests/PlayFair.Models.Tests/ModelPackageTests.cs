using System.Text.Json.Nodes;
using PlayFair.Attribution;

namespace PlayFair.Models.Tests;

public sealed class ModelPackageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>The package's folder: inside another one, so that files can lie outside of it.</summary>
    private readonly string _package;

    public ModelPackageTests() => _package = Directory.CreateDirectory(_folder.File("package")).FullName;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_trn_package_is_loaded_with_all_it_says()
    {
        WriteTrn();

        var package = ModelPackage.Load(_package);

        Assert.Equal(("test-trn", "1.2.0", "For tests"), (package.Name, package.Version, package.Description));
        Assert.Equal(Path.Combine(_package, "backbone.onnx"), package.Backbone.Path);
        Assert.Equal((112, 84, 4), (package.Backbone.Width, package.Backbone.Height, package.Backbone.FeatureSize));
        Assert.Equal((FrameFit.Crop, ColorOrder.Bgr), (package.Backbone.Fit, package.Backbone.ColorOrder));
        Assert.Equal([123.5f, 116, 104], package.Backbone.Mean);
        Assert.Equal([58f, 57, 0.5f], package.Backbone.Std);
        Assert.Equal(["opening", "closing", "2"], package.Classes);
        Assert.Equal([0.5, 0.25, 0.25], package.Prior);
        Assert.Equal((ScoreKind.MeanOfSoftmax, 8), (package.Score, package.FrameCount));
        var head = package.Head!;
        Assert.Equal(
            ("trn", 4, 3, 2, 6),
            (head.Kind, head.FeatureSize, head.ClassCount, head.MaxScale, head.HiddenSize));
        Assert.Equal(
            new TrainingRecord("generated", "train.py", 7, "2 h", new AccuracyRecord("top-1", 0.9, 8, "held out", 960)),
            package.Training);
    }

    [Fact]
    public void A_tsn_package_is_loaded()
    {
        WriteTsn();

        var package = ModelPackage.Load(_package);

        Assert.Equal(("tsn", 1, null), (package.Head!.Kind, package.Head.MaxScale, package.Head.HiddenSize));
        Assert.Equal(("tsn", null), (package.HeadKind, package.OnnxHeadPath));
    }

    [Fact]
    public void A_package_with_an_onnx_head_is_loaded_without_a_look_into_the_file()
    {
        WriteOnnx();

        var package = ModelPackage.Load(_package);

        Assert.Equal(("onnx", null), (package.HeadKind, package.Head));
        Assert.Equal(Path.Combine(_package, "head.onnx"), package.OnnxHeadPath);
        Assert.Equal(ScoreKind.Logit, package.Score);
    }

    [Theory]
    [InlineData("closing", 1)]
    [InlineData("CLOSING", 1)]
    [InlineData("0", 0)]
    [InlineData("2", 2)]
    [InlineData("1", 1)]
    [InlineData("3", null)]
    [InlineData("-1", null)]
    [InlineData("clos", null)]
    [InlineData("", null)]
    public void A_class_is_found_by_name_or_index(string text, int? expected)
    {
        WriteTrn();

        Assert.Equal(expected, ModelPackage.Load(_package).FindClass(text));
    }

    // Path of the field to set, its JSON, field named in the error, part of found, part of expected.
    [Theory]
    [InlineData("format", "\"playfair-model/2\"", "format", "playfair-model/2", "playfair-model/1")]
    [InlineData("format", null, "format", "nothing", "this field")]
    [InlineData("name", "3", "name", "3", "text")]
    [InlineData("name", "\" \"", "name", "empty", "text")]
    [InlineData("version", "null", "version", "null", "text")]
    [InlineData("scores", "1", "scores", "unknown field", "nearest: score")]
    [InlineData("backbone", "[]", "backbone", "an array of 0", "an object")]
    [InlineData("backbone.file", null, "backbone.file", "nothing", "this field")]
    [InlineData("backbone.file", "\"other.onnx\"", "backbone.file", "not there", "a file in the package")]
    [InlineData("backbone.file", "\"../escaped.onnx\"", "backbone.file", "../escaped.onnx", "inside the package")]
    [InlineData("backbone.file", "\"a/../../escaped.onnx\"", "backbone.file", "escaped", "inside the package")]
    [InlineData("backbone.file", "\"/etc/hostname\"", "backbone.file", "/etc/hostname", "inside the package")]
    [InlineData("backbone.file", "\"..\\\\escaped.onnx\"", "backbone.file", "escaped", "inside the package")]
    [InlineData("backbone.file", "\".\"", "backbone.file", ".", "inside the package")]
    [InlineData("backbone.width", "0", "backbone.width", "0", "1 to 8192")]
    [InlineData("backbone.width", "112.5", "backbone.width", "112.5", "a whole number")]
    [InlineData("backbone.height", "\"84\"", "backbone.height", "the text \"84\"", "a whole number")]
    [InlineData("backbone.height", "99999999999", "backbone.height", "99999999999", "1 to 8192")]
    [InlineData("backbone.fit", "\"pad\"", "backbone.fit", "pad", "letterbox, crop, stretch")]
    [InlineData("backbone.colorOrder", "\"RGB\"", "backbone.colorOrder", "RGB", "rgb, bgr")]
    [InlineData("backbone.colourOrder", "\"rgb\"", "backbone.colourOrder", "unknown field", "nearest: colorOrder")]
    [InlineData("backbone.mean", "[1, 2]", "backbone.mean", "an array of 2", "an array of 3")]
    [InlineData("backbone.mean", "[1, \"2\", 3]", "backbone.mean[1]", "the text \"2\"", "a finite number")]
    [InlineData("backbone.mean", "[1, 1e999, 3]", "backbone.mean[1]", "1e999", "a finite number")]
    [InlineData("backbone.std", "[1, 0, 1]", "backbone.std[1]", "0", "above 0")]
    [InlineData("backbone.std", "[1, 1e-60, 1]", "backbone.std[1]", "1e-60", "above 0")]
    [InlineData("backbone.featureSize", "5", "head.file", "scale1.w1", "shape [6, 5]")]
    [InlineData("head.kind", "\"lstm\"", "head.kind", "lstm", "trn, tsn, onnx")]
    [InlineData("head.kind", "\"tsn\"", "head.maxScale", "2", "1 to 1")]
    [InlineData("head.file", "\"none\"", "head.file", "not there", "a file in the package")]
    [InlineData("head.file", "\"backbone.onnx\"", "head.file", "4 bytes", "a header length")]
    [InlineData("head.maxScale", "3", "head.file", "scale3.w1", "shape [6, 12]")]
    [InlineData("head.maxScale", "1", "head.file", "scale2.w1", "only scale1.w1")]
    [InlineData("head.maxScale", "0", "head.maxScale", "0", "1 to 64")]
    [InlineData("head.hiddenSize", "7", "head.file", "scale1.w1", "shape [7, 4]")]
    [InlineData("head.hiddenSize", null, "head.hiddenSize", "nothing", "this field")]
    [InlineData("frames", "0", "frames", "0", "1 to 4096")]
    [InlineData("classes", "[]", "classes", "an array of 0", "at least one")]
    [InlineData("classes", "[\"a\", \"b\", \"A\"]", "classes[2]", "classes[0] is too", "unique")]
    [InlineData("classes", "[\"a\", \"\", \"c\"]", "classes[1]", "empty", "text")]
    [InlineData("classes", "[\"a\", \"b\\nc\", \"d\"]", "classes[1]", "control characters", "one line")]
    [InlineData("classes", "[\"a\", \"b\"]", "head.file", "scale1.w2", "shape [2, 6]")]
    [InlineData("prior", "[0.5, 0.5]", "prior", "an array of 2", "an array of 3 numbers")]
    [InlineData("prior", "[0.5, 0.5, 0]", "prior[2]", "0", "above 0")]
    [InlineData("prior", "[0.5, 0.5, 0.1]", "prior", "a sum of 1.1", "a sum of 1")]
    [InlineData("score", "\"softmax\"", "score", "softmax", "softmax-of-mean, mean-of-softmax, logit")]
    [InlineData("training", null, "training", "nothing", "this field")]
    [InlineData("training.seed", "1.5", "training.seed", "1.5", "a whole number")]
    [InlineData("training.accuracy.value", "90", "training.accuracy.value", "90", "from 0 to 1")]
    [InlineData("training.accuracy.values", "9", "training.accuracy.values", "unknown field", "nearest: value")]
    public void A_wrong_field_is_named_with_what_was_found_and_expected(
        string path, string? json, string field, string found, string expected)
    {
        WriteTrn(model => Set(model, path, json));
        File.WriteAllText(_folder.File("escaped.onnx"), "it exists");

        var error = Assert.Throws<ModelPackageException>(() => ModelPackage.Load(_package));

        Assert.Equal((_package, field), (error.Folder, error.Field));
        Assert.Contains(found, error.Found, StringComparison.Ordinal);
        Assert.Contains(expected, error.Expected, StringComparison.Ordinal);
        foreach (string part in new[] { error.Folder, error.Field, error.Found, error.Expected })
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tsn_package_with_a_hidden_size_is_refused()
    {
        WriteTsn(model => Set(model, "head.hiddenSize", "6"));

        Assert.Equal("head.hiddenSize", Assert.Throws<ModelPackageException>(() => ModelPackage.Load(_package)).Field);
    }

    // As above, of a package with an ONNX head.
    [Theory]
    [InlineData("head.maxScale", "2", "head.maxScale", "a size", "any length")]
    [InlineData("head.hiddenSize", "6", "head.hiddenSize", "a size", "any length")]
    [InlineData("head.length", "6", "head.length", "unknown field", "kind, file")]
    [InlineData("head.file", null, "head.file", "nothing", "this field")]
    [InlineData("head.file", "\"none.onnx\"", "head.file", "not there", "a file in the package")]
    [InlineData("head.file", "\"../escaped.onnx\"", "head.file", "../escaped.onnx", "inside the package")]
    [InlineData("score", "\"mean-of-softmax\"", "score", "a mean over scales", "softmax-of-mean, logit")]
    public void A_wrong_field_about_an_onnx_head_is_named(
        string path, string? json, string field, string found, string expected)
    {
        WriteOnnx(model => Set(model, path, json));

        var error = Assert.Throws<ModelPackageException>(() => ModelPackage.Load(_package));

        Assert.Equal(field, error.Field);
        Assert.Contains(found, error.Found, StringComparison.Ordinal);
        Assert.Contains(expected, error.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void A_head_with_a_weight_that_is_not_finite_is_refused()
    {
        WriteTsn();
        SafetensorsFile.Write(
            Path.Combine(_package, "head.safetensors"),
            [new("w", [3, 4], new float[12]), new("b", [3], [0, float.NaN, 0])]);

        var error = Assert.Throws<ModelPackageException>(() => ModelPackage.Load(_package));

        Assert.Equal(("head.file", "tensor 'b': NaN at element 1"), (error.Field, error.Found));
        Assert.Equal("b", Assert.IsType<SafetensorsException>(error.InnerException).Tensor);
    }

    [Fact]
    public void A_field_that_is_there_twice_is_refused()
    {
        WriteTrn();
        ReplaceInJson("\"version\"", "\"name\"");

        var error = Assert.Throws<ModelPackageException>(() => ModelPackage.Load(_package));

        Assert.Equal("model.json", error.Field);
        Assert.Contains("'name'", error.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_of_a_surrogate_pair_is_not_text()
    {
        WriteTrn();
        ReplaceInJson("For tests", "\\ud800");

        var error = Assert.Throws<ModelPackageException>(() => ModelPackage.Load(_package));

        Assert.Equal("description", error.Field);
        Assert.Contains("not Unicode", error.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_is_not_json_is_refused_with_its_line()
    {
        File.WriteAllText(Path.Combine(_package, "model.json"), "{\n  \"format\": \"playfair-model/1\",\n  name\n}");

        var error = Assert.Throws<ModelPackageException>(() => ModelPackage.Load(_package));

        Assert.Equal("model.json", error.Field);
        Assert.Contains("line 3", error.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_an_object_is_refused()
    {
        File.WriteAllText(Path.Combine(_package, "model.json"), "[1]");

        var error = Assert.Throws<ModelPackageException>(() => ModelPackage.Load(_package));

        Assert.Equal(("model.json", "an array of 1"), (error.Field, error.Found));
    }

    [Fact]
    public void A_missing_folder_a_file_and_a_folder_without_description_are_refused()
    {
        File.WriteAllText(_folder.File("file"), "");
        Directory.CreateDirectory(_folder.File("empty"));

        Assert.Equal(("folder", "nothing there"), Refusal("absent"));
        Assert.Equal(("folder", "a file"), Refusal("file"));
        Assert.Equal(("model.json", "nothing there"), Refusal("empty"));

        (string Field, string Found) Refusal(string name)
        {
            var error = Assert.Throws<ModelPackageException>(() => ModelPackage.Load(_folder.File(name)));
            return (error.Field, error.Found);
        }
    }

    private static void Set(JsonObject model, string path, string? json)
    {
        string[] names = path.Split('.');
        var owner = names[..^1].Aggregate(model, (node, name) => node[name]!.AsObject());
        owner.Remove(names[^1]);
        if (json is not null)
            owner[names[^1]] = JsonNode.Parse(json);
    }

    private void ReplaceInJson(string before, string after)
    {
        string path = Path.Combine(_package, "model.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace(before, after, StringComparison.Ordinal));
    }

    private void WriteTrn(Action<JsonObject>? change = null) => Write(
        RandomHeads.Trn(new Random(1), 4, 6, 3, 2),
        """{ "kind": "trn", "file": "head.safetensors", "maxScale": 2, "hiddenSize": 6 }""", change);

    private void WriteTsn(Action<JsonObject>? change = null) => Write(
        RandomHeads.Tsn(new Random(1), 4, 3),
        """{ "kind": "tsn", "file": "head.safetensors", "maxScale": 1 }""", change);

    private void WriteOnnx(Action<JsonObject>? change = null)
    {
        WriteTsn(model =>
        {
            model["name"] = "test-onnx";
            model["score"] = "logit";
            model["head"] = new JsonObject { ["kind"] = "onnx", ["file"] = "head.onnx" };
            change?.Invoke(model);
        });
        File.Delete(Path.Combine(_package, "head.safetensors"));
        File.WriteAllText(Path.Combine(_package, "head.onnx"), "onnx");
    }

    private void Write(TemporalHead head, string headJson, Action<JsonObject>? change)
    {
        var model = JsonNode.Parse(
            $$"""
            {
              "format": "playfair-model/1", "name": "test-{{head.Kind}}", "version": "1.2.0",
              "description": "For tests",
              "backbone": {
                "file": "backbone.onnx", "width": 112, "height": 84, "fit": "crop", "colorOrder": "bgr",
                "mean": [123.5, 116, 104], "std": [58, 57, 0.5], "featureSize": 4 },
              "head": {{headJson}},
              "frames": 8, "classes": ["opening", "closing", "2"], "prior": [0.5, 0.25, 0.25],
              "score": "mean-of-softmax",
              "training": {
                "data": "generated", "script": "train.py", "seed": 7, "duration": "2 h",
                "accuracy": { "metric": "top-1", "value": 0.9, "frames": 8, "split": "held out", "videoCount": 960 } }
            }
            """)!.AsObject();
        change?.Invoke(model);
        File.WriteAllText(Path.Combine(_package, "model.json"), model.ToJsonString());
        File.WriteAllText(Path.Combine(_package, "backbone.onnx"), "onnx");
        SafetensorsFile.Write(Path.Combine(_package, "head.safetensors"), head.ToTensors());
    }
}
