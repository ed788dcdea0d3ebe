using Microsoft.Playwright;
using PlayFair.Cli.Tests.Report;
using PlayFair.Contracts;
using PlayFair.Server;
using PlayFair.Server.Tests;

namespace PlayFair.Dashboard.Tests;

/// <summary>The frame around every page: navigation, signing in, the connection, colours.</summary>
public sealed class ShellTests(ChromiumFixture chromium)
{
    private const string Viewer = "viewer-token-0123456789";
    private const string Manager = "manager-token-0123456789";

    [Fact]
    public async Task Each_page_is_a_link_away_has_a_heading_and_takes_the_focus()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("door"));
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(chromium, server.Address);
        await Assertions.Expect(dashboard.Heading).ToBeVisibleAsync();
        foreach (string page in (string[])["Statistics", "Models", "Service", "Manage", "Add a video", "Wall"])
        {
            ILocator link = dashboard.Page.GetByRole(AriaRole.Navigation).GetByRole(
                AriaRole.Link, new() { Name = page, Exact = true });
            await link.FocusAsync();
            await dashboard.Page.Keyboard.PressAsync("Enter");
            await Assertions.Expect(link).ToHaveAttributeAsync("aria-current", "page");
            await Assertions.Expect(dashboard.Heading).ToHaveCountAsync(1);
            await Assertions.Expect(dashboard.Page.Locator("#main")).ToBeFocusedAsync();
        }

        dashboard.AssertQuiet();
    }

    [Fact]
    public async Task An_address_of_no_page_says_so()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(chromium, server.Address, "/nowhere");
        await Assertions.Expect(dashboard.Page.GetByText("There is no such page")).ToBeVisibleAsync();
        dashboard.AssertQuiet();
    }

    [Fact]
    public async Task A_protected_server_asks_for_a_token_and_refuses_a_wrong_one_in_words()
    {
        await using RunningServer server = await StartWithTokensAsync();
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(chromium, server.Address, "/models");
        ILocator field = dashboard.Page.GetByLabel("Token", new() { Exact = true });
        await field.FillAsync("wrong-token-0123456789");
        await field.PressAsync("Enter");
        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("token");
        await dashboard.AssertAccessibleAsync();

        await field.FillAsync(Viewer);
        await field.PressAsync("Enter");
        await Assertions.Expect(dashboard.Heading).ToContainTextAsync("Models");
        await Assertions.Expect(Link(dashboard, "Add a video")).ToHaveCountAsync(0);

        await dashboard.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await field.FillAsync(Manager);
        await field.PressAsync("Enter");
        await Assertions.Expect(Link(dashboard, "Add a video")).ToBeVisibleAsync();
        dashboard.AssertQuiet();
        Assert.All(server.Log.Lines, line => Assert.DoesNotContain(Manager, line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Names_of_videos_and_classes_stay_text()
    {
        const string hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>";
        FakeVideoService service = new();
        service.Put(Samples.Status(Samples.Definition("door") with { Title = hostile, Source = hostile }, reason: hostile));
        service.Publish(Samples.Update("door", 0, hostile));
        await using RunningServer server = await RunningServer.StartAsync(service);
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(chromium, server.Address);
        foreach (string page in (string[])["/", "/videos/door", "/statistics", "/videos/door/edit", "/manage"])
        {
            await dashboard.GoAsync(page);
            await Assertions.Expect(dashboard.Heading).ToHaveCountAsync(1);
            if (page is "/" or "/videos/door")
                await Assertions.Expect(dashboard.Page.GetByText("<script>").First).ToBeVisibleAsync();
            Assert.Equal(0, await dashboard.Page.Locator("img[src=x], script:not([src])").CountAsync());
        }

        dashboard.AssertQuiet();
    }

    [Fact]
    public async Task The_colours_chosen_stay_after_a_reload()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(chromium, server.Address);
        await dashboard.Page.GetByLabel("Colours").SelectOptionAsync("dark");
        string dark = await GroundAsync(dashboard);
        await dashboard.Page.ReloadAsync();
        await Assertions.Expect(dashboard.Page.GetByLabel("Colours")).ToHaveValueAsync("dark");
        Assert.Equal(dark, await GroundAsync(dashboard));
        await dashboard.Page.GetByLabel("Colours").SelectOptionAsync("light");
        Assert.NotEqual(dark, await GroundAsync(dashboard));
    }

    private static Task<string> GroundAsync(OpenedDashboard dashboard) =>
        dashboard.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");

    private static ILocator Link(OpenedDashboard dashboard, string name) =>
        dashboard.Page.GetByRole(AriaRole.Navigation).GetByRole(AriaRole.Link, new() { Name = name });

    private static Task<RunningServer> StartWithTokensAsync() => RunningServer.StartAsync(
        new FakeVideoService().With("door"),
        configuration => configuration with
        {
            Tokens =
            [
                AccessToken.Create("viewer", Viewer, Role.View),
                AccessToken.Create("manager", Manager, Role.Manage),
            ],
        });
}
