using System.Text.Json;
using PlayFair.Inference;
using PlayFair.Inference.Tests;
using PlayFair.Models;
using PlayFair.Models.Tests;

namespace PlayFair.Engine.Tests;

/// <summary>A model package of four classes: by default the linear backbone, 16 × 12, and a TRN of random weights.</summary>
internal sealed record TestPackage
{
    public static readonly string[] Classes = ["moving left", "moving right", "opening a door", "closing, at last"];
    public static readonly double[] Prior = [0.4, 0.3, 0.2, 0.1];

    public static readonly LinearBackbone Linear = new(16, 12);
    public static readonly RecurrentHead Recurrent = new(LinearBackbone.FeatureSize, Classes.Length);

    public string Name { get; init; } = "tiny-trn";

    public TemporalHead Head { get; init; } =
        RandomHeads.Trn(new Random(5), LinearBackbone.FeatureSize, hiddenSize: 6, Classes.Length, maxScale: 3);

    /// <summary>The ONNX head; null: <see cref="Head"/>.</summary>
    public byte[]? OnnxHead { get; init; }

    public byte[] Backbone { get; init; } = Linear.ToOnnx();

    public BackboneInput Input { get; init; } = Linear.Input;

    public string Fit { get; init; } = "stretch";

    public string ColorOrder { get; init; } = "rgb";

    public string Score { get; init; } = "softmax-of-mean";

    public int FrameCount { get; init; } = 4;

    public static TestPackage Tsn { get; } = new()
    {
        Name = "tiny-tsn",
        Head = RandomHeads.Tsn(new Random(6), LinearBackbone.FeatureSize, Classes.Length),
    };

    public static TestPackage Onnx { get; } = new() { Name = "tiny-onnx", OnnxHead = Recurrent.ToOnnx() };

    /// <summary>Writes the package into a folder of its name.</summary>
    /// <returns>The package's folder.</returns>
    public string WriteTo(string parent)
    {
        string folder = Directory.CreateDirectory(Path.Combine(parent, Name)).FullName;
        object head = (OnnxHead, Head.HiddenSize) switch
        {
            ({ }, _) => new { kind = "onnx", file = "head.onnx" },
            (_, { } hiddenSize) =>
                new { kind = Head.Kind, file = "head.safetensors", maxScale = Head.MaxScale, hiddenSize },
            _ => new { kind = Head.Kind, file = "head.safetensors", maxScale = Head.MaxScale },
        };
        var model = new
        {
            format = ModelPackage.Format,
            name = Name,
            version = "1.0.0",
            description = "Random weights, for tests",
            backbone = new
            {
                file = "backbone.onnx",
                width = Input.Width,
                height = Input.Height,
                fit = Fit,
                colorOrder = ColorOrder,
                mean = Input.Mean,
                std = Input.Std,
                featureSize = Input.FeatureSize,
            },
            head,
            frames = FrameCount,
            classes = Classes,
            prior = Prior,
            score = Score,
            training = new
            {
                data = "nothing",
                script = "none",
                seed = 5,
                duration = "no time",
                accuracy = new { metric = "top-1", value = 0.25, frames = 4, split = "none", videoCount = 1 },
            },
        };
        File.WriteAllText(Path.Combine(folder, "model.json"), JsonSerializer.Serialize(model));
        File.WriteAllBytes(Path.Combine(folder, "backbone.onnx"), Backbone);
        if (OnnxHead is not null)
            File.WriteAllBytes(Path.Combine(folder, "head.onnx"), OnnxHead);
        else
            SafetensorsFile.Write(Path.Combine(folder, "head.safetensors"), Head.ToTensors());
        return folder;
    }
}
