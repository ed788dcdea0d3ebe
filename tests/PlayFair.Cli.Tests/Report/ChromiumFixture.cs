using System.ComponentModel;
using Microsoft.Playwright;

namespace PlayFair.Cli.Tests.Report;

/// <summary>
/// One headless Chromium for the tests of a class: the machine's own (<c>PLAYFAIR_CHROMIUM</c>, or the first found on
/// the path), never a downloaded one. Where there is none, <see cref="SkipReason"/> says why.
/// </summary>
public sealed class ChromiumFixture : IAsyncLifetime
{
    private static readonly string[] ProgramNames =
        ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Where pages open; null when <see cref="SkipReason"/> is not.</summary>
    public IBrowserContext? Context { get; private set; }

    public string? SkipReason { get; private set; }

    public async ValueTask InitializeAsync()
    {
        var program = FindChromium();
        if (program is null)
        {
            SkipReason = "no Chromium: install it, or name its program in PLAYFAIR_CHROMIUM";
            return;
        }

        try
        {
            _playwright = await Playwright.CreateAsync();
            _browser = await _playwright.Chromium.LaunchAsync(
                new() { ExecutablePath = program, Headless = true, Args = Arguments });
            Context = await _browser.NewContextAsync();
        }
        catch (Exception e) when (e is PlaywrightException or Win32Exception)
        {
            SkipReason = $"Chromium at {program} could not be driven: {e.Message.Split('\n')[0]}";
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    private static string? FindChromium()
    {
        if (Environment.GetEnvironmentVariable("PLAYFAIR_CHROMIUM") is { Length: > 0 } named)
            return File.Exists(named) ? named : null;
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return ProgramNames
            .SelectMany(name => folders.Select(folder => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
    }
}
