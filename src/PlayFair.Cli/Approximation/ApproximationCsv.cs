using System.Globalization;
using System.Text;

namespace PlayFair.Cli.Approximation;

/// <summary>All lines as CSV (RFC 4180, UTF-8, LF).</summary>
internal static class ApproximationCsv
{
    public const string Header = "score,estimator,max_count,iterations,evaluations,subsequences,share_of_subsequences,"
        + "relative_error,lad_slope,correlation,paper_relative_error,paper_lad_slope,paper_correlation";

    public static void Write(ApproximationDocument document, Stream output)
    {
        using var writer = new StreamWriter(output, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine(Header);
        foreach (ApproximationLine line in document.Lines)
        {
            writer.WriteLine(string.Join(
                ',', line.Score, line.Estimator, Number(line.MaxCount), Number(line.Iterations),
                Number(line.Evaluations), Number(line.Subsequences), Number(line.ShareOfSubsequences),
                Number(line.RelativeError), Number(line.LadSlope), Number(line.Correlation), Number(line.PaperRelativeError),
                Number(line.PaperLadSlope), Number(line.PaperCorrelation)));
        }
    }

    private static string Number(double? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";
}
