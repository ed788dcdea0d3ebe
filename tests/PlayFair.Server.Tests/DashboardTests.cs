using System.IO.Compression;
using System.Net;
using System.Text.RegularExpressions;

namespace PlayFair.Server.Tests;

/// <summary>How the dashboard comes to the browser; what it does there is for PlayFair.Dashboard.Tests.</summary>
public sealed partial class DashboardTests
{
    private const int MaxBundleByteCount = 250_000;

    [Fact]
    public async Task The_page_and_all_that_it_loads_come_from_this_server_compressed_and_small()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        string page = await ReadAsync(server, "/");
        string[] assets = [.. Reference().Matches(page).Select(match => match.Groups["path"].Value)];
        Assert.SkipWhen(assets.Length == 0, "the dashboard was not built: there is no npm");
        Assert.Contains(assets, path => path.EndsWith(".js", StringComparison.Ordinal));
        int byteCount = 0;
        foreach (string path in assets)
        {
            Assert.StartsWith("./assets/", path, StringComparison.Ordinal);
            using HttpResponseMessage plain = await server.GetAsync(path[1..]);
            using HttpResponseMessage zipped = await server.SendAsync(
                "GET", path[1..], null, ("Accept-Encoding", "gzip, deflate, br"));
            Assert.Equal(HttpStatusCode.OK, plain.StatusCode);
            Assert.Equal("gzip", Assert.Single(zipped.Content.Headers.ContentEncoding));
            Assert.True(plain.Headers.CacheControl!.MaxAge > TimeSpan.FromDays(300));
            byte[] bytes = await zipped.Content.ReadAsByteArrayAsync();
            byteCount += bytes.Length;
            using var unzipped = new MemoryStream();
            await using (var zip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress))
                await zip.CopyToAsync(unzipped);
            Assert.Equal(await plain.Content.ReadAsByteArrayAsync(), unzipped.ToArray());
        }

        Assert.InRange(byteCount, 1, MaxBundleByteCount);
    }

    [Fact]
    public async Task The_page_may_load_nothing_from_elsewhere_nor_be_shown_in_a_frame()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using HttpResponseMessage page = await server.GetAsync("/");
        string policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("*", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_itself_is_asked_for_each_time_and_sent_only_when_it_changed()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using HttpResponseMessage page = await server.GetAsync("/");
        Assert.True(page.Headers.CacheControl!.NoCache);
        using HttpResponseMessage again = await server.SendAsync(
            "GET", "/", null, ("If-None-Match", page.Headers.ETag!.ToString()));
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
    }

    [Fact]
    public async Task An_asset_of_an_older_build_is_a_problem_in_words()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await ProblemAssert.IsAsync(await server.GetAsync("/assets/index-0ld.js"), 404, "reloaded");
    }

    private static async Task<string> ReadAsync(RunningServer server, string path)
    {
        using HttpResponseMessage response = await server.GetAsync(path);
        return await response.Content.ReadAsStringAsync();
    }

    [GeneratedRegex("(src|href)=\"(?<path>[^\"]*assets/[^\"]*)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Reference();
}
