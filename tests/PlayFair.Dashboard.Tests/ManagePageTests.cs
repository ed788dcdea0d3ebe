using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using PlayFair.Cli.Tests.Report;

namespace PlayFair.Dashboard.Tests;

/// <summary>Videos are looked at, added, changed, paused and removed on the page.</summary>
public sealed class ManagePageTests(ChromiumFixture chromium, RealServer server)
{
    [Fact]
    public async Task A_video_added_through_the_form_shows_moving_values()
    {
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(chromium, server.Address, "/add");
        IPage page = dashboard.Page;
        await page.GetByLabel("File or address").FillAsync(server.ClipPath);
        await page.GetByRole(AriaRole.Button, new() { Name = "Look at it" }).ClickAsync();
        await Assertions.Expect(page.GetByText("320 × 240")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Img)).ToBeVisibleAsync();
        await page.GetByLabel("Start again at its end").CheckAsync();
        await page.GetByLabel("Title").FillAsync("Added by hand");
        await page.GetByLabel("Id", new() { Exact = true }).FillAsync("added");
        await page.GetByLabel("Window").FillAsync("6");
        // Σ_{s ≤ 6} C(5, s − 1) = 2⁵: what a step of an exact window of six evaluates.
        await Assertions.Expect(Term(page, "Evaluations a step")).ToHaveTextAsync("32");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add the video" }).ClickAsync();

        await Assertions.Expect(dashboard.Heading).ToHaveTextAsync("Added by hand");
        ILocator frames = page.Locator("[role=option]");
        await Assertions.Expect(frames).ToHaveCountAsync(6);
        string first = await frames.Last.InnerTextAsync();
        await Assertions.Expect(frames.Last).Not.ToHaveTextAsync(first, new() { UseInnerText = true });
        JsonElement video = await server.GetAsync("/api/v1/videos/added");
        Assert.Equal(6, video.GetProperty("definition").GetProperty("window").GetInt32());
        JsonElement update = await server.GetAsync("/api/v1/videos/added/latest");
        Assert.Equal(32, update.GetProperty("evaluationCount").GetInt64());

        await RemoveAsync(page, "added");
        dashboard.AssertQuiet();
    }

    [Fact]
    public async Task What_the_server_refuses_is_said_beside_its_field_which_takes_the_focus()
    {
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(chromium, server.Address, "/add");
        IPage page = dashboard.Page;
        ILocator source = page.GetByLabel("File or address");
        await source.FillAsync("/etc/passwd");
        await page.GetByLabel("Id", new() { Exact = true }).FillAsync("passwords");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add the video" }).ClickAsync();
        await Assertions.Expect(page.GetByText("/etc/passwd").First).ToBeVisibleAsync();
        await Assertions.Expect(source).ToBeFocusedAsync();
        await Assertions.Expect(source).ToHaveAttributeAsync("aria-invalid", "true");
        await dashboard.AssertAccessibleAsync();
    }

    [Fact]
    public async Task A_change_of_the_title_interrupts_nothing()
    {
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(
            chromium, server.Address, "/videos/looped/edit");
        IPage page = dashboard.Page;
        JsonElement before = await server.GetAsync("/api/v1/videos/looped");
        await page.GetByLabel("Title").FillAsync("Opening a large box");
        await page.GetByRole(AriaRole.Button, new() { Name = "Change the video" }).ClickAsync();
        await Assertions.Expect(dashboard.Heading).ToHaveTextAsync("Opening a large box");
        JsonElement after = await server.GetAsync("/api/v1/videos/looped");
        Assert.Equal(before.GetProperty("since").GetString(), after.GetProperty("since").GetString());
        dashboard.AssertQuiet();
    }

    [Fact]
    public async Task A_paused_video_goes_on_from_the_table_of_videos()
    {
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(chromium, server.Address, "/manage");
        ILocator row = dashboard.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "held" });
        await Assertions.Expect(row).ToContainTextAsync("paused");
        await row.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("Resume|Go on") }).ClickAsync();
        await Assertions.Expect(row).ToContainTextAsync("live");
        await row.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("Pause") }).ClickAsync();
        await Assertions.Expect(row).ToContainTextAsync("paused");
        await server.UntilAsync(
            "/api/v1/videos/held", video => video.GetProperty("state").GetString() == "paused");
        dashboard.AssertQuiet();
    }

    private async Task RemoveAsync(IPage page, string id)
    {
        await page.GotoAsync($"{server.Address}#/manage");
        ILocator row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = id });
        await row.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("Remove") }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { NameRegex = new Regex("Remove") })
            .ClickAsync();
        await Assertions.Expect(row).ToHaveCountAsync(0);
        using HttpResponseMessage gone = await server.Client.GetAsync(new Uri($"/api/v1/videos/{id}", UriKind.Relative));
        Assert.Equal(System.Net.HttpStatusCode.NotFound, gone.StatusCode);
    }

    /// <summary>What stands beside a term of a list of them.</summary>
    private static ILocator Term(IPage page, string term) => page.Locator($"dt:text-is('{term}') + dd");
}
