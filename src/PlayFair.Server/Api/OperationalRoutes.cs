using System.Text;
using System.Text.Json;
using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Server;

/// <summary>What those who run the server ask: health and metrics; and what a browser finds at its root.</summary>
internal sealed class OperationalRoutes(
    IVideoService service, ServerConfiguration configuration, MeterReading meter, IHostApplicationLifetime lifetime)
{
    private const string Page =
        """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <title>PlayFair</title>
        <h1>PlayFair</h1>
        <p>How much each frame of a video contributed to an action model's class scores, while the video plays.</p>
        <ul>
          <li><a href="api/v1/videos">The videos</a></li>
          <li><a href="api/v1/events">What happens, as server-sent events</a>
            (in a terminal: <code>curl -N</code>, or <code>playfair watch</code>)</li>
          <li><a href="openapi/v1.json">The API, as an OpenAPI document</a>; in words: docs/server.md</li>
          <li><a href="health/ready">Health</a>, <a href="metrics">metrics</a></li>
        </ul>
        </html>

        """;

    public void Map(IEndpointRouteBuilder routes)
    {
        Add("/", WritePageAsync, new Operation("root", "A page that says what this is."), "text/html");
        Add("/health/live", LiveAsync, new Operation("live", "Whether the process answers."), "application/json");
        Add("/health/ready", ReadyAsync, new Operation("ready", "Whether the server does its work.")
        {
            Description = "ready; degraded where the store cannot be written; 503 while the server stops.",
            Problems = [503],
        }, "application/json");
        Add("/metrics", WriteMetricsAsync, new Operation("metrics", "Metrics for Prometheus."), "text/plain");

        void Add(string path, Func<HttpContext, Task> handle, Operation operation, string contentType) =>
            routes.MapMethods(path, ["GET", "HEAD"], (Delegate)((HttpContext context) => handle(context)))
                .WithName(operation.Name).WithMetadata(operation).WithTags("operation")
                .Produces(StatusCodes.Status200OK, contentType: contentType);
    }

    private static Task WriteAsync(HttpContext context, string text, string contentType)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        context.Response.ContentType = contentType;
        context.Response.ContentLength = bytes.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }

    private static Task WriteAsync(HttpContext context, Health health)
    {
        context.Response.Headers.CacheControl = "no-store";
        return WriteAsync(context, JsonSerializer.Serialize(health, ServerJson.Lines.Health), "application/json");
    }

    private static Task WritePageAsync(HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'";
        return WriteAsync(context, Page, "text/html; charset=utf-8");
    }

    private static Task LiveAsync(HttpContext context) => WriteAsync(context, new Health("live"));

    private Task ReadyAsync(HttpContext context)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return ProblemMiddleware.WriteAsync(
                context, StatusCodes.Status503ServiceUnavailable, "The server is stopping.");
        }

        StoreStatus store = service.Status.Store;
        if (store.IsHealthy)
            return WriteAsync(context, new Health("ready"));
        string? problem = AccessMiddleware.IsTrusted(context, configuration) ? store.Problem : null;
        return WriteAsync(context, new Health("degraded", problem));
    }

    private Task WriteMetricsAsync(HttpContext context)
    {
        var text = new PrometheusText();
        meter.WriteTo(text);
        ProcessReading.WriteTo(text);
        return WriteAsync(context, text.ToString(), PrometheusText.ContentType);
    }
}
