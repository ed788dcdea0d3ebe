using System.Text.RegularExpressions;
using Microsoft.Playwright;
using PlayFair.Cli.Tests.Report;
using PlayFair.Contracts;
using PlayFair.Server.Tests;

namespace PlayFair.Dashboard.Tests;

/// <summary>What a page shows while it has nothing to show, and when something goes wrong.</summary>
public sealed class StateTests(ChromiumFixture chromium)
{
    [Theory]
    [InlineData(VideoState.Connecting, "connecting")]
    [InlineData(VideoState.Live, "live")]
    [InlineData(VideoState.Stalled, "stalled")]
    [InlineData(VideoState.Reconnecting, "reconnecting")]
    [InlineData(VideoState.Ended, "ended")]
    [InlineData(VideoState.Failed, "failed")]
    [InlineData(VideoState.Paused, "paused")]
    public async Task Its_tile_and_its_page_say_a_videos_state_and_why(VideoState state, string words)
    {
        var service = new FakeVideoService();
        service.Put(Samples.Status(Samples.Definition("door"), state, "no route to the camera") with
        {
            NextAttemptAt = state == VideoState.Reconnecting ? DateTimeOffset.UtcNow.AddSeconds(110) : null,
            FailedAttempts = 4,
            FramesInWindow = 3,
        });
        await using RunningServer server = await RunningServer.StartAsync(service);
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(chromium, server.Address);
        foreach (string page in (string[])["/", "/videos/door"])
        {
            await dashboard.GoAsync(page);
            ILocator main = dashboard.Page.Locator("#main");
            await Assertions.Expect(dashboard.Heading).ToHaveTextAsync(page == "/" ? "Wall" : "door");
            await Assertions.Expect(main).ToContainTextAsync(words);
            if (state is VideoState.Failed or VideoState.Stalled or VideoState.Reconnecting)
                await Assertions.Expect(main).ToContainTextAsync("route to the camera");
            if (state == VideoState.Reconnecting)
                await Assertions.Expect(main).ToContainTextAsync(new Regex("in 1 min"));
            if (state == VideoState.Live)
                await Assertions.Expect(main).ToContainTextAsync("3 of 16 frames");
            await dashboard.AssertAccessibleAsync();
        }

        dashboard.AssertQuiet();
    }

    [Fact]
    public async Task Until_the_server_has_answered_the_page_says_that_it_waits()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("door"));
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(chromium, server.Address);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await dashboard.Page.RouteAsync("**/api/v1/session", async route =>
        {
            await answer.Task;
            await route.ContinueAsync();
        });
        await dashboard.Page.ReloadAsync();
        await Assertions.Expect(dashboard.Page.GetByText("Connecting to the server")).ToBeVisibleAsync();
        answer.SetResult();
        await Assertions.Expect(dashboard.Heading).ToHaveTextAsync("Wall");
    }

    [Theory]
    [InlineData("/statistics", "statistics")]
    [InlineData("/videos/door", "history")]
    public async Task What_the_server_cannot_answer_is_said_in_its_words_and_can_be_asked_again(string page, string path)
    {
        FakeVideoService service = new FakeVideoService().With("door");
        service.Publish(Samples.Update("door", 0));
        await using RunningServer server = await RunningServer.StartAsync(service);
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(chromium, server.Address);
        bool fails = true;
        await dashboard.Page.RouteAsync($"**/api/v1/{(path == "history" ? "videos/door/timeline" : path)}?*", route => fails
            ? route.FulfillAsync(new()
            {
                Status = 500,
                ContentType = "application/problem+json",
                Body = """{"status":500,"title":"The store failed","detail":"The disk is full; free some space."}""",
            })
            : route.ContinueAsync());
        await dashboard.GoAsync(page);
        await Assertions.Expect(dashboard.Page.GetByText("The disk is full; free some space.").First).ToBeVisibleAsync();
        fails = false;
        await dashboard.Page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "The disk is full" })
            .GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await Assertions.Expect(dashboard.Page.GetByText("The disk is full; free some space.")).ToHaveCountAsync(0);
        dashboard.AssertQuiet();
    }
}
