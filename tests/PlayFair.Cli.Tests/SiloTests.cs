using System.Text.Json.Nodes;
using System.Xml.Linq;
using PlayFair.Cli.Commands;
using PlayFair.Engine.Tests;

namespace PlayFair.Cli.Tests;

/// <summary><c>playfair silo</c> before it starts one, with Orleans and without.</summary>
public sealed class SiloTests(Playfair playfair)
{
    private static readonly bool IsPresent = File.Exists(Path.Combine(AppContext.BaseDirectory, "PlayFair.Grains.dll"));

    [Fact]
    public async Task Help_says_what_a_cluster_is_how_to_make_one_and_how_it_ends()
    {
        Outcome help = (await playfair.RunAsync("silo", "--help")).Succeeded();
        string[] words =
        [
            "share a PostgreSQL database", "playfair silo --demo", "PLAYFAIR__CLUSTER__DATABASE=", "--advertise",
            "--silo-port", "--listen", "SIGTERM", "within 30 seconds", "private network", "deploy/README.md",
        ];
        Assert.All(words, word => Assert.Contains(word, help.Output, StringComparison.Ordinal));
        Assert.Equal(!IsPresent, help.Output.Contains(SiloCommand.Missing, StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_missing_is_named_with_the_version_that_is_built_with()
    {
        XDocument pinned = XDocument.Load(Path.Combine(Footage.Checkout, "Directory.Packages.props"));
        List<(string Name, string Version)> packages =
        [
            .. pinned.Descendants("PackageVersion")
                .Select(package => (package.Attribute("Include")!.Value, package.Attribute("Version")!.Value))
                .Where(package => package.Item1.StartsWith("Microsoft.Orleans", StringComparison.Ordinal)),
        ];

        Assert.NotEmpty(packages);
        Assert.All(packages, package =>
        {
            Assert.Contains(package.Name["Microsoft.Orleans".Length..], SiloCommand.Missing, StringComparison.Ordinal);
            Assert.Contains($" {package.Version} ", SiloCommand.Missing, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Without_Orleans_it_says_what_to_do()
    {
        Assert.SkipWhen(IsPresent, "this build has Orleans");
        (await playfair.RunAsync("silo", "--demo")).Refused(80, SiloCommand.Missing);
    }

    [Theory]
    [InlineData("cluster.siloPort (--silo-port): found 5080, where HTTP is served", "--silo-port", "5080")]
    [InlineData("--store names a file and --database a database", "--store", "none", "--database", "Host=db")]
    public async Task What_makes_no_sense_is_refused(string words, params string[] arguments)
    {
        Assert.SkipUnless(IsPresent, "this build has no Orleans");
        (await playfair.RunAsync(["silo", .. arguments])).Refused(2, words);
    }

    [Fact]
    public async Task Every_option_sets_what_it_says_and_secrets_are_not_shown()
    {
        Assert.SkipUnless(IsPresent, "this build has no Orleans");
        Outcome shown = (await playfair.RunAsync(
            "silo", "--print-config", "--cluster", "wall", "--silo", "wall-1", "--advertise", "10.0.0.5", "--silo-port",
            "12000", "--database", "Host=db;Password=lovelace", "--device", "cuda:1", "--listen",
            "http://127.0.0.1:5081")).Succeeded();
        JsonNode root = JsonNode.Parse(shown.Output)!;
        Assert.Equal(("cuda:1", "http://127.0.0.1:5081"), ((string?)root["device"], (string?)root["listen"]));
        JsonNode cluster = root["cluster"]!;
        Assert.Equal(
            ("wall", "wall-1", "***", "10.0.0.5", 12000, "cuda"),
            ((string?)cluster["name"], (string?)cluster["silo"], (string?)cluster["database"],
                (string?)cluster["advertise"], (int)cluster["siloPort"]!, (string?)cluster["accelerator"]));
        Assert.DoesNotContain("lovelace", shown.Output, StringComparison.Ordinal);
    }
}
