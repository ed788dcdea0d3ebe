#:property PublishAot=false

// Usage: dotnet run scripts/TestTotals.cs -- FOLDER ASSEMBLY...
// Adds up the results in a folder (*.trx, and *.junit.xml of the dashboard's unit tests): per assembly, with the reason
// of every skipped test, and at last all together. Exits with 1 if a test failed, none ran, one of the assemblies has no
// results, or a run was cut short.

using System.Xml.Linq;

XNamespace trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";
int passed = 0, failed = 0, skipped = 0;
bool isWhole = true;
HashSet<string> missing = [.. args[1..]];
foreach (string file in Directory.EnumerateFiles(args[0], "*.trx").Order(StringComparer.Ordinal))
{
    XElement run = XDocument.Load(file).Root!;
    Dictionary<string, string> assemblies = run.Descendants(trx + "UnitTest").ToDictionary(
        test => test.Attribute("id")!.Value,
        test => Path.GetFileNameWithoutExtension(test.Element(trx + "TestMethod")!.Attribute("codeBase")!.Value),
        StringComparer.Ordinal);
    int failedBefore = failed;
    foreach (IGrouping<string, XElement> assembly in run.Descendants(trx + "UnitTestResult")
        .GroupBy(result => assemblies[result.Attribute("testId")!.Value], StringComparer.Ordinal)
        .OrderBy(group => group.Key, StringComparer.Ordinal))
    {
        missing.Remove(assembly.Key);
        XElement[] skips = [.. assembly.Where(result => Outcome(result) == "NotExecuted")];
        int passes = assembly.Count(result => Outcome(result) == "Passed");
        int failures = assembly.Count() - passes - skips.Length;
        Console.WriteLine(
            $"{Path.GetFileNameWithoutExtension(file)}: {assembly.Key}: {Totals(passes, failures, skips.Length)}");
        foreach (XElement skip in skips)
        {
            string reason = string.Concat(skip.Descendants(trx + "Message").Select(message => message.Value)).Trim();
            Console.WriteLine($"  skipped {skip.Attribute("testName")!.Value}: {reason}");
        }

        passed += passes;
        failed += failures;
        skipped += skips.Length;
    }

    // A test host that crashed leaves no failed test, only a run that failed as a whole.
    isWhole &= run.Element(trx + "ResultSummary")?.Attribute("outcome")?.Value == "Completed" || failed > failedBefore;
}

foreach (string file in Directory.EnumerateFiles(args[0], "*.junit.xml").Order(StringComparer.Ordinal))
{
    string name = Path.GetFileName(file)[..^".junit.xml".Length];
    XElement[] cases = [.. XDocument.Load(file).Root!.Descendants("testcase")];
    int skips = cases.Count(test => test.Element("skipped") is not null);
    int failures = cases.Count(test => test.Element("failure") is not null || test.Element("error") is not null);
    int passes = cases.Length - skips - failures;
    Console.WriteLine($"unit: {name}: {Totals(passes, failures, skips)}");
    if (cases.Length > 0)
        missing.Remove(name);
    passed += passes;
    failed += failures;
    skipped += skips;
}

if (!isWhole)
    Console.WriteLine("A run was cut short: not every test has a result.");
foreach (string assembly in missing.Order(StringComparer.Ordinal))
    Console.WriteLine($"{assembly}: no test ran.");
Console.WriteLine(Totals(passed, failed, skipped));
return isWhole && missing.Count == 0 && failed == 0 && passed > 0 ? 0 : 1;

static string? Outcome(XElement result) => result.Attribute("outcome")?.Value;

static string Totals(int passed, int failed, int skipped) => $"{passed} passed, {failed} failed, {skipped} skipped";
