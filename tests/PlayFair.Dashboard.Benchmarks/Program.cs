using System.CommandLine;
using PlayFair.Dashboard.Benchmarks;

var videos = new Option<int>("--videos") { DefaultValueFactory = _ => 16, Description = "Videos on the wall." };
var rate = new Option<double>("--rate") { DefaultValueFactory = _ => 10, Description = "Updates a second of each." };
var seconds = new Option<int>("--seconds")
{
    DefaultValueFactory = _ => 30,
    Description = "How long frames are counted on each page.",
};
var minutes = new Option<double>("--minutes")
{
    DefaultValueFactory = _ => 5,
    Description = "How long memory is watched; 60 for the hour.",
};
var chromium = new Option<string>("--chromium")
{
    DefaultValueFactory = _ => Environment.GetEnvironmentVariable("PLAYFAIR_CHROMIUM") ?? "/usr/bin/chromium",
    Description = "The browser's program.",
};
var command = new RootCommand("Measures the dashboard in Chromium, before a real server.")
{
    videos, rate, seconds, minutes, chromium,
};
command.SetAction(async (parsed, cancellationToken) =>
{
    string program = parsed.GetValue(chromium)!;
    if (!File.Exists(program))
    {
        await Console.Error.WriteLineAsync(
            $"There is no Chromium at '{program}'; install it, or name its program with --chromium.");
        return 2;
    }

    await using var benchmark = await DashboardBenchmark.StartAsync(
        program, parsed.GetValue(videos), parsed.GetValue(rate), cancellationToken);
    await benchmark.RunAsync(
        TimeSpan.FromSeconds(parsed.GetValue(seconds)), TimeSpan.FromMinutes(parsed.GetValue(minutes)), cancellationToken);
    return 0;
});
return await command.Parse(args).InvokeAsync();
