using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using PlayFair.Cli.Report;
using PlayFair.Engine;

namespace PlayFair.Cli.Tests.Report;

/// <summary>A report opened from disk; what the browser complained about and asked for is kept.</summary>
internal sealed class OpenedReport : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly List<string> _complaints = [];
    private readonly List<string> _requests = [];
    private readonly string _address;

    private OpenedReport(DirectoryInfo folder, string address, IPage page)
    {
        _folder = folder;
        _address = address;
        Page = page;
        page.Console += (_, message) => _complaints.Add($"{message.Type}: {message.Text}");
        page.PageError += (_, error) => _complaints.Add(error);
        page.Request += (_, request) => _requests.Add(request.Url);
    }

    public IPage Page { get; }

    public ILocator Frames => Page.Locator(".frame");

    public ILocator Curves => Page.Locator("#curve .curve");

    public ILocator Classes => Page.Locator("#classes button");

    public static async Task<OpenedReport> OpenAsync(
        ChromiumFixture chromium,
        AttributionDocument document,
        IReadOnlyList<byte[]>? pictures,
        string hash = "",
        int width = 1280)
    {
        Assert.SkipWhen(chromium.SkipReason is not null, chromium.SkipReason ?? "");
        var folder = Directory.CreateTempSubdirectory("playfair report ");
        var path = Path.Combine(folder.FullName, "report.html");
        await using (var file = File.Create(path))
            HtmlReport.Write(document, pictures, file);
        var page = await chromium.Context!.NewPageAsync();
        await page.SetViewportSizeAsync(width, 860);
        var report = new OpenedReport(folder, new Uri(path).AbsoluteUri, page);
        await page.GotoAsync(report._address + hash);
        return report;
    }

    /// <summary>The document as the page holds it.</summary>
    public async Task<JsonNode> EmbeddedAsync() =>
        JsonNode.Parse(await Page.Locator("#attribution").TextContentAsync() ?? "")!;

    public async Task<AttributionDocument> DocumentAsync() =>
        (await EmbeddedAsync()).Deserialize<AttributionDocument>(AttributionDocument.JsonOptions)!;

    /// <summary>The large picture's bytes.</summary>
    public async Task<byte[]> LargePictureAsync()
    {
        var source = await Page.Locator("#detail img").GetAttributeAsync("src");
        return Convert.FromBase64String(source!["data:image/jpeg;base64,".Length..]);
    }

    /// <summary>No console message, script error or policy violation; nothing asked for but the file itself.</summary>
    public void AssertQuiet()
    {
        Assert.Empty(_complaints);
        Assert.All(_requests, url => Assert.Matches($"^({Regex.Escape(_address)}|data:)", url));
    }

    /// <summary>The text, as printed for people, is the value rounded to the digits printed.</summary>
    public static void AssertShows(double value, string text)
    {
        var printed = text.Replace('\u2212', '-').TrimStart('φ', 'δ', ' ');
        var parts = printed.Split('e');
        var decimals = parts[0].Split('.') is [_, var fraction] ? fraction.Length : 0;
        var exponent = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        var unit = value == 0 ? 0 : Math.Pow(10, exponent - decimals);
        Assert.Equal(value, double.Parse(printed, CultureInfo.InvariantCulture), 0.5001 * unit);
        Assert.True(value == 0 || decimals > 0, $"\"{text}\" shows too few digits of {value}.");
    }

    public async ValueTask DisposeAsync()
    {
        await Page.CloseAsync();
        _folder.Delete(recursive: true);
    }
}
