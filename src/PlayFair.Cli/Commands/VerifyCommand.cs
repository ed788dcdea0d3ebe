using System.CommandLine;
using PlayFair.Models;

namespace PlayFair.Cli.Commands;

/// <summary><c>playfair verify</c>: recomputes golden cases and compares.</summary>
internal static class VerifyCommand
{
    /// <summary>Largest absolute difference of an ESV or a score that still counts as agreement.</summary>
    public const double Tolerance = 1e-6;

    private static readonly Argument<string> Folder = new("folder")
    {
        Description = "A folder of golden cases (*.json), or one such file.",
    };

    public static Command Create()
    {
        var command = new Command(
            "verify",
            $"Recompute golden cases and compare: exits with 0 if every case agrees to {Tolerance:0e-0}, "
            + $"{ExitCode.VerifyDiffers} if one does not, {ExitCode.VerifyUnreadable} if one cannot be read.")
        {
            Folder,
        };
        command.SetAction((arguments, cancellationToken) => Task.Run(
            () => Run(arguments.GetValue(Folder)!, cancellationToken), cancellationToken));
        return command;
    }

    private static int Run(string folder, CancellationToken cancellationToken)
    {
        string[] files = Files(folder);
        int agreed = 0, differing = 0, unreadable = 0;
        foreach (string file in files)
        {
            string name = Path.GetFileName(file);
            try
            {
                var golden = GoldenCase.Load(file);
                GoldenComparison comparison = golden.Compare(cancellationToken);
                double error = Math.Max(comparison.LargestValueError, comparison.LargestScoreError);
                // Written so that an error that is not a number differs.
                bool agrees = error <= Tolerance;
                _ = agrees ? agreed++ : differing++;
                Console.WriteLine($"{(agrees ? "ok" : "DIFFERS"),-7}  {error,9:0.00e+00}  {name}");
            }
            catch (Exception failure)
                when (failure is GoldenCaseException or ArgumentException or NotFiniteNumberException)
            {
                // The last: weights or features so large that their products are not numbers.
                unreadable++;
                Console.WriteLine($"UNREAD   {"",9}  {name}: {failure.Message}");
            }
        }

        Console.WriteLine(
            $"{agreed} agree to {Tolerance:0e-0}, {differing} differ, {unreadable} unreadable");
        if (differing > 0)
            return ExitCode.VerifyDiffers;
        return unreadable > 0 ? ExitCode.VerifyUnreadable : ExitCode.Success;
    }

    private static string[] Files(string folder)
    {
        if (File.Exists(folder))
            return [folder];
        if (!Directory.Exists(folder))
            throw new UsageException($"'{folder}' does not exist; expected a folder of golden cases (*.json).");
        string[] files = [.. Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal)];
        return files.Length > 0
            ? files
            : throw new UsageException($"'{folder}' has no *.json file; expected golden cases.");
    }
}
