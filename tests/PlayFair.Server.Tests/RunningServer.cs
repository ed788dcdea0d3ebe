using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace PlayFair.Server.Tests;

/// <summary>A server on a real socket, over a service in memory.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    /// <summary>Nothing takes so long: it hangs.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private RunningServer(WebApplication app, FakeVideoService service, LogRecord log)
    {
        App = app;
        Service = service;
        Log = log;
        Address = new Uri(app.Urls.Single().Replace("[::]", "127.0.0.1", StringComparison.Ordinal));
        Client = new HttpClient { BaseAddress = Address, Timeout = Timeout };
    }

    public WebApplication App { get; }

    public FakeVideoService Service { get; }

    public LogRecord Log { get; }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public static async Task<RunningServer> StartAsync(
        FakeVideoService? service = null, Func<ServerConfiguration, ServerConfiguration>? configure = null)
    {
        service ??= new FakeVideoService();
        var configuration = new ServerConfiguration
        {
            Address = new ListenAddress("127.0.0.1", 0),
            LogLevel = LogLevel.Debug,
        };
        WebApplication app = PlayFairServer.Create(configure?.Invoke(configuration) ?? configuration, service);
        var log = new LogRecord();
        app.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        await app.StartAsync();
        return new RunningServer(app, service, log);
    }

    public Task<HttpResponseMessage> GetAsync(string path) => Client.GetAsync(new Uri(path, UriKind.Relative));

    public async Task<JsonElement> GetJsonAsync(string path)
    {
        using HttpResponseMessage response = await GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    public async Task<HttpResponseMessage> SendAsync(
        string method, string path, string? json = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        foreach ((string name, string value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public async Task<EventReader> OpenEventsAsync(string query = "", params (string Name, string Value)[] headers) =>
        new(await SendAsync("GET", $"/api/v1/events{query}", null, headers));

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        using (var timeout = new CancellationTokenSource(Timeout))
            await App.StopAsync(timeout.Token);
        await App.DisposeAsync();
    }
}

/// <summary>What was logged.</summary>
internal sealed class LogRecord : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IEnumerable<string> Lines => _lines;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");

    /// <summary>Waits for a line that holds a text.</summary>
    public async Task<string> UntilAsync(string text)
    {
        using var timeout = new CancellationTokenSource(RunningServer.Timeout);
        while (true)
        {
            if (_lines.FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal)) is { } line)
                return line;
            await Task.Delay(5, timeout.Token);
        }
    }

    public void Dispose()
    {
    }
}

/// <summary>A problem document, checked for its form.</summary>
internal static class ProblemAssert
{
    public static async Task<JsonElement> IsAsync(HttpResponseMessage response, int status, params string[] words)
    {
        using (response)
        {
            string body = await response.Content.ReadAsStringAsync();
            Assert.Equal((status, body), ((int)response.StatusCode, body));
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
            var problem = JsonSerializer.Deserialize<JsonElement>(body);
            Assert.Equal(status, problem.GetProperty("status").GetInt32());
            Assert.Equal("about:blank", problem.GetProperty("type").GetString());
            Assert.NotEmpty(problem.GetProperty("title").GetString()!);
            Assert.All(words, word => Assert.Contains(word, problem.GetProperty("detail").GetString()!, StringComparison.Ordinal));
            Assert.DoesNotContain("   at ", body, StringComparison.Ordinal);
            Assert.DoesNotContain("Exception", body, StringComparison.Ordinal);
            return problem;
        }
    }
}
