using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using PlayFair.Cli.Tests.Report;
using PlayFair.Contracts;
using PlayFair.Server.Tests;

namespace PlayFair.Dashboard.Tests;

/// <summary>The silos of a cluster, and what runs where.</summary>
public sealed class ClusterPageTests(ChromiumFixture chromium)
{
    [Fact]
    public async Task Without_a_cluster_no_page_leads_to_one_and_nothing_is_wrong()
    {
        await using RunningServer server = await RunningServer.StartAsync(new FakeVideoService().With("door"));
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(chromium, server.Address);
        await server.Log.UntilAsync("/api/v1/cluster 404");
        await Assertions.Expect(Link(dashboard, "Service")).ToBeVisibleAsync();
        await Assertions.Expect(Link(dashboard, "Cluster")).ToHaveCountAsync(0);
        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);

        await dashboard.GoAsync("/cluster");
        await Assertions.Expect(dashboard.Page.GetByText("There is no cluster")).ToBeVisibleAsync();
        await Assertions.Expect(dashboard.Page.Locator("main code")).ToHaveTextAsync("playfair silo");
        await dashboard.AssertAccessibleAsync();
        await dashboard.GoAsync("/videos/door");
        await Assertions.Expect(dashboard.Page.Locator(".video-figures")).Not.ToContainTextAsync("Silo");
        dashboard.AssertQuiet();
    }

    [Fact]
    public async Task What_is_wrong_comes_first_in_words_and_in_the_order_of_the_silos()
    {
        FakeVideoService service = Service();
        service.Cluster = Samples.Cluster(DateTimeOffset.UtcNow);
        await using RunningServer server = await RunningServer.StartAsync(service);
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(chromium, server.Address);
        await Link(dashboard, "Cluster").ClickAsync();
        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.List, new() { Name = "Summary" }))
            .ToHaveTextAsync(
                "cameras2 of 3 silos active4 videos1 without a silo23.5 updates/s10 of 12 cores expected in use");
        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Region, new() { Name = "What is wrong" })
            .GetByRole(AriaRole.Listitem)).ToContainTextAsync(
            [
                new Regex("A silo is dead *silo-2, last heard of 1 min 3"),
                new Regex("more than it can do *silo-1, 4.8 of 4 cores"),
                new Regex("1 video has no silo"),
            ]);
        await Assertions.Expect(Rows(dashboard)).ToContainTextAsync(
            [
                new Regex("silo-2.*dead"),
                new Regex("silo-1.*active.*more than it can do.*4.8 of 4 cores120 %"),
                new Regex("silo-0.*5.2 of 8 cores65 %.*1.90 GB.*cuda.*playfair 0.1.0"),
            ]);
        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Region, new() { Name = "Grains in memory" })
            .GetByRole(AriaRole.Row))
            .ToHaveTextAsync(["Silocatalogfeaturesvideo", "All1123", "silo-0182", "silo-1041"]);
        dashboard.AssertQuiet();
    }

    [Fact]
    public async Task What_the_cluster_does_is_shown_as_it_changes_and_stays_while_the_server_fails()
    {
        FakeVideoService service = Service();
        ClusterStatus cluster = Samples.Cluster(DateTimeOffset.UtcNow);
        service.Cluster = cluster;
        await using RunningServer server = await RunningServer.StartAsync(service);
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(chromium, server.Address, "/cluster");
        await Assertions.Expect(Rows(dashboard).First).ToContainTextAsync("dead");

        // The dead one was started again, the second has room now, and nothing is heard of the first.
        service.Cluster = cluster with
        {
            Silos =
            [
                cluster.Silos[0] with { ReportedAt = DateTimeOffset.UtcNow.AddSeconds(-40) },
                cluster.Silos[1] with { LoadCores = 2 },
                cluster.Silos[2],
                cluster.Silos[1] with
                {
                    Name = "silo-2", Address = "10.0.0.6:11111@2", State = SiloState.Joining, LoadCores = 0,
                },
            ],
            UnplacedVideoCount = 0,
        };
        await Assertions.Expect(Rows(dashboard)).ToContainTextAsync(
            [
                new Regex("silo-0.*not heard of.*4[0-9] s ago"),
                new Regex("silo-1"),
                new Regex("silo-2.*joining"),
                new Regex("silo-2.*dead.*started again"),
            ]);
        await Assertions.Expect(dashboard.Page.GetByText("2 of 3 silos active")).ToBeVisibleAsync();

        bool fails = true;
        await dashboard.Page.RouteAsync("**/api/v1/cluster", route => fails
            ? route.FulfillAsync(new()
            {
                Status = 500,
                ContentType = "application/problem+json",
                Body = """{"status":500,"title":"Failed","detail":"The catalog does not answer."}""",
            })
            : route.ContinueAsync());
        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Alert))
            .ToContainTextAsync("The catalog does not answer.");
        await Assertions.Expect(Rows(dashboard)).ToHaveCountAsync(4);
        fails = false;
        await dashboard.Page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
        dashboard.AssertQuiet();
    }

    [Fact]
    public async Task Its_tile_and_its_page_say_which_silo_runs_a_video()
    {
        FakeVideoService service = Service();
        service.Cluster = Samples.Cluster(DateTimeOffset.UtcNow);
        await using RunningServer server = await RunningServer.StartAsync(service);
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(chromium, server.Address, "/cluster");
        ILocator silo = dashboard.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^silo-0") });
        await silo.FocusAsync();
        await dashboard.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(silo).ToHaveAttributeAsync("aria-expanded", "true");
        await dashboard.Page.GetByRole(AriaRole.Link, new() { Name = "door", Exact = true }).ClickAsync();
        await Assertions.Expect(dashboard.Page.Locator(".video-figures")).ToContainTextAsync("Silosilo-0");
        await dashboard.GoAsync("/videos/yard");
        await Assertions.Expect(dashboard.Page.Locator(".video-figures")).ToContainTextAsync("Silonone at the moment");

        await dashboard.GoAsync("/");
        await Assertions.Expect(dashboard.Page.GetByTitle("on silo-0")).ToHaveCountAsync(2);
        await Assertions.Expect(dashboard.Page.GetByTitle("on silo-1")).ToHaveCountAsync(1);
        dashboard.AssertQuiet();
    }

    [Fact]
    public async Task Ten_thousand_videos_on_a_hundred_silos_are_counted_first_and_named_when_asked_for()
    {
        const int silos = 100, videos = 10_000;
        var service = new FakeVideoService();
        for (int i = 0; i < videos; i++)
            service.Put(Samples.Status(Samples.Definition(Name("cam", i))) with { Silo = Name("silo", i % silos) });
        ClusterStatus sample = Samples.Cluster(DateTimeOffset.UtcNow);
        service.Cluster = sample with
        {
            VideoCount = videos,
            UnplacedVideoCount = 0,
            Silos = [.. Enumerable.Range(0, silos).Select(i => sample.Silos[0] with
            {
                Name = Name("silo", i),
                Address = string.Create(CultureInfo.InvariantCulture, $"10.0.1.{i}:11111@1"),
                VideoCount = videos / silos,
            })],
            Grains =
            [
                .. Enumerable.Range(0, silos).Select(i => new GrainCount("video", Name("silo", i), videos / silos)),
            ],
        };
        await using RunningServer server = await RunningServer.StartAsync(
            service, configuration => configuration with { LogLevel = LogLevel.Warning });
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(chromium, server.Address, "/cluster");
        int listed = 0;
        dashboard.Page.Request += (_, request) =>
        {
            if (request.Url.Contains("/api/v1/videos", StringComparison.Ordinal))
                Interlocked.Increment(ref listed);
        };
        await Assertions.Expect(dashboard.Page.GetByText("Nothing is wrong")).ToBeVisibleAsync();
        await Assertions.Expect(Rows(dashboard)).ToHaveCountAsync(silos);
        Assert.Equal(0, listed);

        ILocator places = dashboard.Page.GetByRole(AriaRole.Region, new() { Name = "Videos" });
        ILocator links = places.GetByRole(AriaRole.Link);
        ILocator open = places.GetByRole(AriaRole.Button, new() { Name = "silo-7 100 videos" });
        await open.ClickAsync();
        await Assertions.Expect(links).ToHaveCountAsync(50);
        await Assertions.Expect(links.First).ToHaveTextAsync("cam-7");
        Assert.Equal(11, listed);
        await places.GetByRole(AriaRole.Button, new() { Name = "Show 50 more" }).ClickAsync();
        await Assertions.Expect(links).ToHaveCountAsync(100);
        await open.ClickAsync();
        await Assertions.Expect(links).ToHaveCountAsync(0);

        await places.GetByRole(AriaRole.Searchbox).FillAsync("cam-999");
        await Assertions.Expect(places.GetByRole(AriaRole.Status)).ToContainTextAsync("11 videos");
        await Assertions.Expect(links).ToHaveCountAsync(11);
        await dashboard.Page.GetByRole(AriaRole.Searchbox, new() { Name = "Search silos" }).FillAsync("silo-42");
        await Assertions.Expect(Rows(dashboard)).ToHaveCountAsync(1);
        dashboard.AssertQuiet();

        static string Name(string kind, int number) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{number}");
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Light, 360)]
    [InlineData(ColorScheme.Dark, 360)]
    public async Task Axe_finds_nothing_and_nothing_is_wider_than_the_window(ColorScheme colors, int width)
    {
        FakeVideoService service = Service();
        service.Cluster = Samples.Cluster(DateTimeOffset.UtcNow);
        await using RunningServer server = await RunningServer.StartAsync(service);
        await using OpenedDashboard dashboard = await OpenedDashboard.OpenAsync(
            chromium, server.Address, "/cluster", width, colors: colors);
        await dashboard.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^silo-0") }).ClickAsync();
        await Assertions.Expect(dashboard.Page.GetByRole(AriaRole.Link, new() { Name = "door", Exact = true }))
            .ToBeVisibleAsync();
        await dashboard.AssertAccessibleAsync();
        await dashboard.AssertNoSidewaysScrollAsync();
        dashboard.AssertQuiet();
    }

    /// <summary>The videos of the sample cluster: two on its first silo, one on its second, one on none.</summary>
    private static FakeVideoService Service()
    {
        var service = new FakeVideoService();
        foreach ((string id, string? silo) in ((string, string?)[])
            [("door", "silo-0"), ("gate", "silo-0"), ("hall", "silo-1"), ("yard", null)])
        {
            service.Put(Samples.Status(Samples.Definition(id)) with { Silo = silo });
        }

        return service;
    }

    private static ILocator Rows(OpenedDashboard dashboard) => dashboard.Page.Locator(".cluster-table tbody tr");

    private static ILocator Link(OpenedDashboard dashboard, string name) =>
        dashboard.Page.GetByRole(AriaRole.Navigation).GetByRole(AriaRole.Link, new() { Name = name, Exact = true });
}
