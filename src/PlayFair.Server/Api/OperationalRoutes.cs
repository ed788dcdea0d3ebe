using System.Text;
using System.Text.Json;
using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Server;

/// <summary>What those who run the server ask: health and metrics.</summary>
internal sealed class OperationalRoutes(
    IVideoService service, ServerConfiguration configuration, MeterReading meter, IHostApplicationLifetime lifetime)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        Add("/health/live", LiveAsync, new Operation("live", "Whether the process answers."), "application/json");
        Add("/health/ready", ReadyAsync, new Operation("ready", "Whether the server does its work.")
        {
            Description = "ready; degraded where the store cannot be written; 503 while the server stops, and while "
                + "the process that it is part of is not ready.",
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

    private static Task LiveAsync(HttpContext context) => WriteAsync(context, new Health("live"));

    private Task ReadyAsync(HttpContext context)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return ProblemMiddleware.WriteAsync(
                context, StatusCodes.Status503ServiceUnavailable, "The server is stopping.");
        }

        bool isTrusted = AccessMiddleware.IsTrusted(context, configuration);
        if (configuration.WhyNotReady() is { } reason)
        {
            return ProblemMiddleware.WriteAsync(
                context, StatusCodes.Status503ServiceUnavailable, isTrusted ? reason : "The server is not ready.");
        }

        StoreStatus store = service.Status.Store;
        if (store.IsHealthy)
            return WriteAsync(context, new Health("ready"));
        string? problem = isTrusted ? store.Problem : null;
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
