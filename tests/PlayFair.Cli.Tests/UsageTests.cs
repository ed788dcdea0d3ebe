using PlayFair.Engine.Tests;

namespace PlayFair.Cli.Tests;

/// <summary>Command lines that make no sense, and help.</summary>
public sealed class UsageTests(Playfair playfair, Footage footage)
{
    [Theory]
    [InlineData("No video was named")]
    [InlineData("A video's name is empty", "")]
    [InlineData("--frames is '0'; expected 1 to 4096", "V", "--frames", "0")]
    [InlineData("--frames is '4097'", "V", "--frames", "4097")]
    [InlineData("--frames is 'eight'", "V", "-n", "eight")]
    [InlineData("--frames is '-3'", "V", "--frames=-3")]
    [InlineData("--threads is '0'", "V", "--threads", "0")]
    [InlineData("--sampling is 'every:0'; expected every:K", "V", "--sampling", "every:0")]
    [InlineData("--sampling is 'rate:NaN'", "V", "--sampling", "rate:NaN")]
    [InlineData("--sampling is 'rate:0'", "V", "--sampling", "rate:0")]
    [InlineData("--sampling is '8'", "V", "--sampling", "8")]
    [InlineData("Both --frames 3 and --sampling", "V", "--sampling", "all", "--frames", "3")]
    [InlineData("--score is 'probability'; expected one of softmax-of-mean, mean-of-softmax, logit", "V", "--score", "probability")]
    [InlineData("--estimator is 'guess'; expected one of exact, subsequence-sampling", "F", "--estimator", "guess")]
    [InlineData("--samples is about sampling, and --estimator exact does not", "V", "--estimator", "exact", "--samples", "9")]
    [InlineData("--iterations is about sampling", "V", "--iterations", "2", "--estimator", "exact")]
    [InlineData("--seed is about sampling", "V", "--estimator", "exact", "--seed", "0")]
    [InlineData("--tolerance is about sampling", "V", "--estimator", "exact", "--tolerance", "5%")]
    [InlineData("--budget is about sampling", "V", "--estimator", "exact", "--budget", "100")]
    [InlineData("--time is about sampling", "V", "--estimator", "exact", "--time", "1s")]
    [InlineData("--samples is '0'; expected 1 to 1000000", "V", "--samples", "0")]
    [InlineData("--iterations is '-1'; expected 1 to", "V", "--iterations=-1")]
    [InlineData("--seed is '-1'; expected 0 to 9007199254740991", "V", "--seed=-1")]
    [InlineData("--tolerance is '0%'; expected a relative standard error such as 5% or 0.05", "V", "--tolerance", "0%")]
    [InlineData("--tolerance is '5'", "V", "--tolerance", "5")]
    [InlineData("--tolerance is '101%'", "V", "--tolerance", "101%")]
    [InlineData("--tolerance is 'NaN'", "V", "--tolerance", "NaN")]
    [InlineData("--budget is '0'; expected a whole number of head evaluations", "V", "--budget", "0")]
    [InlineData("--budget is '1e6'", "V", "--budget", "1e6")]
    [InlineData("--time is '10'; expected a duration with its unit", "V", "--time", "10")]
    [InlineData("--time is '0s'", "V", "--time", "0s")]
    [InlineData("--time is '1d'", "V", "--time", "1d")]
    [InlineData("Device 'gpu'; expected cpu, cuda or cuda:INDEX", "V", "--device", "gpu")]
    [InlineData("There is no option '--jsn'", "V", "--jsn", "-")]
    [InlineData("'--json'", "V", "--json")]
    [InlineData("--json names an empty file", "V", "--json", "")]
    [InlineData("--json is followed by '-q'", "V", "--json", "-q")]
    [InlineData("--features names an empty file", "--features", "")]
    [InlineData("'-' names no video", "-")]
    [InlineData("Both --features and a video", "V", "--features", "F")]
    [InlineData("--frames and --sampling choose frames of a video", "--features", "F", "--frames", "3")]
    [InlineData("Only one of --json, --csv and --html can go to standard output", "V", "--json", "-", "--csv", "-")]
    [InlineData("Only one of", "V", "--html", "-", "--csv", "/dev/stdout")]
    [InlineData("'one.json' is one file and there are 2 videos; name a folder ('one.json/')", "V", "W", "--json", "one.json")]
    [InlineData("--html - writes one page and there are 2 videos", "V", "W", "--html", "-")]
    [InlineData("is named for two outputs", "V", "--json", "same", "--csv", "./same")]
    [InlineData("is read and would be written over", "V", "--json", "V")]
    [InlineData("have one name, and so have their results", "a/V", "b/V", "--json", "out/")]
    public async Task A_command_line_that_makes_no_sense_is_refused(string words, params string[] arguments) =>
        (await AttributeAsync(arguments)).Refused(2, words);

    [Theory]
    [InlineData("no such command", "atribute", "V")]
    [InlineData("no command", "--verbose")]
    public async Task An_unknown_command_is_refused(string because, params string[] arguments)
    {
        Outcome run = await playfair.RunAsync(arguments);
        Assert.True(run.Code == 2, because);
        run.Refused(2, arguments[0], "See 'playfair --help'");
    }

    [Fact]
    public async Task Help_reads_well_and_a_bare_call_shows_it()
    {
        Outcome bare = await playfair.RunAsync();
        Outcome help = (await playfair.RunAsync("attribute", "--help")).Succeeded();

        Assert.Equal((2, ""), (bare.Code, bare.Error));
        Assert.Contains("attribute", bare.Output, StringComparison.Ordinal);
        string[] options =
        [
            "--features", "--model", "--frames", "--sampling", "--class", "--score", "--estimator", "--samples",
            "--iterations", "--seed", "--tolerance", "--budget", "--time", "--json", "--csv", "--html", "--device",
            "--threads", "--quiet",
        ];
        Assert.All(options, option => Assert.Contains(option, help.Output, StringComparison.Ordinal));
        Assert.Contains("playfair attribute clip.mp4 --frames 12 --html report.html", help.Output, StringComparison.Ordinal);
    }

    /// <param name="arguments">V and W stand for two videos, F for a feature file.</param>
    private Task<Outcome> AttributeAsync(params string[] arguments) => playfair.RunAsync(
        ["attribute", .. arguments.Select(argument => argument switch
        {
            "V" => footage.Moving,
            "W" => footage.Noisy,
            "F" => playfair.Features,
            _ => argument,
        })]);
}
