using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using PlayFair.Attribution;
using PlayFair.Cli.Watch;
using PlayFair.Client;
using PlayFair.Contracts;

namespace PlayFair.Cli.Commands;

/// <summary><c>playfair videos</c>: a server's videos, listed, shown, added, paused and removed.</summary>
internal static class VideosCommand
{
    private static readonly VideoDefinition Defaults = new() { Id = "", Source = "" };

    private static readonly Argument<string> Id = new("id") { Description = "The video." };

    private static readonly Argument<string> Source = new("source")
    {
        Description = "A file; an address with rtsp, rtsps, rtmp, rtmps, http, https, srt or udp; v4l2:/dev/video0; "
            + "synthetic:SEED. The server opens it: files are the server's.",
    };

    private static readonly Option<string> NewId = new("--id")
    {
        Description = "Its name in addresses: 1 to 64 of a-z, 0-9, '-', '_' and '.'.",
        HelpName = "ID",
        Required = true,
    };

    private static readonly Option<string?> Title =
        new("--title") { Description = "What people call it.", HelpName = "TEXT" };

    private static readonly Option<string?> Group =
        new("--group") { Description = "Under which heading it is shown.", HelpName = "TEXT" };

    private static readonly Option<string?> Model = new("--model", "-m")
    {
        Description = "The model package. Default: the server's.",
        HelpName = "NAME",
    };

    private static readonly Option<double> Rate = new("--rate")
    {
        CustomParser = ParseRate,
        Description = $"Frames sampled a second, above 0 and at most 120. Default: {Defaults.RateHz}.",
        HelpName = "HZ",
        DefaultValueFactory = _ => Defaults.RateHz,
    };

    private static readonly Option<int?> Window = Number("--window", "Frames in the window.", 2, 4096, Defaults.Window);

    private static readonly Option<int?> Stride = Number(
        "--stride", "By how many sampled frames the window moves between updates.", 1, 4096, Defaults.Stride);

    private static readonly Option<int?> Samples = Number(
        "--samples", "Subsequences of each size in a sample. Default: exact values where these are feasible.",
        1, 65536, null);

    private static readonly Option<int?> Iterations = Number(
        "--iterations", "Independent samples; from 2 on there are standard errors.", 1, 64, Defaults.Iterations);

    private static readonly Option<ulong?> Seed = new("--seed")
    {
        CustomParser = result => Parsing.Integer(result, 0UL, (1UL << 53) - 1, "a whole number from 0 to 2^53 - 1"),
        Description = "Fixes every random choice.",
        HelpName = "N",
    };

    private static readonly Option<string?> Score = new Option<string?>("--score")
    {
        Description = $"The score that is attributed: {string.Join(", ", ScoreKinds.Names)}. Default: the model's.",
        HelpName = "SCORE",
    }.AcceptOnlyFromAmong([.. ScoreKinds.Names]);

