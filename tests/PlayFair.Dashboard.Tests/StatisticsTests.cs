using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using PlayFair.Cli.Tests.Report;

namespace PlayFair.Dashboard.Tests;

/// <summary>The statistics page shows the report's numbers, and leads to the moments behind them.</summary>
public sealed class StatisticsTests(ChromiumFixture chromium, RealServer server)
{
    [Fact]
    public async Task Each_cell_says_the_reports_share_and_leads_to_the_windows_that_it_counts()
    {
        JsonElement model = (await server.GetAsync("/api/v1/statistics?video=ended")).GetProperty("models")[0];
        JsonElement reported = model.GetProperty("classes").EnumerateArray().First(
            c => c.GetProperty("name").GetString() == "opening something");
        JsonElement positions = reported.GetProperty("positions")[0];
        double[] shares = [.. positions.GetProperty("greaterThan").EnumerateArray().Select(share => share.GetDouble())];
        long windowCount = positions.GetProperty("windowCount").GetInt64();
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(
            chromium, server.Address, $"/statistics?videos=ended&class={reported.GetProperty("index")}&period=all");
        for (int cell = 0; cell < shares.Length; cell++)
        {
            if (cell / 8 == cell % 8)
                continue;
            string share = (100 * shares[cell]).ToString("0.0", CultureInfo.InvariantCulture);
            await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Gridcell, new()
            {
                NameRegex = new Regex($"^Position {cell / 8} above position {cell % 8}: {Regex.Escape(share)}"),
            })).ToHaveCountAsync(1);
        }

        int some = Array.FindIndex(shares, share => share > 0);
        await dashboard.Page.GetByRole(AriaRole.Gridcell, new()
        {
            NameRegex = new Regex($"^Position {some / 8} above position {some % 8}:"),
        }).ClickAsync();
        ILocator moments = dashboard.Page.GetByRole(AriaRole.Complementary, new() { Name = "Moments" });
        long behind = (long)Math.Round(shares[some] * windowCount);
        await Assertions.Expect(moments.GetByRole(AriaRole.Listitem)).ToHaveCountAsync((int)Math.Min(20, behind));
        await moments.GetByRole(AriaRole.Link).First.ClickAsync();
        await Assertions.Expect(dashboard.Page).ToHaveURLAsync(new Regex("videos/ended\\?.*at="));
        await Assertions.Expect(dashboard.Page.Locator("[role=option]")).ToHaveCountAsync(8);
        dashboard.AssertQuiet();
    }

    [Fact]
    public async Task What_is_chosen_is_in_the_address()
    {
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(chromium, server.Address, "/statistics");
        await dashboard.Page.GetByLabel("Period").SelectOptionAsync(new SelectOptionValue { Label = "Last hour" });
        await dashboard.Page.GetByLabel("Compared with").SelectOptionAsync(new SelectOptionValue { Label = "Nothing" });
        await Assertions.Expect(dashboard.Page).ToHaveURLAsync(new Regex("statistics\\?.+=.+&.+=.+"));
        IPage copy = await dashboard.OpenTabAsync(dashboard.Page.Url.Split('#')[1]);
        await Assertions.Expect(copy.GetByLabel("Period")).ToHaveValueAsync(
            await dashboard.Page.GetByLabel("Period").InputValueAsync());
        await Assertions.Expect(copy.GetByLabel("Compared with")).ToHaveValueAsync(
            await dashboard.Page.GetByLabel("Compared with").InputValueAsync());
        dashboard.AssertQuiet();
    }
}
