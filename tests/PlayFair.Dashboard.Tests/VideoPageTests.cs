using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using PlayFair.Cli.Tests.Report;
using PlayFair.Server.Tests;

namespace PlayFair.Dashboard.Tests;

/// <summary>The window of a real video: what is shown are the API's numbers, and it can be held, compared and saved.</summary>
public sealed class VideoPageTests(ChromiumFixture chromium, RealServer server)
{
    [Fact]
    public async Task Held_the_page_shows_the_very_values_of_the_api()
    {
        await using OpenedDashboard dashboard = await OpenAsync("/videos/looped");
        JsonElement update = await HoldAsync(dashboard);
        JsonElement top = update.GetProperty("classes")[0];
        await AssertValuesAsync(dashboard, 0, Numbers(top, "esv"));
        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Region, new() { Name = "Shown update" }))
            .ToContainTextAsync(top.GetProperty("name").GetString()!);
        double[] frames = Numbers(update, "frameIndices");
        for (int i = 0; i < frames.Length; i++)
        {
            await Assertions.Expect(Frames(dashboard).Nth(i)).ToHaveAccessibleNameAsync(
                new Regex($"^Frame {frames[i]}, "));
        }

        foreach (JsonElement reported in update.GetProperty("classes").EnumerateArray())
        {
            string shown = await dashboard.Page.GetByRole(AriaRole.Button, new()
            {
                Name = $"{reported.GetProperty("name").GetString()}, score",
            }).Locator(".window-class-score").InnerTextAsync();
            AssertShows(reported.GetProperty("score").GetDouble(), shown);
        }

        dashboard.AssertQuiet();
    }

    [Fact]
    public async Task While_it_is_held_the_stream_goes_on_and_catching_up_shows_the_newest()
    {
        await using OpenedDashboard dashboard = await OpenAsync("/videos/looped");
        JsonElement held = await HoldAsync(dashboard);
        long sequence = held.GetProperty("sequence").GetInt64();
        string shown = await Frames(dashboard).First.InnerTextAsync();
        await Assertions.Expect(dashboard.Page.GetByText(new Regex(@"\d+ updates behind"))).ToBeVisibleAsync();
        Assert.Equal(shown, await Frames(dashboard).First.InnerTextAsync());

        await dashboard.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^Catch up") }).ClickAsync();
        await Assertions.Expect(dashboard.Page).Not.ToHaveURLAsync(new Regex("at="));
        await dashboard.Page.WaitForFunctionAsync(
            "least => Number(/update (\\d+)/.exec(document.body.innerText)[1]) > least", sequence + 1);
        dashboard.AssertQuiet();
    }

    [Fact]
    public async Task A_copied_address_shows_the_same_update_frame_and_classes()
    {
        await using OpenedDashboard dashboard = await OpenAsync("/videos/ended?at=3");
        await Classes(dashboard).Nth(2).ClickAsync();
        await Frames(dashboard).Nth(1).ClickAsync();
        await Assertions.Expect(dashboard.Page).ToHaveURLAsync(new Regex("frame=.*classes=|classes=.*frame="));
        string[] before = await ShownAsync(dashboard.Page);
        IPage copy = await dashboard.OpenTabAsync(dashboard.Page.Url.Split('#')[1]);
        await Assertions.Expect(copy.Locator("[role=option]")).ToHaveCountAsync(8);
        Assert.Equal(before, await ShownAsync(copy));
        Assert.Equal(2, await copy.Locator("main button[aria-pressed=true]:has(.window-class-name)").CountAsync());
    }

    [Fact]
    public async Task Contrast_shows_the_difference_of_two_classes()
    {
        JsonElement update = await server.UpdateAsync("ended", 2);
        JsonElement a = update.GetProperty("classes")[0], b = update.GetProperty("classes")[4];
        await using OpenedDashboard dashboard = await OpenAsync(
            $"/videos/ended?at=2&contrast={a.GetProperty("index")},{b.GetProperty("index")}");
        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Radio, new() { Name = "Contrast" })).ToBeCheckedAsync();
        await AssertValuesAsync(
            dashboard, 0, [.. Numbers(a, "esv").Zip(Numbers(b, "esv"), (x, y) => x - y)]);
        await dashboard.Page.GetByRole(AriaRole.Radio, new() { Name = "Classes φ" }).CheckAsync();
        await AssertValuesAsync(dashboard, 0, Numbers(a, "esv"));
    }

    [Fact]
    public async Task Sampled_values_show_their_standard_errors()
    {
        await using OpenedDashboard dashboard = await OpenAsync("/videos/sampled");
        JsonElement update = await HoldAsync(dashboard);
        double[] errors = Numbers(update.GetProperty("classes")[0], "standardErrors");
        for (int i = 0; i < errors.Length; i++)
        {
            string name = (await Frames(dashboard).Nth(i).Locator(".unseen").TextContentAsync())!;
            AssertShows(errors[i], Regex.Match(name, "± ([^ ,]+)").Groups[1].Value);
        }

        await Assertions.Expect(dashboard.Page.Locator(".error-band")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task What_is_shown_is_saved_as_csv_json_and_a_picture()
    {
        await using OpenedDashboard dashboard = await OpenAsync("/videos/ended?at=4");
        JsonElement update = await server.UpdateAsync("ended", 4);
        await Assertions.Expect(Frames(dashboard)).ToHaveCountAsync(8);

        using var json = JsonDocument.Parse(await SaveAsync(dashboard, "JSON"));
        Assert.True(JsonElement.DeepEquals(update, json.RootElement));

        string[] lines = System.Text.Encoding.UTF8.GetString(await SaveAsync(dashboard, "CSV")).Trim().Split('\n');
        double[] esv = Numbers(update.GetProperty("classes")[0], "esv");
        Assert.Equal(esv.Length + 1, lines.Length);
        for (int i = 0; i < esv.Length; i++)
            Assert.Contains(esv[i].ToString("R", CultureInfo.InvariantCulture)[..6], lines[i + 1], StringComparison.Ordinal);

        byte[] picture = await SaveAsync(dashboard, "PNG");
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], picture[..4]);
        Assert.True(picture.Length > 10_000, "the picture is empty");
        dashboard.AssertQuiet();
    }

    [Fact]
    public async Task The_keyboard_alone_holds_scrubs_compares_and_catches_up()
    {
        await using OpenedDashboard dashboard = await OpenAsync("/videos/looped");
        IKeyboard keyboard = dashboard.Page.Keyboard;
        await Assertions.Expect(Frames(dashboard)).ToHaveCountAsync(8);
        await dashboard.Page.Locator("#main").FocusAsync();
        await keyboard.PressAsync("Space");
        await Assertions.Expect(dashboard.Page).ToHaveURLAsync(new Regex("at="));

        await TabToAsync(dashboard.Page, "listbox");
        await keyboard.PressAsync("Home");
        await Assertions.Expect(Frames(dashboard).Nth(0)).ToHaveAttributeAsync("aria-selected", "true");
        await keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(Frames(dashboard).Nth(1)).ToHaveAttributeAsync("aria-selected", "true");
        await keyboard.PressAsync("End");
        await Assertions.Expect(Frames(dashboard).Nth(7)).ToHaveAttributeAsync("aria-selected", "true");

        await TabToAsync(dashboard.Page, "slider");
        await keyboard.PressAsync("ArrowLeft");
        await Assertions.Expect(Frames(dashboard).Nth(6)).ToHaveAttributeAsync("aria-selected", "true");

        await Classes(dashboard).Nth(1).FocusAsync();
        await keyboard.PressAsync("Enter");
        await Assertions.Expect(Classes(dashboard).Nth(1)).ToHaveAttributeAsync("aria-pressed", "true");
        await Assertions.Expect(Classes(dashboard).Nth(1)).ToBeFocusedAsync();

        await dashboard.Page.Locator("#main").FocusAsync();
        await keyboard.PressAsync("Space");
        await Assertions.Expect(dashboard.Page).Not.ToHaveURLAsync(new Regex("at="));
    }

    [Fact]
    public async Task A_server_that_is_killed_and_comes_back_goes_on_under_the_page_without_a_reload_or_a_gap()
    {
        await using OpenedDashboard dashboard = await OpenAsync("/videos/looped");
        await Assertions.Expect(Frames(dashboard)).ToHaveCountAsync(8);
        await dashboard.Page.EvaluateAsync("window.isTheSamePage = true");
        long before = await SequenceAsync(dashboard.Page);
        var resumed = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        dashboard.Page.Request += (_, request) =>
        {
            if (request.Url.Contains("/events", StringComparison.Ordinal)
                && request.Headers.TryGetValue("last-event-id", out string? id))
            {
                resumed.TrySetResult(id);
            }
        };

        await server.KillAsync();
        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Banner)).ToContainTextAsync("Reconnecting");
        long last = await SequenceAsync(dashboard.Page);
        await server.StartAsync();
        string id = await resumed.Task.WaitAsync(RunningServer.Timeout);
        Assert.Equal(last.ToString(CultureInfo.InvariantCulture), id);
        await dashboard.Page.WaitForFunctionAsync(
            "least => Number(/update (\\d+)/.exec(document.body.innerText)[1]) > least", last + 2);
        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Banner)).ToContainTextAsync("Connected");
        Assert.True(await dashboard.Page.EvaluateAsync<bool>("window.isTheSamePage"));
        Assert.True(last >= before);
    }

    [Fact]
    public async Task A_video_that_is_not_there_is_said_not_to_be()
    {
        await using OpenedDashboard dashboard = await OpenAsync("/videos/nobody");
        await Assertions.Expect(dashboard.Page.Locator("#main")).ToContainTextAsync("There is no video “nobody”");
    }

    private Task<OpenedDashboard> OpenAsync(string hash) => OpenedDashboard.OpenAsync(chromium, server.Address, hash);

    private static ILocator Frames(OpenedDashboard dashboard) =>
        dashboard.Page.GetByRole(AriaRole.Listbox, new() { Name = "Frames" }).GetByRole(AriaRole.Option);

    private static ILocator Classes(OpenedDashboard dashboard) =>
        dashboard.Page.GetByRole(AriaRole.Region, new() { Name = "Classes", Exact = true })
            .Locator("button[aria-pressed]");

    private static double[] Numbers(JsonElement parent, string name) =>
        [.. parent.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];

    private static Task<string[]> ShownAsync(IPage page) => page.EvaluateAsync<string[]>(
        "[...document.querySelectorAll('[role=option]')].map(frame => `${frame.textContent} ${frame.ariaSelected}`)");

    private static Task<long> SequenceAsync(IPage page) => page.EvaluateAsync<long>(
        "Number(/update (\\d+)/.exec(document.body.innerText)[1])");

    /// <summary>Pauses, and finds what the API says of the update that is held.</summary>
    private async Task<JsonElement> HoldAsync(OpenedDashboard dashboard)
    {
        await dashboard.Page.GetByRole(AriaRole.Button, new() { Name = "Pause", Exact = true }).ClickAsync();
        await Assertions.Expect(dashboard.Page).ToHaveURLAsync(new Regex("at=\\d+"));
        long sequence = long.Parse(
            Regex.Match(dashboard.Page.Url, "at=(\\d+)").Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.Equal(sequence, await SequenceAsync(dashboard.Page));
        return await server.UpdateAsync(
            Regex.Match(dashboard.Page.Url, "videos/([a-z]+)").Groups[1].Value, sequence);
    }

    private static async Task AssertValuesAsync(OpenedDashboard dashboard, int row, double[] values)
    {
        await Assertions.Expect(Frames(dashboard)).ToHaveCountAsync(values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            string text = await Frames(dashboard).Nth(i).Locator(".number").Nth(row).InnerTextAsync();
            AssertShows(values[i], text);
        }
    }

    private static async Task<byte[]> SaveAsync(OpenedDashboard dashboard, string format)
    {
        IDownload download = await dashboard.Page.RunAndWaitForDownloadAsync(
            () => dashboard.Page.GetByRole(AriaRole.Button, new() { Name = $"Save as {format}:" }).ClickAsync());
        return await File.ReadAllBytesAsync(await download.PathAsync());
    }

    private static async Task TabToAsync(IPage page, string role)
    {
        for (int i = 0; i < 60; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (await page.EvaluateAsync<string?>("document.activeElement.getAttribute('role')") == role)
                return;
        }

        Assert.Fail($"no {role} takes the focus");
    }

    /// <summary>The text, as printed for people, is the value rounded to the digits printed.</summary>
    private static void AssertShows(double value, string text)
    {
        string[] parts = text.Replace('\u2212', '-').Trim().Split('e');
        int decimals = parts[0].Split('.') is [_, var fraction] ? fraction.Length : 0;
        int exponent = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        double shown = double.Parse(string.Join('e', parts), CultureInfo.InvariantCulture);
        Assert.Equal(value, shown, 0.5001 * Math.Pow(10, exponent - decimals));
    }
}
