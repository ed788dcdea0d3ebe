using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using PlayFair.Engine;

namespace PlayFair.Cli.Report;

/// <summary>Writes an attribution as one self-contained HTML page that needs no network.</summary>
public static partial class HtmlReport
{
    // Written without a byte order mark: the page names its encoding itself.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Writes the report as UTF-8 HTML.</summary>
    /// <param name="document">The attribution. The page embeds it as <c>--json</c> writes it and shows its numbers.
    /// </param>
    /// <param name="frameJpegs">One JPEG per frame, in time order, shown as they are; null when features were
    /// attributed and there is nothing to show: the page then numbers blank frames.</param>
    /// <param name="output">Written to from its current position; stays open.</param>
    /// <exception cref="ArgumentException">The pictures are not as many as the frames, or there are no frames or no
    /// classes.</exception>
    /// <remarks>The page's Content-Security-Policy admits this page's own script and style by their hash and pictures
    /// from <c>data:</c> addresses, nothing else: names and paths in the document can neither run nor fetch anything.
    /// </remarks>
    public static void Write(AttributionDocument document, IReadOnlyList<byte[]>? frameJpegs, Stream output)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(output);
        if (document.Frames.Count == 0 || document.Classes.Count == 0)
        {
            throw new ArgumentException(
                $"The attribution has {document.Frames.Count} frames and {document.Classes.Count} classes; "
                + "a report shows at least one of each.");
        }

        if (frameJpegs is not null && frameJpegs.Count != document.Frames.Count)
        {
            throw new ArgumentException(
                $"{frameJpegs.Count} pictures for {document.Frames.Count} frames: pass one per frame, or null.");
        }

        var script = Script();
        var style = Resource("esv-drawing.css") + Resource("report.css");
        using var writer = new StreamWriter(output, Utf8, leaveOpen: true);

        // The template is cut at its placeholders before anything is filled in, so that a file named
        // "{{script}}" stays a name.
        foreach (var part in Placeholder().Split(Resource("report.html")))
        {
            switch (part)
            {
                case "{{policy}}": writer.Write(Policy(script, style)); break;
                case "{{title}}": writer.Write(WebUtility.HtmlEncode(Title(document))); break;
                case "{{style}}": writer.Write(style); break;
                case "{{attribution}}": writer.Write(EmbeddedJson(document)); break;
                case "{{frames}}": WritePictures(frameJpegs ?? [], writer); break;
                case "{{script}}": writer.Write(script); break;
                default: writer.Write(part); break;
            }
        }
    }

    private static string Policy(string script, string style) =>
        $"default-src 'none'; script-src '{Hash(script)}'; style-src '{Hash(style)}'; img-src data:; "
        + "base-uri 'none'; form-action 'none'";

    private static string Hash(string text) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Utf8.GetBytes(text)))}";

    private static string Title(AttributionDocument document)
    {
        var path = document.Video?.Path ?? document.Features?.Path ?? "";
        return $"{path.Split('/', '\\')[^1]}: {document.Classes[0].Name}";
    }

    // Inside a script element only "<" can end or alter the element, and JSON allows it escaped. The line separators
    // are legal JSON but end lines in tools that read the block as script.
    private static string EmbeddedJson(AttributionDocument document) =>
        JsonSerializer.Serialize(document, AttributionDocument.JsonOptions)
            .Replace("<", "\\u003c", StringComparison.Ordinal)
            .Replace("\u2028", "\\u2028", StringComparison.Ordinal)
            .Replace("\u2029", "\\u2029", StringComparison.Ordinal);

    private static void WritePictures(IReadOnlyList<byte[]> jpegs, StreamWriter writer)
    {
        writer.Write('[');
        for (var i = 0; i < jpegs.Count; i++)
        {
            writer.Write(i == 0 ? "\"" : ",\n\"");
            writer.Write(Convert.ToBase64String(jpegs[i]));
            writer.Write('"');
        }

        writer.Write(']');
    }

    // A page opened from disk cannot import modules, so the two files become one: the drawing module's exports turn
    // into plain declarations and the page's import of them goes.
    private static string Script() =>
        Export().Replace(Resource("esv-drawing.js"), "") + DrawingImport().Replace(Resource("report.js"), "");

    private static string Resource(string name)
    {
        using var stream = typeof(HtmlReport).Assembly.GetManifestResourceStream($"Report/{name}")
            ?? throw new InvalidOperationException($"The program was built without its resource Report/{name}.");
        using var reader = new StreamReader(stream, Utf8);
        // Browsers hash scripts and styles after turning every line ending into \n.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    // Split keeps what a group captures, so the placeholders stay among the parts.
    [GeneratedRegex(@"(?<placeholder>\{\{[a-z]+\}\})", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Placeholder();

    [GeneratedRegex("^export ", RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Export();

    [GeneratedRegex(
        @"^import \{[^}]*\} from '\./esv-drawing\.js';\n",
        RegexOptions.Multiline | RegexOptions.CultureInvariant,
        1000)]
    private static partial Regex DrawingImport();
}
