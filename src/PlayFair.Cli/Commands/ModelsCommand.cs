using System.CommandLine;
using PlayFair.Models;

namespace PlayFair.Cli.Commands;

/// <summary><c>playfair models</c>: what is installed, or all about one package.</summary>
internal static class ModelsCommand
{
    private static readonly Argument<string?> Name = new("model")
    {
        Description = "A package's name or folder: show its classes, prior and training.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Command Create()
    {
        var command = new Command("models", "List the model packages, or show one.") { Name };
        command.SetAction(arguments => arguments.GetValue(Name) is { } name ? Show(name) : List());
        return command;
    }

    private static int List()
    {
        IReadOnlyList<string> folders = ModelFolders.List();
        if (folders.Count == 0)
            Console.WriteLine($"No model packages in {ModelFolders.Root}.");
        int code = ExitCode.Success;
        foreach (string folder in folders)
        {
            try
            {
                var model = ModelPackage.Load(folder);
                Console.WriteLine(
                    $"{model.Name,-12} {model.Version,-7} {model.HeadKind.ToUpperInvariant(),-4} "
                    + $"{model.Classes.Count,4} classes  {model.FrameCount,3} frames  {Accuracy(model)}");
                Console.WriteLine($"{"",-12} {model.Description}");
            }
            catch (ModelPackageException failure)
            {
                code = PlayFairCommand.Report(failure);
            }
        }

        return code;
    }

    private static int Show(string name)
    {
        ModelPackage model = ModelFolders.Load(name);
        TrainingRecord training = model.Training;
        BackboneSpec backbone = model.Backbone;
        string hidden = model.Head?.HiddenSize is { } size ? $", {size} hidden units" : "";
        string lengths = model.Head is { } head ? $"scales 1 to {head.MaxScale}{hidden}" : "sequences of any length";
        Console.WriteLine($"{model.Name} {model.Version}: {model.Description}");
        Console.WriteLine($"folder    {Path.GetFullPath(model.Folder)}");
        Console.WriteLine(
            $"backbone  {backbone.Width}×{backbone.Height}, {backbone.Fit.ToString().ToLowerInvariant()}, "
            + $"{backbone.FeatureSize} features");
        Console.WriteLine($"head      {model.HeadKind.ToUpperInvariant()}, {lengths}");
        Console.WriteLine($"default   {model.FrameCount} uniform frames");
        Console.WriteLine($"trained   on {training.Data}; {training.Script}, seed {training.Seed}, {training.Duration}");
        Console.WriteLine($"accuracy  {Accuracy(model)}; {training.Accuracy.Split}");
        Console.WriteLine("classes   (index, prior, name)");
        for (int c = 0; c < model.Classes.Count; c++)
            Console.WriteLine($"{c,8}  {model.Prior[c]:0.0000}  {model.Classes[c]}");
        return ExitCode.Success;
    }

    private static string Accuracy(ModelPackage model)
    {
        AccuracyRecord accuracy = model.Training.Accuracy;
        return $"{accuracy.Metric} {accuracy.Value:0.0%} at {accuracy.Frames} frames on {accuracy.VideoCount} videos";
    }
}
