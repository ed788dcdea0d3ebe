using System.CommandLine;
using PlayFair.Moves;

var outOption = new Option<DirectoryInfo>("--out") { Description = "Folder for the videos.", Required = true };
var splitOption = new Option<Split>("--split")
{
    Description = "train, or heldout: shapes, textures and backgrounds that no training video has.",
    DefaultValueFactory = _ => Split.HeldOut,
    CustomParser = result => result.Tokens[0].Value switch
    {
        "train" => Split.Train,
        "heldout" => Split.HeldOut,
        var other => Refuse(result, $"--split is '{other}'; expected train or heldout."),
    },
};
var perClassOption = new Option<int>("--per-class") { Description = "Videos of each class.", DefaultValueFactory = _ => 1 };
var seedOption = new Option<int>("--seed") { Description = "Seed of the first video.", DefaultValueFactory = _ => 1 };

var render = new Command("render", "Render labelled videos, with labels.csv (a line a video) and frames.csv (a line a frame).")
{
    outOption, splitOption, perClassOption, seedOption,
};
render.SetAction(result =>
{
    var folder = result.GetRequiredValue(outOption);
    var split = result.GetValue(splitOption);
    int perClass = result.GetValue(perClassOption), firstSeed = result.GetValue(seedOption);
    folder.Create();

    // Seeds are consecutive: a data set is its split, its first seed and its size.
    var scenes = Enumerable.Range(0, perClass * MoveClasses.All.Count).Select(i =>
    {
        var move = MoveClasses.All[i % MoveClasses.All.Count];
        int seed = firstSeed + i;
        return (Name: $"{seed:D6}-{move.ToString().ToLowerInvariant()}.mp4", Move: move, Seed: seed);
    }).ToList();
    var annotations = new string[scenes.Count];
    int done = 0;
    try
    {
        Parallel.For(0, scenes.Count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            var (name, move, seed) = scenes[i];
            var scene = Scene.Create(move, split, seed);
            VideoWriter.Write(scene, Path.Combine(folder.FullName, name));
            annotations[i] = string.Join('\n', Enumerable.Range(0, scene.FrameCount)
                .Select(frame => $"{name},{frame},{Annotation.ToCsv(Annotation.Of(scene, frame))}"));
            int count = Interlocked.Increment(ref done);
            if (count % 100 == 0)
                Console.Error.WriteLine($"{count}/{scenes.Count} videos");
        });
    }
    catch (AggregateException failure)
    {
        Console.Error.WriteLine($"moves: {failure.InnerExceptions[0].Message}");
        return 1;
    }

    File.WriteAllLines(Path.Combine(folder.FullName, "labels.csv"),
        ["file,class,name,seed", .. scenes.Select(s => $"{s.Name},{(int)s.Move},{s.Move.Name()},{s.Seed}")]);
    File.WriteAllLines(Path.Combine(folder.FullName, "frames.csv"),
        [$"file,frame,{string.Join(',', Annotation.Columns)}", .. annotations]);
    Console.WriteLine($"{scenes.Count} videos in {folder.FullName}");
    return 0;
});

return new RootCommand("moves: renders the Moves data set, labelled videos of 24 actions.") { render }.Parse(args).Invoke();

static Split Refuse(System.CommandLine.Parsing.ArgumentResult result, string message)
{
    result.AddError(message);
    return default;
}
