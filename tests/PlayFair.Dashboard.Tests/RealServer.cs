using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using PlayFair.Contracts;
using PlayFair.Server.Tests;

[assembly: AssemblyFixture(typeof(PlayFair.Dashboard.Tests.RealServer))]

namespace PlayFair.Dashboard.Tests;

/// <summary><c>playfair serve</c> as a process, with real videos and a store; it can be killed and started again.</summary>
public sealed class RealServer : IAsyncLifetime
{
    public const string Clip = "3000014-opening.mp4";

    private readonly Commands _commands = new();
    private Process? _process;
    private Uri? _address;

    /// <summary>Where it listens: the same after every start.</summary>
    public Uri Address => _address!;

    public HttpClient Client { get; private set; } = null!;

    /// <summary>A sample clip on the server's disk.</summary>
    public string ClipPath { get; } = Path.Combine(AppContext.BaseDirectory, "samples", Clip);

    public async ValueTask InitializeAsync()
    {
        await StartAsync();
        // One that plays for ever, one of all classes that has ended, and one with standard errors.
        await AddAsync(new() { Id = "looped", Title = "Opening a box", Source = ClipPath, Window = 8, Loop = true, Group = "boxes", Classes = ["top5"] });
        await AddAsync(new() { Id = "ended", Source = ClipPath, Window = 8, Pace = Pace.Fast, Classes = ["top24"], RateHz = 12 });
        await AddAsync(new() { Id = "sampled", Source = "synthetic:5", Window = 12, RateHz = 4, Samples = 16, Iterations = 4 });
        await AddAsync(new() { Id = "held", Source = "synthetic:6", Window = 4, RateHz = 2, Paused = true });
        await UntilAsync(
            "/api/v1/videos/ended", video => video.GetProperty("state").GetString() == "ended");
        await UntilAsync("/api/v1/videos/looped", video => video.TryGetProperty("lastSequence", out _));
        await UntilAsync("/api/v1/videos/sampled", video => video.TryGetProperty("lastSequence", out _));
    }

    public async Task StartAsync()
    {
        _process = _commands.Start(
            "serve", "--listen", _address?.ToString().TrimEnd('/') ?? "http://127.0.0.1:0", "--store", "playfair.db",
            "--folder", Path.GetDirectoryName(ClipPath)!);
        // What it logs must not fill the pipe and stop it.
        _process.ErrorDataReceived += (_, _) => { };
        _address = await Commands.AddressAsync(_process);
        _process.BeginErrorReadLine();
        Client = new HttpClient { BaseAddress = _address };
    }

    public async Task KillAsync()
    {
        _process!.Kill(entireProcessTree: true);
        await Commands.ExitedAsync(_process);
    }

    public async Task AddAsync(VideoDefinition definition)
    {
        using HttpResponseMessage added = await Client.PostAsJsonAsync(
            new Uri("/api/v1/videos", UriKind.Relative), definition, ContractJson.Lines.VideoDefinition);
        Assert.True(added.StatusCode == HttpStatusCode.Created, await added.Content.ReadAsStringAsync());
    }

    public async Task<JsonElement> GetAsync(string path) =>
        await Client.GetFromJsonAsync<JsonElement>(new Uri(path, UriKind.Relative));

    /// <summary>The update with this sequence number.</summary>
    public async Task<JsonElement> UpdateAsync(string video, long sequence) =>
        (await GetAsync($"/api/v1/videos/{video}/history?fromSequence={sequence}&toSequence={sequence}"))[0];

    /// <summary>Asks until the answer is the one waited for.</summary>
    public async Task<JsonElement> UntilAsync(string path, Func<JsonElement, bool> isEnough)
    {
        using var timeout = new CancellationTokenSource(RunningServer.Timeout);
        while (true)
        {
            JsonElement answer = await GetAsync(path);
            if (isEnough(answer))
                return answer;
            await Task.Delay(50, timeout.Token);
        }
    }

    public ValueTask DisposeAsync()
    {
        Client?.Dispose();
        _commands.Dispose();
        return ValueTask.CompletedTask;
    }
}
