using Microsoft.Playwright;
using PlayFair.Cli.Tests.Report;

namespace PlayFair.Dashboard.Tests;

/// <summary>Every page with real data, in both themes, on a desk and on a phone.</summary>
public sealed class AccessibilityTests(ChromiumFixture chromium, RealServer server)
{
    public static TheoryData<string, ColorScheme, int> Pages()
    {
        var pages = new TheoryData<string, ColorScheme, int>();
        foreach (string page in (string[])
            ["/", "/videos/ended?at=3", "/videos/sampled", "/videos/held", "/videos/looped?clip=6", "/statistics",
             "/statistics?class=14", "/models", "/service", "/manage", "/add", "/videos/looped/edit", "/videos/nobody"])
        {
            pages.Add(page, ColorScheme.Light, 1280);
            pages.Add(page, ColorScheme.Dark, 360);
        }

        return pages;
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Axe_finds_nothing_and_nothing_is_wider_than_the_window(string page, ColorScheme colors, int width)
    {
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(
            chromium, server.Address, page, width, colors: colors);
        await Assertions.Expect(dashboard.Page.Locator("main h1, main [role=alert]").First).ToBeVisibleAsync();
        await Assertions.Expect(dashboard.Page.Locator(".notice-spinner")).ToHaveCountAsync(0);
        await dashboard.AssertAccessibleAsync();
        await dashboard.AssertNoSidewaysScrollAsync();
        dashboard.AssertQuiet();
    }
}
