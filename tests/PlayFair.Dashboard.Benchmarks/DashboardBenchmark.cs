using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using PlayFair.Contracts;

namespace PlayFair.Dashboard.Benchmarks;

/// <summary>A real <c>playfair serve</c> with synthetic cameras, and the dashboard before it in a headless Chromium.</summary>
internal sealed class DashboardBenchmark : IAsyncDisposable
{
    /// <summary>Until windows are full, pictures loaded and code compiled.</summary>
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(10);

    private readonly Process _server;
    private readonly DirectoryInfo _folder;
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;
    private readonly Uri _address;

    private DashboardBenchmark(
        Process server, DirectoryInfo folder, IPlaywright playwright, IBrowser browser, Uri address)
    {
        _server = server;
        _folder = folder;
        _playwright = playwright;
        _browser = browser;
        _address = address;
    }

    public static async Task<DashboardBenchmark> StartAsync(
        string chromium, int videoCount, double rateHz, CancellationToken cancellationToken)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("playfair dashboard ");
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "playfair"),
            ["serve", "--listen", "http://127.0.0.1:0", "--store", Path.Combine(folder.FullName, "playfair.db")])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            WorkingDirectory = folder.FullName,
            Environment = { ["PLAYFAIR__LOGLEVEL"] = "warning" },
        };
        Process server = Process.Start(start)!;
        string line = await server.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new InvalidOperationException("The server did not start; see above.");
        var address = new Uri(line.Split(' ').Single(word => word.StartsWith("http", StringComparison.Ordinal)).TrimEnd(','));
        using var client = new HttpClient { BaseAddress = address };
        for (int i = 0; i < videoCount; i++)
        {
            // The cheapest head: the browser is what is measured, and shares the machine with the server.
            var definition = new VideoDefinition
            {
                Id = string.Create(CultureInfo.InvariantCulture, $"camera-{i + 1:00}"),
                Source = string.Create(CultureInfo.InvariantCulture, $"synthetic:{i + 1}"),
                Model = "moves-tsn",
                RateHz = rateHz,
                Window = 8,
            };
            using HttpResponseMessage added = await client.PostAsJsonAsync(
                new Uri("/api/v1/videos", UriKind.Relative), definition, ContractJson.Lines.VideoDefinition,
                cancellationToken);
            added.EnsureSuccessStatusCode();
        }

        IPlaywright playwright = await Playwright.CreateAsync();
        IBrowser browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = chromium,
            Headless = true,
            Args = ["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"],
        });
        return new DashboardBenchmark(server, folder, playwright, browser, address);
    }

    public async Task RunAsync(TimeSpan frames, TimeSpan memory, CancellationToken cancellationToken)
    {
        Console.WriteLine($"{Environment.ProcessorCount} cores; Chromium {_browser.Version}, headless, 1920 × 1080");
        Console.WriteLine();
        Console.WriteLine("page                     frames/s   p95 ms  longest ms   main thread   script");
        IPage empty = await OpenAsync("about:blank");
        FrameResult baseline = await MeasureAsync("empty page (baseline)", empty, frames, cancellationToken);
        await empty.CloseAsync();

        IPage page = await OpenAsync($"{_address}#/");
        double paint = await FirstPaintAsync(page);
        FrameResult wall = await MeasureAsync("wall", page, frames, cancellationToken);
        await page.GotoAsync($"{_address}#/videos/camera-01");
        FrameResult video = await MeasureAsync("video", page, frames, cancellationToken);
        Console.WriteLine();
        Write($"frames/s relative to the empty page: wall {wall.PerSecond / baseline.PerSecond:0.00}, video {video.PerSecond / baseline.PerSecond:0.00}");
        Write($"first contentful paint, nothing cached: {paint:0} ms");
        using var client = new HttpClient { BaseAddress = _address };
        IReadOnlyList<VideoStatus> videos = (await client.GetFromJsonAsync(
            new Uri("/api/v1/videos", UriKind.Relative), ContractJson.Lines.IReadOnlyListVideoStatus, cancellationToken))!;
        Write($"meanwhile the server: {videos.Count} videos, {videos.Sum(video => video.UpdatesPerSecond):0} updates/s, {videos.Count(video => video.Quality.Level > 0)} of them of lowered quality");

        Console.WriteLine();
        Console.WriteLine("memory of the wall: minutes, live MB after a collection, DOM nodes, event listeners");
        await page.GotoAsync($"{_address}#/");
        await WatchMemoryAsync(page, memory, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        if (!_server.HasExited)
            _server.Kill(entireProcessTree: true);
        await _server.WaitForExitAsync();
        _server.Dispose();
        _folder.Delete(recursive: true);
    }

    private static async Task<double> FirstPaintAsync(IPage page)
    {
        await page.WaitForFunctionAsync("performance.getEntriesByName('first-contentful-paint').length > 0");
        return await page.EvaluateAsync<double>("performance.getEntriesByName('first-contentful-paint')[0].startTime");
    }

    private async Task<IPage> OpenAsync(string address)
    {
        IPage page = await _browser.NewPageAsync(new() { ViewportSize = new() { Width = 1920, Height = 1080 } });
        await page.GotoAsync(address);
        return page;
    }

    private static async Task<FrameResult> MeasureAsync(
        string name, IPage page, TimeSpan duration, CancellationToken cancellationToken)
    {
        await Task.Delay(s_warmUp, cancellationToken);
        ICDPSession session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("Performance.enable");
        Dictionary<string, double> before = await MetricsAsync(session);
        double[] intervals = await page.EvaluateAsync<double[]>(
            """
            milliseconds => new Promise(resolve => {
              const intervals = [];
              let last = performance.now();
              const end = last + milliseconds;
              requestAnimationFrame(function next() {
                const now = performance.now();
                intervals.push(now - last);
                last = now;
                if (now < end) requestAnimationFrame(next); else resolve(intervals);
              });
            })
            """,
            duration.TotalMilliseconds);
        Dictionary<string, double> after = await MetricsAsync(session);
        await session.DetachAsync();
        double seconds = after["Timestamp"] - before["Timestamp"];
        double[] sorted = [.. intervals.Order()];
        var result = new FrameResult(intervals.Length / intervals.Sum() * 1000);
        Write($"{name,-24} {result.PerSecond,8:0.0} {sorted[(int)(0.95 * (sorted.Length - 1))],8:0.0} {sorted[^1],11:0.0} {Share("TaskDuration"),13:0.0%} {Share("ScriptDuration"),8:0.0%}");
        return result;

        double Share(string metric) => (after[metric] - before[metric]) / seconds;
    }

    private static async Task WatchMemoryAsync(IPage page, TimeSpan duration, CancellationToken cancellationToken)
    {
        ICDPSession session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("Performance.enable");
        long start = Stopwatch.GetTimestamp();
        TimeSpan step = duration / 6;
        for (int i = 0; i <= 6; i++)
        {
            await Task.Delay(i == 0 ? s_warmUp : step, cancellationToken);
            await session.SendAsync("HeapProfiler.collectGarbage");
            Dictionary<string, double> now = await MetricsAsync(session);
            Write($"  {Stopwatch.GetElapsedTime(start).TotalMinutes,6:0.0}  {now["JSHeapUsedSize"] / 1e6,8:0.00}  {now["Nodes"],8:0}  {now["JSEventListeners"],8:0}");
        }
    }

    private static async Task<Dictionary<string, double>> MetricsAsync(ICDPSession session)
    {
        JsonElement? answer = await session.SendAsync("Performance.getMetrics");
        return answer!.Value.GetProperty("metrics").EnumerateArray().ToDictionary(
            metric => metric.GetProperty("name").GetString()!, metric => metric.GetProperty("value").GetDouble(),
            StringComparer.Ordinal);
    }

    private static void Write(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private sealed record FrameResult(double PerSecond);
}
