using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using PlayFair.Cli.Tests.Report;

namespace PlayFair.Dashboard.Tests;

/// <summary>Looking back: the timeline, the file in step with it, and the whole clip.</summary>
public sealed class HistoryTests(ChromiumFixture chromium, RealServer server)
{
    [Fact]
    public async Task A_jump_to_an_update_shows_it_and_the_keyboard_walks_on_from_there()
    {
        await using OpenedDashboard dashboard = await OpenAsync("/videos/ended");
        await dashboard.Page.GetByLabel("Jump to a time or an update").FillAsync("5");
        await dashboard.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(dashboard.Page).ToHaveURLAsync(new Regex("at=5"));
        ILocator slider = dashboard.Page.GetByRole(AriaRole.Slider, new() { Name = "Moment shown" });
        await Assertions.Expect(slider).ToHaveAttributeAsync("aria-valuenow", "5");
        await slider.FocusAsync();
        await slider.PressAsync("ArrowRight");
        await Assertions.Expect(dashboard.Page).ToHaveURLAsync(new Regex("at=6"));
        await Assertions.Expect(slider).ToHaveAttributeAsync("aria-valuenow", "6");
        await slider.PressAsync("Home");
        await Assertions.Expect(dashboard.Page).ToHaveURLAsync(new Regex("at=0"));

        await dashboard.Page.GetByLabel("Jump to a time or an update").FillAsync("yesterday");
        await dashboard.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(dashboard.Page.GetByText("neither a time")).ToBeVisibleAsync();
        dashboard.AssertQuiet();
    }

    [Fact]
    public async Task A_zoom_is_in_the_address_and_the_period_shown_is_exported()
    {
        await using OpenedDashboard dashboard = await OpenAsync("/videos/ended");
        ILocator slider = dashboard.Page.GetByRole(AriaRole.Slider, new() { Name = "Moment shown" });
        await slider.FocusAsync();
        await slider.PressAsync("Home");
        await slider.PressAsync("+");
        await Assertions.Expect(dashboard.Page).ToHaveURLAsync(new Regex("from=.*to="));
        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Slider, new() { Name = "Part of the history shown" }))
            .ToBeVisibleAsync();
        IDownload csv = await dashboard.Page.RunAndWaitForDownloadAsync(
            () => dashboard.Page.GetByRole(AriaRole.Group, new() { Name = "Export the period shown" })
                .GetByText("CSV").ClickAsync());
        string[] lines = await File.ReadAllLinesAsync(await csv.PathAsync());
        JsonElement all = await server.GetAsync("/api/v1/videos/ended/history?limit=1000");
        int valueCount = all.EnumerateArray().Sum(update => update.GetProperty("classes").GetArrayLength() * 8);
        Assert.InRange(lines.Length - 1, 8, valueCount - 8);
        dashboard.AssertQuiet();
    }

    [Fact]
    public async Task The_file_plays_in_step_with_the_update_that_is_shown()
    {
        JsonElement update = await server.UpdateAsync("ended", 9);
        double newest = update.GetProperty("frameTimes").EnumerateArray().Last().GetDouble();
        await using OpenedDashboard dashboard = await OpenAsync("/videos/ended?at=9");
        ILocator film = dashboard.Page.Locator("video");
        await Assertions.Expect(film).ToBeVisibleAsync();
        await dashboard.Page.WaitForFunctionAsync(
            "time => Math.abs(document.querySelector('video').currentTime - time) < 0.1", newest);
        dashboard.AssertQuiet();
    }

    [Fact]
    public async Task A_whole_clip_shows_as_many_frames_as_the_slider_says_with_the_values_of_the_api()
    {
        await using OpenedDashboard dashboard = await OpenAsync("/videos/ended?clip=6");
        ILocator frames = dashboard.Page.GetByRole(AriaRole.Listbox, new() { Name = "Frames" }).GetByRole(AriaRole.Option);
        await Assertions.Expect(frames).ToHaveCountAsync(6);
        JsonElement clip = await server.GetAsync("/api/v1/videos/ended/clip?frames=6");
        JsonElement top = clip.GetProperty("classes").EnumerateArray().MaxBy(c => c.GetProperty("score").GetDouble());
        double[] esv = [.. top.GetProperty("esv").EnumerateArray().Select(value => value.GetDouble())];
        for (int i = 0; i < esv.Length; i++)
        {
            string text = (await frames.Nth(i).Locator(".number").First.InnerTextAsync()).Replace('\u2212', '-');
            Assert.Equal(esv[i], double.Parse(text, CultureInfo.InvariantCulture), 0.00005001);
        }

        await dashboard.Page.GetByRole(AriaRole.Group, new() { Name = "Whole clip" })
            .GetByRole(AriaRole.Slider, new() { Name = "Frames" }).PressAsync("ArrowRight");
        await Assertions.Expect(frames).ToHaveCountAsync(7);
        await dashboard.Page.GetByRole(AriaRole.Button, new() { Name = "Next example" }).PressAsync("Enter");
        await Assertions.Expect(dashboard.Page).ToHaveURLAsync(new Regex("videos/looped.*clip=7"));
        await Assertions.Expect(frames).ToHaveCountAsync(7);
        dashboard.AssertQuiet();
    }

    private Task<OpenedDashboard> OpenAsync(string hash) => OpenedDashboard.OpenAsync(chromium, server.Address, hash);
}