    private static readonly Option<string[]> Classes = new("--class", "-c")
    {
        Description = "A class in each update: 'top', 'topN', a name or an index; may be given several times. Default: "
            + $"{string.Join(", ", Defaults.Classes)}.",
        HelpName = "CLASS",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<bool> Fast = new("--fast")
    {
        Description = "Read a file as fast as the machine can. Default: at the speed at which it plays.",
    };

    private static readonly Option<bool> Loop = new("--loop") { Description = "Start a file again at its end." };

    private static readonly Option<bool> Udp =
        new("--udp") { Description = "Let RTSP bring its packets by UDP. Default: TCP." };

    private static readonly Option<bool> Json = new("--json")
    {
        Description = "Write JSON, one line for each video.",
        Recursive = true,
    };

    public static Command Create()
    {
        var videos = new Command(
            "videos", "List, show, add, pause or remove the videos of a server ('playfair serve').") { Json };
        SetAction(videos, ListAsync);
        var list = new Command("list", "List the videos.");
        SetAction(list, ListAsync);
        var show = new Command("show", "Show all about one video.") { Id };
        SetAction(show, ShowAsync);
        var add = new Command(
            "add",
            "Add a video and start it.\n\n"
            + "Examples:\n"
            + "  playfair videos add rtsp://camera/stream --id door --rate 8\n"
            + "  playfair videos add clip.mp4 --id clip --fast --window 24 --class \"opening something\" --class top")
        {
            Source, NewId, Title, Group, Model, Rate, Window, Stride, Samples, Iterations, Seed, Score, Classes,
            Fast, Loop, Udp,
        };
        SetAction(add, AddAsync);
        var remove = new Command("remove", "Stop a video and delete it with its history.") { Id };
        SetAction(remove, RemoveAsync);
        var pause = new Command("pause", "Let a video rest: nothing is read, and its history stays.") { Id };
        SetAction(pause, (client, arguments, token) => SetPausedAsync(client, arguments, isPaused: true, token));
        var resume = new Command("resume", "Let a paused video go on: a file after its last update.") { Id };
        SetAction(resume, (client, arguments, token) => SetPausedAsync(client, arguments, isPaused: false, token));
        foreach (Command command in new[] { list, show, add, pause, resume, remove })
            videos.Add(command);
        return videos;
    }

    private static void SetAction(Command command, Func<PlayFairClient, ParseResult, CancellationToken, Task> action)
    {
        var server = new ServerArguments();
        server.AddTo(command);
        command.SetAction((arguments, cancellationToken) => Task.Run(
            async () =>
            {
                using PlayFairClient client = server.Connect(arguments);
                await action(client, arguments, cancellationToken);
                return ExitCode.Success;
            },
            cancellationToken));
    }

    private static async Task ListAsync(
        PlayFairClient client, ParseResult arguments, CancellationToken cancellationToken)
    {
        IReadOnlyList<VideoStatus> videos = await client.ListVideosAsync(cancellationToken);
        if (arguments.GetValue(Json))
        {
            foreach (VideoStatus video in videos)
                WriteJson(video);
            return;
        }

        if (videos.Count == 0)
        {
            Console.WriteLine($"No videos at {client.Address}. Add one: playfair videos add SOURCE --id ID.");
            return;
        }

        int width = Math.Max(2, videos.Max(video => video.Definition.Id.Length));
        Console.WriteLine($"{"ID".PadRight(width)}  STATE         UPDATES/S      P95  DROPPED  QUALITY  SOURCE");
        foreach (VideoStatus video in videos)
        {
            string quality = video.Quality.Level == 0 ? "all" : VideoText.Text($"−{video.Quality.Level}");
            Console.WriteLine(
                $"{video.Definition.Id.PadRight(width)}  {VideoText.State(video.State),-12}  "
                + $"{VideoText.UpdatesPerSecond(video),9}  {VideoText.Milliseconds(video.Latency),7}  "
                + $"{video.DroppedFrames,7}  {quality,-7}  {Terminals.OneLine(video.Definition.Source)}");
            if (video.Reason is { } reason)
                Console.WriteLine($"{new string(' ', width)}  {Terminals.OneLine(reason)}");
        }
    }

    private static async Task ShowAsync(
        PlayFairClient client, ParseResult arguments, CancellationToken cancellationToken) =>
        Show(await client.GetVideoAsync(arguments.GetValue(Id)!, cancellationToken), arguments);

    private static async Task AddAsync(
        PlayFairClient client, ParseResult arguments, CancellationToken cancellationToken)
    {
        string source = arguments.GetValue(Source)!;
        var definition = new VideoDefinition
        {
            Id = arguments.GetValue(NewId)!,
            // A server on this machine may work in another folder.
            Source = client.Address.IsLoopback && File.Exists(source) ? Path.GetFullPath(source) : source,
            Title = arguments.GetValue(Title),
            Group = arguments.GetValue(Group),
            Model = arguments.GetValue(Model),
            RateHz = arguments.GetValue(Rate),
            Window = arguments.GetValue(Window) ?? Defaults.Window,
            Stride = arguments.GetValue(Stride) ?? Defaults.Stride,
            Samples = arguments.GetValue(Samples),
            Iterations = arguments.GetValue(Iterations) ?? Defaults.Iterations,
            Seed = arguments.GetValue(Seed) ?? Defaults.Seed,
            Score = arguments.GetValue(Score),
            Classes = arguments.GetValue(Classes) is { Length: > 0 } classes ? classes : Defaults.Classes,
            Pace = arguments.GetValue(Fast) ? Pace.Fast : Pace.Source,
            Loop = arguments.GetValue(Loop),
            Transport = arguments.GetValue(Udp) ? RtspTransport.Udp : RtspTransport.Tcp,
        };
        VideoStatus added = await client.AddVideoAsync(definition, cancellationToken);
        if (arguments.GetValue(Json))
        {
            WriteJson(added);
            return;
        }

        Console.WriteLine(
            $"Added '{definition.Id}': {VideoText.State(added.State)}. Follow it: playfair watch {definition.Id}");
    }

    private static async Task SetPausedAsync(
        PlayFairClient client, ParseResult arguments, bool isPaused, CancellationToken cancellationToken)
    {
        VideoStatus video = await client.GetVideoAsync(arguments.GetValue(Id)!, cancellationToken);
        video = await client.ChangeVideoAsync(video.Definition with { Paused = isPaused }, cancellationToken);
        if (arguments.GetValue(Json))
            WriteJson(video);
        else
            Console.WriteLine($"'{video.Definition.Id}' is {VideoText.State(video.State)}.");
    }

    private static async Task RemoveAsync(
        PlayFairClient client, ParseResult arguments, CancellationToken cancellationToken)
    {
        string id = arguments.GetValue(Id)!;
        await client.RemoveVideoAsync(id, cancellationToken);
        if (!arguments.GetValue(Json))
            Console.WriteLine($"Removed '{id}'.");
    }

    private static void Show(VideoStatus video, ParseResult arguments)
    {
        if (arguments.GetValue(Json))
        {
            WriteJson(video);
            return;
        }

        VideoDefinition d = video.Definition;
        string reason = video.Reason is { } words ? $": {Terminals.OneLine(words)}" : "";
        string samples = d.Samples is { } m ? $"{m} samples × {d.Iterations}" : "exact where feasible";
        string last = video.LastSequence is { } sequence && video.LastUpdateAt is { } at
            ? VideoText.Text($"{sequence}, {at:u}")
            : "none yet";
        string latency = video.Latency is { } l
            ? VideoText.Text($"p50 {l.P50Ms:0} ms, p95 {l.P95Ms:0} ms, p99 {l.P99Ms:0} ms")
            : "not measured yet";
        string why = video.Quality.Reason is { } quality ? $": {Terminals.OneLine(quality)}" : "";
        Console.WriteLine($"{d.Id}{(d.Title is { } title && title != d.Id ? $": {Terminals.OneLine(title)}" : "")}");
        if (d.Group is { } group)
            Console.WriteLine($"group     {Terminals.OneLine(group)}");
        Console.WriteLine($"source    {Terminals.OneLine(d.Source)}");
        Console.WriteLine(VideoText.Text($"state     {VideoText.State(video.State)} since {video.Since:u}{reason}"));
        if (video.NextAttemptAt is { } next)
            Console.WriteLine(VideoText.Text($"attempt   {next:u}, after {video.FailedAttempts} that failed"));
        if (video.Silo is { } silo)
            Console.WriteLine($"silo      {Terminals.OneLine(silo)}");
        Console.WriteLine($"model     {Terminals.OneLine(video.Model)}, {d.Score ?? "the model's score"}");
        string rate = VideoText.Text($"{d.RateHz:0.##} frames/s");
        Console.WriteLine(
            $"window    {video.FramesInWindow} of {d.Window} frames, {rate}, stride {d.Stride}, {samples}");
        Console.WriteLine($"classes   {Terminals.OneLine(string.Join(", ", d.Classes))}");
        Console.WriteLine($"updates   {VideoText.UpdatesPerSecond(video)} a second; the last: {last}");
        Console.WriteLine($"latency   {latency}");
        Console.WriteLine(VideoText.Text(
            $"frames    {video.DecodedFrames} decoded, {video.SampledFrames} sampled, {video.DroppedFrames} dropped"));
        Console.WriteLine($"quality   {VideoText.Quality(video.Quality)}{why}");
    }

    private static void WriteJson(VideoStatus video) =>
        Console.WriteLine(JsonSerializer.Serialize(video, ContractJson.Lines.VideoStatus));

    private static Option<int?> Number(string name, string what, int least, int most, int? usual) => new(name)
    {
        CustomParser = result => Parsing.Integer(result, least, most, $"{least} to {most}"),
        Description = usual is null ? what : $"{what} Default: {usual}.",
        HelpName = "N",
    };

    private static double ParseRate(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double hz)
            && hz is > 0 and <= 120)
            return hz;
        result.AddError($"{Parsing.OptionName(result)} is '{text}'; expected a number above 0 and at most 120.");
        return 0;
    }
}
