using PlayFair.Models;

namespace PlayFair.Attribution.Tests;

public class GoldenTests
{
    private const double Tolerance = 1e-6;

    public static TheoryData<string> OwnCases =>
    [
        .. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "cases"), "*.json")
            .Select(p => Path.GetFileNameWithoutExtension(p)).Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(OwnCases))]
    public void Cases_computed_from_the_definitions_are_met(string name) =>
        AssertMet(GoldenCase.Load(Path.Combine(AppContext.BaseDirectory, "cases", $"{name}.json")));

    [Theory]
    [MemberData(nameof(OwnCases))]
    public void The_brute_force_oracle_meets_them_too(string name)
    {
        var golden = GoldenCase.Load(Path.Combine(AppContext.BaseDirectory, "cases", $"{name}.json"));

        var (values, scores) = BruteForce.Compute(
            golden.Head.Project(golden.Features, golden.FrameCount), golden.Prior, golden.Score);

        foreach (var (expected, actual) in golden.ExpectedValues.Zip(values))
            Assert.Equal(expected, actual, Tolerance);
        foreach (var (expected, actual) in golden.ExpectedScores.Zip(scores))
            Assert.Equal(expected, actual, Tolerance);
    }

    [Fact]
    public void All_scores_and_kinds_are_among_the_cases()
    {
        var cases = OwnCases
            .Select(row => GoldenCase.Load(Path.Combine(AppContext.BaseDirectory, "cases", $"{row.Data}.json")))
            .Select(c => (c.Kind, c.Score));

        Assert.Equal(6, cases.Distinct().Count());
    }

    [Fact]
    public void The_cases_of_the_authors_code_are_met_exact_and_sampled()
    {
        string? folder = FindSharedGolden();
        Assert.SkipUnless(folder is not null, "The folder shared/golden is not beside the repository.");
        var cases = Directory.EnumerateFiles(folder!, "*.json").Select(GoldenCase.Load).ToList();

        Assert.Contains(cases, c => c.IsSampled);
        Assert.Contains(cases, c => !c.IsSampled);
        Assert.All(cases, AssertMet);
    }

    private static void AssertMet(GoldenCase golden)
    {
        var comparison = golden.Compare(TestContext.Current.CancellationToken);

        TestContext.Current.TestOutputHelper?.WriteLine($"{golden.Name}: {comparison}");
        Assert.InRange(comparison.LargestValueError, 0, Tolerance);
        Assert.InRange(comparison.LargestScoreError, 0, Tolerance);
    }

    private static string? FindSharedGolden()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "PlayFair.Orleans.sln")))
                continue;
            string golden = Path.Combine(folder.FullName, "..", "shared", "golden");
            return Directory.Exists(golden) ? golden : null;
        }

        return null;
    }
}
