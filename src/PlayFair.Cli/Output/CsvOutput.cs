using System.Globalization;
using System.Text;
using PlayFair.Engine;

namespace PlayFair.Cli;

/// <summary>The selected classes' ESVs as CSV (RFC 4180, UTF-8, LF): a line for each class and frame.</summary>
internal static class CsvOutput
{
    public const string Header = "source,class_index,class,score,prior,position,frame,time_seconds,esv,standard_error";

    public static void Write(AttributionDocument document, bool withHeader, Stream output)
    {
        using var writer = new StreamWriter(output, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        if (withHeader)
            writer.WriteLine(Header);
        string source = document.Video?.Path ?? document.Features!.Path;
        foreach (int index in document.Selected)
        {
            AttributedClass c = document.Classes.Single(candidate => candidate.Index == index);
            foreach (AttributedFrame frame in document.Frames)
            {
                writer.WriteLine(string.Join(',',
                    Quote(source), Number(c.Index), Quote(c.Name), Number(c.Score), Number(c.Prior),
                    Number(frame.Position), Number(frame.Index),
                    frame.TimeSeconds is { } time ? Number(time) : "", Number(c.Esv[frame.Position]),
                    c.StandardErrors is { } errors ? Number(errors[frame.Position]) : ""));
            }
        }
    }

    private static string Number<T>(T value)
        where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);

    private static string Quote(string text) => text.AsSpan().ContainsAny(",\"\r\n")
        ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
        : text;
}
