using System.Collections.Concurrent;
using Microsoft.Playwright;
using PlayFair.Cli.Tests.Report;
using PlayFair.Server.Tests;

[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: AssemblyFixture(typeof(ChromiumFixture))]

namespace PlayFair.Dashboard.Tests;

/// <summary>The dashboard in a browser of its own storage; what the browser complained about and asked for is kept.</summary>
internal sealed class OpenedDashboard : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly IBrowserContext _context;
    private readonly Uri _server;

    private OpenedDashboard(IBrowserContext context, IPage page, Uri server)
    {
        _context = context;
        _server = server;
        Page = page;
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                _complaints.Enqueue($"{message.Type}: {message.Text}");
        };
        page.PageError += (_, error) => _complaints.Enqueue(error);
        page.Request += (_, request) => _requests.Enqueue(request.Url);
    }

    public IPage Page { get; }

    public ILocator Heading => Page.GetByRole(AriaRole.Heading, new() { Level = 1 });

    /// <param name="hash">What follows '#': <c>/videos/a?at=3</c>; the wall by default.</param>
    public static async Task<OpenedDashboard> OpenAsync(
        ChromiumFixture chromium,
        Uri server,
        string hash = "/",
        int width = 1280,
        int height = 900,
        ColorScheme colors = ColorScheme.Light)
    {
        Assert.SkipWhen(chromium.SkipReason is not null, chromium.SkipReason ?? "");
        await SkipWithoutDashboardAsync(server);
        IBrowserContext context = await chromium.Context!.Browser!.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = colors,
            ReducedMotion = ReducedMotion.Reduce,
            AcceptDownloads = true,
        });
        IPage page = await context.NewPageAsync();
        // Nothing takes so long: it hangs.
        page.SetDefaultTimeout((float)RunningServer.Timeout.TotalMilliseconds);
        Assertions.SetDefaultExpectTimeout((float)RunningServer.Timeout.TotalMilliseconds);
        var dashboard = new OpenedDashboard(context, page, server);
        await page.GotoAsync($"{server}#{hash}");
        return dashboard;
    }

    /// <summary>Goes to another page as its address in the browser would.</summary>
    public Task GoAsync(string hash) => Page.GotoAsync($"{_server}#{hash}");

    /// <summary>Another tab of the same browser.</summary>
    public async Task<IPage> OpenTabAsync(string hash)
    {
        IPage tab = await _context.NewPageAsync();
        await tab.GotoAsync($"{_server}#{hash}");
        return tab;
    }

    /// <summary>
    /// No script error, no violation of the page's policy, and nothing asked for but of this server. That a resource could
    /// not be loaded (a picture that is gone, a server that was stopped) is the network's affair, and is in the page's
    /// words.
    /// </summary>
    public void AssertQuiet()
    {
        Assert.DoesNotContain(
            _complaints,
            text => !text.StartsWith("error: Failed to load resource", StringComparison.Ordinal));
        Assert.All(
            _requests,
            url => Assert.True(
                url.StartsWith(_server.AbsoluteUri, StringComparison.Ordinal)
                || url.StartsWith($"blob:{_server.AbsoluteUri}", StringComparison.Ordinal), url));
    }

    /// <summary>Nothing that axe finds against WCAG 2.2, levels A and AA, or its best practices.</summary>
    public async Task AssertAccessibleAsync()
    {
        string program = Path.Combine(AppContext.BaseDirectory, "axe.min.js");
        // Evaluated by the browser's debugger, which the page's policy does not bind.
        await Page.EvaluateAsync(await File.ReadAllTextAsync(program));
        string[] found = await Page.EvaluateAsync<string[]>(
            """
            async () => (await axe.run(document, { resultTypes: ['violations'] })).violations.flatMap(violation =>
              violation.nodes.map(node => `${violation.id} (${violation.impact}): ${node.html} ${node.failureSummary}`))
            """);
        Assert.True(found.Length == 0, string.Join('\n', found));
    }

    /// <summary>Nothing is wider than the window.</summary>
    public async Task AssertNoSidewaysScrollAsync() =>
        Assert.True(
            await Page.EvaluateAsync<bool>(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth"),
            "the page scrolls sideways");

    public async ValueTask DisposeAsync() => await _context.CloseAsync();

    private static async Task SkipWithoutDashboardAsync(Uri server)
    {
        using var client = new HttpClient { BaseAddress = server };
        string page = await client.GetStringAsync(new Uri("/", UriKind.Relative));
        Assert.SkipUnless(
            page.Contains("assets/", StringComparison.Ordinal), "the dashboard was not built: there is no npm");
    }
}
