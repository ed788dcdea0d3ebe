using System.Text.RegularExpressions;
using Microsoft.Playwright;
using PlayFair.Cli.Tests.Report;
using PlayFair.Contracts;
using PlayFair.Server.Tests;

namespace PlayFair.Dashboard.Tests;

/// <summary>The wall: every video as a tile, whatever its state.</summary>
public sealed class WallTests(ChromiumFixture chromium, RealServer real)
{
    [Fact]
    public async Task An_empty_wall_says_how_to_add_a_video()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(chromium, server.Address);
        await Assertions.Expect(dashboard.Page.GetByText("playfair serve --demo")).ToBeVisibleAsync();
        await Assertions.Expect(
            dashboard.Page.Locator("main").GetByRole(AriaRole.Link, new() { NameRegex = new Regex("[Aa]dd a video") }).First)
            .ToBeVisibleAsync();
        await dashboard.AssertAccessibleAsync();
        dashboard.AssertQuiet();
    }

    [Fact]
    public async Task A_tile_changes_with_the_stream()
    {
        FakeVideoService service = new FakeVideoService().With("door");
        service.Publish(Samples.Update("door", 0, "opening something"));
        await using RunningServer server = await RunningServer.StartAsync(service);
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(chromium, server.Address);
        await Assertions.Expect(Tile(dashboard, "door")).ToContainTextAsync(new Regex("opening something *0.7500"));
        AttributionUpdate next = Samples.Update("door", 1, "closing something");
        service.Publish(next with { Classes = [next.Classes[0] with { Score = 0.5f }] });
        await Assertions.Expect(Tile(dashboard, "door")).ToContainTextAsync(new Regex("closing something *0.5000"));
        await service.RemoveAsync("door");
        await Assertions.Expect(Tile(dashboard, "door")).ToHaveCountAsync(0);
        dashboard.AssertQuiet();
    }

    [Fact]
    public async Task Filter_order_and_groups_are_in_the_address()
    {
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(chromium, real.Address);
        ILocator tiles = dashboard.Page.Locator("main").GetByRole(AriaRole.Heading, new() { Level = 3 });
        await Assertions.Expect(Tile(dashboard, "ended")).ToBeVisibleAsync();
        int all = await tiles.CountAsync();
        await dashboard.Page.GetByRole(AriaRole.Searchbox).FillAsync("ended");
        await Assertions.Expect(tiles).ToHaveCountAsync(1);
        Assert.True(all > 1);
        await dashboard.Page.GetByLabel("Sort").SelectOptionAsync(new SelectOptionValue { Label = "Name" });
        await dashboard.Page.GetByLabel("Group by").SelectOptionAsync(new SelectOptionValue { Label = "State" });
        await Assertions.Expect(dashboard.Page).ToHaveURLAsync(new Regex("sort=.*group=|group=.*sort="));
        IPage copy = await dashboard.OpenTabAsync(dashboard.Page.Url.Split('#')[1]);
        await Assertions.Expect(copy.GetByRole(AriaRole.Searchbox)).ToHaveValueAsync("ended");
        await Assertions.Expect(copy.GetByLabel("Group by")).ToHaveValueAsync(
            await dashboard.Page.GetByLabel("Group by").InputValueAsync());
        dashboard.AssertQuiet();
    }

    [Fact]
    public async Task A_tile_leads_to_its_video()
    {
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(chromium, real.Address);
        await dashboard.Page.GetByRole(AriaRole.Link, new() { Name = "ended", Exact = true }).FocusAsync();
        await dashboard.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(dashboard.Heading).ToHaveTextAsync("ended");
        await Assertions.Expect(dashboard.Page.Locator("[role=option]")).ToHaveCountAsync(8);
    }

    private static ILocator Tile(OpenedDashboard dashboard, string title) =>
        dashboard.Page.GetByRole(AriaRole.Listitem).Filter(
            new() { Has = dashboard.Page.GetByRole(AriaRole.Link, new() { Name = title, Exact = true }) });
}
